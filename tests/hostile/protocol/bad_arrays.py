# Arrays whose header lies.
# expect: refused
import os
import struct
import time


def head(kind, meta, blob):
    return struct.pack("<2scBIQ", b"GE", kind, 1, meta, blob)


def attack(data_dir, settings, emit):
    text = b'{"kind":"predict","meta":{}}'
    tensors = b'{"x":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4]}}'
    blob = struct.pack("<Q", len(tensors)) + tensors + b"1234"
    os.write(3, head(b"F", len(text), len(blob)) + text + blob)
    time.sleep(1000)
