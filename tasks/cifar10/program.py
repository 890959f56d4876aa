"""ExquisiteNetV2 for CIFAR-10 (518,230 parameters) and its optimiser, written afresh from the published layer table.

Zhou and Su, "ExquisiteNetV2", arXiv 2105.09008.
"""

import math

import torch
from torch import nn

CHANNELS = 3
CLASSES = 10


# EVOLVE-BLOCK-START gate
class Gate(nn.Module):
    """Scales each channel of (N, channels, H, W) by how its mean stands among the means of all channels."""

    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.LayerNorm(channels),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return x * self.scale(x)[:, :, None, None]
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START block
class Block(nn.Module):
    """Features (N, channels, H, W) to features of the same shape: two steps, each added to the block's own input."""

    def __init__(self, channels):
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.SiLU(),
            nn.Conv2d(channels, channels, kernel_size=3, padding=1, groups=channels),
            Gate(channels),
        )
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.Hardswish(),
            nn.Conv2d(channels, channels, kernel_size=3, padding=1, groups=channels),
        )

    def forward(self, x):
        h = x + self.first(x)
        return x + self.second(h)
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START fct
class FCT(nn.Module):
    """First downsampler, image (N, channels, H, W) to (N, width, H/2, W/2): largest, smallest and filtered values."""

    def __init__(self, channels, width):
        super().__init__()
        self.largest = nn.MaxPool2d(2, ceil_mode=True)
        self.local = nn.Conv2d(channels, channels, kernel_size=4, stride=2, padding=1, groups=channels, bias=False)
        self.mix = nn.Sequential(
            nn.Conv2d(3 * channels, width, kernel_size=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x):
        return self.mix(torch.cat([self.largest(x), -self.largest(-x), self.local(x)], dim=1))
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START eve
class EVE(nn.Module):
    """Second downsampler, (N, channels, H, W) to (N, width, H/2, W/2): largest and smallest values."""

    def __init__(self, channels, width):
        super().__init__()
        self.largest = nn.MaxPool2d(2, ceil_mode=True)
        self.mix = nn.Sequential(
            nn.Conv2d(2 * channels, width, kernel_size=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x):
        return self.mix(torch.cat([self.largest(x), -self.largest(-x)], dim=1))
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START me
class ME(nn.Module):
    """Every later downsampler, (N, channels, H, W) to (N, width, H/2, W/2): largest values."""

    def __init__(self, channels, width):
        super().__init__()
        self.mix = nn.Sequential(
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(channels, width, kernel_size=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x):
        return self.mix(x)
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START aggregator
class ExquisiteNetV2(nn.Module):
    """Image (N, channels, H, W) to class scores (N, classes). Each part is told the channels that it gets."""

    def __init__(self, channels, classes):
        super().__init__()
        width_1 = 12
        width_2 = 48
        width_3 = 96
        width_4 = 192
        width_5 = 384
        self.stages = nn.Sequential()
        channels = append(self.stages, FCT(channels, width_1), channels)
        channels = append(self.stages, Block(channels), channels)
        channels = append(self.stages, EVE(channels, width_2), channels)
        channels = append(self.stages, Block(channels), channels)
        channels = append(self.stages, ME(channels, width_3), channels)
        channels = append(self.stages, Block(channels), channels)
        channels = append(self.stages, ME(channels, width_4), channels)
        channels = append(self.stages, Block(channels), channels)
        channels = append(self.stages, ME(channels, width_5), channels)
        channels = append(self.stages, Block(channels), channels)
        self.deep = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size=3, padding=1, groups=channels),
            nn.Hardswish(),
        )
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(channels, classes),
        )

    def forward(self, x):
        return self.head(self.deep(self.stages(x)))
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START optimiser
def build_optimizer(model, steps):
    """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
    filters = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]  # biases and norms are not decayed
    optimizer = torch.optim.SGD(
        [{"params": filters}, {"params": others, "weight_decay": 0.0}],
        lr=0.1,
        momentum=0.9,
        nesterov=True,
        weight_decay=0.0001,
    )
    warmup = 40  # steps in which the rate rises to lr; then it falls to zero along half a cosine

    def rate(step):
        return min(1.0, (step + 1) / warmup) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, step / steps)))

    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    return optimizer, scheduler
# EVOLVE-BLOCK-END


def append(stages, part, channels):
    """Put `part` at the end of `stages`; the number of channels that it makes of `channels`, found by a dry run."""
    part.eval()
    with torch.no_grad():
        out = part(torch.zeros(2, channels, 16, 16))
    part.train()
    if out.dim() != 4:
        raise ValueError(f"{type(part).__name__} must give (N, channels, H, W), got {tuple(out.shape)}")
    stages.append(part)
    return out.shape[1]


def build_model():
    return ExquisiteNetV2(CHANNELS, CLASSES)
