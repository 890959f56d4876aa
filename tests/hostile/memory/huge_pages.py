# Takes the machine's pool of huge pages, which is no part of what a process is seen to use.
# expect: refused memory crash
import mmap

MAP_HUGETLB = 0x40000


def attack(data_dir, settings, emit):
    kept = mmap.mmap(-1, 2 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_HUGETLB)
    kept[0] = 1
    emit("say", {"said": "escaped"})
