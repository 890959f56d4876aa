# A penalty on the spread of the features, as a gradient of its own, in training.
# honest: params=5210
# EVOLVE-BLOCK-START head
class Penalised(torch.autograd.Function):
    """The identity, with a gradient towards smaller features added."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return x.view_as(x)

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        return gradient + 1e-4 * x


class Head(nn.Module):
    """Deep features (N, channels, length) to class scores (N, classes)."""

    def __init__(self, channels, length, classes):
        super().__init__()
        self.linear = nn.Linear(channels * length, classes)

    def forward(self, x):
        x = x.flatten(1)
        return self.linear(Penalised.apply(x) if self.training else x)


# EVOLVE-BLOCK-END
