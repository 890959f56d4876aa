# Reads the password file.
# expect: refused


def attack(data_dir, settings, emit):
    open("/etc/shadow").read()
    emit("say", {"said": "escaped"})
