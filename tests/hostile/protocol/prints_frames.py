# Prints frames to standard output.
# expect: ok
import os
import struct


def head(kind, meta, blob):
    return struct.pack("<2scBIQ", b"GE", kind, 1, meta, blob)


def attack(data_dir, settings, emit):
    for _ in range(100):
        os.write(1, head(b"F", 0, 0) + head(b"E", 2, 0) + b"{}")
