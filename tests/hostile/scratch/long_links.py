# Fills its folder with links whose text is the load.
# expect: refused
import os


def attack(data_dir, settings, emit):
    kept = []
    for n in range(100_000):
        name = f"{n}" * 40
        os.symlink("x" * 4000, name)
        kept.append(name)
        if n > 20_000:
            emit("say", {"said": "escaped"})
