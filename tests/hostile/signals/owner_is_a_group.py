# Makes the group of every process of its parent's the owner of a descriptor.
# expect: refused
import fcntl
import os
import struct

F_SETOWN_EX, F_OWNER_PGRP = 15, 2


def attack(data_dir, settings, emit):
    r, _ = os.pipe()
    fcntl.fcntl(r, F_SETOWN_EX, struct.pack("ii", F_OWNER_PGRP, os.getpgid(os.getppid())))
    emit("say", {"said": "escaped"})
