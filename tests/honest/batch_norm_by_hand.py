# Batch normalisation written out, with running statistics in buffers, which nobody knows to be statistics.
# honest: params=5310
# EVOLVE-BLOCK-START stem
class Normal(nn.Module):
    """Each channel of (N, channels, length) to mean 0 and variance 1, then scaled and shifted."""

    def __init__(self, channels):
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(channels, 1)), nn.Parameter(torch.zeros(channels, 1))
        self.register_buffer("mean", torch.zeros(channels, 1))
        self.register_buffer("var", torch.ones(channels, 1))

    def forward(self, x):
        mean, var = self.mean, self.var
        if self.training:
            mean, var = x.mean((0, 2))[:, None], x.var((0, 2))[:, None]
            with torch.no_grad():
                self.mean.lerp_(mean, 0.1)
                self.var.lerp_(var, 0.1)
        return self.scale * (x - mean) / (var + 1e-5).sqrt() + self.shift


class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.norm = Normal(25)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)))


# EVOLVE-BLOCK-END
