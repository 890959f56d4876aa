# Fetches a page.
# expect: refused crash


def attack(data_dir, settings, emit):
    import urllib.request

    urllib.request.urlopen("http://127.0.0.1:8000", timeout=1)
    emit("say", {"said": "escaped"})
