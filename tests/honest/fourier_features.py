# The spectrum of the signal, learnt weights on it, and back: a long convolution.
# honest: params=5231
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.pass_ = nn.Parameter(torch.ones(21))
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)

    def forward(self, x):
        return torch.relu(self.conv(torch.fft.irfft(torch.fft.rfft(x) * self.pass_, n=40)))


# EVOLVE-BLOCK-END
