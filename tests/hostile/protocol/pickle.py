# A pickle where arrays should be.
# expect: refused
import os
import struct
import time


def head(kind, meta, blob):
    return struct.pack("<2scBIQ", b"GE", kind, 1, meta, blob)


def attack(data_dir, settings, emit):
    import pickle

    text = b'{"kind":"weights","meta":{}}'
    blob = pickle.dumps({"x": print})
    os.write(3, head(b"F", len(text), len(blob)) + text + blob)
    time.sleep(1000)
