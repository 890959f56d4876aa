# Numbers of more digits than a parser takes.
# expect: refused
import os
import struct
import time


def send(kind, text, blob=b""):
    data = memoryview(struct.pack("<2scBIQ", b"GE", kind, 1, len(text), len(blob)) + text + blob)
    while data:
        data = data[os.write(3, data) :]


def attack(data_dir, settings, emit):
    send(b"F", b'{"kind":"predict","meta":{"step":' + b"9" * 5000 + b"}}")
    time.sleep(1000)
