# Promises four gigabytes of JSON.
# expect: refused
import os
import struct
import time


def head(kind, meta, blob):
    return struct.pack("<2scBIQ", b"GE", kind, 1, meta, blob)


def attack(data_dir, settings, emit):
    os.write(3, head(b"F", (1 << 32) - 1, 0))
    time.sleep(1000)
