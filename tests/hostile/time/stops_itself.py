# Stops its own process and waits to be continued.
# expect: timeout
import os


def attack(data_dir, settings, emit):
    import signal

    os.kill(os.getpid(), signal.SIGSTOP)
