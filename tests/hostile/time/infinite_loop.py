# Never ends.
# expect: timeout


def attack(data_dir, settings, emit):
    while True:
        pass
