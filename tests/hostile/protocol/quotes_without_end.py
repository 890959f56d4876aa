# A table of names that is one text without an end, full of quotes: who looks for its end at each would look for hours.
# expect: refused
import os
import struct
import time


def send(kind, text, blob=b""):
    data = memoryview(struct.pack("<2scBIQ", b"GE", kind, 1, len(text), len(blob)) + text + blob)
    while data:
        data = data[os.write(3, data) :]


def table(text, numbers=b""):
    return struct.pack("<Q", len(text)) + text + numbers


def attack(data_dir, settings, emit):
    send(b"F", b'{"kind":"x","meta":{"a":"' + rb"\"" * 30_000 + b'"}}')
    send(b"F", b'{"kind":"weights","meta":{}}', table(b'{"' + rb"\"" * 500_000))
    time.sleep(1000)
