# Stops every clock it can reach.
# expect: timeout
import time


def attack(data_dir, settings, emit):
    time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0
    sleep = time.sleep
    while True:
        sleep(0.01)
