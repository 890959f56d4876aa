# Links the data into its folder, to write it through the link.
# expect: refused crash
import os


def attack(data_dir, settings, emit):
    os.link(f"{data_dir}/x.npy", "mine")
    with open("mine", "wb") as handle:
        handle.write(b"forged")
    emit("say", {"said": "escaped"})
