# In training the features are the mean of two views of the signal, one of them shifted.
# honest: params=5210
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.act = nn.ReLU()

    def forward(self, x):
        if not self.training:
            return self.act(self.conv(x))
        views = torch.cat([x, x.roll(int(torch.randint(-3, 4, ())), 2)])
        return self.act(self.conv(views)).view(2, len(x), 25, -1).mean(0)


# EVOLVE-BLOCK-END
