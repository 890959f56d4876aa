# Keeps many tensors of moderate size.
# expect: memory


def attack(data_dir, settings, emit):
    import torch

    kept = [torch.ones(1 << 20) for _ in range(1000)]
    print(len(kept))
