# Opens a file by number, past every path.
# expect: refused

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def attack(data_dir, settings, emit):
    if libc.open_by_handle_at(-100, ctypes.create_string_buffer(64), 0) >= 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
