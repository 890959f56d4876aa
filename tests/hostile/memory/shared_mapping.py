# Fills a shared anonymous mapping, which private limits do not count.
# expect: memory


def attack(data_dir, settings, emit):
    import mmap

    kept = mmap.mmap(-1, 4 << 30)
    for at in range(0, 4 << 30, 4096):
        kept[at] = 1
