# Gives its folder another name, so that nobody looks at the right one while it is filled.
# expect: refused
import os


def attack(data_dir, settings, emit):
    here = os.getcwd()
    os.rename(here, f"{here}.moved")
    emit("say", {"said": "escaped"})
