# Takes a descriptor of its parent to signal it.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.pidfd_open(os.getppid())
    emit("say", {"said": "escaped"})
