# Prints without end.
# expect: ok timeout
import time


def attack(data_dir, settings, emit):
    until = time.time() + 1
    while time.time() < until:
        print("x" * 100_000)
