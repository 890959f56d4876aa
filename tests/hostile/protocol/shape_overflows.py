# A shape whose product does not fit in any number of a machine.
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
    text = b'{"x":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,4]}}'
    send(b"F", b'{"kind":"predict","meta":{}}', table(text, b"1234"))
    time.sleep(1000)
