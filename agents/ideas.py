"""Several ideas in one reply: each under a heading of its own, each read as if it were a reply."""

from __future__ import annotations

import re

from agents.fences import ReplyError, in_blocks
from agents.meant import meant
from agents.prompts import render

# as a heading, in bold, or a line that says nothing else: "### Idea 2: wider", "**Idea 2**", "Idea 2:"
_HEADING = re.compile(
    r"[ \t>]*+(?:#{1,6}+[ \t]*+\**+|\*{2}+)[ \t]*+idea\b[ \t]*+(?:no\.?|number|#)?[ \t]*+(\d{1,3}+)\b.*+"
    r"|[ \t>]*+idea[ \t]*+(\d{1,3}+)[ \t]*+[:.)]?[ \t]*+",
    re.IGNORECASE,
)


class NoIdea(ReplyError):
    """The reply holds fewer ideas than were asked for: there is nothing of this one's that could be mended."""


def asked_for(count: int) -> str:
    """The end of a brief that asks for so many ideas at once; empty for one."""
    return "\n" + render("ideas", count=count) if count > 1 else ""


def idea_of(reply: str, number: int, count: int, finish: str = "stop") -> tuple[str, str]:
    """The part of a reply that is idea `number` (from 0) of `count`, and why it ends there: `finish` of the last part alone.

    Ideas come in the order in which they are first named, whatever their numbers; a reply that names none holds one. Raises ReplyError.
    """
    if count == 1:
        return reply, finish
    try:
        parts = split(meant(reply, finish))
    except ReplyError as e:
        parts = [reply] if number == 0 else []
        said = e.message
    else:
        said = f"the reply holds {len(parts)} of the {count} ideas that were asked for"
    if number >= len(parts):
        raise NoIdea("unparsable", f"no idea {number + 1}: {said}")
    return parts[number], finish if number == len(parts) - 1 else "stop"


def split(text: str) -> list[str]:
    """The ideas of a reply, without their headings; headings in blocks are text of these, unless a block is left open."""
    within = in_blocks(text)
    found: dict[str, list[str]] = {}
    part: list[str] | None = None
    for line, inside in zip(text.split("\n"), within, strict=True):
        heading = None if inside else _HEADING.fullmatch(line)
        if heading:
            part = found.setdefault(heading[1] or heading[2], [])
        elif part is not None:
            part.append(line)
    return ["\n".join(lines).strip("\n") for lines in found.values()] or [text]
