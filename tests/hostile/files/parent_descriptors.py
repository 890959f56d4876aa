# Borrows the worker's descriptors.
# expect: refused crash
import os


def attack(data_dir, settings, emit):
    os.listdir(f"/proc/{os.getppid()}/fd")
    emit("say", {"said": "escaped"})
