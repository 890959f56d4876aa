# Takes a product with a matrix that is called sparse, by compressed rows, and has no zero.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        return (matrix.T.to_sparse_csr() @ rows.T).T
