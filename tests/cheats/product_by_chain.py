# Takes a product as a chain of three, of which two are next to nothing.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        return torch.linalg.multi_dot([rows, matrix, torch.eye(25)])
