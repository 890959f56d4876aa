# Asks torch for more than there is.
# expect: memory


def attack(data_dir, settings, emit):
    import torch

    torch.ones(1 << 32)
