# Tables within tables, in one frame of many.
# expect: refused
import os
import struct
import time


def send(kind, text, blob=b""):
    data = memoryview(struct.pack("<2scBIQ", b"GE", kind, 1, len(text), len(blob)) + text + blob)
    while data:
        data = data[os.write(3, data) :]


def attack(data_dir, settings, emit):
    for depth in (2, 8, 200, 950):
        send(b"F", b'{"kind":"x","meta":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}")
    time.sleep(1000)
