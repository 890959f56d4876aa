# Forks.
# expect: refused
import os
import time


def attack(data_dir, settings, emit):
    if os.fork() == 0:
        time.sleep(1000)
