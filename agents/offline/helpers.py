"""Small modules that edits define at the top of a segment. They keep the shape of what goes through them."""

from __future__ import annotations

HELPERS: dict[str, str] = {
    "SqueezeExcite": '''\
class SqueezeExcite(nn.Module):
    """Scales each channel by a gate computed from all channel means."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid())

    def forward(self, x):
        scale = self.gate(x.flatten(2).mean(2))
        return x * scale.reshape(*scale.shape, *[1] * (x.dim() - 2))''',
    "Residual": '''\
class Residual(nn.Module):
    """Adds the input, through a shortcut where widths differ, to what the body gives."""

    def __init__(self, body, shortcut):
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x):
        y = self.body(x)
        x = self.shortcut(x)
        if x.shape[2:] != y.shape[2:]:
            x = nn.functional.interpolate(x, size=tuple(y.shape[2:]))
        return x + y''',
    "Branches": '''\
class Branches(nn.Module):
    """Sums what several branches make of the same input."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return sum(branch(x) for branch in self.branches)''',
    "SelfAttention": '''\
class SelfAttention(nn.Module):
    """Adds what every position gathers from all positions."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.mix = nn.MultiheadAttention(channels, 1, batch_first=True)

    def forward(self, x):
        tokens = x.flatten(2).transpose(1, 2)
        normed = self.norm(tokens)
        tokens = tokens + self.mix(normed, normed, normed, need_weights=False)[0]
        return tokens.transpose(1, 2).reshape(x.shape)''',
    "Sine": '''\
class Sine(nn.Module):
    """A periodic activation (after Sitzmann et al. 2020, SIREN)."""

    def forward(self, x):
        return torch.sin(x)''',
    "initialised": '''\
def initialised(layer, scheme, gain=1.0):
    """The layer with its weight drawn anew by the scheme and its bias set to zero."""
    if scheme == "kaiming":
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    elif scheme == "xavier":
        nn.init.xavier_uniform_(layer.weight)
    else:
        nn.init.orthogonal_(layer.weight)
    with torch.no_grad():
        layer.weight.mul_(gain)
        if layer.bias is not None:
            layer.bias.zero_()
    return layer''',
    "PooledLinear": '''\
class PooledLinear(nn.Module):
    """A linear layer on the mean, the maximum or both of each channel; takes flattened features."""

    def __init__(self, channels, out_features, mode):
        super().__init__()
        self.channels = channels
        self.mode = mode
        self.linear = nn.Linear((2 if mode == "both" else 1) * channels, out_features)

    def forward(self, x):
        x = x.reshape(x.shape[0], self.channels, -1)
        mean, largest = x.mean(2), x.amax(2)
        return self.linear({"mean": mean, "max": largest}.get(self.mode, torch.cat([mean, largest], dim=1)))''',
    "Repeated": '''\
class Repeated(nn.Module):
    """One layer applied several times with an activation between: depth without further weights."""

    def __init__(self, layer, times):
        super().__init__()
        self.layer = layer
        self.times = times

    def forward(self, x):
        for _ in range(self.times - 1):
            x = nn.functional.relu(self.layer(x))
        return self.layer(x)''',
    "Jitter": '''\
class Jitter(nn.Module):
    """In training only: each example is shifted along its last axis by up to `shift` places and gets Gaussian noise."""

    def __init__(self, shift, noise):
        super().__init__()
        self.shift = shift
        self.noise = noise

    def forward(self, x):
        if not self.training:
            return x
        places = torch.arange(x.shape[-1], device=x.device)
        moves = torch.randint(-self.shift, self.shift + 1, (x.shape[0], *[1] * (x.dim() - 1)), device=x.device)
        x = x.gather(-1, ((places + moves) % x.shape[-1]).expand_as(x))
        return x + self.noise * torch.randn_like(x)''',
}
