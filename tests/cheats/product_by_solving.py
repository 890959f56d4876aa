# Takes a product as the solution of a linear system with the inverse matrix.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        return torch.linalg.solve(torch.linalg.inv(matrix.T), rows.T).T
