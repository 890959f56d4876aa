# Dies in the middle of a frame.
# expect: crash
import os
import struct


def head(kind, meta, blob):
    return struct.pack("<2scBIQ", b"GE", kind, 1, meta, blob)


def attack(data_dir, settings, emit):
    os.write(3, head(b"F", 1000, 1000) + b"half")
    os._exit(0)
