# Has its pages swapped out, where a look at its memory does not see them.
# expect: memory refused crash
import mmap

MADV_PAGEOUT = 21


def attack(data_dir, settings, emit):
    kept = mmap.mmap(-1, 200 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    kept.write(bytes(len(kept)))
    kept.madvise(MADV_PAGEOUT)
    emit("say", {"said": "escaped"})
