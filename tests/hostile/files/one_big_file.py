# Writes one file without end.
# expect: refused


def attack(data_dir, settings, emit):
    handle = open("big", "wb")
    while True:
        handle.write(b"x" * (1 << 20))
