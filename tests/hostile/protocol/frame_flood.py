# Empty frames without end.
# expect: refused timeout


def attack(data_dir, settings, emit):
    while True:
        emit("x" * 1000)
