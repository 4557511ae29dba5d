"""The scale of a figure by CSMBench's definitions: from fields of view and scale bars first, then from words and technique."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from builder.pages import Box
from builder.records import ScaleBar

# Fields of view in nanometres up to which a scale reaches, by the rule of the corpus's labels: atoms or lattices in fields of
# some 20 nm, nanometre features in smaller fields, micrometre features in fields above about 3 um, bodies from centimetres.
ATOMIC_FIELD, MICRO_FIELD, MESO_FIELD = 20.0, 3_000.0, 2e7
BARS_IN_FIELD = 5  # a scale bar is about a fifth of its picture's width
_MOST_BARS = 10  # a field wider than so many bars is that of several pictures taken for one panel
_PROBES, _HEIGHT = frozenset({"AFM", "KPFM", "MFM", "PFM", "c-AFM", "EFM"}), 100.0  # shorter lengths beside um are heights
_FINE = 1000.0  # nanometres: shorter lengths are given in nanometres

# A micro sign from a symbol font comes out as "l" in many papers.
_NANOMETRES = {"Å": 0.1, "pm": 0.001, "nm": 1.0, "µm": 1e3, "μm": 1e3, "um": 1e3, "lm": 1e3, "mm": 1e6, "cm": 1e7, "m": 1e9}
_UNITS = r"(nm|Å|pm|[µμul]m|mm|cm|m)(?![A-Za-z0-9⁻²³/−-])"
_LENGTH = rf"(\d+(?:\.\d+)?)\s*{_UNITS}"
_BAR_WORDS = re.compile(
    rf"scale\s*-?bars?\b(?:[^.;]|\.(?=\d)){{0,60}}?{_LENGTH}|{_LENGTH}\s+scale\s*-?bars?|\bbars?\s*[:=]\s*{_LENGTH}",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(nm|Å|[µμulp]m|mm|cm)\s*")  # no bar is in pm: a micro sign misread; "m" is one lost
_FIELD = re.compile(rf"(?:{_LENGTH}|\d+(?:\.\d+)?)\s*[×x]\s*(\d+(?:\.\d+)?)\s*(nm|Å|[µμul]m|mm|cm)(?![A-Za-z])")
_SCAN = re.compile(rf"{_LENGTH}[\s-]+(?:wide |square )?(?:scans?|scan sizes?|fields? of view)", re.IGNORECASE)
_SCAN_OF = re.compile(
    rf"(?:scan (?:sizes?|areas?)|image sizes?|fields? of view|field widths?)\b[^.;]{{0,20}}?{_LENGTH}", re.IGNORECASE
)
_ANY_LENGTH = re.compile(rf"(?<![\d.]){_LENGTH}")
_ATOMS = re.compile(
    r"\b(?:crystal(?:lographic)? structures?|atomic (?:structures?|models?|configurations?)|cluster models?|"
    r"unit cells?|supercells?|"
    r"ball-and-stick|space-filling|"
    r"adsorption (?:sites?|configurations?|geometr\w+|modes?|of|on|at|onto)|adsorbed (?:on|at|onto)|"
    r"slab models?|optimi[sz]ed (?:structures?|geometr\w+|configurations?)|"
    r"molecular dynamics|snapshots?|orbitals?|coordination|polyhedr\w+|octahedr\w+|protein structure|binding sites?)\b",
    re.IGNORECASE,
)
_MOLECULES = re.compile(r"\bmolecular structures?\b|\bmolecules?\b", re.IGNORECASE)
_PROCESS = re.compile(
    r"\b(?:process(?:es)?|cycles?|steps?|set-?up|fabrication|preparation|synthesis|flow|mechanism)\b", re.IGNORECASE
)
_SHADED = 0.08  # share of shaded or picture-like area from which a molecule is a model of balls, not a formula of lines
_LATTICE = re.compile(
    r"\b(?:atomic(?:ally)?[ -]resol\w+|atomic[ -]scale|atomic columns?|lattice (?:fringes?|images?|spacings?|planes?)|"
    r"single atoms?|individual atoms|interplanar)\b",
    re.IGNORECASE,
)
_NANO = re.compile(
    r"\b(?:[\w-]*nano\w*|\w*NPs?|NWs?|NTs?|QDs?|quantum dots?|thin films?|films|multi-?layers?|mono-?layers?|mesopor\w+|CNTs?|"
    r"graphene|superlattices?|hetero-?structures?)\b",
    re.IGNORECASE,
)
_ATOMIC = {"STM", "dI/dV", "HRTEM", "ABF-STEM", "SAED", "FFT", "LEED"}
_LATTICE_IF_SAID = {"HAADF-STEM", "STEM"}
_MICRO = {"TEM", "BF-TEM", "DF-TEM", "STEM", "HAADF-STEM", "BF-STEM", "4D-STEM", "APT", "cryo-TEM", "electron tomography"}
_SURFACE = {"SEM", "BSE", "FIB-SEM", "EDS"}  # micro where the words say nano, else meso
_MESO = {
    *(
        "optical",
        "confocal",
        "fluorescence",
        "EBSD",
        "EPMA",
        "WDS",
        "X-ray CT",
        "two-photon",
        "super-resolution",
        "MOKE",
        "XRF",
    ),
    *("AFM", "KPFM", "MFM", "PFM", "c-AFM", "EFM", "SNOM", "profilometry", "Raman mapping", "holography", "X-ray microscopy"),
    *("CL", "SIMS", "X-ray topography", "TKD", "SECM", "SHPM"),
}
_MACRO = {"MRI", "CT", "ultrasound", "thermography", "X-ray radiography", "high-speed camera"}


class Found(NamedTuple):
    """A class with the words or marks it rests on."""

    value: str
    evidence: str
    confidence: float


class Told(NamedTuple):
    """What the scale is read from."""

    caption: str
    sentences: Sequence[str]  # that cite the figure
    labels: Sequence[str]  # words inside the figure
    techniques: Collection[str]
    shaded: float  # share of the figure's area
    bars: Sequence[tuple[ScaleBar, Box]] = ()  # each with the box of its panel


def scale_of_field(nanometres: float) -> str:
    """The scale of a picture whose field of view is so many nanometres wide.

    >>> scale_of_field(8), scale_of_field(500), scale_of_field(5_000), scale_of_field(1e8)
    ('atomic', 'micro', 'meso', 'macro')
    """
    for scale, limit in (("atomic", ATOMIC_FIELD), ("micro", MICRO_FIELD), ("meso", MESO_FIELD)):
        if nanometres <= limit:
            return scale
    return "macro"


def scale_of_drawing(kind: str, told: Told) -> Found:
    """The scale of a figure without pictures: atomic for models of atoms, else none."""
    atoms = _ATOMS.search(told.caption)
    balls = told.shaded >= _SHADED and _MOLECULES.search(told.caption)
    if kind == "schematic" and (atoms or balls) and not _PROCESS.search(told.caption[:160]):
        said = atoms or balls
        return Found("atomic", f'"{said.group() if said else ""}", shaded {told.shaded:.2f}', 0.6)
    return Found("none", f"{kind} without pictures: no field of view", 0.8)


def scale_of_pictures(kind: str, told: Told) -> Found:
    """atomic, micro, meso or macro; unknown when nothing says it."""
    return _by_measured_bars(told.bars) or _by_bars(told) or _by_field(told) or _by_technique(kind, told)


def _by_measured_bars(bars: Sequence[tuple[ScaleBar, Box]]) -> Found | None:
    """By the fields of view of the panels that have a bar; of two scales equally frequent the finer."""
    fields = [min(bar.nm_per_point * panel.width, _MOST_BARS * bar.length_nm) for bar, panel in bars]
    if not fields:
        return None
    counts = Counter(map(scale_of_field, fields))
    order = ("atomic", "micro", "meso", "macro")
    best = max(counts, key=lambda scale: (counts[scale], -order.index(scale)))
    shown = ", ".join(f"{field:.3g} nm" for field in fields)
    return Found(best, f"fields of view {shown}", 0.9 * max(bar.confidence for bar, _ in bars))


def _by_bars(told: Told) -> Found | None:
    said = [_pair(match) for match in _BAR_WORDS.finditer(told.caption)]
    drawn = [(m.group(1), m.group(2).replace("pm", "µm")) for m in map(_LABEL.fullmatch, told.labels) if m]
    bars = said or drawn
    if not bars:
        return None
    lengths = sorted(_in_nanometres(*bar) for bar in bars)
    # What a technique cannot show is the length of something else: heights of a scanning probe, layers of a drawing beside TEM.
    if _PROBES & set(told.techniques) and lengths[-1] >= _FINE:
        lengths = [length for length in lengths if length >= _HEIGHT]
    if set(told.techniques) <= (_MICRO | _ATOMIC) and told.techniques and lengths[0] <= _FINE:
        lengths = [length for length in lengths if length <= _FINE]
    shown = ", ".join(f"{number} {unit}" for number, unit in bars)
    scale = scale_of_field(lengths[(len(lengths) - 1) // 2] * BARS_IN_FIELD)
    return Found(scale, f"scale bar {shown}", 0.9)


def _by_field(told: Told) -> Found | None:
    for text, confidence in ((told.caption, 0.85), (" ".join(told.sentences), 0.6)):
        for pattern in (_FIELD, _SCAN, _SCAN_OF):
            if match := pattern.search(text):
                number, unit = _pair(match, last=True)
                return Found(scale_of_field(_in_nanometres(number, unit)), f'field of view "{match.group()}"', confidence)
    return None


def _pair(match: re.Match[str], *, last: bool = False) -> tuple[str, str]:
    found = [group for group in match.groups() if group]
    return (found[-2], found[-1]) if last else (found[0], found[1])


def _in_nanometres(number: str, unit: str) -> float:
    return float(number) * _NANOMETRES[unit]


def _by_technique(kind: str, told: Told) -> Found:
    known = set(told.techniques)
    text = " ".join((told.caption, *told.sentences))
    finer = sorted(known & (_MICRO | _ATOMIC))
    if finer and known & (_MESO | _SURFACE):
        return Found("micro", f"between its techniques, {finer[0]} among them", 0.55)
    if known & _LATTICE_IF_SAID and not known & (_MICRO - _LATTICE_IF_SAID) and (lattice := _LATTICE.search(text)):
        return Found("atomic", f'"{lattice.group()}" with {sorted(known & _LATTICE_IF_SAID)[0]}', 0.6)
    if known & _SURFACE and not known & _MESO:
        return _of_surface(told, sorted(known & _SURFACE)[0])
    for scale, group in (("meso", _MESO), ("micro", _MICRO), ("atomic", _ATOMIC), ("macro", _MACRO)):
        if named := sorted(known & group):
            return Found(scale, f"by its technique, {named[0]}", 0.5)
    if kind == "photo":
        return Found("macro", "by its kind, photo", 0.6)
    return Found("unknown", "no scale bar, field size or technique", 0.0)


def _of_surface(told: Told, name: str) -> Found:
    """A scanning electron microscope shows nanometres to millimetres: what the words measure and call nano decides."""
    for text, where, confidence in ((told.caption, "caption", 0.55), (" ".join(told.sentences), "text", 0.5)):
        lengths = [_in_nanometres(*_pair(match)) for match in _ANY_LENGTH.finditer(text)]
        if lengths:
            fine = sum(length < _FINE for length in lengths) > len(lengths) / 2
            return Found("micro" if fine else "meso", f"{name}, and lengths in the {where}", confidence)
        if nano := _NANO.search(text):
            return Found("micro", f'{name} of "{nano.group()}"', confidence - 0.05)
    return Found("meso", f"by its technique, {name}", 0.4)
