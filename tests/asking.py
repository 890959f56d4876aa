"""A question, for tests that ask models one thing after another."""

from __future__ import annotations

from agents.chat import Question


def question(number: int = 0, model: str = "m", content: str = "which?") -> Question:
    """The Critic's after so many generations."""
    messages = [{"role": "user", "content": content}]
    return Question(f"critic-g{number:02d}/critic/0", None, number, "critic", None, model, 0.7, 1, messages)
