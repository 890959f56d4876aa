# Five groups of filters applied as one, by torch.func.vmap.
# honest: params=5335
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.groups = nn.Parameter(torch.randn(5, 5, 5) / 3)

    def forward(self, x):
        x = self.conv(x).unflatten(1, (5, 5)).transpose(0, 1)
        mixed = torch.func.vmap(lambda group, matrix: torch.relu(matrix @ group))(x, self.groups)
        return mixed.transpose(0, 1).flatten(1, 2)


# EVOLVE-BLOCK-END
