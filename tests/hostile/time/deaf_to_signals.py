# Ignores every signal that can be ignored.
# expect: timeout
import contextlib
import time


def attack(data_dir, settings, emit):
    import signal

    for number in range(1, 65):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(1)
