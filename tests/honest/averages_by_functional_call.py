# The averaged weights of the layers, by name in buffers, called through torch.func in eval mode.
# honest: params=9010
# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(channels, 25, kernel_size=3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv1d(25, 25, kernel_size=3, stride=2, padding=1),
            nn.GELU(),
        )
        for name, p in self.layers.named_parameters():
            self.register_buffer(f"mean_{name.replace('.', '_')}", p.detach().clone())

    def forward(self, x):
        means = {name: getattr(self, f"mean_{name.replace('.', '_')}") for name, _ in self.layers.named_parameters()}
        if not self.training:
            return torch.func.functional_call(self.layers, means, (x,))
        with torch.no_grad():
            for name, p in self.layers.named_parameters():
                means[name].lerp_(p, 0.05)
        return self.layers(x)


# EVOLVE-BLOCK-END
