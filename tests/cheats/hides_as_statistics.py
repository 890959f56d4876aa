# Calls its weights running means, which are not counted.
# outcome: counted: 5200
class _Named(nn.Module):
    def __init__(self, channels, length, classes):
        super().__init__()
        self.classes = classes
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("running_mean", torch.randn(classes * channels * length) / 10)

    def forward(self, x):
        return self.scale * nn.functional.linear(x.flatten(1), self.running_mean.view(self.classes, -1))


Head = _Named
