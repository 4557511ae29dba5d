"""False counts: "3 optical sections" become another few, where no list, letters or second count tells how many there are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.stages.distract_edits import Attribute, article_holds, edit, in_case_of
from builder.stages.panel_captions import caption_parts

COUNT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_COUNT = re.compile(
    rf"(?<![\w.,–−-])(?P<n>[2-9]|{'|'.join(COUNT_WORDS[2:10])})\s(?P<what>(?:[a-z]+[a-z-]*\s){{0,2}}?(?P<noun>[a-z]{{3,}}s))(?![\w-])",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?:[\d,]|\bfirst|\blast|\bother|\bboth|\bstep|\bday|"
    r"\band|\bor|\bto|\bof the|\ball|\bthe|\bthese|\bthose|[A-Z][a-z]+s?|[×x=±+/–-])\s$"
)
# Nouns whose number is a measure, a name or told by the words around.
_NO_COUNT = frozenset(
    """times sides types kinds hours minutes seconds days weeks months years cycles dimensions ways orders degrees was has is
    its this does axes panels figures columns rows images micrographs pictures means thus versus across series always perhaps
    theses basis analysis conditions percents pixels steps stages phases groups components parameters values""".split()  # noqa: SIM905
)
_AWAY = (-2, -1, 1, 2, 3)


def counts(caption: str, near: str) -> Iterator[Attribute]:
    """Each count of like things from two to nine, to another few that `near` does not count either.

    Refused where the caption goes on to list what it counts, or letters as many parts.
    """
    parts = sum(len(part.letters) for part in caption_parts(caption))
    for match in _COUNT.finditer(caption):
        number = _value(match["n"])
        named = {word.lower() for word in match["what"].split()}
        after = caption[match.end() :]
        listed = re.match(r"\s?(?:[:(,]|\w+:)|[^.;]{0,60}\b(?:respectively|namely|one|other|another)\b", after)
        if named & _NO_COUNT or _BEFORE.search(caption[: match.start()]) or listed or number == parts:
            continue
        if len(re.findall(rf"\b{match['noun'].rstrip('s')}", caption)) > 2:
            continue
        stated = {_value(found["n"]) for found in _COUNT.finditer(near) if found["noun"].lower() == match["noun"].lower()}
        for step in _AWAY:
            new = number + step
            if new >= 2 and new not in stated and article_holds(caption, match.start(), match["n"], COUNT_WORDS[new]):
                shown = str(new) if match["n"].isdigit() else in_case_of(match["n"], COUNT_WORDS[new])
                start = match.start()
                yield Attribute("number", (edit("number", caption, start, start + len(match["n"]), shown),))


def _value(printed: str) -> int:
    return int(printed) if printed.isdigit() else COUNT_WORDS.index(printed.lower())
