"""False numbers: a value with its unit moves to a natural neighbour, as round as itself, that the paper nowhere states."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from builder.lexicon.quantities import EDITABLE, PERCENT, SAME_SIGN, SETS, UNITS, WITHIN
from builder.stages.distract_edits import Attribute, coin, edit
from builder.stages.spans import TypedSpan, quantities

T = TypeVar("T", int, float, str)
# Neighbours on the ladder 1, 2, 5, 10 that are no exact double, half or tenfold, each step walked both ways.
_STEPS = {1: (5.0, 0.2), 2: (5.0, 0.5, 10.0), 5: (2.0, 1.0, 20.0)}
_FAR_STEPS = {"1": (0.2, 0.05, 20.0, 50.0), "2": (0.5, 0.1, 50.0), "5": (1.0, 0.2, 100.0)}  # where the near ones do not do
_CROWD = 4  # other values of the dimension beyond which a caption's numbers hang together, such as depths along one section
_SHIFTS = (0.6, 0.65, 0.7, 0.75, 0.8, 1.25, 1.35, 1.45, 1.55, 1.65)
# One try in four goes up first: papers state more small values, so most ways down are shut (at one in two 23 of 32 went up).
_UPWARD = 4
_DEGREES = (-150, -100, -50, -30, -20, -10, 10, 20, 30, 50, 100, 150)
_FORM = re.compile(r"(?P<lead>[~≈∼<>≤≥+]?\s?[-−–]?)(?P<digits>\d[\d,]*(?:\.\d+)?)(?P<rest>\D.*)", re.DOTALL)
_PAIR = re.compile(
    r"(?P<one>\d+(?:\.\d+)?)(?P<joint>\s?(?:[-–−]|to)\s?)(?P<two>\d+(?:\.\d+)?)(?P<rest>\s?[^\d\s].*)", re.DOTALL
)
_LABEL = r"\(?[a-zA-Z]\)\s?"
_TAIL = re.compile(rf"(?:\d[\d.]*)\s?(?:{_LABEL})?(?:,\s?(?:and|or)?|\band|\bor|\bto|/|:|[×x±]|[-–−])\s?(?:{_LABEL})?[~≈]?$")
_JOIN = rf"\s?(?:{_LABEL})?(?:,\s?(?:and|or)?|and|or|to|[-–/])\s?(?:{_LABEL})?"
_BARE = re.compile(rf"(?<![\w.])(\d+(?:\.\d+)?)(?=(?:{_JOIN}\d[\d.]*)+)")
_MAGNIFIED = re.compile(r"(?<![\w.,])(?P<digits>\d[\d,]*)(?P<rest>\s?[×x](?![\w])(?!\s?\d))")


@dataclass(frozen=True)
class _Stated:
    value: float
    unit: str


def numbers(caption: str, paper_text: str, seed: int, figure_id: str) -> Iterator[Attribute]:
    """Each single value or range that can move, every way it can, the likeliest first; no member of a list or product."""
    found = quantities(caption)
    stated = [s for text in (paper_text, caption) for q in quantities(text) for s in _values(q)]
    bare = {match.group(1) for q in quantities(paper_text) for match in _BARE.finditer(_before(paper_text, q))}
    here = [s for q in found for s in _values(q)]
    for text in dict.fromkeys(q.text for q in found):
        same = [q for q in found if q.text == text]
        if any(_TAIL.search(caption[max(0, q.start - 16) : q.start]) or _leads_list(caption[q.end :]) for q in same):
            continue
        for new in _by_way(text, list(_moved(text, caption, way := coin(seed, figure_id, text, "way"))), way):
            values = [s for q in quantities(new) for s in _values(q)]
            if values and _free(values, stated, bare, new) and _in_order(_values(same[0]), values, here):
                yield Attribute("number", tuple(edit("number", caption, q.start, q.end, new) for q in same))
    yield from _magnifications(caption, paper_text, seed, figure_id)


def _before(text: str, span: TypedSpan) -> str:
    return text[max(0, span.start - 60) : span.end]


def _leads_list(after: str) -> bool:
    return re.match(r"\s?(?:,|and|or|to|[-–−/×x±])\s*[~≈]?\d", after) is not None


def _values(span: TypedSpan) -> list[_Stated]:
    """The values of a quantity in the base unit: one, or both ends of a range."""
    if span.value is not None and span.unit is not None:
        return [_Stated(abs(span.value), span.unit)]
    match = _PAIR.search(span.text)
    if match is None or "±" in span.text:
        return [_Stated(float(span.text.split()[-1].strip("pH=")), "pH")] if re.fullmatch(r"pH[\s=]*[\d.]+", span.text) else []
    name = "".join(SAME_SIGN.get(letter, letter) for letter in match["rest"].strip()).replace("° C", "°C")
    unit = UNITS.get(name)
    size, base = (unit.size, unit.base) if unit else (1.0, name)
    return [_Stated(float(f"{float(match[end]) * size:.9g}"), base) for end in ("one", "two")]


def _free(values: Sequence[_Stated], stated: Sequence[_Stated], bare: set[str], new: str) -> bool:
    """Whether the paper states none of the values, within two percent, and lists none without its unit."""
    taken = any(v.unit == s.unit and abs(v.value - s.value) <= 0.02 * s.value for v in values for s in stated)
    return not taken and not bare & set(re.findall(r"\d+(?:\.\d+)?", new.replace(",", "")))


def _in_order(old: Sequence[_Stated], new: Sequence[_Stated], here: Sequence[_Stated]) -> bool:
    """Whether every other value of the dimension stays on its side, so that an average stays below its maximum."""
    others = sorted({s.value for s in here if old and s.unit == old[0].unit and s not in old})
    if len(others) > _CROWD or _regular(sorted({*others, *(o.value for o in old)})):
        return False
    return len(old) == len(new) and all((o.value < s) == (n.value < s) for o, n in zip(old, new, strict=True) for s in others)


def _regular(values: Sequence[float]) -> bool:
    """Whether three or more values step or grow evenly: one that falls out of step is seen without the picture."""
    if len(values) < 3:
        return False
    pairs = list(zip(values, values[1:], strict=False))
    steps, ratios = [b - a for a, b in pairs], [b / a for a, b in pairs if a]
    even = [max(r) - min(r) < 0.01 * max(r) for r in (steps, ratios) if len(r) == len(pairs)]
    return any(even)


def _moved(text: str, caption: str, drawn: int) -> Iterator[str]:
    """The false counterparts of a quantity in its own print, in the order the coin says."""
    acid = re.fullmatch(r"(pH[\s=]*)(\d+)", text)
    if acid:
        yield from (f"{acid[1]}{n}" for n in _drawn([int(acid[2]) - 3, int(acid[2]) + 3], drawn) if 1 <= n <= 13)
        return
    pair, single = _PAIR.fullmatch(text.lstrip("~≈ ")), _FORM.fullmatch(text)
    if pair and "±" not in text and not re.search(r"[×x]", text):
        lead = text[: len(text) - len(text.lstrip("~≈ "))]
        unit = _unit(pair["rest"])
        for factor in _drawn(_SHIFTS, drawn):
            one, two = (_shifted(pair[end], factor) for end in ("one", "two"))
            if one and two and 0 < float(one) < float(two) and _possible(float(two), unit) and unit in EDITABLE:
                yield f"{lead}{one}{pair['joint']}{two}{pair['rest']}"
    elif single and not re.search(r"\d\s?[×x]\s?\d(?!0)|\d\s?(?:to|[-–−])\s?\d", text):
        unit = _unit(single["rest"])
        plain = single["digits"].replace(",", "")
        if unit not in EDITABLE or float(plain) == 0 or (unit in PERCENT and float(plain) >= 100):
            return
        near = _neighbours(plain, single["rest"].strip(), unit, caption)
        for value in (*_drawn(near, drawn), *(far for far in _far(plain, unit) if far not in near and not _fixed(near, plain))):
            if _possible(float(value), unit) and float(value) not in (float(plain) * 2, float(plain) / 2, float(plain) * 10):
                shown = f"{int(value):,}" if "," in single["digits"] else value
                yield f"{single['lead']}{shown}{single['rest']}"


def _drawn(options: Sequence[T], drawn: int) -> list[T]:
    return sorted(options, key=lambda option: coin(drawn, repr(option)))


def _by_way(old: str, options: Sequence[str], way: int) -> list[str]:
    """The options, first those on the side that the coin says: neither larger nor smaller shall tell the true one."""
    start = _first(old)
    return sorted(options, key=lambda new: (_first(new) > start) != (way % _UPWARD == 0))


def _first(text: str) -> float:
    match = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    return float(match.group().replace(",", "")) if match else 0.0


def _unit(rest: str) -> str:
    name = "".join(SAME_SIGN.get(letter, letter) for letter in re.sub(r"^\s?±\s?[\d.]+|^\s?[×x·]\s?10\^?\S+", "", rest).strip())
    known = UNITS.get(name.replace("° C", "°C"))
    return known.base if known else name


def _possible(value: float, unit: str) -> bool:
    low, high = WITHIN.get(unit, (0.0, float("inf")))
    return low < value < high


def _neighbours(plain: str, printed: str, unit: str, caption: str) -> list[str]:
    """Values that a caption could print as well: from a fixed set, some degrees away, along the ladder, or shifted."""
    for members, words in SETS:
        if f"{plain} {printed}" in members and re.search(words, caption):
            return [other.split()[0] for other in members if other != f"{plain} {printed}"]
    if unit in ("°C", "K"):
        value, grain = float(plain), 50 if float(plain) % 50 == 0 else 10 if float(plain) % 10 == 0 else 0
        near = [d for d in _DEGREES if grain and d % grain == 0 and abs(d) <= 0.4 * value]
        return [f"{value + d:.0f}" for d in near if (value + d) % 100 == 0 or value % 100 != 0] if value > 40 else []
    zeros = len(plain) - len(plain.rstrip("0")) if "." not in plain else 0
    head = plain[: len(plain) - zeros]
    if head in ("1", "2", "5"):
        made = [step * 10**zeros for step in _STEPS[int(head)]]
        return [f"{m:.0f}" if m >= 1 else f"{m:.1f}" for m in made if m >= 1]
    return [new for factor in _SHIFTS if (new := _shifted(plain, factor))]


def _fixed(near: Sequence[str], plain: str) -> bool:
    """Whether the values come from a fixed set, such as laser lines: then no ladder goes on from them."""
    return any(f"{value} " in member for members, _ in SETS for member in members if plain in member for value in near)


def _far(plain: str, unit: str) -> list[str]:
    """Values further along the ladder; lengths also go below one."""
    zeros = len(plain) - len(plain.rstrip("0")) if "." not in plain else 0
    head = plain[: len(plain) - zeros]
    made = [step * 10**zeros for step in _FAR_STEPS.get(head, ())]
    return [f"{m:g}" for m in made if m >= 1 or unit == "m"]


def _shifted(plain: str, factor: float) -> str | None:
    """The value times a factor with as many digits, zeros and decimals, on fives if it is; None where none is near."""
    decimals = len(plain.partition(".")[2])
    digits = plain.replace(".", "")
    zeros = len(digits) - len(digits.rstrip("0")) if not decimals else 0
    head, length = int(digits[: len(digits) - zeros] or 0), len(digits.lstrip("0")) - zeros
    new = round(head * factor)
    if head % 5 == 0 and length > 1:
        new = new // 10 * 10 + 5
    elif length > 1 and new % 5 == 0:
        new += 1
    if new == head or new < 1 or len(str(new)) != length or (length == 1 and not 0.4 <= new / head <= 2.5):
        return None
    whole = str(new * 10**zeros).zfill(len(digits))
    return f"{whole[:-decimals]}.{whole[-decimals:]}" if decimals else whole


def _magnifications(caption: str, paper_text: str, seed: int, figure_id: str) -> Iterator[Attribute]:
    """Magnifications ("300×") where the caption calls them so or prints them after a blank or bracket."""
    found = list(_MAGNIFIED.finditer(caption)) if re.search(r"magnif|[×x]\)", caption) else []
    taken = {match["digits"].replace(",", "") for match in _MAGNIFIED.finditer(paper_text)}
    for digits in dict.fromkeys(match["digits"] for match in found):
        plain = digits.replace(",", "")
        around = [int(m["digits"].replace(",", "")) for m in found if m["digits"] != digits]
        way = coin(seed, figure_id, digits)
        for value in _by_way(plain, _drawn(_neighbours(plain, "×", "×", caption), way), way):
            kept = all((int(plain) < n) == (int(value) < n) for n in around)
            if value not in taken and kept and int(value) >= 5 and int(value) not in (2 * int(plain), 10 * int(plain)):
                shown = f"{int(value):,}" if "," in digits else value
                mine = [m for m in found if m["digits"] == digits]
                yield Attribute("number", tuple(edit("number", caption, m.start(), m.end(), shown + m["rest"]) for m in mine))
