# Dies of a signal that says nothing.
# expect: memory
import os


def attack(data_dir, settings, emit):
    os.kill(os.getpid(), 9)
