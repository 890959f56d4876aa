"""What a model's reply says: new texts of segments.

Everything that a reply can do wrong ends in ReplyError, whose message goes back to the author. Text is only read here, in
time proportional to its length; whether the code is any good is for `genome.check` and the sandbox to say.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from agents.blanks import even, even_code, newlines
from agents.fences import SEARCH, Block, Fenced, ReplyError, fenced, unparsable
from agents.lesson_reply import parse_lessons
from agents.meant import meant
from agents.search_replace import EditError, apply_edits, parse_edits
from genome import GenomeError, cut, same_code
from genome.tree import parse

__all__ = ["Reply", "ReplyError", "parse_lessons", "parse_reply"]

_NAME = r"[\"'`{(\[]*+([\w.-]+)"
_IN_INFO = re.compile(r"segment[ \t]*+[=:][ \t]*+" + _NAME, re.IGNORECASE)
_IN_COMMENT = re.compile(r"#[ \t]*+segment(?:[ \t]*+[=:]|[ \t])[ \t]*+" + _NAME + r"[\"'`})\]]*+[ \t]*+", re.IGNORECASE)
_MARKER = re.compile(r"[ \t]*+#++[ \t]*+EVOLVE-BLOCK-(?:START|END)")
_DEFINED = re.compile(r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
_CODE_START = re.compile(
    r"(?:import|class|def|async def)[ \t]+\w|from[ \t]+[\w.]+[ \t]+import|@\w|[^\W\d]\w*[ \t]*=[^=]"
)
_CODE_LINE = re.compile(
    r"(?:import|from|class|def|async def)[ \t]+\w|@\w|\w[\w., ]*=|#|[ \t]+\S|[)\]}]|(?:if|for|with) |\w+:$"
)
_LEFT_OUT = re.compile(
    r"#[ \t]*+(?:\.\.\.|…).*\b(?:rest|existing|unchanged|same|remain\w*|previous|as before|omitted)\b.*"
    r"|#[ \t]*+(?:the )?(?:rest of|existing|unchanged|same as before|remaining)\b[^.…]*(?:\.\.\.|…)[ \t]*"
    r"|#[ \t]*+\W*(?:(?:the )?rest of (?:the )?code|existing code|code unchanged|unchanged|same as before)\W*+",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\b(?:can(?:no|'|’)?t|won['’]t|will not|unable to|not able to|must decline|decline to)\b|\bI(?:['’]| a)m sorry\b",
    re.IGNORECASE,
)
_NOT_CODE = frozenset(
    [
        *("text", "txt", "bash", "sh", "shell", "console", "json", "yaml", "output", "markdown", "md", "math"),
        *("think", "thinking", "thought", "thoughts", "reasoning", "scratchpad"),
    ]
)
_MOST_EDITS = 100  # of one reply; a segment that needs more is better written anew
_RATIONALE = 2000  # characters of prose that are kept
_SHOWN = 160  # characters of a reply that an error quotes


@dataclass(frozen=True)
class Reply:
    """What an author answered: the prose, and segment -> its complete new text, edits already applied."""

    rationale: str
    changes: dict[str, str]


def parse_reply(
    reply: str, asked: Mapping[str, str], finish: str = "stop", others: Mapping[str, str] | None = None
) -> Reply:
    """The changes of a reply in the form of `prompts/reply_form.md`.

    `asked` maps each segment that was to be changed to its present text, `others` the rest of the program's: one of these may be
    changed as well. `finish` is the model's reason to stop. Blocks are read in order: of two texts for one segment the later stands,
    and edits apply to what stands then. Raises ReplyError only.
    """
    others = others or {}
    allowed = {**asked, **others}
    text = meant(reply, finish)
    if not text.strip():
        raise unparsable(_cut_off("before it said anything") if finish == "length" else "the reply is empty")
    found = fenced(text)
    if finish == "length" and not (found.blocks and found.blocks[-1].closed):
        raise unparsable(_cut_off("inside a block" if found.blocks else "before the first complete block"))
    if not any(_speaks(block) for block in found.blocks):
        found = _bare(text, allowed)
    blocks = [_even(block) for block in found.blocks if _speaks(block)]
    edits = sum(SEARCH.fullmatch(line) is not None for line in text.split("\n"))
    if edits > _MOST_EDITS:
        raise unparsable(f"{edits} edits are too many; {_form(allowed)}, with the complete new text of the segment")
    changes: dict[str, str] = {}
    unnamed: list[Block] = []
    for block in blocks:
        name = _name(block, allowed)
        if name is not None or (_marked(block.text) and not _is_edit(block)):
            _take(block, name, allowed, changes)
        elif _language(block) not in _NOT_CODE:
            unnamed.append(block)
    if not changes:
        _take_unnamed(unnamed, asked, others, changes)
    return Reply(found.prose[:_RATIONALE], _within(changes, asked, others))


def _within(changes: Mapping[str, str], asked: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """The changes but for what was copied as it stands. Raises ReplyError where they go further than one segment beyond those asked."""
    kept = {name: text for name, text in changes.items() if name in asked or not same_code(text, others[name])}
    beyond = [name for name in kept if name in others]
    if len(beyond) > 1:
        raise unparsable(
            f"the reply changes the segments {', '.join(beyond)} too; besides {_listed(asked)} one may be changed, if need be"
        )
    if beyond and len(beyond) == len(kept):
        raise unparsable(
            f"the reply changes segment '{beyond[0]}' and leaves as it is what was to be changed: {_listed(asked)}"
        )
    return kept or dict(changes)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _speaks(block: Block) -> bool:
    return bool(block.text.strip() or _IN_INFO.search(block.info))


def _even(block: Block) -> Block:
    """The block with even blanks in its code. An edit is evened once it is applied: it may begin inside of a string."""
    return block if _is_edit(block) else replace(block, text=even_code(block.text))


def _cut_off(where: str) -> str:
    return f"the reply was cut off at the token limit, {where}; answer more briefly, or with edits"


def _form(allowed: Mapping[str, str]) -> str:
    return "give each changed segment in a block that begins with " + " or ".join(
        f"```python segment={n}" for n in allowed
    )


def _language(block: Block) -> str:
    return (block.info.split() or [""])[0].lower()


def _headings(block: Block) -> list[str]:
    return [line for line in block.text.split("\n") if SEARCH.fullmatch(line)]


def _is_edit(block: Block) -> bool:
    return bool(_headings(block))


def _marked(text: str) -> bool:
    return "EVOLVE-BLOCK-" in text and any(part.name is not None for part in cut(text))


def _name(block: Block, allowed: Mapping[str, str]) -> str | None:
    """The segment that a block says it is for: in its info, in a comment at its top, above it, or behind SEARCH."""
    top = block.text.lstrip("\n").split("\n", 1)[0]
    found = _IN_INFO.search(block.info) or _IN_COMMENT.fullmatch(top)
    if found is not None:
        return _known(found[1], allowed)
    for word in re.findall(r"[\w.-]+", block.info):
        if word in allowed:
            return word
    words = re.findall(r"[\w.-]+", "\n".join([block.before, *_headings(block)]))
    said = {word.strip(".") for word in words} & set(allowed)
    if len(said) == 1:
        name = said.pop()
        if _is_edit(block) or _defined(block.text) & _defined(allowed[name]):
            return name
    return None


def _alike(name: str, allowed: Mapping[str, str]) -> str | None:
    if name in allowed:
        return name
    alike = [known for known in allowed if known.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None


def _known(name: str, allowed: Mapping[str, str]) -> str:
    known = _alike(name, allowed)
    if known is None:
        raise unparsable(f"segment '{name[:_SHOWN]}' may not be changed here; allowed: {', '.join(allowed)}")
    return known


def _take(block: Block, name: str | None, allowed: Mapping[str, str], changes: dict[str, str]) -> None:
    """Enter what a block says about the segment `name`, or about the segments that its EVOLVE-BLOCK lines name."""
    if name is not None and _is_edit(block):
        try:
            edits = parse_edits(_without_markers(block.text))
            present = changes.get(name, newlines(allowed[name]))
            changes[name] = even_code(apply_edits(present, edits))
        except EditError as error:
            raise unparsable(f"segment '{name}': {error}") from error
        return
    parts = {part.name: part.text for part in cut(block.text) if part.name is not None}
    if name is not None and len(parts) < 2:
        parts = {name: next(iter(parts.values()), block.text)}
    if _language(block) in {"edit", "diff", "patch"} and not any(
        _defined(text) & _defined(allowed.get(part, "")) for part, text in parts.items()
    ):
        raise unparsable(f"a block `{block.info[:_SHOWN]}` holds no <<<<<<< SEARCH line; {_form(allowed)}")
    # Of a whole program, what it says about segments that may not change is passed over.
    mine = {known: text for part, text in parts.items() if (known := _alike(part, allowed)) is not None}
    if not mine:
        _known(next(iter(parts)), allowed)
    for part, text in mine.items():
        changes[part] = _complete(part, _without_markers(text), allowed[part])


def _without_markers(text: str) -> str:
    if "EVOLVE-BLOCK-" not in text:
        return text
    return "\n".join(line for line in text.split("\n") if not _MARKER.match(line))


def _complete(name: str, text: str, present: str) -> str:
    """The text at the depth of the present one. Raises ReplyError when it holds no code, or leaves some out."""
    code = _at_margin(text.strip("\n").rstrip() + "\n")
    statements = [line.strip() for line in code.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    if not statements or statements in (["..."], ["pass"]):
        raise unparsable(f"the block for segment '{name}' holds no code; give the complete new text of the segment")
    for line in code.split("\n"):
        note = line.strip()
        if note.startswith("#") and len(note) <= _SHOWN and _LEFT_OUT.fullmatch(note) and note not in present:
            raise unparsable(
                f"the text of segment '{name}' leaves code out at `{note}`; write every line of it, or use edits"
            )
    first = _first_line(present)
    return textwrap.indent(code, first[: len(first) - len(first.lstrip())])


def _first_line(text: str) -> str:
    return next((line for line in text.split("\n") if line.strip()), "")


def _at_margin(text: str) -> str:
    return textwrap.dedent(text) if _first_line(text)[:1] in {" ", "\t"} else text


def _defined(text: str) -> set[str]:
    """Names that the text defines at its outer level, also when it does not parse."""
    return {found[1] or found[2] for found in _DEFINED.finditer(_at_margin(newlines(text)))}


def _take_unnamed(
    blocks: list[Block], asked: Mapping[str, str], others: Mapping[str, str], changes: dict[str, str]
) -> None:
    """Enter blocks that name no segment: by the names that they define, or because there is no choice."""
    allowed = {**asked, **others}
    names = {segment: _defined(text) for segment, text in allowed.items()}
    only = next(iter(asked)) if len(asked) == 1 else None
    for block in blocks:
        defined = _defined(block.text)
        fitting = [segment for segment in allowed if names[segment] & defined]
        if only is not None and (only in fitting or (not fitting and len(blocks) == 1) or _is_edit(block)):
            _take(block, only, allowed, changes)
        elif len(fitting) == 1 and not _is_edit(block):
            _take(block, fitting[0], allowed, changes)
        elif len(fitting) > 1:
            raise unparsable(f"one block defines names of the segments {', '.join(fitting)}; {_form(allowed)}")
    if not changes:
        raise unparsable(f"no block says which segment it is for; {_form(allowed)}")


def _bare(text: str, allowed: Mapping[str, str]) -> Fenced:
    """A reply without fences as one block, when there is code or an edit in it. Raises ReplyError."""
    lines = text.split("\n")
    if _marked(text):
        return Fenced((Block("", text, closed=True),), "")
    if any(SEARCH.fullmatch(line) for line in lines):
        named = _IN_INFO.search(text)
        return Fenced((Block(f"segment={named[1]}" if named else "", text, closed=True),), "")
    plain = [even(line) for line in lines]
    first = next((at for at, line in enumerate(plain) if _CODE_START.match(line)), None)
    if first is not None:
        last = max(at for at, line in enumerate(plain) if _CODE_LINE.match(line) or at == first)
        for end in (len(lines), last + 1):
            code = even_code("\n".join(lines[first:end]))
            if _parses(code) and any(_defined(code) & _defined(present) for present in allowed.values()):
                return Fenced((Block("", code, closed=True),), "\n".join(lines[:first]).strip())
    begin = " ".join(text[: 4 * _SHOWN].split())[:_SHOWN]
    if first is None and _REFUSAL.search(text[:1000]):
        raise unparsable(f"the reply declines the task and holds no code; it begins: {begin}")
    raise unparsable(f"the reply has no fenced block; {_form(allowed)}. It begins: {begin}")


def _parses(code: str) -> bool:
    try:
        parse("reply.py", code)
    except GenomeError:
        return False
    return True
