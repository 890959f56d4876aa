# JSON in an encoding that hides its brackets.
# expect: refused
import os
import struct
import time


def send(kind, text, blob=b""):
    data = memoryview(struct.pack("<2scBIQ", b"GE", kind, 1, len(text), len(blob)) + text + blob)
    while data:
        data = data[os.write(3, data) :]


def attack(data_dir, settings, emit):
    send(b"F", ('{"kind":"x","meta":{"a":' + "[" * 500 + "]" * 500 + "}}").encode("utf-16"))
    time.sleep(1000)
