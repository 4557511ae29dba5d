"""A printed number is an interval: 0.793 says that the score lies in [0.7925, 0.7935]."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

MISSING = frozenset({"", "-", "--", "---", "–", "—", "−", "n/a", "na", "nan", "none", "null", "/", "?", "…", "..."})
_MARKUP = re.compile(r"</?(?:b|i|u|em|strong|sup|sub)>|\\(?:textbf|textit|underline|mathbf|bf)\b|[*_`~${}]|[↑↓▲▼]", re.I)
_RAISED = re.compile(r"<sup>.*?</sup>|\^\{?[\w,*†‡]+\}?|\[[a-z0-9,]{1,3}\](?=\s*$)", re.I)
_MARK = re.compile(r"(?<=[\d%])\s*(?:[†‡§¶#]|[¹²³⁴-⁹⁰ᵃ-ᶻ]|\([a-z]\)|(?<=\d)[a-d]$)+")
_SPREAD = re.compile(r"\s*(?:±|\+/-|\+-|\\pm)\s*[\d.,]+%?|\s*\(\s*[\d.,]+\s*\)\s*$|\s*\[[^\]]*[,;–-][^\]]*\]\s*$")
_NUMBER = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})")  # longer ones are no printed score
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")


@dataclass(frozen=True)
class Interval:
    """What a number may be; both ends belong to it."""

    low: Fraction
    high: Fraction

    def __contains__(self, value: object) -> bool:
        return isinstance(value, Fraction) and self.low <= value <= self.high

    def meets(self, other: Interval) -> bool:
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Printed:
    """A number as a table prints it, in the table's own unit; where % or a unit of 100 is meant, `scaled` divides."""

    text: str  # the cell, as printed
    value: Fraction
    decimals: int
    percent: bool = False  # a percent sign follows the number

    @property
    def half(self) -> Fraction:
        """Half a unit of the last printed digit: how far rounding may have moved the number."""
        return Fraction(1, 2 * 10**self.decimals)

    @property
    def interval(self) -> Interval:
        return Interval(self.value - self.half, self.value + self.half)

    @property
    def sign(self) -> str:
        """What another number has to carry to be read as this one is."""
        return "%" if self.percent else ""

    def scaled(self, unit: int) -> Interval:
        """The interval as a share, where the table prints in `unit` parts: 1 or 100."""
        return Interval(self.interval.low / unit, self.interval.high / unit)


@dataclass(frozen=True)
class Reading:
    """A cell's number, or None with what is said of the cell: missing, or not a number; and what was set aside to read it."""

    number: Printed | None
    set_aside: str = ""  # "" | "mark" | "spread" | "decimal comma" | "thousands comma" | "markup"
    missing: bool = False


Comma = Literal["decimal", "thousands"]


def read_number(text: str, comma: Comma = "decimal") -> Reading:
    """A cell's number, without bold, footnote marks and a spread after ±.

    >>> read_number("**0.793**†").number.interval.low
    Fraction(317, 400)
    >>> read_number("OOM").number is None
    True
    """
    bare = _RAISED.sub("", text)
    plain = _MARKUP.sub("", bare).replace("\u00a0", " ").replace("\u202f", "").replace("−", "-").replace("\\%", "%").strip()
    if plain.lower() in MISSING:
        return Reading(None, missing=True)
    aside = "" if plain == text.strip() else "mark" if bare != text else "markup"
    for pattern, name in ((_MARK, "mark"), (_SPREAD, "spread")):
        shorter = pattern.sub("", plain)
        if shorter != plain:
            plain, aside = shorter, name
    percent = plain.endswith("%")
    plain = plain.removesuffix("%").strip()
    if comma == "thousands" and _THOUSANDS.fullmatch(plain):
        plain, aside = plain.replace(",", ""), "thousands comma"
    elif _DECIMAL_COMMA.fullmatch(plain):
        plain, aside = plain.replace(",", "."), "decimal comma"
    if not _NUMBER.fullmatch(plain) or not plain.isascii():
        return Reading(None, aside)
    return Reading(Printed(text.strip(), Fraction(plain), len(plain.partition(".")[2]), percent), aside)


def shown(value: Fraction, decimals: int) -> str:
    """A fraction in digits, rounded half up: what the cell would have to say.

    >>> shown(Fraction(1, 3), 3), shown(Fraction(-5, 2), 0)
    ('0.333', '-3')
    """
    unit = 10**decimals
    steps = (abs(value) * unit * 2 + 1) // 2
    sign = "-" if value < 0 and steps else ""
    whole, rest = divmod(int(steps), unit)
    return f"{sign}{whole}.{rest:0{decimals}d}" if decimals else f"{sign}{whole}"
