# Looks for labels beside the data.
# expect: ok crash refused
import os


def attack(data_dir, settings, emit):
    for _place, _, names in os.walk(data_dir.parent):
        for name in names:
            if "label" in name or name.startswith("y_"):
                emit("say", {"said": "escaped"})
