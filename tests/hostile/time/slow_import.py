# Never gets as far as the harness.
# expect: timeout
import time

time.sleep(1000)


def attack(data_dir, settings, emit):
    pass
