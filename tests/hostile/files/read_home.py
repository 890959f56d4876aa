# Looks for keys.
# expect: refused crash
import os


def attack(data_dir, settings, emit):
    for place in ("/root/.ssh", "/root", "/home"):
        os.listdir(place)
        emit("say", {"said": "escaped"})
