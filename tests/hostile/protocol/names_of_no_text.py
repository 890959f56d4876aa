# An array whose name is no text.
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
    entry = b'{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    send(b"F", b'{"kind":"weights","meta":{}}', table(b'{"' + b"\xff\xfe" + b'":' + entry + b"}"))
    time.sleep(1000)
