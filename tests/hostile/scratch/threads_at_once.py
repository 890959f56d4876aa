# Sixteen threads write and delete at once, more than one look can see.
# expect: refused timeout
import os
import threading

held = []


def fill():
    while True:
        try:
            file = os.open(f"f{threading.get_ident()}", os.O_RDWR | os.O_CREAT)
            held.append(file)
            os.unlink(f"f{threading.get_ident()}")
            os.write(file, bytes(4 << 20))
        except OSError:
            continue


def attack(data_dir, settings, emit):
    for _ in range(16):
        threading.Thread(target=fill, daemon=True).start()
    while True:
        if sum(os.fstat(file).st_blocks for file in list(held)) * 512 > 300 << 20:
            emit("say", {"said": "escaped"})
        if len(held) > 200:
            raise PermissionError("nothing more can be opened")
