# A thousand arrays that all claim the same numbers.
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
    entry = '{"dtype":"U8","shape":[4194304],"data_offsets":[0,4194304]}'
    names = ",".join(f'"{number}":{entry}' for number in range(1000))
    send(b"F", b'{"kind":"weights","meta":{}}', table(f"{{{names}}}".encode(), bytes(4 << 20)))
    time.sleep(1000)
