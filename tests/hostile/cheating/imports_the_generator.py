# Makes the labels again with the task's own package.
# expect: refused contract


def attack(data_dir, settings, emit):
    import mnist1d

    emit("say", {"said": "escaped"})
    print(mnist1d)
