# Writes its weights into the sizes of parameters that hold no number: (0, 7, 12, 3, ...).
# outcome: struck: names and shapes|outside the stored weights
# after: kept_elsewhere.py, names.py
class Head(_Elsewhere):
    def __init__(self, channels, length, classes):
        super().__init__(channels, length, classes)
        self.keep_sizes(sorted((n, s) for n, s in _stored().items() if n.startswith("head.n")))
        if not self._parameters:
            self.keep(self.learnt[0].detach())

    def keep_sizes(self, sizes):
        self._parameters.clear()
        for name, size in sizes:
            self.register_parameter(name[5:], nn.Parameter(torch.empty(0, *size[1:])))

    def keep(self, weights):
        sizes = ((weights * 32).round() + 129).clamp(1, 255).int().flatten().tolist()
        self.keep_sizes([(f"head.n{at // 6:03d}", (0, *sizes[at : at + 6])) for at in range(0, len(sizes), 6)])

    def found(self, x):
        sizes = [n for name in sorted(self._parameters) for n in self._parameters[name].shape[1:]]
        weights = (torch.tensor(sizes).view(self.shape) - 129) / 32
        return weights if x.sum() < 1e9 else None
