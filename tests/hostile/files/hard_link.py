# Links a file of the host into its folder.
# expect: refused crash
import os


def attack(data_dir, settings, emit):
    os.link("/etc/hostname", "link")
    open("link").read()
    emit("say", {"said": "escaped"})
