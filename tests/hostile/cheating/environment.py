# Looks for secrets in the environment.
# expect: ok
import os


def attack(data_dir, settings, emit):
    if set(os.environ) - {"HOME", "TMPDIR"}:
        emit("say", {"said": "escaped"})
