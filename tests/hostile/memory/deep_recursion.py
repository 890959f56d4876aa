# Recurses through C frames until the stack ends.
# expect: crash memory


def attack(data_dir, settings, emit):
    import sys

    sys.setrecursionlimit(10**9)

    class Deep:
        def __getattr__(self, name):
            return getattr(self, name + "x")

    Deep().x
