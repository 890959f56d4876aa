# A failure that is none of the known, with a message that is no text.
# expect: crash
import os
import struct


def send(kind, text, blob=b""):
    data = memoryview(struct.pack("<2scBIQ", b"GE", kind, 1, len(text), len(blob)) + text + blob)
    while data:
        data = data[os.write(3, data) :]


def attack(data_dir, settings, emit):
    send(b"D", b'{"failure":{"lost":["audit"]},"message":{"a":[1,"\\ud800\\u0000"]}}')
    os._exit(1)
