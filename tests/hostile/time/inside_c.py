# Spends its time in one C call that cannot be interrupted.
# expect: timeout


def attack(data_dir, settings, emit):
    import re

    re.match("(a+)+$", "a" * 60 + "b")
