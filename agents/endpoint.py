"""Where a model is asked: its address, its key, the proxy on the way, and what is wrong with them before anything is sent.

The key itself is in no message: only the name of the variable that holds it.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    from agents.settings import ModelChoice

OPENAI = "https://api.openai.com/v1"
_PROXIES = ("http", "https", "socks5", "socks5h")


def address_of(choice: ModelChoice) -> str:
    """Where this model is asked."""
    return (choice.base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI).strip()


def key_of(choice: ModelChoice) -> str:
    """The key that is sent there."""
    return os.environ.get(choice.key_env, "")


def fault_of(choice: ModelChoice) -> str:
    """Why nothing can be sent to this model, with the cure; empty when nothing is wrong. Asks nobody."""
    if choice.offline:
        return ""
    address, named = address_of(choice), choice.base_url or os.environ.get("OPENAI_BASE_URL")
    if not named and not key_of(choice):
        return (
            f"model '{choice.name}' has no endpoint: export OPENAI_BASE_URL=http://HOST:PORT/v1 and {choice.key_env}=..., "
            "or leave --model out for the offline model"
        )
    return (
        address_fault(address)
        or key_fault(choice.key_env, key_of(choice), f"model '{choice.name}' at {address}")
        or proxy_fault()
    )


def address_fault(address: str) -> str:
    """What is wrong with the form of an address; empty when it can be asked."""
    try:
        url = urlsplit(address)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and (url.port is None or url.port > 0)
        hidden = "@" in url.netloc
    except ValueError:
        usable, hidden = False, "@" in address
    if hidden:  # not shown: what stands before the @ is a password
        return "the model's address holds a user or a password; keep secrets in the environment (key_env names the variable)"
    if not usable or not address.isascii() or not address.isprintable() or " " in address:
        return f"expected the model's address as http://HOST:PORT/v1, came {address!r}"
    return ""


def key_fault(variable: str, key: str, who: str) -> str:
    """What is wrong with the key; empty when it can be sent."""
    if not key:
        return f"{who}: {variable} is not set; export it (local servers take any word)"
    if not (key.isascii() and key.isprintable()) or key != key.strip():
        what = (
            "a line break"
            if "\n" in key or "\r" in key
            else "a blank"
            if key.isascii()
            else "a letter that is not ASCII"
        )
        return f"{who}: {variable} holds {what}, a character that no header may hold; copy the key once more"
    return ""


def proxy_fault() -> str:
    """Which proxy variable stops every request, and why; empty when none does."""
    for scheme, value in getproxies().items():
        if scheme not in ("http", "https", "all"):
            continue
        names = [f"{scheme}_proxy", f"{scheme.upper()}_PROXY"]
        variable = next((name for name in names if os.environ.get(name)), names[1])
        kind = urlsplit(value if "://" in value else f"http://{value}").scheme
        if kind not in _PROXIES:
            return f"{variable} names a proxy of the kind {kind}://, which no client knows; expected one of {', '.join(_PROXIES)}"
        if kind.startswith("socks") and importlib.util.find_spec("socksio") is None:
            return f"{variable} names a SOCKS proxy, which needs a package: uv pip install socksio; or unset it"
    return ""


def proxy_on_the_way(address: str) -> str:
    """Which variable of the environment sends requests for this address through a proxy; empty when none does."""
    url = urlsplit(address)
    if proxy_bypass(url.hostname or ""):
        return ""
    for scheme in (url.scheme, "all"):
        for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY"):
            if os.environ.get(name):
                return name
    return ""


def first_fault(choices: Sequence[ModelChoice]) -> str:
    """What is wrong with the first of these models that cannot be asked; empty when nothing is."""
    return next((fault for choice in choices if (fault := fault_of(choice))), "")
