# Kills its parent's group.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.killpg(os.getpgid(os.getppid()), 9)
    emit("say", {"said": "escaped"})
