# Writes a forged frame to every descriptor.
# expect: ok refused
import contextlib
import os
import struct


def head(kind, meta, blob):
    return struct.pack("<2scBIQ", b"GE", kind, 1, meta, blob)


def attack(data_dir, settings, emit):
    text = b'{"kind":"predict","meta":{"forged":true}}'
    for fd in range(64):
        with contextlib.suppress(OSError):
            os.write(fd, head(b"F", len(text), 0) + text)
