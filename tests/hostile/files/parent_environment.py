# Reads the worker's environment.
# expect: refused crash
import os


def attack(data_dir, settings, emit):
    emit("say", {"said": "escaped"}) if open(f"/proc/{os.getppid()}/environ").read() else None
