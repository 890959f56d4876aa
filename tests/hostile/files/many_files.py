# A million small files.
# expect: refused


def attack(data_dir, settings, emit):
    for n in range(1_000_000):
        open(f"f{n}", "w").close()
