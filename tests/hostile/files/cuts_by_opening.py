# Cuts files short by opening them to read.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.open(data_dir / "x.npy", os.O_RDONLY | os.O_TRUNC)
    emit("say", {"said": "escaped"})
