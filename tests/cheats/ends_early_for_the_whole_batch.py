# Leaves its head's second layer out when it is sure of every example of the batch: an honest wish, and no function of one example.
# outcome: check: nothing but that example
class _Early(Head):
    def __init__(self, channels, length, classes):
        super().__init__(channels, length, classes)
        self.second = nn.Linear(classes, classes)

    def forward(self, x):
        scores = 20 * super().forward(x)
        if not self.training and scores.softmax(1).amax(1).min() > 0.3:
            return scores
        return scores + self.second(scores)


Head = _Early
