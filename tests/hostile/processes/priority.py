# Slows its parent down.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)
    emit("say", {"said": "escaped"})
