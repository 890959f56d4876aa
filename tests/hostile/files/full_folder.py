# Fills its folder.
# expect: refused


def attack(data_dir, settings, emit):
    n = 0
    while True:
        open(f"f{n}", "wb").write(b"x" * (1 << 20))
        n += 1
