# Writes many files a little at a time, deaf to every error, and counts what it holds.
# expect: refused
import contextlib
import os


def attack(data_dir, settings, emit):
    files = [os.open(f"f{n}", os.O_RDWR | os.O_CREAT) for n in range(100)]
    while True:
        for file in files:
            with contextlib.suppress(OSError):
                os.write(file, bytes(1 << 20))
        if sum(os.fstat(file).st_size for file in files) > 300 << 20:
            emit("say", {"said": "escaped"})
