# Uses a fixed random layer, made again from a seed, in a buffer that is no part of the state.
# outcome: counted: 5200
class _Random(nn.Module):
    def __init__(self, channels, length, classes):
        super().__init__()
        features = torch.randn(classes, channels * length, generator=torch.Generator().manual_seed(3))
        self.register_buffer("features", features, persistent=False)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.scale * nn.functional.linear(x.flatten(1), self.features)


Head = _Random
