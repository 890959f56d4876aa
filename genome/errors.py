"""The one exception of the room."""

from __future__ import annotations


class GenomeError(Exception):
    """A fault of a program: `failure` is its kind, `message` what the author needs to see to repair it."""

    def __init__(self, failure: str, message: str) -> None:
        super().__init__(f"{failure}: {message}")
        self.failure = failure
        self.message = message
