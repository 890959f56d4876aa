# Starts a program with posix_spawn.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.posix_spawn("/bin/sleep", ["sleep", "1000"], {})
