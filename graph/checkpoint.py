"""Whether LangGraph's checkpoint and the ledger tell of the same moment. The ledger is the truth; a checkpoint is derived."""

from __future__ import annotations

from typing import Any

from graph.config import Config
from memory.ledger import Ledger
from memory.verify import CLOSED

_TRAINED = {"audit", "remember", "select"}  # what comes when every child of the generation is done
_SELECTED = {"reflect", "rephrase", "plan", "report"}  # what comes when the generation is closed


def ahead(state: Any, ledger: Ledger, config: Config) -> bool:
    """Whether this snapshot of an unfinished run's state knows of more than the ledger: that was put back from a copy, or cut short.

    What comes next would then rest on what is not there. Started from the beginning, the run comes to where its ledger is
    without asking or training anything twice.
    """
    if not state.values:
        return False
    generation, children = state.values.get("generation", 0), state.values.get("children", [])
    coming = set(state.next)
    closed = generation if coming & _SELECTED else generation - 1
    if not coming or any(ledger.selection(number) is None for number in range(closed + 1)):
        return True
    thinks = config.search.eot and config.search.eot_form == "evidence" and generation > 0
    if thinks and coming & {"plan", "rephrase"} and ledger.reflection(generation) is None:
        return True
    found = [ledger.candidate(id) for id in children]
    done = len(children) if coming & _TRAINED else sum(task.result is not None for task in state.tasks)
    return None in found or done > sum(one is not None and one.status in CLOSED for one in found)
