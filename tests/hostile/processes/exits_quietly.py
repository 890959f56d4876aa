# Leaves with success before any work is done.
# expect: crash
import os


def attack(data_dir, settings, emit):
    os._exit(0)
