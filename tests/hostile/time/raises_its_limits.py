# Raises its own limits first.
# expect: timeout
import contextlib


def attack(data_dir, settings, emit):
    import resource

    for number in range(16):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(number, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    while True:
        pass
