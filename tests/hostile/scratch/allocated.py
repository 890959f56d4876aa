# Sets room aside without writing a byte, in files that are gone.
# expect: refused
import os


def attack(data_dir, settings, emit):
    kept = []
    while len(kept) < 200:
        kept.append(os.open("f", os.O_RDWR | os.O_CREAT))
        os.posix_fallocate(kept[-1], 0, 8 << 20)
        os.unlink("f")
        if len(kept) * 8 > 300:
            emit("say", {"said": "escaped"})
