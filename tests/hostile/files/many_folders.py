# Folders in folders without end.
# expect: refused
import os


def attack(data_dir, settings, emit):
    while True:
        os.mkdir("d")
        os.chdir("d")
