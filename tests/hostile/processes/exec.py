# Becomes another program.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.execv("/bin/sleep", ["sleep", "1000"])
