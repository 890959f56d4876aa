# Says that it is done, and goes on.
# expect: ok
import os
import struct
import time


def head(kind, meta, blob):
    return struct.pack("<2scBIQ", b"GE", kind, 1, meta, blob)


def attack(data_dir, settings, emit):
    text = b'{"failure":null,"message":""}'
    os.write(3, head(b"D", len(text), 0) + text)
    time.sleep(1000)
