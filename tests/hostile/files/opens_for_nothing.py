# Opens what it may not read for neither reading nor writing, which Landlock has no word for.
# expect: refused
import os


def attack(data_dir, settings, emit):
    refused = None
    for path in ("/etc/shadow", "/dev/null", data_dir / "x.npy"):
        try:
            os.open(path, 3)
            emit("say", {"said": "escaped"})
        except PermissionError as error:
            refused = error
    raise refused
