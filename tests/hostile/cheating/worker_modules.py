# Looks for the job of somebody else in the worker's memory.
# expect: ok


def attack(data_dir, settings, emit):
    import gc

    texts = [o for o in gc.get_objects() if isinstance(o, dict) and "harness" in o and "program" in o and "limits" in o]
    if any("OTHER " + "CANDIDATE" in str(o.get("program")) for o in texts):
        emit("say", {"said": "escaped"})
