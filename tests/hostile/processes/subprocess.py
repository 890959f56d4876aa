# Starts a program.
# expect: refused


def attack(data_dir, settings, emit):
    import subprocess

    subprocess.run(["/bin/sh", "-c", "sleep 1000"])
