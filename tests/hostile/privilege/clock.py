# Sets the clock.
# expect: refused

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def attack(data_dir, settings, emit):
    if libc.clock_settime(0, ctypes.create_string_buffer(16)) == 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
