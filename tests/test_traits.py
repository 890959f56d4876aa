"""What can be asked of a segment is read from its text: nobody is asked for narrower layers of an optimiser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import genome
from agents.prompts import intents, possible
from tasks import load_task, task_names

HEAD = """class Head(nn.Module):
    def __init__(self, channels, length, classes):
        super().__init__()
        self.linear = nn.Linear(channels * length, classes)

    def forward(self, x):
        x = x.mean(2)
        return self.linear(x.flatten(1).transpose(0, -1).squeeze(dim=0))
"""


@pytest.mark.parametrize(
    ("text", "held"),
    [
        (HEAD, {"layers"}),  # places of axes are no settings
        ("class A(nn.Module):\n    def __init__(self, width=8):\n        pass\n", {"layers", "values"}),
        (
            "def build_optimizer(model, steps):\n    return torch.optim.SGD(model.parameters(), lr=0.1), None\n",
            {"values"},
        ),
        ("def build_optimizer(model, steps):\n    return torch.optim.SGD(model.parameters(), RATE), None\n", set()),
        ("tail = steps * 0.3\n", {"values"}),
        ("def f(x):\n    return F.max_pool1d(x, 2)\n", {"values"}),
        ("def f(x):\n    return torch.cat([x, x], 1)\n", set()),
        ("scale = nn.Parameter(start)\n", {"layers"}),
        ("nn.init.zeros_(weight)\nnn.utils.clip_grad_norm_(weights, limit)\n", set()),
        ("CELL = ['skip', 'conv']\n", {"values"}),
        ("TABLE = {'a': (1, -2)}\n", {"values"}),
        ('"""Only a docstring."""\n', set()),
        ("    class Indented(torch.nn.Module):\n        pass\n", {"layers"}),
        ("def broken(:\n", set()),
        ("", set()),
    ],
)
def test_a_segment_holds_what_its_text_says(text: str, held: set[str]) -> None:
    assert genome.traits(text) == held


@given(st.text())
def test_any_text_can_be_asked(text: str) -> None:
    assert genome.traits(text) <= {"layers", "values"}
    assert {"surprise", "restructure", "free"} <= set(possible([text])) <= set(intents())


def test_what_is_possible_in_one_of_several_segments_is_possible() -> None:
    assert "tune" not in possible([HEAD])
    assert "shrink" in possible([HEAD])
    assert set(possible([HEAD, "lr = 0.1\n"])) == set(intents())
    assert possible([]) == possible([""])


@pytest.mark.parametrize("name", task_names())
def test_something_can_be_asked_of_every_segment_that_ships(name: str) -> None:
    for segment, text in genome.segments(load_task(name).files).items():
        asked = possible([text])
        assert ("shrink" in asked) == ("layers" in genome.traits(text)), segment
        assert "free" in asked


def test_the_optimiser_that_ships_is_not_asked_for_layers_nor_the_plain_head_for_other_values() -> None:
    texts = genome.segments(load_task("mnist1d").files)
    assert not {"shrink", "enrich"} & set(possible([texts["optimiser"]]))
    assert not {"tune", "tune_boldly"} & set(possible([texts["head"]]))
    assert "tune" in possible([texts["stem"]])
