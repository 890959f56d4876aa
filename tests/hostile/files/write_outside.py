# Writes where everybody may.
# expect: refused


def attack(data_dir, settings, emit):
    open("/var/tmp/evil", "w").write("x")
    emit("say", {"said": "escaped"})
