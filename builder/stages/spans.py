"""Typed spans of a caption: techniques, materials and quantities, at code-point offsets of the text as printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from builder.lexicon.materials import ACRONYMS, ELEMENTS, NAMES, NOT_ALONE, NOT_FORMULAS
from builder.lexicon.quantities import NEEDS_BLANK, ONLY_COMPOUND, SAME_SIGN, UNITS, unit_pattern
from builder.lexicon.techniques import find_techniques

SpanType = Literal["technique", "material", "quantity"]
_SIGN = r"[-−–+±~≈∼<>≤≥]?\s?"
_PLAIN = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\d)"
_POWER = r"(?:\s?[×x·]\s?10\s?\^?[-−–⁻]?[\d⁰¹²³⁴-⁹]+)?"
_NUMBER = rf"(?:10\^[-−]?\d+|{_PLAIN}(?:\s?±\s?{_PLAIN})?{_POWER})"
_EXPONENT = r"(?:\^?[-−–⁻]?[1-4](?!\d)|[⁻]?[¹²³⁴])?"
_UNIT = unit_pattern()
_COMPOUND = rf"(?P<unit>{_UNIT}{_EXPONENT}(?:\s?[/·⋅∙]\s?{_UNIT}{_EXPONENT}|\s{_UNIT}(?:\^?[-−–⁻][1-4]|⁻[¹²³⁴]))*)"
_QUANTITY = re.compile(
    rf"(?<![\w.^])(?<!\w[-–])(?P<number>{_SIGN}{_NUMBER}(?:\s?(?:[-–−]|×|x|to)\s?{_NUMBER})*)(?P<blank>\s?){_COMPOUND}(?![A-Za-z0-9])"
)
_CROSSED = re.compile(rf"(?<![\w.]){_PLAIN}\s?{_UNIT}(?:\s?[×x]\s?{_PLAIN}\s?{_UNIT})+(?![A-Za-z0-9])")
_PH = re.compile(r"\bpH\s?(?:=\s?)?\d+(?:\.\d+)?")
_CITED = re.compile(r"(?:Figs?|Figures?|FIGS?|Tables?|Eqs?|Refs?|Schemes?|Nos?|Samples?)\.?\s*$", re.IGNORECASE)
_ELEMENT = "(?:" + "|".join(sorted(ELEMENTS, key=lambda e: (-len(e), e))) + ")"
_COUNT = r"(?:\d+(?:\.\d+)?|[₀-₉.]+|[xyδ](?![a-z]))?"
_GROUP = rf"(?:{_ELEMENT}{_COUNT}|\((?:{_ELEMENT}{_COUNT})+\){_COUNT})"
_FORMULA = re.compile(rf"(?<![A-Za-z0-9.])\d?{_GROUP}+(?:[+±-][δx])?(?![A-Za-z0-9])")
_WORDS = f"(?i:{'|'.join(NAMES)})|{'|'.join(map(re.escape, ACRONYMS))}"
_NAMED = re.compile(rf"(?<![A-Za-z-])(?:{_WORDS})(?![A-Za-z])")
_LABELLED = re.compile(
    r"(?<![\w-])(?:(?:ZIF|MIL|UiO|MOF|MCM|SBA)-\d+(?:\([A-Z][a-z]?\))?|NMC\d{3}|(?i:\d{3}L? stainless steel)"
    rf"|{_ELEMENT}(?:[-–](?:\d+(?:\.\d+)?)?{_ELEMENT})+|(?:{_ELEMENT})+-LDH|{_ELEMENT}/C|Ti3C2T[xₓ])(?![\w-])"
)
_EDGE = re.compile(r"\s?(?:[KLM][₁-₃123]?(?:,[23])?[- ]edge|\d[spdf]\b|metal\b)")


@dataclass(frozen=True)
class TypedSpan:
    """One span. `value` and `unit` are set for quantities that are one number, in the base unit."""

    type: SpanType
    start: int
    end: int
    text: str
    value: float | None = None
    unit: str | None = None


def spans(text: str) -> tuple[TypedSpan, ...]:
    """Every span in reading order, none overlapping; quantities before techniques before materials.

    >>> [(s.type, s.text) for s in spans("TEM of TiO2 annealed at 500 °C")]
    [('technique', 'TEM'), ('material', 'TiO2'), ('quantity', '500 °C')]
    """
    techniques = [TypedSpan("technique", a, b, text[a:b]) for a, b, _ in find_techniques(text)]
    taken: list[TypedSpan] = []
    for span in (*quantities(text), *techniques, *_materials(text)):
        if all(span.end <= other.start or span.start >= other.end for other in taken):
            taken.append(span)
    return tuple(sorted(taken, key=lambda span: span.start))


def quantities(text: str) -> tuple[TypedSpan, ...]:
    """Numbers with a unit. A figure number, a Miller index or a bare count is none."""
    found = [TypedSpan("quantity", m.start(), m.end(), m.group()) for m in (*_CROSSED.finditer(text), *_PH.finditer(text))]
    for match in _QUANTITY.finditer(text):
        clear = all(match.end() <= other.start or match.start() >= other.end for other in found)
        if clear and _is_quantity(match, text):
            start = match.start() + len(match.group()) - len(match.group().lstrip())
            value, unit = _normal(match["number"], match["unit"])
            found.append(TypedSpan("quantity", start, match.end(), text[start : match.end()], value, unit))
    return tuple(sorted(found, key=lambda span: span.start))


def _is_quantity(match: re.Match[str], text: str) -> bool:
    unit = match["unit"]
    if _CITED.search(text[max(0, match.start() - 12) : match.start() + 1].rstrip("0123456789")):
        return False
    return unit not in ONLY_COMPOUND and not (unit in NEEDS_BLANK and not match["blank"])


def _normal(number: str, unit: str) -> tuple[float | None, str | None]:
    plain = "".join(SAME_SIGN.get(letter, letter) for letter in number).replace(",", "").strip("~≈∼<>≤≥+ ")
    name = "".join(SAME_SIGN.get(letter, letter) for letter in unit).replace("° C", "°C")
    if not re.fullmatch(r"-?\d+(?:\.\d+)?", plain):
        return None, None
    known = UNITS.get(name)
    return (float(f"{float(plain) * known.size:.9g}"), known.base) if known else (float(plain), name)


def _materials(text: str) -> list[TypedSpan]:
    named = [m for pattern in (_LABELLED, _NAMED) for m in pattern.finditer(text)]
    formulas = [m for m in _FORMULA.finditer(text) if _is_formula(m.group(), text[m.end() :])]
    return [TypedSpan("material", m.start(), m.end(), m.group()) for m in (*named, *formulas)]


def _is_formula(word: str, after: str) -> bool:
    if word in NOT_FORMULAS:
        return False
    if word in ELEMENTS:
        return word not in NOT_ALONE or _EDGE.match(after) is not None
    symbols = re.findall(_ELEMENT, word)
    counted = any(letter.isdigit() for letter in word) and word[0].isalpha()
    return counted or word in {"KOH", "CO"} or any(len(symbol) == 2 for symbol in symbols)
