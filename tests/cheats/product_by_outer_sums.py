# Takes a product as multiplications and a sum.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        return (rows[:, :, None] * matrix).sum(1)
