# A data loader with worker processes.
# expect: refused crash


def attack(data_dir, settings, emit):
    import torch

    loader = torch.utils.data.DataLoader(list(range(10)), num_workers=2)
    print(list(loader))
