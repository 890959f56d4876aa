# JSON that is no object.
# expect: refused
import os
import struct
import time


def head(kind, meta, blob):
    return struct.pack("<2scBIQ", b"GE", kind, 1, meta, blob)


def attack(data_dir, settings, emit):
    os.write(3, head(b"F", 4, 0) + b"null")
    time.sleep(1000)
