# Doubles a string.
# expect: memory


def attack(data_dir, settings, emit):
    text = "x" * 1024
    while True:
        text += text
