# Climbs out of its folder.
# expect: refused


def attack(data_dir, settings, emit):
    open("../../../../etc/hostname").read()
    emit("say", {"said": "escaped"})
