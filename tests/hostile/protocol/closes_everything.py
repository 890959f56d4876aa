# Closes every descriptor.
# expect: crash
import os


def attack(data_dir, settings, emit):
    os.closerange(0, 256)
