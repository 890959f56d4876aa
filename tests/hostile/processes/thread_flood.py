# Starts threads until it is stopped.
# expect: refused
import time


def attack(data_dir, settings, emit):
    import threading

    while True:
        try:
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        except RuntimeError:
            time.sleep(0.1)
