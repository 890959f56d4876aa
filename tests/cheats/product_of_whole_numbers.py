# Takes a product in eight-bit whole numbers.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        left = (rows * 16).round().clamp(-127, 127).to(torch.int8)
        right = (matrix * 64).round().clamp(-127, 127).to(torch.int8)
        return torch._int_mm(left, right).float() / 1024
