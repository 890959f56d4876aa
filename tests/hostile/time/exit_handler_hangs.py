# Hangs when the interpreter shuts down.
# expect: ok
import time


def attack(data_dir, settings, emit):
    import atexit

    atexit.register(time.sleep, 1000)
