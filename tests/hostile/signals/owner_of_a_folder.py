# Has changes of a folder signalled, with a signal of its choice.
# expect: refused
import fcntl
import os
import signal

F_SETSIG = 10


def attack(data_dir, settings, emit):
    here = os.open(".", os.O_RDONLY)
    try:
        fcntl.fcntl(here, F_SETSIG, signal.SIGKILL)
        emit("say", {"said": "escaped"})
    except PermissionError:
        fcntl.fcntl(here, fcntl.F_NOTIFY, fcntl.DN_CREATE | fcntl.DN_MULTISHOT)
        emit("say", {"said": "escaped"})
