# Changes a setting of the kernel.
# expect: refused crash


def attack(data_dir, settings, emit):
    open("/proc/sys/kernel/core_pattern", "w").write("x")
    emit("say", {"said": "escaped"})
