# Takes a product by an index formula.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        return torch.einsum("ni,io->no", rows, matrix)
