# Has the kernel kill the worker when there is something to read.
# expect: refused
import fcntl
import os
import signal

F_SETSIG = 10


def attack(data_dir, settings, emit):
    r, w = os.pipe()
    fcntl.fcntl(r, fcntl.F_SETOWN, os.getppid())
    emit("say", {"said": "escaped"})
    fcntl.fcntl(r, F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)
    os.write(w, b"x")
