"""The state machine, compiled. `langgraph.json` points at `graph` here."""

from __future__ import annotations

from typing import Any

from langgraph.graph import END, START, StateGraph

from graph import nodes
from graph.state import ChildState, Rooms, RunState


def child_graph() -> Any:
    """The way of one child: proposed, screened, mended at most `repairs` times, trained."""
    g = StateGraph(ChildState, context_schema=Rooms)
    for name, node in (
        ("propose", nodes.propose),
        ("screen", nodes.screen),
        ("repair", nodes.repair),
        ("train", nodes.train),
    ):
        g.add_node(name, node)
    g.add_edge(START, "propose")
    for author in ("propose", "repair"):
        g.add_conditional_edges(author, nodes.by_verdict, {"fit": "screen", "mend": "repair", "dead": END})
    g.add_conditional_edges("screen", nodes.by_verdict, {"fit": "train", "mend": "repair", "dead": END})
    g.add_edge("train", END)
    return g.compile()


def build(checkpointer: Any = None) -> Any:
    """The state machine of a run. A child's steps never wait for those of a sibling."""
    g = StateGraph(RunState, context_schema=Rooms)
    for name in ("seed", "plan", "audit", "remember", "select", "reflect", "rephrase", "report"):
        g.add_node(name, getattr(nodes, name))
    g.add_node("child", child_graph())
    g.add_edge(START, "seed")
    g.add_edge("seed", "plan")
    g.add_conditional_edges("plan", nodes.fan_out, ["child"])
    g.add_edge("child", "audit")
    g.add_edge("audit", "remember")
    g.add_edge("remember", "select")
    g.add_conditional_edges("select", nodes.after_select, ["reflect", "rephrase", "plan", "report"])
    g.add_conditional_edges("reflect", nodes.after_reflect, ["rephrase", "plan"])
    g.add_edge("rephrase", "plan")
    g.add_edge("report", END)
    return g.compile(checkpointer=checkpointer)


graph = build()
