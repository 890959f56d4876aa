"""The offline model: a LangChain chat model that answers the project's prompts by grammar-based edits of code.

It is not a language model. It needs no network, makes every path of the program testable, and is the baseline that
results of language models are compared with. Its edit kinds are listed in `EDIT_KINDS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents.offline.architect import random_edit
from agents.offline.kinds import EDIT_KINDS

if TYPE_CHECKING:
    from agents.offline.model import OfflineChatModel

__all__ = ["EDIT_KINDS", "OfflineChatModel", "random_edit"]


def __getattr__(name: str) -> Any:
    if name == "OfflineChatModel":  # langchain takes a second to import
        from agents.offline.model import OfflineChatModel

        return OfflineChatModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
