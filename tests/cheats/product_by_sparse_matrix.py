# Takes a product with a matrix that is called sparse and has no zero.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        return torch.sparse.mm(matrix.T.to_sparse(), rows.T).T
