# One big multiplication.
# expect: timeout


def attack(data_dir, settings, emit):
    pow(7, 10**9)
