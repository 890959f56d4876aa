"""The state machine, compiled. `langgraph.json` points at `graph` here."""

from __future__ import annotations

from typing import Any

from langgraph.graph import END, START, StateGraph

from graph import child, nodes
from graph.state import ChildState, Rooms, RunState


def child_graph() -> Any:
    """The way of one child: proposed, screened, trained, mended after any of these at most `repairs` times. The ledger is its memory."""
    g = StateGraph(ChildState, context_schema=Rooms)
    for name in ("propose", "screen", "repair", "train"):
        g.add_node(name, getattr(child, name))
    g.add_edge(START, "propose")
    for author in ("propose", "repair"):
        g.add_conditional_edges(author, child.by_verdict, {"fit": "screen", "mend": "repair", "dead": END})
    g.add_conditional_edges("screen", child.by_verdict, {"fit": "train", "mend": "repair", "dead": END})
    g.add_conditional_edges("train", child.by_verdict, {"mend": "repair", "done": END})
    return g.compile(checkpointer=False)


def build(checkpointer: Any = None) -> Any:
    """The state machine of a run."""
    g = StateGraph(RunState, context_schema=Rooms)
    for name in ("seed", "confirm", "reflect", "ask", "make", "commit", "select", "report"):
        g.add_node(name, getattr(nodes, name))
    g.add_edge(START, "seed")
    g.add_edge("seed", "confirm")
    g.add_conditional_edges("confirm", nodes.onward, ["reflect", "ask", "report"])
    for one, next in (
        ("reflect", "ask"),
        ("ask", "make"),
        ("make", "commit"),
        ("commit", "select"),
        ("select", "confirm"),
    ):
        g.add_edge(one, next)
    g.add_edge("report", END)
    return g.compile(checkpointer=checkpointer)


graph = build()
