# Many mappings, each below any limit.
# expect: memory


def attack(data_dir, settings, emit):
    import mmap

    kept = [mmap.mmap(-1, 8 << 20) for _ in range(1000)]
    for one in kept:
        one.write(b"x" * (8 << 20))
