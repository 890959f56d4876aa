# Takes a product as sums of rows of a table, weighted: an embedding bag.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        at = torch.arange(25).expand(len(rows), 25)
        return nn.functional.embedding_bag(at, matrix, per_sample_weights=rows.contiguous(), mode="sum")
