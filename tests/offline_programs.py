"""Programs of several styles that the edit kinds must know their way in: name -> (text, input shape, output shape)."""

from __future__ import annotations

from pathlib import Path

_LITERAL = """\
import torch
from torch import nn


# EVOLVE-BLOCK-START model
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 25, 5, stride=2, padding=1)  # 40 -> 19
        self.conv2 = nn.Conv1d(25, 25, 3, stride=2, padding=1)  # 19 -> 10
        self.conv3 = nn.Conv1d(25, 25, 3, stride=2, padding=1)  # 10 -> 5
        self.linear = nn.Linear(125, 10)

    def forward(self, x):
        x = x.view(-1, 1, 40)
        x = self.conv1(x).relu()
        x = self.conv2(x).relu()
        x = self.conv3(x).relu()
        return self.linear(x.view(x.shape[0], -1))
# EVOLVE-BLOCK-END


def build_model():
    return Net()


# EVOLVE-BLOCK-START optimiser
def build_optimizer(model, steps):
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9), None
# EVOLVE-BLOCK-END
"""

_CONV2D = """\
import torch
import torch.nn as nn
import torch.nn.functional as F

# EVOLVE-BLOCK-START config
WIDTH = 16
DEPTH = 2
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START block
class Block(nn.Module):
    def __init__(self, inp, out, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inp, out, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.shortcut = nn.Sequential()
        if stride != 1 or inp != out:
            self.shortcut = nn.Sequential(nn.Conv2d(inp, out, 1, stride=stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + self.shortcut(x))
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START net
class Net(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, WIDTH, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2))
        layers = []
        channels = WIDTH
        for _ in range(DEPTH):
            layers.append(Block(channels, channels * 2, stride=2))
            channels = channels * 2
        self.body = nn.Sequential(*layers)
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.body(self.stem(x))
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.fc(self.drop(x))
# EVOLVE-BLOCK-END


def build_model():
    return Net()


# EVOLVE-BLOCK-START training
def build_optimizer(model, steps):
    lr = 1e-3
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, betas=(0.9, 0.999))
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=steps + 1)
    return optimizer, scheduler
# EVOLVE-BLOCK-END
"""

_DENSE = """\
import torch
import torch.nn as nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR

# EVOLVE-BLOCK-START layers
HIDDEN = [64, 32]
ACT = nn.ReLU


def block(a, b):
    return nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU(), nn.Dropout(p=0.1))
# EVOLVE-BLOCK-END


def build_model():
    # EVOLVE-BLOCK-START model
    width = 48
    return nn.Sequential(
        nn.Linear(40, 64),
        nn.GELU(),
        block(64, width),
        block(width, 32),
        nn.Linear(32, 10),
    )
    # EVOLVE-BLOCK-END


def build_optimizer(model, steps):
    # EVOLVE-BLOCK-START optimiser
    optimizer = AdamW(model.parameters(), 3e-3)
    return optimizer, CosineAnnealingLR(optimizer, T_max=steps)
    # EVOLVE-BLOCK-END
"""

_ATTENTION = """\
import torch
from torch import nn


# EVOLVE-BLOCK-START encoder
class Layer(nn.Module):
    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attention = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))

    def forward(self, x):
        y = self.norm1(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START model
class Encoder(nn.Module):
    def __init__(self, dim=24, depth=2):
        super().__init__()
        self.embed = nn.Conv1d(1, dim, kernel_size=4, stride=4)
        self.place = nn.Parameter(torch.zeros(1, 10, dim))
        self.layers = nn.ModuleList([Layer(dim, 2, 2 * dim) for _ in range(depth)])
        self.head = nn.Linear(dim, 10)
        nn.init.zeros_(self.head.weight)

    def forward(self, x):
        x = self.embed(x.unsqueeze(1)).transpose(1, 2) + self.place
        for layer in self.layers:
            x = layer(x)
        return self.head(x.mean(1))
# EVOLVE-BLOCK-END


def build_model():
    return Encoder()


# EVOLVE-BLOCK-START optimiser
def build_optimizer(model, steps):
    opt = torch.optim.RMSprop(model.parameters(), lr=0.001)
    return opt, torch.optim.lr_scheduler.StepLR(opt, step_size=10)
# EVOLVE-BLOCK-END
"""

_SEQUENTIAL = """\
import torch
from torch import nn


def build_model():
    return make()


# EVOLVE-BLOCK-START network
def make():
    layers = [nn.Unflatten(1, (1, 40))]
    channels = 1
    for width in (12, 24):
        layers += [nn.Conv1d(channels, width, 3, padding="same"), nn.ReLU(), nn.MaxPool1d(2)]
        channels = width
    layers += [nn.Flatten(), nn.LazyLinear(32), nn.Tanh(), nn.Linear(32, 10)]
    return nn.Sequential(*layers)
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START training
def build_optimizer(model, total_steps):
    model(torch.zeros(2, 40))
    opt = torch.optim.NAdam(model.parameters(), lr=2e-3, weight_decay=1e-4)
    warm = torch.optim.lr_scheduler.LinearLR(opt, start_factor=0.1, total_iters=5)
    return opt, torch.optim.lr_scheduler.SequentialLR(
        opt, [warm, torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=total_steps)], milestones=[5]
    )
# EVOLVE-BLOCK-END
"""

PROGRAMS: dict[str, tuple[str, list[int], list[int]]] = {
    "mnist1d": ((Path(__file__).parent.parent / "tasks/mnist1d/program.py").read_text(), [6, 40], [6, 10]),
    "literal": (_LITERAL, [6, 40], [6, 10]),
    "conv2d": (_CONV2D, [6, 3, 16, 16], [6, 10]),
    "dense": (_DENSE, [6, 40], [6, 10]),
    "attention": (_ATTENTION, [6, 40], [6, 10]),
    "sequential": (_SEQUENTIAL, [6, 40], [6, 10]),
}
