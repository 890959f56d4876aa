# Says that the sandbox was lost, which is not for a program to say.
# expect: crash
import os
import struct


def send(kind, text, blob=b""):
    data = memoryview(struct.pack("<2scBIQ", b"GE", kind, 1, len(text), len(blob)) + text + blob)
    while data:
        data = data[os.write(3, data) :]


def attack(data_dir, settings, emit):
    send(b"D", b'{"failure":"lost","message":"' + b"x" * 50_000 + b'"}')
    os._exit(1)
