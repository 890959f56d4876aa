# Pins its parent to one core.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.sched_setaffinity(os.getppid(), {0})
    emit("say", {"said": "escaped"})
