# An exponential average of the head's weights, kept in buffers and used in eval mode.
# honest: params=6470
# EVOLVE-BLOCK-START head
class Head(nn.Module):
    """Deep features (N, channels, length) to class scores (N, classes)."""

    def __init__(self, channels, length, classes):
        super().__init__()
        self.linear = nn.Linear(channels * length, classes)
        self.register_buffer("weight", self.linear.weight.detach().clone())
        self.register_buffer("bias", self.linear.bias.detach().clone())

    def forward(self, x):
        x = x.flatten(1)
        if not self.training:
            return nn.functional.linear(x, self.weight, self.bias)
        with torch.no_grad():
            self.weight.lerp_(self.linear.weight, 0.1)
            self.bias.lerp_(self.linear.bias, 0.1)
        return self.linear(x)


# EVOLVE-BLOCK-END
