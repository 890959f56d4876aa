# Catches MemoryError and asks again.
# expect: memory timeout


def attack(data_dir, settings, emit):
    import mmap

    kept = []
    while True:
        try:
            kept.append(mmap.mmap(-1, 1 << 20))
            kept[-1].write(b"x" * (1 << 20))
        except (MemoryError, OSError):
            continue
