# Sets a timer whose signal goes to a thread by number.
# expect: refused
import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)
SIGEV_SIGNAL, SIGEV_THREAD_ID = 0, 4


def attack(data_dir, settings, emit):
    number = {"x86_64": 222, "aarch64": 107}[os.uname().machine]
    made = ctypes.c_int()
    for how in (SIGEV_THREAD_ID, SIGEV_SIGNAL):
        event = (ctypes.c_int * 16)(0, 0, signal.SIGKILL, how, os.getppid())
        if libc.syscall(number, 1, event, ctypes.byref(made)) == 0:
            emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
