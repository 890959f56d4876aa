# Opens up what it owns.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.chmod(".", 0o777)
    emit("say", {"said": "escaped"})
