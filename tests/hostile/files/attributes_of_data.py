# Reads the attributes of files that it may not open.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.listxattr("/etc/shadow")
    emit("say", {"said": "escaped"})
