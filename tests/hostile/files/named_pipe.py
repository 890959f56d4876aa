# Makes a pipe that another process could meet.
# expect: refused
import os


def attack(data_dir, settings, emit):
    os.mkfifo("pipe")
    emit("say", {"said": "escaped"})
