# Says that the sandbox is to blame.
# expect: crash
import os
import struct


def head(kind, meta, blob):
    return struct.pack("<2scBIQ", b"GE", kind, 1, meta, blob)


def attack(data_dir, settings, emit):
    text = b'{"error":"the walls do not stand"}'
    os.write(3, head(b"D", len(text), 0) + text)
    os._exit(1)
