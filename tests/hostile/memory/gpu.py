# Takes all the memory of the GPU that it shares; without a GPU there is none to take.
# expect: memory ok


def attack(data_dir, settings, emit):
    import torch

    kept = []
    while torch.cuda.is_available():
        kept.append(torch.ones(1 << 26, device="cuda"))
        torch.cuda.synchronize()
