# Raises its group's limits.
# expect: refused crash
import os


def attack(data_dir, settings, emit):
    os.makedirs("/sys/fs/cgroup/memory/evil")
    emit("say", {"said": "escaped"})
