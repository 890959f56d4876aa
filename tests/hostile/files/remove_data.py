# Removes the training data.
# expect: refused


def attack(data_dir, settings, emit):
    (data_dir / "x.npy").unlink()
    emit("say", {"said": "escaped"})
