# Leaves its session and its group, and goes on.
# expect: timeout refused
import os
import time


def attack(data_dir, settings, emit):
    os.setsid()
    while True:
        time.sleep(1000)
