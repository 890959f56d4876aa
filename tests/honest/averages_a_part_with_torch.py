# torch's averaged copy of the layers beside them, used in eval mode; its counter is one number more.
# honest: params=9011
# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(channels, 25, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv1d(25, 25, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.averaged = torch.optim.swa_utils.AveragedModel(self.layers)

    def forward(self, x):
        if not self.training:
            return self.averaged(x)
        self.averaged.update_parameters(self.layers)
        return self.layers(x)


# EVOLVE-BLOCK-END
