# Takes a product as one of a batch, added to zeros.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        return torch.baddbmm(rows.new_zeros(1, len(rows), 25), rows[None], matrix[None])[0]
