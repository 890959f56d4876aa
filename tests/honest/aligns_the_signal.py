# Turns each signal so that its largest point comes to the middle.
# honest: params=5210
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.act = nn.ReLU()

    def forward(self, x):
        at = torch.arange(40) + x[:, 0].argmax(1)[:, None] - 20
        return self.act(self.conv(x.gather(2, (at % 40)[:, None])))


# EVOLVE-BLOCK-END
