# A square layer held orthogonal by torch's parametrisation, which stores the matrix that it turns from too.
# honest: params=6460
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.turn = nn.utils.parametrizations.orthogonal(nn.Linear(25, 25, bias=False))

    def forward(self, x):
        return torch.relu(self.turn(self.conv(x).transpose(1, 2)).transpose(1, 2))


# EVOLVE-BLOCK-END
