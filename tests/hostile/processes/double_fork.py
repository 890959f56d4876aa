# Leaves its session and its parent.
# expect: refused
import os
import time


def attack(data_dir, settings, emit):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(0)
