"""Replies as models really give them: each is a result or an exact complaint, never a crash."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.replies import Reply, ReplyError, parse_lessons, parse_reply

settings.register_profile("undated", deadline=None)  # other work on the machine must not fail a test
settings.load_profile("undated")

STEM = '''class Stem(nn.Module):
    """Signal to features."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, 5)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.conv(x))
'''
HEAD = "def head(x):\n    return x\n"
NEW = STEM.replace("25", "32")
ONE = {"stem": STEM}
TWO = {"stem": STEM, "head": HEAD}
REST = (
    f"# EVOLVE-BLOCK-START body\nBODY = 1\n# EVOLVE-BLOCK-END\n\n# EVOLVE-BLOCK-START head\n{HEAD}# EVOLVE-BLOCK-END\n"
)
WHOLE = f"import torch\n\n# EVOLVE-BLOCK-START stem\n{NEW}# EVOLVE-BLOCK-END\n\n{REST}"
EDIT = "<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE"
SMALL = EDIT.format("        self.conv = nn.Conv1d(1, 25, 5)", "        self.conv = nn.Conv1d(1, 32, 5)")


def block(text: str, info: str = "python segment=stem", fence: str = "```") -> str:
    return f"{fence}{info}\n{text.rstrip()}\n{fence}"


def indented(text: str, by: str) -> str:
    return "\n".join(by + line for line in text.split("\n"))


def complaint(reply: str, allowed: dict[str, str] = ONE, finish: str = "stop") -> str:
    with pytest.raises(ReplyError) as caught:
        parse_reply(reply, allowed, finish)
    assert caught.value.failure == "unparsable"
    assert len(caught.value.message) < 1200
    return caught.value.message


USUAL = block(NEW)
GOOD = {
    "the form": f"Wider stem.\n\n{USUAL}\n",
    "nothing around": USUAL,
    "prose around": f"Wider stem.\n\n{USUAL}\n\nIt should help.",
    "CRLF": f"Wider stem.\n\n{USUAL}\n".replace("\n", "\r\n"),
    "tildes": block(NEW, fence="~~~"),
    "longer fence": block(NEW, fence="`````"),
    "unclosed fence": USUAL.removesuffix("```"),
    "no language": block(NEW, "segment=stem"),
    "quoted name": block(NEW, 'py segment="stem"'),
    "braced name": block(NEW, "python {segment=stem}"),
    "spaced name": block(NEW, "python segment: stem"),
    "another case": block(NEW, "Python Segment=STEM"),
    "name alone": block(NEW, "python stem"),
    "no name, one allowed": block(NEW, "python"),
    "no name, no language": block(NEW, ""),
    "named in a comment": block("# segment: stem\n" + NEW, "python").replace("# segment: stem\n", ""),
    "marker lines inside": block(f"# EVOLVE-BLOCK-START stem\n{NEW}# EVOLVE-BLOCK-END"),
    "marker lines name it": block(f"# EVOLVE-BLOCK-START stem\n{NEW}# EVOLVE-BLOCK-END", "python"),
    "half a pair of marker lines": block(f"# EVOLVE-BLOCK-START stem\n{NEW}"),
    "end marker only": block(f"{NEW}# EVOLVE-BLOCK-END"),
    "whole program": block(WHOLE, "python"),
    "whole program, named": block(WHOLE),
    "whole program without fence": f"Here it is.\n{WHOLE}",
    "bare code": NEW,
    "bare code in prose": f"I make it wider.\n\n{NEW}\nThis should help a lot.",
    "thinking first": f"<think>\nMaybe\n{block(HEAD)}\nNo.\n</think>\nWider.\n{USUAL}",
    "thinking without a start": f"Maybe\n{block(HEAD)}\n</think>\n{USUAL}",
    "in a list": indented(USUAL, "   "),
    "uniformly indented": block(indented(NEW, "    ")),
    "blank lines around": block(f"\n\n{NEW}\n\n"),
    "quotation of the old first": f"Now:\n{block(STEM, 'python')}\nNew:\n{block(NEW, 'python')}",
    "example of use after": f"{USUAL}\nUse:\n{block('model = build_model()', 'python')}",
    "shell after": f"{block(NEW, 'python')}\n{block('pip install x', 'bash')}",
    "draft, then final": f"{block(HEAD)}\nBetter:\n{USUAL}",
    "edit": block(SMALL, "edit segment=stem"),
    "edit in a python block": block(SMALL),
    "edit without a name": block(SMALL, "edit"),
    "two edits without a name": block(EDIT.format("25, 5", "31, 5"), "edit")
    + "\n"
    + block(EDIT.format("31, 5", "32, 5"), "edit"),
    "edit without a fence": f"I widen it.\n{SMALL}\n",
    "edit with CRLF": block(SMALL, "edit segment=stem").replace("\n", "\r\n"),
    "edit with blanks at line ends": block(SMALL.replace("25, 5)", "25, 5)  \t"), "edit segment=stem"),
    "edit of a piece of a line": block(EDIT.format("Conv1d(1, 25, 5)", "Conv1d(1, 32, 5)"), "edit segment=stem"),
    "edit at another depth": block(
        EDIT.format(
            "self.conv = nn.Conv1d(1, 25, 5)\nself.act = nn.ReLU()",
            "self.conv = nn.Conv1d(1, 32, 5)\nself.act = nn.ReLU()",
        ),
        "edit segment=stem",
    ),
    "edits in two blocks": block(EDIT.format("1, 25, 5", "1, 31, 5"), "edit segment=stem")
    + "\n"
    + block(EDIT.format("1, 31, 5", "1, 32, 5"), "edit segment=stem"),
    "complete text called an edit": block(NEW, "edit segment=stem"),
    "complete at the limit": f"{USUAL}\nAnd so",
}


@pytest.mark.parametrize("case", GOOD)
def test_understood(case: str) -> None:
    finish = "length" if case == "complete at the limit" else "stop"
    reply = parse_reply(GOOD[case], ONE, finish)
    assert reply.changes["stem"].replace("# segment: stem\n", "") == NEW
    assert list(reply.changes) == ["stem"]


def test_the_prose_is_the_rationale() -> None:
    reply = parse_reply(f"<think>hm</think>\nWider stem.\n\n{USUAL}\n\nIt should help.", ONE)
    assert reply == Reply("Wider stem.\n\n\nIt should help.", {"stem": NEW})


NEW_HEAD = "def head(x):\n    return 2 * x\n"
BOTH = {
    "two named blocks": f"A\n{block(NEW)}\nB\n{block(NEW_HEAD, 'python segment=head')}",
    "no blank line between": f"{block(NEW)}\n{block(NEW_HEAD, 'python segment=head')}",
    "the first never closed": f"```python segment=stem\n{NEW}```python segment=head\n{NEW_HEAD}```",
    "no names, told by what they define": f"{block(NEW_HEAD, 'python')}\n{block(NEW, '')}",
    "told by the line above": f"### Segment `stem`\n\n{block(NEW, 'python')}\n**head**\n{block(NEW_HEAD, 'python')}",
    "whole program": block(WHOLE.replace(HEAD, NEW_HEAD), "python"),
    "two fences of other kinds": f"{block(NEW, fence='~~~')}\n{block(NEW_HEAD, 'python segment=head')}",
    "edit and text": f"{block(SMALL, 'edit segment=stem')}\n{block(NEW_HEAD, 'python segment=head')}",
}


@pytest.mark.parametrize("case", BOTH)
def test_understood_with_two_segments(case: str) -> None:
    assert parse_reply(BOTH[case], TWO).changes == {"stem": NEW, "head": NEW_HEAD}


@pytest.mark.parametrize("quote", ['"""', "'''"])
@pytest.mark.parametrize("inner", ["```\nx = Stem()\n```", "```python\nx = Stem()\n```", "~~~\nx\n~~~", "```"])
def test_fences_inside_a_docstring_do_not_end_the_block(quote: str, inner: str) -> None:
    code = f"class Stem(nn.Module):\n    {quote}Use:\n\n{indented(inner, '    ')}\n    {quote}\n\n    size = 3 # it's\n"
    reply = parse_reply(f"A\n{block(code)}\nB\n{block(NEW_HEAD, 'python segment=head')}\n", TWO)
    assert reply.changes == {"stem": code, "head": NEW_HEAD}


@pytest.mark.parametrize(
    "line", ["size = 3  # not ''' open, don't", "name = 'a'''", "name = \"'''\"", "name = '\\'\"\"\"'"]
)
def test_quotes_in_comments_and_short_strings_open_no_docstring(line: str) -> None:
    reply = parse_reply(f"A\n{block(line)}\nB\n{block(NEW_HEAD, 'python segment=head')}\n", TWO)
    assert reply.changes == {"stem": line + "\n", "head": NEW_HEAD}
    assert reply.rationale == "A\nB"


LATER = [
    "```\nx = 1\n```",
    "```python segment=head\ndef head(x):\n    '''No.'''\n```",
    "```python segment=head\nx = '''\n```",
]


@pytest.mark.parametrize("after", LATER)
def test_a_string_that_never_ends_ends_with_the_first_fence(after: str) -> None:
    code = "class Stem:\n    '''Lost.\n"
    assert parse_reply(f"A\n{block(code)}\nB\n{after}\nC", TWO).changes["stem"] == code


def test_a_note_that_was_there_before_is_no_gap() -> None:
    present = STEM + "# ... existing code\n"
    assert parse_reply(block(NEW + "# ... existing code\n"), {"stem": present}).changes["stem"].startswith(NEW)


def test_a_docstring_that_never_ends_costs_its_own_block_only() -> None:
    code = NEW.replace('features."""', "features.")
    reply = parse_reply(f"A\n{block(code)}\nB\n{block(NEW_HEAD, 'python segment=head')}\n", TWO)
    assert reply.changes == {"stem": code, "head": NEW_HEAD}


def test_a_nested_segment_keeps_its_depth() -> None:
    allowed = {"layers": "        self.conv = nn.Conv1d(1, 25, 5)\n"}
    for text in (
        "self.conv = nn.Conv1d(1, 9, 5)\nif True:\n    self.x = 1\n",
        "        self.conv = nn.Conv1d(1, 9, 5)\n        if True:\n            self.x = 1",
    ):
        changes = parse_reply(block(text, "python segment=layers"), allowed).changes
        assert changes == {
            "layers": "        self.conv = nn.Conv1d(1, 9, 5)\n        if True:\n            self.x = 1\n"
        }


def test_edits_keep_what_they_do_not_touch_byte_for_byte() -> None:
    present = STEM.replace("ReLU()", "ReLU()   ")
    change = EDIT.format(
        "        self.conv = nn.Conv1d(1, 25, 5)\n        self.act = nn.ReLU()", "        self.both = f()"
    )
    expected = STEM.replace(
        "        self.conv = nn.Conv1d(1, 25, 5)\n        self.act = nn.ReLU()", "        self.both = f()"
    )
    assert parse_reply(block(change, "edit segment=stem"), {"stem": present}).changes == {"stem": expected}
    emptied = EDIT.format("        self.act = nn.ReLU()", "")
    assert "=======\n\n>" in emptied
    without = STEM.replace("        self.act = nn.ReLU()\n", "")
    assert parse_reply(block(emptied, "edit segment=stem"), ONE).changes == {"stem": without}
    removal = EDIT.format("        self.act = nn.ReLU()", "").replace("=======\n\n", "=======\n")
    assert parse_reply(block(removal, "edit segment=stem"), ONE).changes == {
        "stem": STEM.replace("        self.act = nn.ReLU()\n", "")
    }


BAD = {
    "empty": ("", "the reply is empty"),
    "blank": (" \n\t\r\n", "the reply is empty"),
    "a refusal": (
        "I'm sorry, but I can't help with that request.",
        "declines the task and holds no code; it begins: I'm sorry",
    ),
    "prose": (
        "A wider stem would be good.",
        "no fenced block; give each changed segment in a block that begins with ```python segment=stem",
    ),
    "one word that parses": ("Sorry", "no fenced block"),
    "thinking only": ("<think>so", "no answer follows <think>"),
    "an empty block": (block(""), "the block for segment 'stem' holds no code"),
    "a comment only": (block("# as before"), "holds no code"),
    "an ellipsis": (block("..."), "holds no code"),
    "another segment": (block(HEAD, "python segment=head"), "segment 'head' may not be changed here; allowed: stem"),
    "also another segment": (
        USUAL + "\n" + block(HEAD, "python segment=head"),
        "segment 'head' may not be changed here",
    ),
    "markers of another segment": (block(REST, "python"), "segment 'body' may not be changed here; allowed: stem"),
    "code left out": (
        block(NEW.replace("        self.act = nn.ReLU()", "        # ... rest of the layers unchanged")),
        "leaves code out at `# ... rest of the layers unchanged`",
    ),
    "code left out at the end": (block(NEW + "# existing code ..."), "leaves code out at `# existing code ...`"),
    "a unified diff": (block("-a\n+b", "diff segment=stem"), "`diff segment=stem` holds no <<<<<<< SEARCH line"),
    "output only": (block("done", "text"), "no block says which segment"),
    "two blocks that fit nothing": (
        block("x = 1", "python") + "\n" + block("y = 2", "python"),
        "no block says which segment it is for",
    ),
    "SEARCH not found": (
        block(EDIT.format("self.norm = 1", "x"), "edit segment=stem"),
        "segment 'stem': this SEARCH text is not in the segment; copy it exactly, as it was shown:\nself.norm = 1",
    ),
    "SEARCH found twice": (
        block(EDIT.format("nn.", "torch.nn."), "edit segment=stem"),
        "occurs more than once in the segment; add lines around it:\nnn.",
    ),
    "SEARCH empty": (block(EDIT.format("", "x"), "edit segment=stem"), "a SEARCH text is empty"),
    "no divider": (block("<<<<<<< SEARCH\nx\n>>>>>>> REPLACE", "edit segment=stem"), "edit 1 has no ======= line"),
    "no REPLACE": (block("<<<<<<< SEARCH\nx\n=======\ny", "edit segment=stem"), "edit 1 has no >>>>>>> REPLACE line"),
    "too many edits": (block("\n".join([SMALL] * 101), "edit segment=stem"), "101 edits are too many"),
}


@pytest.mark.parametrize("case", BAD)
def test_complains(case: str) -> None:
    reply, message = BAD[case]
    assert message in complaint(reply)


CUT = {
    "in the prose": ("I make the stem", "before the first complete block"),
    "in a block": (USUAL[:150], "inside a block"),
    "in the second block": (f"{USUAL}\n```python segment=head\ndef h", "inside a block"),
    "in bare code": (NEW, "before the first complete block"),
    "while thinking": ("<think>\nMaybe", "while thinking"),
    "at once": ("", "before it said anything"),
    "in an edit": (block(SMALL, "edit segment=stem")[:60], "inside a block"),
}


@pytest.mark.parametrize("case", CUT)
def test_says_that_it_was_cut_off(case: str) -> None:
    reply, where = CUT[case]
    message = complaint(reply, TWO, "length")
    assert "cut off at the token limit" in message
    assert where in message


def test_says_which_segments_one_block_mixes_up() -> None:
    assert "names of the segments stem, head" in complaint(block(NEW + NEW_HEAD, "python"), TWO)


def test_ordinary_comments_with_dots_are_not_taken_for_gaps() -> None:
    code = NEW + "# (N, C, ...) has the same length\n# the rest of the channels pass through\n# ... and so on\n"
    assert parse_reply(block(code), ONE).changes == {"stem": code}


@pytest.mark.parametrize("cut_at", range(0, len(GOOD["edit"]), 7))
def test_a_prefix_of_a_good_reply_is_never_half_applied(cut_at: int) -> None:
    reply = f"Wider.\n{block(NEW)}\n"[:cut_at]
    assert "cut off" in complaint(reply, ONE, "length")


# Replies made of everything that the parser looks at.
PIECE = st.sampled_from(
    [
        "```",
        "~~~",
        "````",
        "```python segment=stem",
        "```edit segment=head",
        "```python",
        "```toml",
        "   ```",
        "> ```py",
        "segment=",
        "# segment: stem",
        "<<<<<<< SEARCH",
        "=======",
        ">>>>>>> REPLACE",
        "# EVOLVE-BLOCK-START stem",
        "# EVOLVE-BLOCK-START x",
        "# EVOLVE-BLOCK-END",
        "<think>",
        "</think>",
        "class Stem:",
        "    x = 1",
        "def head(x):",
        "    return x",
        '"""',
        "'''",
        "\\",
        "...",
        "# ... rest unchanged",
        "[[lesson]]",
        'claim = "a"',
        "claim = ",
        'evidence = ["g01-00"]',
        'effect = { val_error = "down" }',
        "effect = {",
        "}",
        "[lesson.effect]",
        "[",
        "{",
        '{"claim": "x"}',
        "\r\n",
        "\r",
        "\f",
        "\0",
        "I can't",
    ]
)
MESSY = st.one_of(st.text(), st.lists(st.one_of(PIECE, PIECE, st.text(max_size=6)), max_size=40).map("\n".join))
FINISH = st.sampled_from(["stop", "length", "content_filter", ""])


@settings(max_examples=400)
@given(MESSY, st.sampled_from([ONE, TWO, {}, {"stem": ""}, {"stem": "\r\n", "Stem": "x"}]), FINISH)
def test_no_reply_raises_anything_but_reply_error(reply: str, allowed: dict[str, str], finish: str) -> None:
    try:
        parsed = parse_reply(reply, allowed, finish)
    except ReplyError as error:
        outcome = bool(error.failure == "unparsable" and error.message)
    else:
        outcome = (
            bool(parsed.changes) and set(parsed.changes) <= set(allowed) and all(map(str, parsed.changes.values()))
        )
        assert not any("EVOLVE-BLOCK-START stem" in text for text in parsed.changes.values())
    assert outcome


@given(st.integers(0, 200), st.sampled_from(sorted(GOOD)), st.text(max_size=3))
def test_no_damage_to_a_good_reply_raises_anything_but_reply_error(at: int, case: str, noise: str) -> None:
    good = GOOD[case]
    for damaged in (good[:at], good[at:], good[:at] + noise + good[at:]):
        try:
            assert parse_reply(damaged, TWO).changes.keys() <= TWO.keys()
        except ReplyError:
            continue


K200 = 200_000
HUGE = {
    "prose": "All work and no play. " * (K200 // 22),
    "lines": "x\n" * (K200 // 2),
    "code": block(NEW + "# wide\n" * (K200 // 7)),
    "one line of code": block("X = '" + "a" * K200 + "'"),
    "bare code": NEW + "y = 1\n" * (K200 // 6),
    "bare code that does not parse": NEW + "y = (\n" * (K200 // 6),
    "blocks": (block("x") + "\n") * (K200 // 30),
    "open fences": "```python segment=stem\n" * (K200 // 23),
    "fences that strings protect": ('```\n\\"""\n```\n') * (K200 // 14),
    "tildes": "~" * K200 + "`",
    "backticks": "`" * K200 + "x`",
    "blanks": "```" + " " * K200 + "`",
    "blank SEARCH": "<<<<<<<" + " " * K200 + "!",
    "blank comment": block("# segment" + " " * K200 + "!", "python"),
    "info": "```" + "segment=" * (K200 // 8) + "\nx\n```",
    "ellipses": block("# " + "..." * (K200 // 3)),
    "quotes": "'" * K200,
    "quotes in a block": block("\"'" * (K200 // 2)),
    "markers": "# EVOLVE-BLOCK-START a\n" * (K200 // 23),
    "one marker": "# EVOLVE-BLOCK-START a" + " " * K200 + "b",
    "thoughts": "<think>\n</think>\n" * (K200 // 17),
    "open thoughts": "x\n" + "<think>\n" * (K200 // 8),
    "ends of thoughts": "</think>" * (K200 // 8),
    "beginnings of tags": "<" * K200,
    "blanks in a tag": ("<" + " " * 7) * (K200 // 8),
    "attributes of a tag": "<think " * (K200 // 7),
    "names of tags": "<a-a-a-a-a-a-a-a-a-a-a-a-a-a-" * (K200 // 29),
    "bars": "<|" * (K200 // 2),
    "tokens": "x" + "<|a|>" * (K200 // 5) + "x",
    "channels": "<|channel|>analysis<|message|>x<|end|>" * (K200 // 38),
    "headings of channels": "<|channel|>" * (K200 // 11),
    "thoughts in words": "Here is my thought process: " * (K200 // 28),
    "wrapped answers": "<answer>\n```\n" * (K200 // 13),
    "ends of turns in a comment": "```python\n# " + "</s>" * (K200 // 4) + "x",
    "ends of thoughts in a string": "```python\n'" + "</think>" * (K200 // 8) + "'",
    "thoughts in code": "```python\n" + "<think></think>x\n" * (K200 // 17),
    "a turn that ends before blanks": "```python\nx</s>" + "\n " * (K200 // 2) + "x",
    "odd blanks": block("\u00a0x\u200b\n" * (K200 // 4)),
    "odd blanks in a string": block("'''" + "''\u00a0\\" * (K200 // 4)),
    "escaped headings": "&lt;&lt;&lt;&lt;&lt; SEARCH\n" * (K200 // 28),
    "tabs in a SEARCH": block(EDIT.format("\t" * K200 + "x", "y"), "edit segment=stem"),
    "edits": block((SMALL + "\n") * (K200 // 130), "edit segment=stem"),
    "a long SEARCH": block(EDIT.format("x = 1\n" * (K200 // 6), ""), "edit segment=stem"),
    "SEARCH lines": "<<<<<<< SEARCH\n" * (K200 // 15),
    "brackets": block("[" * K200, "toml") + "claim",
    "one dotted key": "[[lesson]]\nclaim = 1\n" + "a." * 90_000 + "b = 1\n",
    "edits that never end": "```edit\n<<<<<<< SEARCH\n```\n" * (K200 // 27),
    "headers": block("[[lesson]]\n" * (K200 // 11) + "claim", "toml"),
    "lessons": block('[[lesson]]\nclaim = "x"\n' * (K200 // 23), "toml"),
    "claims": "claim = \n" * (K200 // 9),
    "deep JSON": '[{"claim":' * (K200 // 10),
    "effects": '[[lesson]]\nclaim = "x"\n' + "effect = {" * 790,
    "dotted": ("[[lesson]]\nclaim = 1\n" + "a." * 3900 + "b = 1\n") * 25,
}


@pytest.mark.parametrize("case", HUGE)
def test_200_kb_are_read_in_moments(case: str) -> None:
    allowed = {"stem": STEM + "x = 1\n" * 2000, "head": HEAD}
    begin = time.process_time()
    for read in (
        lambda text: parse_reply(text, allowed),
        lambda text: parse_reply(text, {"stem": STEM}),
        parse_lessons,
    ):
        try:
            message = str(bool(read(HUGE[case])))
        except ReplyError as error:
            message = error.message
        assert 0 < len(message) < 2000
    assert time.process_time() - begin < 6


LESSON = """[[lesson]]
claim = "a wider stem lowers the error"
applies = "when the stem has fewer than 32 channels"
segment = "stem"
evidence = ["g01-03", "g02-00"]
present = ["Conv1d", "kernel_size=5"]
absent = ["BatchNorm1d"]
revises = "L01-0"
effect = { val_error = "down", params = "up" }
"""
READ = {
    "claim": "a wider stem lowers the error",
    "applies": "when the stem has fewer than 32 channels",
    "segment": "stem",
    "evidence": ["g01-03", "g02-00"],
    "present": ["Conv1d", "kernel_size=5"],
    "absent": ["BatchNorm1d"],
    "revises": "L01-0",
    "effect": {"val_error": "down", "params": "up"},
}
LESSONS = {
    "the form": block(LESSON, "toml"),
    "prose around": f"Here:\n{block(LESSON, 'toml')}\nDone.",
    "no fence": LESSON,
    "no fence, prose before": f"My lessons are these.\n\n{LESSON}",
    "unclosed fence": "```toml\n" + LESSON,
    "no language": block(LESSON, ""),
    "CRLF": block(LESSON, "toml").replace("\n", "\r\n"),
    "thinking first": f"<think>{block(LESSON.replace('wider', 'thinner'), 'toml')}</think>{block(LESSON, 'toml')}",
    "single brackets": block(LESSON.replace("[[lesson]]", "[lesson]"), "toml"),
    "plural": block(LESSON.replace("[[lesson]]", "[[lessons]]"), "toml"),
    "effect as a table": block(
        LESSON.replace(
            'effect = { val_error = "down", params = "up" }', '[lesson.effect]\nval_error = "down"\nparams = "up"'
        ),
        "toml",
    ),
    "effect over several lines": block(
        LESSON.replace('{ val_error = "down", params = "up" }', '{\n  val_error = "down",\n  params = "up",\n}'), "toml"
    ),
    "other words for the effect": block(LESSON.replace('"down"', '"Decreased"').replace('"up"', '"higher"'), "toml"),
    "JSON": block(json.dumps([READ]), "json"),
    "no header": block(LESSON.replace("[[lesson]]\n", ""), "toml"),
    "said twice": block(LESSON + "\n" + LESSON, "toml"),
}


@pytest.mark.parametrize("case", LESSONS)
def test_lesson_understood(case: str) -> None:
    assert parse_lessons(LESSONS[case]) == [READ]


def test_a_quotation_mark_in_a_claim_costs_nothing() -> None:
    text = LESSON.replace("a wider stem", 'a "wider" stem')
    assert parse_lessons(block(text, "toml")) == [{**READ, "claim": 'a "wider" stem lowers the error'}]


def test_one_bad_lesson_does_not_cost_the_others() -> None:
    text = block(
        LESSON + "\n[[lesson]]\nclaim = 3\n\n[[lesson]]\nthis is no toml\n\n" + LESSON.replace("wider", "deeper"),
        "toml",
    )
    assert [lesson["claim"] for lesson in parse_lessons(text)] == [READ["claim"], "a deeper stem lowers the error"]


def test_fields_of_the_wrong_kind_become_empty() -> None:
    text = '[[lesson]]\nclaim = "c"\nevidence = "g01-03, g02-00"\nsegment = 3\neffect = { a = "sideways", b = 1, c = "same" }\n'
    (read,) = parse_lessons(f'{text}present = "Flatten"\nabsent = [1, "ReLU"]\nrevises = "none"\n')
    assert read == {
        **{"claim": "c", "applies": "", "segment": "", "evidence": ["g01-03", "g02-00"], "effect": {"c": "same"}},
        **{"present": ["Flatten"], "absent": ["ReLU"], "revises": ""},
    }


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ("", "the reply is empty"),
        ("Nothing was learned.", "no lesson could be read: there is no [[lesson]] line"),
        (block("[[lesson]]\napplies = 'x'", "toml"), "no lesson could be read: a lesson has no claim"),
        (block("[[lesson]]\nwhat?", "toml"), "no lesson could be read: lesson 1 is not TOML: Expected '='"),
    ],
)
def test_complains_about_lessons(reply: str, message: str) -> None:
    with pytest.raises(ReplyError) as caught:
        parse_lessons(reply)
    assert message in caught.value.message


@settings(max_examples=400)
@given(MESSY)
def test_no_lessons_raise_anything_but_reply_error(reply: str) -> None:
    try:
        lessons = parse_lessons(reply)
    except ReplyError:
        return
    for lesson in lessons:
        assert set(lesson) == set(READ)
        assert lesson["claim"]
        assert all(isinstance(one, str) for one in lesson["evidence"])
        assert set(lesson["effect"].values()) <= {"down", "up", "same"}


THIRD = "def body(x):\n    return 2 * x\n"
BESIDES = {"head": HEAD, "body": THIRD}
FLIPPED, TRIPLED = HEAD.replace("return x", "return -x"), THIRD.replace("2", "3")


def test_one_segment_more_than_asked_is_taken() -> None:
    reply = f"Both.\n\n{USUAL}\n\n{block(FLIPPED, 'python segment=head')}"
    assert parse_reply(reply, ONE, "stop", BESIDES).changes == {"stem": NEW, "head": FLIPPED}
    unnamed = f"{block(NEW, 'python')}\n\n{block(FLIPPED, 'python')}"
    assert parse_reply(unnamed, ONE, "stop", BESIDES).changes == {"stem": NEW, "head": FLIPPED}


def test_two_segments_more_than_asked_are_not_nor_others_alone() -> None:
    head, body = block(FLIPPED, "python segment=head"), block(TRIPLED, "python segment=body")
    for reply, said in (
        (f"{USUAL}\n{head}\n{body}", "changes the segments head, body too; besides 'stem' one may be changed"),
        (head, "changes segment 'head' and leaves as it is what was to be changed: 'stem'"),
    ):
        with pytest.raises(ReplyError, match=said) as caught:
            parse_reply(reply, ONE, "stop", BESIDES)
        assert caught.value.failure == "unparsable"


def test_what_is_copied_as_it_stands_is_no_change() -> None:
    same = block(HEAD.replace("return x", "return x  # as it was"), "python segment=head")
    reply = f"{USUAL}\n{same}\n{block(THIRD, 'python segment=body')}"
    assert parse_reply(reply, ONE, "stop", BESIDES).changes == {"stem": NEW}


def test_a_whole_program_that_changes_what_was_asked_is_taken() -> None:
    others = {"head": HEAD, "body": "BODY = 1\n"}
    assert parse_reply(block(WHOLE, "python"), ONE, "stop", others).changes == {"stem": NEW}
