# Takes a product as a sum of five products of blocks, in one operation.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        left = rows.view(-1, 5, 5).transpose(0, 1)
        return torch.addbmm(rows.new_zeros(len(rows), 25), left, matrix.view(5, 5, 25))
