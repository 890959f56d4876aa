# Forks without end.
# expect: refused
import os


def attack(data_dir, settings, emit):
    while True:
        os.fork()
