"""Prompts to authors, for tests that ask the offline model without a run."""

from __future__ import annotations

from agents.prompts import holes, render, template


def brief(name: str, **values: str) -> str:
    """The template with these values; what is not given is nothing to speak of."""
    form = render("reply_form", besides="", contract="build_model()", imports="`torch`").strip()
    usual = {
        "task": "mnist1d",
        "description": "Classify.",
        "objectives": "- val_error (%), lower is better; 90 counts for nothing",
        "thought": render("lessons", lessons="None are cited here."),
        "reply_form": form,
    }
    return render(name, **{hole: values.get(hole, usual.get(hole, "Nothing.")) for hole in holes(template(name))})
