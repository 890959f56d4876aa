# Starts a pool of processes.
# expect: refused crash


def attack(data_dir, settings, emit):
    import multiprocessing

    multiprocessing.Pool(4).map(abs, range(4))
