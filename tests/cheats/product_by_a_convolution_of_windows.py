# Takes a product as a convolution with windows that are as long as the signal.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        return nn.functional.conv1d(rows.reshape(1, 1, -1), matrix.T[:, None].contiguous(), stride=25)[0].T
