# JSON nested beyond any parser.
# expect: refused
import os
import struct
import time


def head(kind, meta, blob):
    return struct.pack("<2scBIQ", b"GE", kind, 1, meta, blob)


def attack(data_dir, settings, emit):
    text = b"[" * 500_000
    os.write(3, head(b"F", len(text), 0))
    while text:
        text = text[os.write(3, text) :]
    time.sleep(1000)
