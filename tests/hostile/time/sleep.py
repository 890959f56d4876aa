# Waits without using the processor.
# expect: timeout
import time


def attack(data_dir, settings, emit):
    time.sleep(1000)
