# Leaves a thread behind that would run for ever.
# expect: ok
import time


def attack(data_dir, settings, emit):
    import threading

    threading.Thread(target=time.sleep, args=(1000,)).start()
