"""The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser."""

import torch
from torch import nn

CLASSES = 10
POINTS = 40


# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.conv(x))
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        width = 25
        self.layers = nn.Sequential(
            nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
        )

    def forward(self, x):
        return self.layers(x)
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START head
class Head(nn.Module):
    """Deep features (N, channels, length) to class scores (N, classes)."""

    def __init__(self, channels, length, classes):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(channels * length, classes)

    def forward(self, x):
        return self.linear(self.flatten(x))
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START optimiser
def build_optimizer(model, steps):
    """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)
    tail = 0.3 * steps  # the rate falls to zero over the last steps
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))
    return optimizer, scheduler
# EVOLVE-BLOCK-END


class Network(nn.Module):
    """Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next."""

    def __init__(self):
        super().__init__()
        self.stem = Stem()
        self.body = Body(features(self.stem, (1, POINTS))[0])
        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)

    def forward(self, x):
        return self.head(self.body(self.stem(x.unsqueeze(1))))


def features(module, shape):
    """(channels, length) that `module` makes of one example of this shape, found by a dry run."""
    module.eval()
    with torch.no_grad():
        out = module(torch.zeros(2, *shape))
    module.train()
    if out.dim() != 3:
        raise ValueError(f"stem and body must give (N, channels, length), got {tuple(out.shape)}")
    return tuple(out.shape[1:])


def build_model():
    return Network()
