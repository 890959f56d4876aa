# A last word as deep as a parser takes: whoever writes it down again would fall.
# expect: refused
import os
import struct
import time


def send(kind, text, blob=b""):
    data = memoryview(struct.pack("<2scBIQ", b"GE", kind, 1, len(text), len(blob)) + text + blob)
    while data:
        data = data[os.write(3, data) :]


def attack(data_dir, settings, emit):
    send(b"D", b'{"failure":"crash","message":' + b"[" * 900 + b"]" * 900 + b"}")
    time.sleep(1000)
