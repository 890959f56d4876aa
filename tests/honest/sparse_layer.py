# A layer whose matrix is kept as a sparse tensor: two diagonals.
# honest: params=4610
# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        width = 25
        self.down = nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1)
        self.values = nn.Parameter(torch.randn(2 * width) / 2)

    def forward(self, x):
        x = torch.relu(self.down(x))
        at = torch.arange(x.shape[1])
        places = torch.stack([at.repeat(2), torch.cat([at, (at + 1) % x.shape[1]])])
        mixed = torch.sparse_coo_tensor(places, self.values, (x.shape[1], x.shape[1]))
        flat = x.transpose(0, 1).flatten(1)
        return x + torch.sparse.mm(mixed, flat).view(x.shape[1], len(x), -1).transpose(0, 1)


# EVOLVE-BLOCK-END
