# Plants code in the worker for the next candidate.
# expect: refused


def attack(data_dir, settings, emit):
    import behaviour

    open(behaviour.__file__, "a").write("x")
    emit("say", {"said": "escaped"})
