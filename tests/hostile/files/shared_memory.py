# Leaves a message in shared memory.
# expect: refused crash


def attack(data_dir, settings, emit):
    open("/dev/shm/evil", "w").write("x")
    emit("say", {"said": "escaped"})
