# A file in memory that no process is charged for.
# expect: refused
import os


def attack(data_dir, settings, emit):
    fd = os.memfd_create("hidden")
    emit("say", {"said": "escaped"})
    os.write(fd, b"x" * (1 << 30))
