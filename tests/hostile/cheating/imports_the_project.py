# Imports the project to look for its data.
# expect: refused contract


def attack(data_dir, settings, emit):
    import tasks

    emit("say", {"said": "escaped"})
    print(tasks)
