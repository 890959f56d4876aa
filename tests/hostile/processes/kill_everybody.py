# Kills whatever it may.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.kill(-1, 9)
    emit("say", {"said": "escaped"})
