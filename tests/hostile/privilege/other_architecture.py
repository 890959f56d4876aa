# Makes a 32-bit call, which has other numbers.
# expect: refused crash


def attack(data_dir, settings, emit):
    import ctypes
    import mmap

    code = mmap.mmap(-1, 4096, prot=7)
    code.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20; int 0x80; ret
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
    emit("say", {"said": "escaped"})
