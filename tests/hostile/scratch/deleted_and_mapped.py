# Holds files as mappings alone: no name, no descriptor.
# expect: refused crash
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]


def attack(data_dir, settings, emit):
    for at in range(200):
        file = os.open("f", os.O_RDWR | os.O_CREAT)
        os.unlink("f")
        os.write(file, bytes(8 << 20))
        libc.mmap(None, 4096, 1, 1, file, 0)
        os.close(file)
        if at * 8 > 300:
            emit("say", {"said": "escaped"})
