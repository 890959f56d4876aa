# Never ends a frame.
# expect: timeout
import os
import struct
import time


def head(kind, meta, blob):
    return struct.pack("<2scBIQ", b"GE", kind, 1, meta, blob)


def attack(data_dir, settings, emit):
    os.write(3, head(b"F", 1000, 1000) + b"half")
    time.sleep(1000)
