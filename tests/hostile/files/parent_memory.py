# Opens the worker's memory.
# expect: refused crash
import os


def attack(data_dir, settings, emit):
    open(f"/proc/{os.getppid()}/mem", "rb").read(1)
    emit("say", {"said": "escaped"})
