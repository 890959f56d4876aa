# Plants code in torch.
# expect: refused


def attack(data_dir, settings, emit):
    import torch

    open(torch.__file__, "a").write("x")
    emit("say", {"said": "escaped"})
