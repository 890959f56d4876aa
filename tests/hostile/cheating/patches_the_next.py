# Patches torch for whoever comes next.
# expect: ok crash


def attack(data_dir, settings, emit):
    import torch

    torch.ones = torch.arange = None
    len.__class__
    emit.__globals__["send"] = print
