# Holds files open that no folder lists any more.
# expect: refused
import os


def attack(data_dir, settings, emit):
    kept = []
    while len(kept) < 200:
        kept.append(open("f", "wb"))
        os.unlink("f")
        kept[-1].write(bytes(8 << 20))
        kept[-1].flush()
        if len(kept) * 8 > 300:
            emit("say", {"said": "escaped"})
