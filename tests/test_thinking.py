"""What families of models wrap around their answers is left out; what they meant is read."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_replies import EDIT, GOOD, LESSON, MESSY, NEW, ONE, READ, SMALL, STEM, TWO, USUAL, block, complaint
from test_wordings import ORDER, in_form

from agents.blanks import even, even_code
from agents.marks import MARK, OPENED
from agents.replies import Reply, ReplyError, parse_lessons, parse_reply
from agents.scribe import read_wording

EDITED = block(SMALL, "edit segment=stem")

# What stands before and behind a thought, as servers without a parser for the family let it through.
FRAMES = {
    "think": ("<think>\n", "\n</think>\n\n"),
    "think, in line": ("<think>", "</think>"),
    "with attributes": ('<think duration="3 s">', "</think>"),
    "odd blanks": ("< think\u00a0>\n", "\n< / think >\n"),
    "signs without width": ("<\u200bthink>\n", "\n</think\ufeff>\n"),
    "capitals": ("<THINKING>\n", "</THINKING>\n"),
    "thinking": ("<thinking>", "</thinking>"),
    "camel case": ("<antThinking>", "</antThinking>"),
    "thought": ("<thought>\n", "</thought>\n"),
    "reasoning": ("<reasoning>\n", "</reasoning>\n"),
    "reflection": ("<reflection>", "</reflection>"),
    "scratchpad": ("<scratchpad>", "</scratchpad>"),
    "reasoning scratchpad": ("<REASONING_SCRATCHPAD>\n", "</REASONING_SCRATCHPAD>\n"),
    "inner monologue": ("<inner_monologue>", "</inner_monologue>"),
    "Seed-OSS": ("<seed:think>", "</seed:think>"),
    "MiniMax": ("<mm:think>", "</mm:think>"),
    "LongCat": ("<longcat_think>\n", "\n</longcat_think>\n"),
    "a suffix": ("<think:6124c78e>", "</think:6124c78e>"),
    "closed by another name": ("<think>", "</thinking>"),
    "two of them": ("<think>one</think>\n<think>", "</think>"),
    "one in another": ("<thinking>one <reflection>two</reflection> ", "</thinking>"),
    "prose before": ("Let me think.\n<think>\n", "</think>"),
    "in the middle of a line": ("First, <think>", "</think>"),
    "escaped": ("&lt;think&gt;", "&lt;/think&gt;\n"),
    "then a wrapped answer": ("<think>", "</think>\n<answer>\n"),
    "ERNIE": ("<think>", "</think>\n<response>\n"),
    "Magistral": ("[THINK]", "[/THINK]"),
    "Kimi": ("◁think▷", "◁/think▷"),
    "Kimi K3": ("<|open|>think<|sep|>", "<|close|>think<|sep|><|open|>response<|sep|>"),
    "Kimi K3 with blanks": ("<|open|> think <|sep|>", "<|close|> think <|sep|>\n"),
    "OpenThinker": ("<|begin_of_thought|>\n\n", "\n\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\n"),
    "Cohere": ("<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>"),
    "Gemma": ("<|channel>thought\n", "<channel|>"),
    "Apertus": ("<|inner_prefix|>", "<|inner_suffix|>"),
    "Solar": ("<|think:start|>", "<|think:end|>"),
    "PLaMo": ("<|plamo:begin_think:plamo|>", "<|plamo:end_think:plamo|>"),
    "s1": ("<|im_start|>think\n", "\n<|im_start|>answer\n"),
    "Pangu": ("[unused16]", "[unused17]"),
    "Granite": ("Here is my thought process:\n\n", "\n\nHere is my response:\n\n"),
    "Granite, quantised": ("Here's my thought process: ", "Here's my response: "),
    "Open WebUI": ('<details type="reasoning" done="true">\n<summary>Thought for 3 s</summary>\n', "\n</details>\n"),
    "harmony": ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    "harmony, whole": (
        "<|start|>assistant<|channel|>analysis<|message|>",
        "<|end|>\n<|start|>assistant<|channel|>final<|message|>",
    ),
    "harmony without ends": ("<|channel|>analysis<|message|>", "<|start|>assistant<|channel|>final<|message|>"),
    "harmony without a final channel": ("<|channel|>analysis<|message|>", "<|end|>"),
    "harmony with a preamble": (
        "<|channel|>analysis<|message|>one<|end|><|start|>assistant<|channel|>commentary<|message|>",
        "<|end|><|start|>assistant<|channel|>final <|constrain|>text<|message|>",
    ),
    "harmony without messages": ("<|channel|>analysis\n", "\n<|channel|>final\n"),
    "harmony without tokens": ("analysis", "assistantfinal"),
    "harmony, half its tokens": ("analysis<|message|>", "assistant<|channel|>final<|message|>"),
}
# Where the prompt's template, or the model, left out the beginning: an end tells, on a line of its own.
HEADLESS = {
    "think": "\n</think>\n",
    "Seed-OSS": "\n</seed:think>\n\n",
    "Magistral": "\n[/THINK]\n",
    "Kimi": "\n◁/think▷\n",
    "Cohere": "\n<|END_THINKING|><|START_RESPONSE|>",
    "harmony": "\n<|end|><|start|>assistant<|channel|>final<|message|>",
    "Apriel": "\n[BEGIN FINAL RESPONSE]\n",
    "OpenThinker": "\n<|begin_of_solution|>\n",
}

TOKENS = [
    "<|im_end|>",
    "</s>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<end_of_turn>",
    "<｜end▁of▁sentence｜>",
    "<|return|>",
    "<eos>",
    "[/INST]",
    "<turn|>",
    "<| im_end |>",
    "&lt;|im_end|&gt;",
    "</s></s>",
    "<|im_end|>\n<|endoftext|>",
]


@pytest.mark.parametrize("answer", [EDITED, f"Here it is.\n{EDITED}", USUAL], ids=["edit", "prose and edit", "text"])
@pytest.mark.parametrize("frame", FRAMES)
def test_an_edit_drafted_in_a_thought_does_not_count(frame: str, answer: str) -> None:
    before, behind = FRAMES[frame]
    draft = f"Let me draft.\n{EDITED}\nOr, no:\n```python segment=stem\nclass Stem:\n"
    assert parse_reply(before + draft + behind + answer, ONE).changes == {"stem": NEW}


@pytest.mark.parametrize("frame", HEADLESS)
def test_an_edit_drafted_in_a_thought_without_a_beginning_does_not_count(frame: str) -> None:
    draft = f"Let me draft.\n{EDITED}\nOr, no:\n```python segment=stem\nclass Stem:\n"
    assert parse_reply(draft + HEADLESS[frame] + EDITED, ONE).changes == {"stem": NEW}


def test_only_the_edit_in_the_wrapped_answer_counts() -> None:
    assert parse_reply(f"I would do\n{EDITED}\n<answer>\n{EDITED}\n</answer>", ONE).changes == {"stem": NEW}
    assert parse_reply(f"{EDITED}\n<answer>A wider stem.</answer>", ONE) == Reply("A wider stem.", {"stem": NEW})


def outcome(reply: str, finish: str = "stop") -> Reply | str:
    try:
        return parse_reply(reply, TWO, finish)
    except ReplyError as error:
        return error.message


def no_marks(text: str) -> bool:
    return MARK.search(text) is None


def kinds(text: str) -> set[str | None]:
    return {mark.lastgroup for mark in MARK.finditer(text)}


def endings(before: str, behind: str) -> set[str | None]:
    """The kinds of marks that end a thought of this family; where it is a message of its own, whatever ends a message."""
    message = any(kind in OPENED and OPENED[kind].message for kind in kinds(before))
    return {"answer", *kinds(behind), *(("end_of_message",) if message else ())}


OTHERS = st.sampled_from(sorted({*(before for before, _ in FRAMES.values()), *TOKENS, "<answer>", "</answer>"}))
DRAFT = st.one_of(MESSY, st.lists(st.one_of(OTHERS, MESSY), max_size=6).map("\n".join))
SAID = st.one_of(st.sampled_from(sorted(set(GOOD.values()))), MESSY).filter(
    lambda text: (
        bool(even(text).replace("\0", "").strip())
        and no_marks(text)
        and "&" not in text
        and not text.startswith(("\ufeff", "\0"))
    )
)


@settings(max_examples=600)
@given(st.sampled_from(sorted(FRAMES.keys() - {"one in another"})), DRAFT, SAID)
def test_whatever_is_thought_a_reply_is_its_answer(frame: str, draft: str, answer: str) -> None:
    """Also where the draft speaks of the marks of other families, or of beginnings of its own."""
    before, behind = FRAMES[frame]
    assume(not kinds(draft) & endings(before, behind))
    reply = f"{before.removeprefix('Let me think.').removeprefix('First, ')}{draft}{behind}{answer}"
    assert outcome(reply) == outcome(answer)


@settings(max_examples=300)
@given(st.sampled_from(sorted(HEADLESS)), MESSY.filter(no_marks), SAID)
def test_whatever_is_thought_without_a_beginning_a_reply_is_its_answer(frame: str, draft: str, answer: str) -> None:
    """But for a draft that leaves a block of code and a string in it open: there the end could be part of the string."""
    assert outcome(re.sub("'''|\"\"\"", "", draft) + HEADLESS[frame] + answer) == outcome(answer)


@given(st.sampled_from(sorted(FRAMES)), MESSY.filter(no_marks))
def test_lessons_and_wordings_come_by_the_same_door(frame: str, draft: str) -> None:
    before, behind = FRAMES[frame]
    assert parse_lessons(f"{before}{draft}{behind}{block(LESSON, 'toml')}<|im_end|>") == [READ]
    wording = "Pick values that are better than the present ones."
    assert read_wording(f"{before}{draft}{behind}{in_form(wording)}<|im_end|>", "stop", ORDER) == wording


CODE = (
    NEW
    + """TAGS = ("<think>", '</think>', "<|im_end|>", '</s>', f"<answer>{1}</answer>", "a </think> b")
TEMPLATE = '''
<think>
{thought}
</think>
<answer>
[THINK]
<|im_start|>user
'''
SIZE = len(TAGS)  # with <think>, </think> and </s> in it
"""
)


@pytest.mark.parametrize(
    "reply",
    [
        block(CODE),
        block(CODE, fence="~~~"),
        block(CODE).removesuffix("```"),
        f"{block(CODE)}<|im_end|>\n",
        f"<think>\n{EDITED}\n</think>\nIt knows `<think>` and '</think>'.\n{block(CODE)}",
        f"One moment.\n</think>\n{block(CODE)}\nThe `</think>` stays.",
    ],
)
def test_code_that_speaks_of_marks_is_kept(reply: str) -> None:
    assert parse_reply(reply, ONE).changes == {"stem": CODE}


def test_an_edit_that_writes_a_mark_is_kept() -> None:
    change = EDIT.format("        self.act = nn.ReLU()", '        self.act = nn.ReLU()\n        self.end = "</think>"')
    expected = STEM.replace("nn.ReLU()\n", 'nn.ReLU()\n        self.end = "</think>"\n')
    assert parse_reply(block(change, "edit segment=stem"), ONE).changes == {"stem": expected}


@pytest.mark.parametrize(
    "reply",
    [
        f"<think>{EDITED}",
        f"Well.\n<think>\n{EDITED}",
        f"First, <think>{EDITED}",
        f"[THINK]{EDITED}<|im_end|>",
        f"<|channel|>analysis<|message|>{EDITED}",
        f"<|channel|>analysis<|message|>{EDITED}<|end|>",
        f"<|begin_of_thought|>{EDITED}<|end_of_thought|>",
        f"{EDITED}</think>\n",
    ],
)
def test_a_thought_without_an_answer_is_none(reply: str) -> None:
    assert "no answer follows" in complaint(reply)
    assert "while thinking" in complaint(reply, finish="length")


def test_an_answer_counts_before_a_thought_that_was_cut_off() -> None:
    assert parse_reply(f"{EDITED}\n<think>\nOr better\n{EDITED}", ONE, "length").changes == {"stem": NEW}


MADE_UP = f"\n<|im_start|>user\nNow 64.<|im_end|>\n<|im_start|>assistant\n{block(NEW.replace('32', '64'))}"
OPEN = f"```python segment=stem\n{NEW.rstrip()}"


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize(
    "form",
    [
        f"{USUAL}TOKEN",
        f"{USUAL}\nTOKEN\n",
        f"{OPEN}TOKEN",
        f"{OPEN}\nTOKEN\n",
        f"{OPEN}TOKEN\n```",
        f"{OPEN}  # wide TOKEN\n".replace("  # wide ", ""),
        f"```edit segment=stem\n{SMALL}TOKEN",
        f"```edit segment=stem\n{SMALL}TOKEN\n```",
        f"{NEW.rstrip()}TOKEN",
        f"TOKEN{USUAL}",
        f"{USUAL}TOKEN{MADE_UP}",
        f"{OPEN}TOKEN{MADE_UP}",
    ],
)
def test_a_reply_ends_with_its_turn(form: str, token: str) -> None:
    assert parse_reply(form.replace("TOKEN", token), ONE).changes == {"stem": NEW}


def test_an_end_in_a_last_comment_is_dropped_and_an_unknown_token_too() -> None:
    for token in ("<|im_end|>", "<|some_end|>"):
        assert parse_reply(f"{OPEN}  # wide{token}\n", ONE).changes == {"stem": f"{NEW.rstrip()}  # wide\n"}


def test_a_turn_that_ended_inside_its_last_block_was_complete() -> None:
    assert parse_reply(f"{OPEN}<|im_end|>\n```{MADE_UP}", ONE, "length").changes == {"stem": NEW}


HEADINGS = [
    ("<<<<<<< SEARCH program.py", ">>>>>>> REPLACE"),
    ("<<<<<<< SEARCH", ">>>>>>> REPLACE program.py"),
    ("<<<<<<< SEARCH (segment stem)", ">>>>>>> REPLACE (segment stem)"),
    ("<<<<<<< ORIGINAL", ">>>>>>> UPDATED"),
    ("<<<<<<< HEAD", ">>>>>>> main"),
    ("<<<<<<<SEARCH>", ">>>>>>>REPLACE>"),
    ("------- SEARCH", "+++++++ REPLACE"),
    ("<<<<<<<\u00a0SEARCH", ">>>>>>>\u00a0REPLACE\u200b"),
    ("&lt;&lt;&lt;&lt;&lt;&lt;&lt; SEARCH", "&gt;&gt;&gt;&gt;&gt;&gt;&gt; REPLACE"),
]


@pytest.mark.parametrize(("search", "replace"), HEADINGS)
def test_headings_of_edits_as_models_write_them(search: str, replace: str) -> None:
    edit = SMALL.replace("<<<<<<< SEARCH", search).replace(">>>>>>> REPLACE", replace)
    assert parse_reply(block(edit, "edit segment=stem"), ONE).changes == {"stem": NEW}
    assert parse_reply(f"Wider -> better.\n{block(edit, 'edit segment=stem')}", ONE).changes == {"stem": NEW}


def test_a_heading_may_name_the_segment() -> None:
    assert parse_reply(block(SMALL.replace("SEARCH", "SEARCH stem"), "edit"), TWO).changes == {"stem": NEW}


def test_a_reply_that_was_escaped_as_a_whole_is_read() -> None:
    change = SMALL.replace("32, 5)", '32, 5) if 1 < 2 else "&"')
    escaped = block(change, "edit segment=stem").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert '32, 5) if 1 < 2 else "&"' in parse_reply(escaped, ONE).changes["stem"]


def test_a_line_of_dashes_in_a_docstring_is_no_heading() -> None:
    code = NEW.replace('features."""', 'features.\n\n    Returns\n    -------\n    x\n    """')
    assert parse_reply(block(code), ONE).changes == {"stem": code}


SPACES = st.sampled_from(list("\u00a0\u2003\u2009\u202f\u3000"))
NOTHING = st.sampled_from(["", "", "\u200b", "\ufeff", "\u00ad", "\u2060"])


@given(st.data())
def test_odd_blanks_in_code_are_blanks_or_nothing_and_strings_stay_as_written(data: st.DataObject) -> None:
    text = NEW.replace("Signal to", "Signal\u00a0to")
    odd = ""
    for piece in re.split(r'( |""".*?""")', text):
        odd += data.draw(SPACES) if piece == " " else piece
        odd += data.draw(NOTHING) if piece and not piece.isspace() else ""
    info = f"```python{data.draw(SPACES)}segment=stem{data.draw(NOTHING)}"
    for reply in (f"Wider.\n{info}\n{odd}```", odd):
        assert parse_reply(reply, ONE).changes == {"stem": text}


@given(SPACES, NOTHING)
def test_odd_blanks_in_an_edit_mean_the_plain_ones(space: str, nothing: str) -> None:
    edit = SMALL.replace(" ", space).replace("1,", f"1,{nothing}")
    assert parse_reply(block(edit, "edit segment=stem"), ONE).changes == {"stem": NEW}
    piece = EDIT.format(f"Conv1d(1,{space}25, 5)", f"Conv1d(1,{space}32, 5)")
    assert parse_reply(block(piece, "edit segment=stem"), ONE).changes == {"stem": NEW}


def test_an_edit_leaves_odd_signs_alone_that_were_there_before() -> None:
    present = STEM.replace("Signal to", "Signal\u00a0to") + "# 5\u00a0km\n"
    expected = present.replace("25", "32")
    assert parse_reply(EDITED, {"stem": present}).changes == {"stem": expected}
    whole = EDIT.format(present.rstrip(), expected.rstrip())
    assert parse_reply(block(whole, "edit segment=stem"), {"stem": present}).changes == {"stem": expected}


@given(st.text())
def test_code_is_evened_once_and_ascii_not_at_all(text: str) -> None:
    for flat in (even, even_code):
        assert flat(flat(text)) == flat(text)
        assert flat(ascii(text)) == ascii(text)


def test_edits_take_over_the_blanks_of_the_segment() -> None:
    change = EDIT.format("        self.act = nn.ReLU()", "        if True:\n            self.act = nn.GELU()")
    expected = STEM.replace("        self.act = nn.ReLU()", "        if True:\n            self.act = nn.GELU()")
    with_tabs, tabbed = change.replace("    ", "\t"), STEM.replace("    ", "\t")
    assert parse_reply(block(with_tabs, "edit segment=stem"), ONE).changes == {"stem": expected}
    assert parse_reply(block(change, "edit segment=stem"), {"stem": tabbed}).changes == {
        "stem": expected.replace("    ", "\t")
    }


SURROGATES = st.text(st.sampled_from(list("\ud83d\udc00ab\n`#'\" ")), max_size=12)


@given(SURROGATES, SURROGATES)
def test_what_is_read_can_be_stored_and_sent(prose: str, comment: str) -> None:
    line = comment.replace("\n", "").replace("`", "")
    try:
        reply = parse_reply(f"{prose}\n\n{block(NEW + '# ' + line)}\n{prose}", ONE)
        said = [reply.rationale, *reply.changes.values()]
    except ReplyError as error:
        said = [error.message]
    lesson = LESSON.replace("wider", f"wider{line}".replace('"', "").replace("'", ""))
    said += [one["claim"] for one in parse_lessons(block(lesson, "toml"))]
    assert [text.encode().decode() for text in said] == said
