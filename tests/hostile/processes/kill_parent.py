# Kills the worker.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.kill(os.getppid(), 9)
    emit("say", {"said": "escaped"})
