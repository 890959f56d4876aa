# Reads through a link of its own making.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.symlink("/etc/shadow", "link")
    open("link").read()
    emit("say", {"said": "escaped"})
