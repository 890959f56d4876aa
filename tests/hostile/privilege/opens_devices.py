# Opens the machine's memory, disks, consoles and virtual machines.
# expect: refused crash
import os

DEVICES = ("mem", "kmem", "port", "kmsg", "vda", "sda", "nvme0n1", "console", "tty0", "ptmx", "fuse", "kvm", "net/tun")


def attack(data_dir, settings, emit):
    for name in DEVICES:
        for how in (os.O_RDONLY, os.O_RDWR):
            try:
                os.open(f"/dev/{name}", how)
            except OSError:
                continue
            emit("say", {"said": "escaped"})
    raise PermissionError("none can be opened")
