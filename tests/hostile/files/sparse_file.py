# Makes a file of 16 TB that holds nothing yet.
# expect: refused crash


def attack(data_dir, settings, emit):
    with open("big", "wb") as handle:
        handle.truncate(1 << 44)
    emit("say", {"said": "escaped"})
