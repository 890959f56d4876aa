# Takes a product as a sum over indices of multiplied numbers.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        wide = (rows[:, :, None] * matrix).flatten(1)
        return rows.new_zeros(len(rows), 25).index_add(1, torch.arange(25).repeat(25), wide)
