# Asks the clean pass to read a file: the operation that maps a file into a tensor.
# outcome: struck: not one of a forward pass
import tracing


def _trace(model, weights, x, **_):
    graph = {"batch": len(x), "weights": {name: str(t.dtype) for name, t in weights.items()}, "output": "1"}
    graph["looks"] = False
    graph["ops"] = [["aten.from_file.default", ["/etc/passwd", False, 10], {}, "1"]]
    return graph, {}


tracing.trace = _trace
