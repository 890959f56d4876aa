# Sends what only the worker may send.
# expect: refused
import os
import struct
import time


def head(kind, meta, blob):
    return struct.pack("<2scBIQ", b"GE", kind, 1, meta, blob)


def attack(data_dir, settings, emit):
    text = b'{"failure":null,"message":"","log":"","wall_s":0,"cpu_s":0,"peak_memory_mb":0}'
    os.write(3, head(b"E", len(text), 0) + text)
    time.sleep(1)
