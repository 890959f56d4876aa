# Loads code into the kernel.
# expect: refused

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
INIT_MODULE, FINIT_MODULE, KEXEC_LOAD = 175, 313, 246  # x86-64


def attack(data_dir, settings, emit):
    for number in (INIT_MODULE, FINIT_MODULE, KEXEC_LOAD):
        if libc.syscall(number, 0, 0, 0, 0) == 0 or ctypes.get_errno() != 1:
            emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
