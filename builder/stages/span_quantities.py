"""Quantities of a text: numbers with a unit, ranges and tolerances included, and what they say in base units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from math import isfinite

from builder.lexicon.elements import ELEMENTS
from builder.lexicon.quantities import NEEDS_BLANK, ONLY_COMPOUND, SAME_SIGN, UNITS, unit_pattern
from builder.stages.span_types import TypedSpan

_SUPER = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺"
_MINUS = "-−–⁻‐‑"
_BLANK = r"[ \u00a0\u2009\u202f\u2002-\u200a]"
_GROUPED = rf"\d{{1,3}}(?:[,\u2009\u202f]\d{{3}})++(?!\d)|\d{{1,3}}{_BLANK}000(?!\d)"
_PLAIN = rf"(?:{_GROUPED}|0,\d++|\d++)(?:\.\d++)?(?:\(\d{{1,2}}\))?(?![\d])"
_POWER = rf"(?:{_BLANK}?[×x·⋅∙]{_BLANK}?10{_BLANK}?(?:\^?\{{?[{_MINUS}]?\d{{1,2}}\}}?|[{_SUPER}]{{1,3}})(?!\d))"
_TEN = rf"10(?:\^\{{?[{_MINUS}]?\d{{1,2}}\}}?|[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,2}})"
_TOLERANCE = rf"(?:{_BLANK}?(?:±|\+/[-−])\s?{_PLAIN})"
_ONE = (
    rf"(?:{_TEN}|\({_PLAIN}{_TOLERANCE}\){_POWER}?|{_PLAIN}[eE][-−+]?\d{{1,2}}(?!\d)"
    rf"|{_PLAIN}{_TOLERANCE}?{_POWER}?{_TOLERANCE}?)"
)
_SIGN = rf"(?:[~≈∼≃≅<>≤≥≲≳⩽⩾]{_BLANK}?)?(?:[-−–+±](?=[\d.(]))?"
_EXPONENT = rf"(?:\^?\{{?[{_MINUS}]?[1-9](?!\d)\}}?|[⁻⁺]?[¹²³⁴])"
_NEGATIVE = rf"(?:\^?\{{?[{_MINUS}][1-9](?!\d)\}}?|⁻[¹²³⁴])"
_UNIT = unit_pattern()
_TIMES = "[·⋅∙•×*]"
# Products that are printed with a blank and no exponent: "10 Ω cm", "20 MPa m1/2", "1 mA h".
_PAIRED = (
    rf"(?:[kMGmµμ]?[Ω\u2126]{_BLANK}(?:cm|m)|[mk]?N{_BLANK}m|[mµμ]?A{_BLANK}h|[mk]?W{_BLANK}h|m?Pa{_BLANK}s"
    rf"|MPa{_BLANK}?(?:√m|m\^?1/2|m½|m0\.5))"
)
_NEXT = (
    rf"(?:{_BLANK}?/{_BLANK}?\(\s?{_UNIT}{_EXPONENT}?(?:[\s·⋅∙]{_UNIT}{_EXPONENT}?)+\)"
    rf"|{_BLANK}?/{_BLANK}?{_UNIT}{_EXPONENT}?|{_BLANK}?{_TIMES}{_BLANK}?{_UNIT}{_EXPONENT}?|[.]{_UNIT}{_NEGATIVE}|{_BLANK}per{_BLANK}{_UNIT}"
    rf"|{_BLANK}{_UNIT}{_NEGATIVE}|{_BLANK}(?:h|cm2|s|cm|V){_BLANK}{_UNIT}{_NEGATIVE})"
)
_COMPOUND = rf"(?P<unit>(?:{_PAIRED}|{_UNIT}{_EXPONENT}?){_NEXT}{{0,4}})"
_ENDS = r"(?![A-Za-z0-9\u0370-\u03ff])"
_DASHED = rf"{_BLANK}?[{_MINUS}—]{_BLANK}?"
_QUANTITY = (
    rf"(?<![\w.^,])(?<!\d/)(?<!\w[-–−])(?<!\d[.,])(?P<number>{_SIGN}{_ONE}(?:(?:{_DASHED}|{_BLANK}?×{_BLANK}?|{_BLANK}x{_BLANK}|{_BLANK}to{_BLANK})"
    rf"(?:[-−–+±](?=\d))?{_ONE}){{0,3}})(?P<blank>{_BLANK}{{0,2}}|[-‐‑](?=[A-Za-zµμ]))(?:{_COMPOUND}|(?P<force>×{_BLANK}?g)){_ENDS}"
)
_WITH_UNIT = rf"(?:[-−–+±](?=\d))?{_PLAIN}{_BLANK}?{_UNIT}{_EXPONENT}?"
_CROSSED = rf"(?<![\w.]){_SIGN}{_WITH_UNIT}(?:{_BLANK}?(?:[×x]|[-−–]){_BLANK}?{_WITH_UNIT}){{1,3}}{_ENDS}"
_SUB = rf"(?<=\bsub[-–−]){_PLAIN}(?P<blank>{_BLANK}?){_COMPOUND}{_ENDS}"
_PH = re.compile(
    r"\bpH(?:\s(?:values?\s)?(?:of|at))?\s?(?:[=~≈<>]\s?)?(?P<low>\d+(?:\.\d+)?)(?:\s?[-–−]\s?(?P<high>\d+(?:\.\d+)?))?(?![\w])"
)
_RATE = re.compile(r"(?<=\bat )C/\d+\b|(?<=\bof )C/\d+\b|(?<=\()C/\d+(?=\))")
_CITED = re.compile(
    r"(?:\bFigs?|Figures?|\bTabs?|Tables?|\bEqs?|\bRefs?|Schemes?|\bNos?|Samples?|Panels?|Sections?|Chapters?|Groups?|Movies?|Videos?|#)"
    r"\.?\s?(?:S?\d+[a-zA-Z]?\s?(?:,|and|&|[-–])\s?){0,9}$",
    re.IGNORECASE,
)
_BEFORE_ORBITAL = re.compile(rf"(?:\b(?:{'|'.join(sorted(ELEMENTS))}|carbon|oxygen|nitrogen|sulfur)[⁰-⁹\d+−-]{{0,3}}\s?)$")
_ORBITAL = frozenset("sdf")
_DECIMAL_SHUT = frozenset("CM")  # "0.1C" and "0.5M" are read without a blank, "2C" and "1M" are not
_SALT = re.compile(r"\s[A-Z][A-Za-z]*\d?")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Those with every unit in them take a third of a second, which a process that reads no text is spared."""
    return re.compile(pattern)


def quantities(text: str) -> tuple[TypedSpan, ...]:
    """Numbers with a unit, in reading order. A figure number, a Miller index, an orbital or a bare count is none.

    >>> [(q.text, q.value, q.unit) for q in quantities("0.1 M for 2 h in Fig. 2 C")]
    [('0.1 M', 0.1, 'M'), ('2 h', 7200.0, 's')]
    """
    crossed = _compiled(_CROSSED).finditer(text)
    found = [made for match in crossed if not _cited(text, match.start()) for made in _product(match)]
    found += [_acidity(match) for match in _PH.finditer(text)]
    found += [TypedSpan("quantity", m.start(), m.end(), m.group()) for m in _RATE.finditer(text)]
    shut = bytearray(len(text))
    for span in found:
        shut[span.start : span.end] = b"\1" * (span.end - span.start)
    for match in (*_compiled(_QUANTITY).finditer(text), *_compiled(_SUB).finditer(text)):
        if not any(shut[match.start() : match.end()]) and _is_quantity(match, text):
            found.append(_read(match, text))
    return tuple(sorted(found, key=lambda span: span.start))


def base_unit(printed: str) -> tuple[float, str] | None:
    """What one of a printed unit is: size and base unit, products as "A·m^-2"; None where a part is no known unit.

    >>> base_unit("mA cm−2")
    (10.0, 'A·m^-2')
    """
    plain = re.sub(r"/\s?V\s?s\b", "/(V·s)", _same_signs(printed))
    if plain in UNITS:
        return UNITS[plain].size, UNITS[plain].base
    size, powers = 1.0, dict[str, int]()
    for joint, name, exponent in _compiled(_PARTS).findall(plain.replace("(", "").replace(")", "")):
        known = UNITS.get(name)
        if known is None:
            return None
        sign = -1 if "/" in joint or "per" in joint or ("/" in plain and "(" in plain and powers) else 1
        power = sign * int(_digits(exponent) or 1)
        size *= known.size**power
        powers[known.base] = powers.get(known.base, 0) + power
    kept = [base if power == 1 else f"{base}^{power}" for base, power in powers.items() if power]
    return (float(f"{size:.9g}"), "·".join(kept)) if kept else None


_PARTS = rf"((?:\s?/\s?|\sper\s|\.|\s?{_TIMES}\s?|\s)?)({_UNIT})((?:\^?\{{?-?[1-9](?!\d)\}}?|[-⁺]?[¹²³⁴])?)(?![A-Za-z])"


def _same_signs(text: str) -> str:
    text = "".join(SAME_SIGN.get(letter, letter) for letter in text)
    return re.sub(r"\boC\b", "°C", re.sub(r"°\s(?=[CF])", "°", text)).replace("e-", "e−")


def _digits(text: str) -> str:
    table = str.maketrans(_SUPER[:10], "0123456789", "^{}⁺+ ")
    return _same_signs(text).translate(table)


def _is_quantity(match: re.Match[str], text: str) -> bool:
    parts = match.groupdict()
    unit, number, blank = parts["unit"], parts.get("number") or match.group(), parts["blank"]
    if _cited(text, match.start()):
        return False
    if unit is None:
        return True
    if unit in ONLY_COMPOUND or (blank and blank in "-‐‑" and unit in NEEDS_BLANK):
        return False
    if unit in NEEDS_BLANK and not blank:
        salted = unit == "M" and _SALT.match(text, match.end()) is not None
        return salted or (unit in _DECIMAL_SHUT and "." in number)
    return not (
        unit in _ORBITAL and number in "1234567" and _BEFORE_ORBITAL.search(text[max(0, match.start() - 12) : match.start()])
    )


def _cited(text: str, start: int) -> bool:
    return _CITED.search(text[max(0, start - 30) : start]) is not None


def _read(match: re.Match[str], text: str) -> TypedSpan:
    span = TypedSpan("quantity", match.start(), match.end(), match.group())
    parts = match.groupdict()
    if parts["unit"] is None:
        return replace(span, value=_value(parts["number"].strip(), 9.80665), unit="m·s^-2")
    known = base_unit(parts["unit"])
    size, unit = known or (1.0, _same_signs(parts["unit"]))
    return _said(replace(span, unit=unit), parts.get("number") or match.group()[: match.start("unit") - match.start()], size)


def _said(span: TypedSpan, number: str, size: float) -> TypedSpan:
    """The span with its value, its two ends or its sides, by how the number is written."""
    number = number.strip().strip("~≈∼≃≅<>≤≥≲≳⩽⩾").strip()
    one = _value(number, size)
    if one is not None:
        tolerance = re.search(rf"(?:±|\+/[-−])\s?({_PLAIN})", number[1:])
        power = _exponent(number)
        spread = _value(tolerance[1], size * 10.0**power) if tolerance else None
        return replace(span, value=one, uncertainty=spread)
    sides = re.split(rf"{_BLANK}?[×x]{_BLANK}?", number)
    if len(sides) > 1:
        lengths = [_value(side, size) for side in sides]
        kept = tuple(length for length in lengths if length is not None)
        return _sided(span, kept, size) if len(kept) == len(sides) else span
    ends = _RANGE.fullmatch(number)
    low, high = (_value(ends[1], size), _value(ends[2], size)) if ends else (None, None)
    return replace(span, low=low, high=high) if low is not None and high is not None else span


def _sided(span: TypedSpan, lengths: tuple[float, ...], size: float) -> TypedSpan:
    """ "60 × 60 × 150 nm3" has sides in metres: the unit's power is the product's."""
    base, _, power = (span.unit or "").partition("^")
    if power != str(len(lengths)):
        return replace(span, sides=lengths)
    return replace(span, unit=base, sides=tuple(_rounded(length / size * size ** (1 / len(lengths))) for length in lengths))


_RANGE = re.compile(rf"([-−–+]?{_ONE})(?:{_DASHED}|\sto\s)([-−–+]?{_ONE})")
_SINGLE = re.compile(
    rf"(?P<sign>[-−–+±]?)\(?(?P<head>{_PLAIN}){_TOLERANCE}?\)?(?P<power>{_POWER}|[eE][-−+]?\d{{1,2}})?{_TOLERANCE}?"
)
_LOST = re.compile(r"[×x]\s?10\d")


def _value(number: str, size: float) -> float | None:
    """One number in base units, or None where it is more than one or its power of ten has lost its place."""
    if re.fullmatch(_TEN, number):
        return _rounded(10.0 ** _exponent("×" + number) * size)
    if re.fullmatch(r"10[−-]\d", number):
        return _rounded(10.0 ** -int(number[-1]) * size)
    match = _SINGLE.fullmatch(number)
    if match is None or match["sign"] == "±" or (match["power"] and _LOST.search(match["power"])):
        return None
    head = re.sub(r"\(\d+\)$", "", match["head"])
    head = head.replace(",", ".") if re.fullmatch(r"0,\d+", head) else re.sub(rf"[,\s]|{_BLANK}", "", head)
    value = float(head) * 10.0 ** _exponent(match["power"] or "") * size
    if not isfinite(value):
        return None
    return _rounded(-value if match["sign"] and match["sign"] in _MINUS else value)


def _exponent(power: str) -> int:
    match = re.search(rf"(?:[×x·⋅∙]\s?10\s?|[eE])(\^?\{{?[{_MINUS}]?\d{{1,2}}|[{_SUPER}]+)", power)
    digits = _digits(match[1]) if match else ""
    return int(digits) if re.fullmatch(r"-?\d+", digits) else 0


def _rounded(value: float) -> float:
    return float(f"{value:.9g}")


def _product(match: re.Match[str]) -> Iterator[TypedSpan]:
    """What "20 nm × 30 nm" or "5 nm–10 nm" says; nothing where the units are not of one kind."""
    span = TypedSpan("quantity", match.start(), match.end(), match.group())
    each = _compiled(_EACH).findall(match.group())
    read = [(_value(number, known[0]), known[1]) for number, unit in each if (known := base_unit(unit))]
    values, units = [value for value, _ in read if value is not None], {unit for _, unit in read}
    if len(units) == 1 and len(values) > 1:
        span = replace(span, unit=units.pop())
        crossed = re.search("[×x]", match.group())
        yield replace(span, sides=tuple(values)) if crossed else replace(span, low=values[0], high=values[-1])


_EACH = rf"((?:(?<![\w%°])[-−–])?{_PLAIN}){_BLANK}?({_UNIT}{_EXPONENT}?)"


def _acidity(match: re.Match[str]) -> TypedSpan:
    span = TypedSpan("quantity", match.start(), match.end(), match.group(), unit="pH")
    if match["high"]:
        return replace(span, low=float(match["low"]), high=float(match["high"]))
    return replace(span, value=float(match["low"]))
