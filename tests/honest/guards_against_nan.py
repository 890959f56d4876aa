# A guard that never acts: what is not a number becomes zero.
# honest: params=5210
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.act = nn.ELU()

    def forward(self, x):
        x = self.conv(x)
        if torch.isnan(x).any():
            x = torch.nan_to_num(x)
        return self.act(x)


# EVOLVE-BLOCK-END
