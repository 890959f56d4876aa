"""A lesson applies where the code has the words that it asks for, and none that it excludes, however the code is laid out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.words_of_code import LONGEST, holds, word, words

HEAD = """self.net = nn.Sequential(
    nn.Flatten(),  # not an AdaptiveAvgPool1d
    nn.Linear(64, 10, bias = False), nn.AvgPool1d(2, stride=2), padding_mode="circular",
)
lr = 1e-3
opt = SGD(p, lr=0.1 * scale, betas=(0.9,
    0.95))
'''Dropout would help'''
OPERATIONS = ("conv3", "nor-conv 3x3")
"""
NAMES = st.from_regex(r"[A-Za-z_]\w{0,8}", fullmatch=True).filter(str.isidentifier)
VALUES = NAMES | st.integers(-9, 99).map(str) | NAMES.map(lambda name: f'"{name}"')
ARGUMENTS = st.tuples(NAMES, VALUES)


def test_names_arguments_numbers_and_texts_are_words_and_comments_are_not() -> None:
    found = words(HEAD)
    assert found >= {"Flatten", "nn", "bias=False", "stride=2", "padding_mode=circular", "circular", "64", "1e-3"}
    assert found >= {"lr=1e-3", "lr=0.1*scale", "betas=(0.9,0.95)", "conv3", "nor-conv", "3x3"}
    assert not found & {"AdaptiveAvgPool1d", "Dropout", "lr=0.1", "not"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("nn.Flatten()", "Flatten"),
        ("`torch.nn.Flatten`", "Flatten"),
        ("stride = 2", "stride=2"),
        ("Conv1d.stride=2", "stride=2"),
        ("padding_mode='circular'", "padding_mode=circular"),
        ('"conv3"', "conv3"),
        ("0.1", "0.1"),
        ("a whole sentence", ""),
        ("the stride = 2", ""),
        ("stride == 2", ""),
        ("=", ""),
        ("", ""),
        ("x" * (LONGEST + 1), ""),
    ],
)
def test_a_word_is_understood_as_models_put_it(said: str, meant: str) -> None:
    assert word(said) == meant


@given(st.lists(ARGUMENTS, max_size=4), st.sampled_from(["", " ", "  "]), st.sampled_from([", ", ",", ",\n    "]))
def test_the_layout_of_the_code_does_not_matter(arguments: list[tuple[str, str]], blank: str, comma: str) -> None:
    code = f"f({comma.join(f'{name}{blank}={blank}{value}' for name, value in arguments)})"
    assert holds([word(f"{name}={value}") for name, value in arguments], (), words(code))
    assert words(code) == words(f"f({', '.join(f'{name}={value}' for name, value in arguments)})")


@given(st.text(), st.text())
def test_any_text_has_words_that_mean_themselves_and_meets_no_contradiction(text: str, other: str) -> None:
    found = words(text)
    assert {one for one in found if "=" not in one} == {word(one) for one in found if "=" not in one}
    both = found | words(other)
    assert holds(found, (), both)
    assert not found or not holds((), found, both)
    assert holds((), (), found)
    assert not any(holds([one], [one], both) for one in found)


@given(st.text())
def test_whatever_is_said_is_a_word_or_nothing(said: str) -> None:
    found = word(said)
    assert len(found) <= LONGEST
    assert word(found) == found or "=" in found
