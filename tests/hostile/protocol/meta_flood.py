# Frames of as much JSON as one may have, without end.
# expect: refused
import os
import struct


def send(kind, text, blob=b""):
    data = memoryview(struct.pack("<2scBIQ", b"GE", kind, 1, len(text), len(blob)) + text + blob)
    while data:
        data = data[os.write(3, data) :]


def attack(data_dir, settings, emit):
    while True:
        send(b"F", b'{"kind":"x","meta":{"a":[' + b"[]," * 20_000 + b"0]}}")
