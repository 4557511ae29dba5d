"""Figure labels: the grammar of "Fig. S2", "Figure 2.13" and "Plate IV", and the one spelling that each has here."""

from __future__ import annotations

import re
import unicodedata

SERIES = r"(?:Extended(?:\s+Data)?|Supplement(?:ary|al)|Suppl?\.|Supporting(?:\s+Information)?|Appendix|(?-i:E?SI))"
_SPACED = r"(?-i:F I G U R E|F I G|S C H E M E|C H A R T|P L A T E)"  # letterspaced capitals, as some publishers set labels
NOUN = rf"(?P<noun>Fig(?:ure)?|Scheme|Chart|Plate|{_SPACED})(?P<plural>s\b)?(?![A-Za-z])"
_ROMAN = r"(?-i:(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3}))"
DASHES = r"\-‐‑–"  # for use inside []
_LETTER = rf"(?P<letter>(?-i:[IVX])[.{DASHES}]?|(?-i:E?SI|[A-HJ-UWYZs])[.{DASHES}\s]{{0,2}})"
_CHAPTER = rf"(?P<chapter>(?:(?:\d{{1,2}}\.){{1,2}}|(?:\d{{1,2}}|{_ROMAN})[.{DASHES}])(?=\d))"
_NO_WORD = r"(?-i:(?![A-Z]|[a-z]{2}))"  # "Figure 1-3D view" is no third figure of a first chapter
PLAIN = rf"{_LETTER}?(?P<number>\d{{1,3}})(?!\d)"
CHAPTERED = rf"{_LETTER}?{_CHAPTER}(?P<number>\d{{1,3}})(?!\d){_NO_WORD}"
ROMAN = rf"(?P<roman>{_ROMAN})(?-i:(?![A-Zi-z\d]|[a-z]{{2}}))"
_NUMERAL = rf"(?P<numeral>{_LETTER}?{_CHAPTER}?(?P<number>\d{{1,3}})(?!\d)(?(chapter){_NO_WORD})|{ROMAN})"
LABEL = re.compile(rf"(?:\b(?P<series>{SERIES}))?\s*\b{NOUN}\s*\.?\s*{_NUMERAL}", re.IGNORECASE)
_PART = re.compile(r"([a-h])\s*")
_NOUNS = {"fig": "Figure", "sch": "Scheme", "cha": "Chart", "pla": "Plate"}
_ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10}


def normal_label(printed: str) -> str:
    """The one spelling of a label, whatever its print: what joins captions, mentions and rows.

    The series is "Extended Data" or, for any supplementary series, an "S" before the number; an appendix letter, a chapter
    and a Roman numeral stay, and the letter of a panel with a caption of its own. A text without a label comes back with
    its blanks joined.

    >>> normal_label("FIG. 3"), normal_label("Fig. S1"), normal_label("Extended Data Fig. 4 |"), normal_label("Scheme 2")
    ('Figure 3', 'Figure S1', 'Extended Data Figure 4', 'Scheme 2')
    >>> normal_label("Supplementary Figure 7"), normal_label("Figure A1"), normal_label("Figs. 02"), normal_label("Fig. 3a")
    ('Figure S7', 'Figure A1', 'Figure 2', 'Figure 3a')
    >>> normal_label("Fig. 2.13"), normal_label("Figure 1–3"), normal_label("Fig. S1.2"), normal_label("Plate IV")
    ('Figure 2.13', 'Figure 1-3', 'Figure S1.2', 'Plate IV')
    """
    text = unicodedata.normalize("NFKC", printed)
    match = LABEL.search(text)
    if match is None:
        return " ".join(printed.split())
    part = _PART.fullmatch(text, match.end())
    number = match["number"] or match["roman"]
    return spelled(match["series"], match["noun"], match["letter"], match["chapter"], number) + (part[1] if part else "")


def spelled(series: str | None, noun: str, letter: str | None, chapter: str | None, number: str) -> str:
    """A label in its one spelling, from its printed parts."""
    series, letter = (series or "").lower(), re.sub(rf"[.{DASHES}\s]", "", letter or "").upper()
    noun = _NOUNS[noun.replace(" ", "")[:3].lower()]
    letter = "S" if letter.endswith("SI") else letter
    numeral = re.sub(rf"[{DASHES}]", "-", chapter or "") + (str(int(number)) if number.isdigit() else number)
    if series.startswith("ext"):
        return f"Extended Data {noun} {letter}{numeral}"
    return f"{noun} {'S' if series.startswith(('sup', 'si', 'esi')) else letter}{numeral}"


def printed_label(match: re.Match[str]) -> str:
    """A found label as printed: blanks joined, letterspaced capitals closed up."""
    text = match.group()
    noun = match["noun"]
    return " ".join(text.replace(noun, noun.replace(" ", "") if noun[1] == " " else noun, 1).split())


def roman_value(numeral: str) -> int:
    """What a Roman numeral of I, V and X counts.

    >>> roman_value("IV"), roman_value("XII")
    (4, 12)
    """
    values = [_ROMAN_DIGITS[letter] for letter in numeral]
    return sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))


def roman_numeral(value: int) -> str:
    """The Roman numeral of a number from 1 to 39.

    >>> roman_numeral(4), roman_numeral(12)
    ('IV', 'XII')
    """
    tens, ones = divmod(value, 10)
    return "X" * tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[ones]
