"""The scale of a figure by CSMBench's definitions: from scale bars and field sizes first, then from the technique."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

_NANOMETRES = {"Å": 0.1, "pm": 0.001, "nm": 1.0, "µm": 1e3, "μm": 1e3, "um": 1e3, "mm": 1e6, "cm": 1e7, "m": 1e9}
_LENGTH = r"(\d+(?:\.\d+)?)\s*(nm|Å|pm|[µμu]m|mm|cm|m)(?![A-Za-z0-9⁻²³/−-])"
_BAR_WORDS = re.compile(rf"scale\s*-?bars?\b[^.;]{{0,60}}?{_LENGTH}|{_LENGTH}\s+scale\s*-?bars?", re.IGNORECASE)
_LABEL = re.compile(rf"\s*{_LENGTH}\s*")
_FIELD = re.compile(rf"{_LENGTH}\s*[×x]\s*{_LENGTH}")
_ATOMS = re.compile(
    r"\b(?:crystal structures?|atomic (?:structures?|models?)|cluster models?|unit cells?|ball-and-stick|"
    r"adsorption (?:sites?|configurations?))\b",
    re.I,
)
_ATOMIC = {"STM", "dI/dV", "HRTEM", "HAADF-STEM", "ABF-STEM", "SAED"}
_MICRO = {"TEM", "BF-TEM", "DF-TEM", "STEM", "BF-STEM", "AFM", "KPFM", "MFM", "PFM", "c-AFM", "APT", "cryo-TEM"}
_MESO = {"SEM", "BSE", "optical", "confocal", "fluorescence", "EBSD", "EPMA", "X-ray CT", "EDS", "two-photon", "FIB-SEM"}
_MACRO = {"MRI", "CT", "ultrasound", "thermography", "X-ray radiography"}


class Found(NamedTuple):
    """A class with the words or marks it rests on."""

    value: str
    evidence: str
    confidence: float


def scale_of(kind: str, caption: str, words: Sequence[str], techniques: Collection[str]) -> Found:
    """atomic, micro, meso or macro; none for charts and drawings; unknown when nothing says it."""
    if kind == "schematic" and (atoms := _ATOMS.search(caption)):
        return Found("atomic", f'"{atoms.group()}"', 0.6)
    if kind in ("chart", "schematic"):
        return Found("none", f"{kind}: no field of view", 0.8)
    return _by_bars(caption, words) or _by_field(caption) or _by_technique(kind, techniques)


def _by_bars(caption: str, words: Sequence[str]) -> Found | None:
    said = [m.group(1, 2) if m.group(1) else m.group(3, 4) for m in _BAR_WORDS.finditer(caption)]
    drawn = [m.group(1, 2) for m in map(_LABEL.fullmatch, words) if m]
    bars = said or drawn
    if not bars:
        return None
    lengths = sorted(_in_nanometres(*bar) for bar in bars)
    shown = ", ".join(f"{number} {unit}" for number, unit in bars)
    return Found(_of_length(lengths[len(lengths) // 2], 2, 1000, 5e6), f"scale bar {shown}", 0.9)


def _by_field(caption: str) -> Found | None:
    match = _FIELD.search(caption)
    if not match:
        return None
    size = _in_nanometres(match.group(3), match.group(4))
    return Found(_of_length(size, 20, 3000, 2e7), f"field of view {match.group()}", 0.85)


def _of_length(nanometres: float, atomic: float, micro: float, meso: float) -> str:
    for scale, limit in (("atomic", atomic), ("micro", micro), ("meso", meso)):
        if nanometres < limit or (scale == "atomic" and nanometres == limit):
            return scale
    return "macro"


def _in_nanometres(number: str, unit: str) -> float:
    return float(number) * _NANOMETRES[unit]


def _by_technique(kind: str, techniques: Collection[str]) -> Found:
    finer = (_MICRO | _ATOMIC).intersection(techniques)
    if finer and _MESO.intersection(techniques):
        return Found("micro", f"between its techniques, {min(finer)} among them", 0.5)
    for scale, known in (("meso", _MESO), ("micro", _MICRO), ("atomic", _ATOMIC), ("macro", _MACRO)):
        named = sorted(known.intersection(techniques))
        if named:
            return Found(scale, f"by its technique, {named[0]}", 0.55)
    if kind == "photo":
        return Found("macro", "by its kind, photo", 0.6)
    return Found("unknown", "no scale bar, field size or technique", 0.0)
