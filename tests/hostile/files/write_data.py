# Changes the training data.
# expect: refused


def attack(data_dir, settings, emit):
    (data_dir / "x.npy").write_bytes(b"")
    emit("say", {"said": "escaped"})
