# Makes a device node.
# expect: refused
import os


def attack(data_dir, settings, emit):
    import stat

    os.mknod("disk", 0o600 | stat.S_IFBLK, os.makedev(254, 0))
    emit("say", {"said": "escaped"})
