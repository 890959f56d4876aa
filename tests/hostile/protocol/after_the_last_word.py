# Frames and junk behind its own last word.
# expect: ok
import os
import struct
import time


def send(kind, text, blob=b""):
    data = memoryview(struct.pack("<2scBIQ", b"GE", kind, 1, len(text), len(blob)) + text + blob)
    while data:
        data = data[os.write(3, data) :]


def attack(data_dir, settings, emit):
    send(b"D", b'{"failure":null,"message":""}')
    send(b"F", b'{"kind":"predict","meta":{"said":"escaped"}}')
    os.write(3, b"junk" * 100)
    time.sleep(1000)
