# Looks for paths, keys and addresses in the environment, its own and that which the interpreter remembers.
# outcome: nothing found
import os
import sys

for _key, _value in {**os.environ, "path": ":".join(sys.argv)}.items():
    if _key not in ("HOME", "TMPDIR", "path") or "sealed" in _value or "sk-" in _value:
        print("FOUND", _key, _value)
