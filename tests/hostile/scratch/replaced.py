# Puts a new file in the place of one that it still holds, again and again.
# expect: refused
import os


def attack(data_dir, settings, emit):
    kept = []
    while len(kept) < 200:
        kept.append(open("new", "wb"))
        kept[-1].write(bytes(8 << 20))
        kept[-1].flush()
        os.rename("new", "f")
        if len(kept) * 8 > 300:
            emit("say", {"said": "escaped"})
