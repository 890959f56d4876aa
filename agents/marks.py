"""The marks that families of models put into their replies, as data.

A server that knows its model takes them away. One that does not lets through what the model really writes: what it thought
aloud, what announces the answer, and the end of its turn. Families: DeepSeek, Qwen and most others (`<think>`), Seed-OSS and
MiniMax (`<seed:think>`), Magistral (`[THINK]`), gpt-oss (the channels of "harmony"), Kimi, OpenThinker, Cohere, Gemma, Apertus,
Solar, PLaMo, Pangu, Apriel, Granite.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LESS, _MORE = "(?:<|&lt;)", "(?:>|&gt;)"  # some servers escape what looks like HTML
_GAP = r"[\s\u00a0\u00ad\u200b-\u200f\u2060\ufeff]{0,8}+"
_BLANK = r"[ \t]{0,8}+"


def _literal(*tokens: str) -> str:
    """A pattern for tokens as they stand, with blanks, full-width bars or escaped brackets where servers make them."""

    def one(token: str) -> str:
        text = re.escape(token).replace(r"\|", f"{_BLANK}[|｜]{_BLANK}").replace("_", "[_▁ ]")
        return text.replace("<", _LESS).replace(">", _MORE)

    return "|".join(map(one, tokens))


def _tag(names: str, slash: str = "") -> str:
    """A pattern for a tag, also with a prefix (`seed:think`), a suffix (`think_fast`) or attributes."""
    name = rf"(?:[\w.-]{{1,30}}?[:_.-]|ant)?(?:{names})(?:[:_-]\w{{1,40}}+)?"
    return rf"{_LESS}{_GAP}{slash}{_GAP}{name}(?:\s[^<>&\n]{{0,200}}+)?{_GAP}{_MORE}"


def _element(edge: str, name: str) -> str:
    """A pattern for the beginning or the end of an element as Kimi K3 writes it."""
    return rf"(?:{_literal(f'<|{edge}|>')}){_BLANK}{name}{_BLANK}(?:{_literal('<|sep|>')})"


@dataclass(frozen=True)
class Thought:
    """How a family frames what it thinks aloud."""

    opened: str
    closed: str
    alone: bool = True  # the end counts also by itself: the template of the prompt wrote the beginning
    spoken: bool = False  # the beginning may be said in earnest: it counts only if its end follows
    message: bool = False  # a message of its own, which ends as a turn does


_NAMES = (
    r"think(?:ing|s)?|thoughts?|reasoning|reflect(?:ion|ing)?|analysis|cot|deliberation"
    r"|(?:inner|internal)[_-]?(?:monologue|thoughts?)|chain[_-]of[_-]thoughts?|(?:reasoning[_-]?)?scratch[_-]?pad"
)
_SLASH = r"\\?/"
_START = _literal("<|start|>")
_CHANNEL = _literal("<|channel|>")
_MESSAGE = rf"[^<&\n]{{0,100}}+(?:(?:{_literal('<|constrain|>')})[^<&\n]{{0,50}}+)?(?:{_literal('<|message|>')})?"
_TO_ASSISTANT = rf"(?:(?:{_START})\s{{0,4}}assistant\s{{0,4}})?"

THOUGHTS = (
    Thought(_tag(_NAMES), _tag(_NAMES, _SLASH)),
    Thought(_literal("[THINK]"), _literal("[/THINK]")),
    Thought(_literal("◁think▷"), _literal("◁/think▷")),
    Thought(_literal("<|begin_of_thought|>"), _literal("<|end_of_thought|>")),
    Thought(_literal("<|START_THINKING|>"), _literal("<|END_THINKING|>")),
    Thought(_element("open", "think"), _element("close", "think")),
    Thought(_literal("<|channel>") + r"(?:\s{0,4}(?:thought|analysis)\b)?", _literal("<channel|>")),
    Thought(_literal("<|inner_prefix|>"), _literal("<|inner_suffix|>")),
    Thought(_literal("<|think:start|>"), _literal("<|think:end|>")),
    Thought(_literal("<|plamo:begin_think:plamo|>"), _literal("<|plamo:end_think:plamo|>")),
    Thought(_literal("<|im_start|>") + r"\s{0,4}think\b", _literal("<|im_start|>") + r"\s{0,4}answer\b"),
    Thought(_literal("[unused16]"), _literal("[unused17]")),
    Thought(r"<details\b[^<>\n]{0,200}\breasoning\b[^<>\n]{0,200}>", "</details>", alone=False),
    Thought(
        rf"{_TO_ASSISTANT}(?:{_CHANNEL})\s{{0,4}}(?:analysis|commentary){_MESSAGE}",
        rf"(?:{_literal('<|end|>')})\s{{0,4}}(?=(?:{_START})\s{{0,4}}assistant|{_CHANNEL})",
        alone=False,
        message=True,
    ),
    # harmony from which a server took the tokens and left the words
    Thought(r"\A\s*+(?:assistant)?(?-i:analysis|commentary)", r"(?-i:assistant\s{0,2}final)", alone=False, spoken=True),
    Thought(r"Here(?:'s| is) my thought process:", r"Here(?:'s| is) my response: ?", alone=False, spoken=True),
)

# What follows is the answer, and what came before was not.
_ANSWER = "|".join(
    (
        rf"{_TO_ASSISTANT}(?:{_CHANNEL})\s{{0,4}}(?:final|assistant){_MESSAGE}",
        rf"(?-i:assistant)?\s?(?-i:final)\s?(?:{_literal('<|message|>')})",
        r"\A\s*+(?-i:assistantfinal)",
        _literal("<|begin_of_solution|>", "<|START_RESPONSE|>", "[BEGIN FINAL RESPONSE]"),
        _element("open", "response"),
    )
)
_NAMES_OF_ANSWERS = r"answer|response|final|solution|output"

# The turn is over: what follows was made up, often the next question of the user.
_END_OF_MESSAGE = _literal("<|end|>", "<|return|>", "<|call|>")
_TURN = "<|start|>", "<|im_start|>", "<|turn>", "<start_of_turn>", "<|start_header_id|>"
_END = "|".join(
    (
        _literal(
            *("<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<|eot|>", "<|eom|>"),
            *("<|eos|>", "<|stop|>", "<|endofturn|>", "<|end_of_turn|>"),
            *("<|END_OF_TURN_TOKEN|>", "<|END_RESPONSE|>", "<|end_of_sentence|>", "<|end_of_solution|>"),
            *("<|user|>", "<|system|>", "<|observation|>"),
            *("</s>", "<eos>", "<EOT>", "<end_of_turn>", "<turn|>", "[/INST]", "[END FINAL RESPONSE]"),
        ),
        _element("close", "(?:response|message)"),
        rf"(?:{_literal(*_TURN)})\s{{0,4}}(?:user|system|developer|human|tool)\b",
        r"<[|｜][^|｜<>\n]{1,40}[|｜]>(?=\s*+\Z)",  # whatever else has the form of a token, at the very end
    )
)
_NEUTRAL = "|".join(
    (
        rf"(?:{_literal(*_TURN)})\s{{0,4}}(?:assistant|model)\b(?:{_literal('<|end_header_id|>')})?\n?",
        _literal("<|assistant|>", "<|message|>", "<|begin_of_box|>", "<|end_of_box|>", "<|begin_of_text|>"),
    )
)

OPENED = {f"opened_{nr}": thought for nr, thought in enumerate(THOUGHTS)}
CLOSED = {f"closed_{nr}": thought for nr, thought in enumerate(THOUGHTS)}
ENDS = frozenset(("end", "end_of_message"))
# Every mark of a text, from left to right; `lastgroup` says of what kind it is. Each alternative looks at a bounded stretch, so
# that the whole takes time in proportion to the length of the text.
MARK = re.compile(
    "|".join(
        (
            *(f"(?P<{kind}>{thought.opened})" for kind, thought in OPENED.items()),
            *(f"(?P<{kind}>{thought.closed})" for kind, thought in CLOSED.items()),
            f"(?P<answer>{_ANSWER})",
            f"(?P<wrapped>{_tag(_NAMES_OF_ANSWERS)})",
            f"(?P<unwrapped>{_tag(_NAMES_OF_ANSWERS, _SLASH)})",
            f"(?P<end_of_message>{_END_OF_MESSAGE})",
            f"(?P<end>{_END})",
            f"(?P<neutral>{_NEUTRAL})",
        )
    ),
    re.IGNORECASE,
)
