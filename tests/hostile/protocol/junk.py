# Binary junk.
# expect: refused
import os
import time


def attack(data_dir, settings, emit):
    os.write(3, bytes(range(256)) * 16)
    time.sleep(1000)
