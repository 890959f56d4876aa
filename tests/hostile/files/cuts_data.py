# Cuts its data short by name, which the first versions of Landlock let pass.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.truncate(data_dir / "x.npy", 0)
    emit("say", {"said": "escaped"})
