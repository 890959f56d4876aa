# Makes its parent the owner of its log by requests to the device.
# expect: refused
import fcntl
import os
import struct

FIOASYNC, FIOSETOWN, SIOCSPGRP = 0x5452, 0x8901, 0x8902


def attack(data_dir, settings, emit):
    refused = None
    for request, value in ((FIOSETOWN, os.getppid()), (SIOCSPGRP, -os.getppid()), (FIOASYNC, 1)):
        try:
            fcntl.ioctl(1, request, struct.pack("i", value))
            emit("say", {"said": "escaped"})
        except PermissionError as error:
            refused = error
    raise refused
