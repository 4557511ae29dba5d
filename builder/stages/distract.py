"""Typed edits that make a caption false: one method, composition or number, each checked against the paper."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from builder.lexicon.materials import ELEMENTS, FAMILIES, STEMS
from builder.lexicon.quantities import EDITABLE, PERCENT
from builder.lexicon.techniques import Technique, confusable, find_techniques
from builder.records import Edit
from builder.stages.spans import TypedSpan, quantities

EditType = Literal["method", "composition", "number"]
# Numbers captions like: a value on the ladder moves to a neighbour on it, so that neither of the two looks made up.
LADDER = (1, 2, 5)
# Cryogens, laser lines and TEM voltages: another value beside them would look made up.
FIXED_POINTS = ({"4.2 K", "77 K"}, {"532 nm", "633 nm"}, {"80 kV", "200 kV"})
NEAR = 12  # code points between two values of one unit that read as a series
_SIMPLE = re.compile(r"(?P<digits>\d+(?:\.\d+)?)(?P<rest>\s?[^\d\s].*)", re.DOTALL)
_JOINT = r"\s*(?:,|and|or|to|[-–−/×x±])"
_LISTED = re.compile(rf"(\d+(?:\.\d+)?)(?={_JOINT}\s*\d)")  # a member of a list or range, its unit printed later


@dataclass(frozen=True)
class Attribute:
    """One value of the caption and its false counterpart, every mention listed."""

    type: EditType
    edits: tuple[Edit, ...]


def coin(seed: int, *parts: str) -> int:
    """A number drawn by hash: the same for the same seed and parts, on any machine."""
    return int(hashlib.sha256("|".join([str(seed), *parts]).encode()).hexdigest()[:12], 16)


def attributes(caption: str, paper_text: str, seed: int, figure_id: str) -> tuple[Attribute, ...]:
    """Every attribute that can be edited to something false, at most one of type method and one of type composition."""
    found = (
        *_methods(caption, paper_text),
        *_compositions(caption, paper_text),
        *_numbers(caption, paper_text, seed, figure_id),
    )
    order = sorted(found, key=lambda a: coin(seed, figure_id, a.edits[0].original, a.edits[0].replacement))
    single = {a.type: a for a in reversed(order) if a.type != "number"}
    return (*(single[kind] for kind in ("method", "composition") if kind in single), *(a for a in order if a.type == "number"))


def _methods(caption: str, paper_text: str) -> Iterator[Attribute]:
    found = find_techniques(caption)
    if not found:
        return
    for name in sorted({technique.name for _, _, technique in found}):
        mine = [(a, b, t) for a, b, t in found if t.name == name]
        technique = mine[0][2]
        others = {t.name for _, _, t in found} - {name}
        if others or (technique.giveaway_pattern and technique.giveaway_pattern.search(caption)):
            continue
        in_paper = {t.name for _, _, t in find_techniques(paper_text)}
        for other in confusable(technique):
            swaps = [_method_swap(caption, a, b, other) for a, b, _ in mine]
            if other.name not in in_paper and all(swap is not None for swap in swaps):
                yield Attribute("method", tuple(swap for swap in swaps if swap is not None))


def _method_swap(caption: str, start: int, end: int, other: Technique) -> Edit | None:
    """An acronym becomes an acronym and a full name a full name of the same part of speech; other forms are refused."""
    original = caption[start:end]
    if re.fullmatch(r"[A-Z][A-Za-z]*[A-Z]", original) and re.fullmatch(r"[A-Za-z-]+", other.name):
        return Edit(type="method", start=start, end=end, original=original, replacement=other.name)
    endings = ("microscopy", "spectroscopy", "diffraction", "microscope")
    if original.lower().endswith(endings) and other.full_name.split()[-1] == original.split()[-1].lower():
        name = other.full_name if original[0].islower() else other.full_name[0].upper() + other.full_name[1:]
        return Edit(type="method", start=start, end=end, original=original, replacement=name)
    return None


def _compositions(caption: str, paper_text: str) -> Iterator[Attribute]:
    for family in FAMILIES:
        for member in family.members:
            for other in family.members:
                edits = _exchange(caption, member, other) if other != member else ()
                if edits and not _said(paper_text, other) and not _betrayed(caption, member, other, edits):
                    yield Attribute("composition", edits)


def _word(word: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w–-]){re.escape(word)}(?![\w–-]|/C\b)", 0 if word in ELEMENTS or word[0].isupper() else re.IGNORECASE
    )


def _exchange(caption: str, member: tuple[str, str], other: tuple[str, str]) -> tuple[Edit, ...]:
    edits = []
    for mine, theirs in zip(member, other, strict=True):
        for match in _word(mine).finditer(caption) if mine else ():
            if not theirs:
                return ()
            name = theirs.capitalize() if match.group()[0].isupper() and theirs.islower() else theirs
            edits.append(
                Edit(type="composition", start=match.start(), end=match.end(), original=match.group(), replacement=name)
            )
    return tuple(sorted(edits, key=lambda edit: edit.start))


def _said(paper_text: str, material: tuple[str, str]) -> bool:
    return any(form and _word(form).search(paper_text) for form in material)


def _betrayed(caption: str, member: tuple[str, str], other: tuple[str, str], edits: Sequence[Edit]) -> bool:
    """Whether what is left of the caption still names an element that the exchange took out."""
    gone = set(re.findall(r"[A-Z][a-z]?", member[0])) & ELEMENTS - set(re.findall(r"[A-Z][a-z]?", other[0]))
    left = apply_edits(caption, [edit.model_copy(update={"replacement": " "}) for edit in edits])
    symbol = any(re.search(rf"{'(?<![a-z])' if len(element) == 1 else ''}{element}(?![a-z])", left) for element in gone)
    return symbol or any(stem in left.lower() for element in gone for stem in STEMS.get(element, ()))


def _numbers(caption: str, paper_text: str, seed: int, figure_id: str) -> Iterator[Attribute]:
    found = quantities(caption)
    stated = {(q.value, q.unit) for q in (*quantities(paper_text), *found)}
    listed = {match.group(1) for match in _LISTED.finditer(paper_text)}
    for text in dict.fromkeys(q.text for q in found if q.unit in EDITABLE and _alone(caption, q, found)):
        same = [q for q in found if q.text == text]
        if sum(q.value == same[0].value and q.unit == same[0].unit for q in found) != len(same):
            continue
        for new in _values(text, coin(seed, figure_id, text, "way")):
            changed = quantities(new)
            clear = len(changed) == 1 and not any(_near(changed[0], value, unit) for value, unit in stated)
            if clear and (digits := _SIMPLE.match(new)) and digits["digits"] not in listed:
                mentions = [Edit(type="number", start=q.start, end=q.end, original=text, replacement=new) for q in same]
                yield Attribute("number", tuple(mentions))
                break


def _near(new: TypedSpan, value: float | None, unit: str | None) -> bool:
    return new.unit == unit and value is not None and new.value is not None and abs(new.value - value) <= 0.02 * abs(value)


def _alone(caption: str, span: TypedSpan, found: Sequence[TypedSpan]) -> bool:
    """Whether the number is no member of a list, range, product or tolerance, and no other of its unit stands next to it."""
    before, after = caption[max(0, span.start - 8) : span.start], caption[span.end : span.end + 6]
    listed = re.match(rf"{_JOINT}\s*[~≈]?\d", after) or re.search(rf"\d{_JOINT}\s*$", before)
    kin = [q for q in found if q.unit == span.unit and q.text != span.text]
    crowded = any(min(abs(q.start - span.end), abs(span.start - q.end)) < NEAR for q in kin)
    return listed is None and span.value is not None and not crowded


def _values(text: str, drawn: int) -> Iterator[str]:
    """The number's false counterparts in its own format, first in the direction the coin says."""
    for pair in FIXED_POINTS:
        if text in pair:
            yield from sorted(pair - {text})
            return
    match = _SIMPLE.fullmatch(text)
    if match is None or float(match["digits"]) == 0:
        return
    digits, rest = match["digits"], match["rest"]
    decimals = len(digits.partition(".")[2])
    mantissa = int(digits.replace(".", ""))
    lower, upper = _steps(mantissa, drawn)
    bound = 100 * 10**decimals if any(unit in rest for unit in PERCENT) else None
    for value in (lower, upper) if drawn % 2 else (upper, lower):
        if value > 0 and value != mantissa and (bound is None or value < bound):
            yield _printed(value, decimals) + rest


def _steps(mantissa: int, drawn: int) -> tuple[int, int]:
    """A value below and one above, both as round as the value itself; ratios lie between 1.2 and 2.5 either way."""
    zeros = len(str(mantissa)) - len(str(mantissa).rstrip("0"))
    head, grain = mantissa // 10**zeros, 10**zeros
    if head in LADDER:
        at = LADDER.index(head)
        below = LADDER[at - 1] * grain if at else 5 * grain // 10
        above = LADDER[at + 1] * grain if at + 1 < len(LADDER) else 10 * grain
        return below, above
    shift = (3 + drawn // 2 % 3) / 10
    low, high = round(head * (1 - shift)), round(head / (1 - shift))
    return _as_round(low, head) * grain, _as_round(high, head) * grain


def _as_round(value: int, head: int) -> int:
    """The value, moved so that it ends in 5 when the head does and is no multiple of ten, like the head."""
    if head % 5 == 0:
        return value // 10 * 10 + 5
    return value + 1 if value % 5 == 0 else value


def _printed(mantissa: int, decimals: int) -> str:
    if not decimals:
        return str(mantissa)
    padded = str(mantissa).zfill(decimals + 1)
    return f"{padded[:-decimals]}.{padded[-decimals:]}"


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """The text with every edit made; edits do not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text
