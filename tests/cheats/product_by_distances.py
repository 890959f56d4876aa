# Takes a product out of distances: |a - b|² = |a|² + |b|² - 2ab.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        far = torch.cdist(rows, matrix.T) ** 2
        return (rows.square().sum(1)[:, None] + matrix.square().sum(0) - far) / 2
