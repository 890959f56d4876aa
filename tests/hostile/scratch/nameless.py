# Makes files that never had a name.
# expect: refused crash
import os


def attack(data_dir, settings, emit):
    kept = []
    while len(kept) < 200:
        kept.append(os.open(".", os.O_TMPFILE | os.O_RDWR))
        os.write(kept[-1], bytes(8 << 20))
        if len(kept) * 8 > 300:
            emit("say", {"said": "escaped"})
