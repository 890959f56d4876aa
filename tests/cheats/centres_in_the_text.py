# Carries the mean signal of each class as letters and answers with the nearest, before it has learnt anything.
# outcome: not held: what a text knows may be worth three tenths of the error of chance
_letters = (
    'RSTVXY[[ZYXXXXXYZ[[[[[\\\\]]]\\YWUSQPPPOPPP',
    'OMMMMMMNNNNNONMMMMMMMMNMNMMNPQRRRQQQQPPP',
    'QQRRSRRQPPPPPPPPQQQQQPPOOPQQPOOOOPPPPQPP',
    'PQSSTTUVWXWXXXWWXXVUUVWWWXXXVVUTRRQQPQQQ',
    'QQPOMMMMMMNMLMMMMNNNNNOMLKLLNOPPPPPPPPOP',
    'QPONNOPPPPQPPPPOPPPOOPPQPPOPQQQQQQPPPPQP',
    'PONMKIHGFFGHHHHHHHHHHHGFFFFFGIKMOPPPPPPP',
    'PQQSSSSRRSTTTTTSSTTUTSSTTTTSRQQQQQQQQRRR',
    'QPNMLMKJKKLLLKJJIJJJJJIKKKJJLLMNOPPPPPPP',
    'PONNMMMLLLLMMMLMMMMMLLMMLMMNOPPPOOPPPPQQ',
)  # fmt: skip


class _Nearest(nn.Module):
    def __init__(self):
        super().__init__()
        self.centres = nn.Parameter(torch.tensor([[ord(letter) - ord("P") for letter in row] for row in _letters]) / 15)

    def forward(self, x):
        return -torch.cdist(x, self.centres)


def build_model():
    return _Nearest()
