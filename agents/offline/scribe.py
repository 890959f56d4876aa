"""Rephrasing by grammar: words are exchanged for others that mean the same there."""

from __future__ import annotations

import random
import re

from agents.offline.prompts import Reading

# Words that may stand for each other in an instruction about programs, in any inflection that is listed.
_SAME = (
    ("Tune", "Adjust", "Set"),
    ("already there", "already present"),
    ("sensible better", "better", "well-founded"),
    ("Set", "Choose", "Try"),
    ("unusual", "uncommon", "unexpected"),
    ("careful", "cautious"),
    ("justify", "give a reason for"),
    ("Add", "Insert", "Bring in"),
    ("component", "part"),
    ("makes the segment more expressive", "gives the segment more expressive power"),
    ("such as", "for example"),
    ("Cut", "Reduce", "Save"),
    ("while keeping accuracy", "without losing accuracy"),
    ("instead of", "in place of"),
    ("Do something", "Make a change that is"),
    ("Make whatever change", "Make the change that"),
    ("expect to bring most", "think will bring most"),
    ("yours to choose", "for you to choose"),
    ("rarely", "seldom"),
    ("published code", "code that is published"),
    ("yet has a reason", "but has a reason"),
    ("substantial", "large"),
    ("You may", "You can"),
    ("inside", "within"),
    ("helper functions or classes", "classes or helper functions"),
    ("starts as", "begins as"),
    ("should have otherwise", "should have differently"),
    ("a true blend", "a real mixture"),
    ("must differ", "has to differ"),
    ("before you answer", "before answering"),
)


def rephrase(reading: Reading, rng: random.Random) -> str:
    """The Scribe's reply: the present wording with at least one exchange, or as it is when the grammar knows no other."""
    text = reading.wording
    places = [(words, word) for words in _SAME for word in words if re.search(rf"\b{re.escape(word)}\b", text)]
    rng.shuffle(places)
    for words, word in places[: rng.randint(1, 3)]:
        other = rng.choice([w for w in words if w != word])
        text = re.sub(rf"\b{re.escape(word)}\b", other, text, count=1)
    return f"```text\n{text}\n```\n"
