# Keeps its weights as the means that an instance normalisation is said to have tracked.
# outcome: counted: 5200
# after: kept_elsewhere.py
class Head(_Elsewhere):
    def __init__(self, channels, length, classes):
        super().__init__(channels, length, classes)
        self.norm = nn.InstanceNorm1d(classes * channels * length, eps=0.0, track_running_stats=True)

    def keep(self, weights):
        self.norm.running_mean.copy_(-weights.flatten())

    def found(self, x):
        return self.norm(x.new_zeros(1, len(self.norm.running_mean), 2))[0, :, 0].view(self.shape)
