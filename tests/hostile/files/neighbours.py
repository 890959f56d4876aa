# Looks into the folders of other slots.
# expect: refused crash
import os


def attack(data_dir, settings, emit):
    import glob

    for place in [*glob.glob("/tmp/evolve-*"), "/tmp", "/scratch", ".."]:
        os.listdir(place)
        emit("say", {"said": "escaped"})
