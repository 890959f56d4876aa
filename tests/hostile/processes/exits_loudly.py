# Ends the interpreter.
# expect: crash


def attack(data_dir, settings, emit):
    raise SystemExit(0)
