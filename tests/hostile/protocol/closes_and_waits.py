# Closes every descriptor and stays.
# expect: timeout
import os
import time


def attack(data_dir, settings, emit):
    os.closerange(0, 256)
    time.sleep(1000)
