"""Imaging techniques and methods of materials science: find them in text, and what could stand in for what.

Reviewed by hand from the captions of the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from builder.lexicon.imaging import IMAGING
from builder.lexicon.measurements import MEASUREMENTS
from builder.lexicon.methods import METHODS
from builder.lexicon.technique import MODES, Technique

_MEAN_WITH_ERROR = re.compile(r"(?:±|\+/[-−]|\bmeans?\b|\berrors?\b|\bbars?\b|\bstandard\b)[^.;]{0,40}$", re.IGNORECASE)

TECHNIQUES: tuple[Technique, ...] = IMAGING + METHODS
_OPENING = re.compile(r"(?<![A-Za-z0-9])[^\W_]")


_ByOpener = dict[str, tuple[Technique, ...]]


def _by_opener(of: tuple[Technique, ...]) -> _ByOpener:
    """Which techniques to try at a word, by its first letter; under "" those that may begin with any."""
    letters = {letter for known in of for letter in known.openers} | {""}
    return {letter: tuple(known for known in of if {letter, ""} & known.openers) for letter in letters}


_BY_OPENER = _by_opener(TECHNIQUES)
_ALL_BY_OPENER = _by_opener(TECHNIQUES + MEASUREMENTS)
_BY_NAME = {technique.name: technique for technique in TECHNIQUES}

# Members of a set look alike enough to be mistaken for one another, and none of them is a kind of another.
CONFUSION_SETS: tuple[tuple[str, ...], ...] = (
    ("SEM", "TEM"),
    ("SEM", "optical"),
    ("AFM", "STM"),
    ("AFM", "SEM"),
    ("HRTEM", "HAADF-STEM", "STM"),
    ("HAADF-STEM", "ABF-STEM", "BF-STEM"),
    ("BF-TEM", "DF-TEM"),
    ("STEM", "SEM"),
    ("SAED", "FFT"),
    ("KPFM", "MFM", "PFM", "c-AFM", "EFM"),
    ("EDS", "EELS", "XRF"),
    ("EPMA", "EDS"),
    ("EBSD", "TKD"),
    ("confocal", "two-photon"),
    ("X-ray CT", "MRI"),
    ("XRD", "XPS", "Raman"),
    ("XRD", "neutron diffraction"),
    ("XPS", "XANES", "AES"),
    ("XANES", "EELS"),
    ("EXAFS", "PDF analysis"),
    ("Raman", "FTIR"),
    ("UV-vis", "PL"),
    ("NMR", "EPR"),
    ("SAXS", "SANS"),
    ("TGA", "DSC", "DTA"),
    ("CV", "LSV"),
    ("VSM", "SQUID"),
    ("HPLC", "mass spectrometry"),
)


def technique(name: str) -> Technique:
    """The technique of that canonical name; KeyError when there is none."""
    return _BY_NAME[name]


def related(one: Technique, other: Technique) -> bool:
    """Whether one is the other, or a kind of it, directly or by way of a third: then a swap could leave the text true."""
    return one.name in _closure(other.name) or other.name in _closure(one.name)


def _closure(name: str) -> frozenset[str]:
    known = _BY_NAME.get(name)
    return frozenset({name}).union(*(_closure(wider) for wider in (known.implies if known else ())))


def confusable(one: Technique) -> tuple[Technique, ...]:
    """Techniques that could be swapped in for this one, in the order of the table; none is the same or a sub-kind."""
    names = {name for group in CONFUSION_SETS if one.name in group for name in group}
    return tuple(other for other in TECHNIQUES if other.name in names and not related(one, other))


def find_techniques(text: str) -> tuple[tuple[int, int, Technique], ...]:
    """Every written mention as (start, end, technique), in reading order; of overlapping ones the longest.

    >>> [(text[a:b], t.name) for text in ["HAADF-STEM and XRD of TiO2"] for a, b, t in find_techniques(text)]
    [('HAADF-STEM', 'HAADF-STEM'), ('XRD', 'XRD')]
    """
    return _longest(_hits(text, _BY_OPENER), text)


def find_measurements(text: str) -> tuple[tuple[int, int, Technique], ...]:
    """As `find_techniques`, with measurements that no figure is labelled by; their `name` is empty."""
    return _longest(_hits(text, _ALL_BY_OPENER), text)


def _longest(found_all: Iterable[tuple[int, int, Technique]], text: str) -> tuple[tuple[int, int, Technique], ...]:
    hits = sorted(found_all, key=lambda hit: (hit[0] - hit[1], hit[0], hit[2].name))
    taken: list[tuple[int, int, Technique]] = []
    shut = bytearray(len(text))
    for start, end, found in hits:
        if not any(shut[start:end]):
            shut[start:end] = b"\1" * (end - start)
            taken.append((start, end, found))
    return tuple(sorted(taken, key=lambda hit: hit[0]))


def _hits(text: str, by_opener: _ByOpener) -> Iterator[tuple[int, int, Technique]]:
    modes = {mode.end(): mode.start() for mode in MODES.finditer(text)}
    for opening in _OPENING.finditer(text):
        for known in by_opener.get(opening.group(), by_opener[""]):
            match = known.pattern.match(text, opening.start())
            if match and not _is_error_bar(known, match, text):
                start, end = match.span()
                start += len(match.group()) - len(match.group().lstrip(" -\u2010\u2011\u2012\u2013\u2212"))
                yield modes.get(start, start), end, known


def _is_error_bar(known: Technique, match: re.Match[str], text: str) -> bool:
    """Whether "SEM" is a standard error of the mean."""
    before = text[max(0, match.start() - 60) : match.start()]
    return known.name == "SEM" and match.group().startswith("SEM") and _MEAN_WITH_ERROR.search(before) is not None


__all__ = [
    "CONFUSION_SETS",
    "TECHNIQUES",
    "Technique",
    "confusable",
    "find_measurements",
    "find_techniques",
    "related",
    "technique",
]
