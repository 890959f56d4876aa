# Writes no forward pass down: it says that it cannot be followed.
# outcome: unproven: looks at the values
import sys

sys.path.append("/opt/worker")
import tracing


def _silent(model, weights, x, emit, **_):
    emit("graph", {"reason": "the forward pass looks at the values of its inputs"}, {})


tracing.write_down = _silent
