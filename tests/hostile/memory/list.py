# Grows a list.
# expect: memory


def attack(data_dir, settings, emit):
    kept = []
    while True:
        kept.append(bytearray(1 << 20))
