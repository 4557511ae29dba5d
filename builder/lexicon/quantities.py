"""Units that captions print, each with its dimension and its size in the dimension's base unit."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Factors: the SI Brochure, 9th edition (prefixes, accepted units); Å, Torr, Oe and Gauss: NIST SP 811, appendix B.
PREFIXES = {
    "f": 1e-15,
    "p": 1e-12,
    "n": 1e-9,
    "µ": 1e-6,
    "u": 1e-6,
    "m": 1e-3,
    "c": 1e-2,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
}


@dataclass(frozen=True)
class Unit:
    """A unit: `size` in `base`, the base unit of its dimension."""

    base: str
    size: float


_PREFIXED: dict[str, tuple[str, float, str]] = {
    "m": ("m", 1.0, "fpnµumck"),
    "s": ("s", 1.0, "fpnµum"),
    "V": ("V", 1.0, "nµumkM"),
    "A": ("A", 1.0, "fpnµumk"),
    "W": ("W", 1.0, "nµumkM"),
    "eV": ("eV", 1.0, "µumkMG"),
    "Hz": ("Hz", 1.0, "mkMGT"),
    "Pa": ("Pa", 1.0, "mkMG"),
    "bar": ("Pa", 1e5, "mkµ"),
    "T": ("T", 1.0, "nµum"),
    "g": ("g", 1.0, "npµumk"),
    "L": ("L", 1.0, "nµum"),
    "l": ("L", 1.0, "nµum"),
    "M": ("M", 1.0, "npµum"),
    "mol": ("mol", 1.0, "nµum"),
    "J": ("J", 1.0, "fpnµumkM"),
    "N": ("N", 1.0, "pnµumkM"),
    "F": ("F", 1.0, "pnµum"),
    "S": ("S", 1.0, "nµum"),
    "Ω": ("Ω", 1.0, "mkMG"),
    "Ah": ("Ah", 1.0, "mµu"),
    "Wh": ("Wh", 1.0, "mkM"),
    "Oe": ("Oe", 1.0, "mk"),
    "Da": ("Da", 1.0, "kM"),
    "rad": ("rad", 1.0, "mµu"),
    "dpi": ("dpi", 1.0, ""),
    "C": ("C", 1.0, "fpnµum"),  # coulomb; "C" alone is a rate of charging, in _PLAIN
    "H": ("H", 1.0, "nµum"),
    "Gy": ("Gy", 1.0, "mk"),
    "Sv": ("Sv", 1.0, "mµu"),
    "Bq": ("Bq", 1.0, "kMG"),
    "Ci": ("Ci", 1.0, "mµu"),
    "cal": ("J", 4.184, "k"),
    "wt": ("wt", 1.0, ""),
    "bp": ("bp", 1.0, "kM"),
    "cps": ("cps", 1.0, "kM"),
    "μB": ("µB", 1.0, ""),
    "emu": ("emu", 1.0, "mµ"),
    "yr": ("year", 1.0, "kMG"),
    "P": ("Pa·s", 0.1, "c"),
    "lx": ("lx", 1.0, "k"),
    "dyn": ("N", 1e-5, ""),
}
_PLAIN: dict[str, tuple[str, float]] = {
    "Å": ("m", 1e-10),
    "min": ("s", 60.0),
    "mins": ("s", 60.0),
    "minute": ("s", 60.0),
    "minutes": ("s", 60.0),
    "h": ("s", 3600.0),
    "hr": ("s", 3600.0),
    "hrs": ("s", 3600.0),
    "hour": ("s", 3600.0),
    "hours": ("s", 3600.0),
    "sec": ("s", 1.0),
    "second": ("s", 1.0),
    "seconds": ("s", 1.0),
    "day": ("s", 86400.0),
    "days": ("s", 86400.0),
    "d": ("s", 86400.0),
    "week": ("s", 604800.0),
    "weeks": ("s", 604800.0),
    "month": ("month", 1.0),
    "months": ("month", 1.0),
    "year": ("year", 1.0),
    "years": ("year", 1.0),
    "°C": ("°C", 1.0),
    "°F": ("°F", 1.0),
    "K": ("K", 1.0),
    "mK": ("K", 1e-3),
    "µK": ("K", 1e-6),
    "°": ("°", 1.0),
    "%": ("%", 1.0),
    "w/v%": ("w/v%", 1.0),
    "ppm": ("ppm", 1.0),
    "ppb": ("ppm", 1e-3),
    "Torr": ("Pa", 133.322),
    "mTorr": ("Pa", 0.133322),
    "torr": ("Pa", 133.322),
    "atm": ("Pa", 101325.0),
    "psi": ("Pa", 6894.757),
    "G": ("G", 1.0),
    "kG": ("G", 1e3),
    "rpm": ("rpm", 1.0),
    "sccm": ("sccm", 1.0),
    "C": ("C-rate", 1.0),
    "cycle": ("cycles", 1.0),
    "cycles": ("cycles", 1.0),
    "sun": ("sun", 1.0),
    "suns": ("sun", 1.0),
    "dB": ("dB", 1.0),
    "fps": ("fps", 1.0),
    "mV": ("V", 1e-3),
    "inch": ("m", 0.0254),
    "inches": ("m", 0.0254),
    "ohm": ("Ω", 1.0),
    "vpm": ("ppm", 1.0),
    "e": ("e", 1.0),
    "px": ("px", 1.0),
    "pixel": ("px", 1.0),
    "pixels": ("px", 1.0),
    "voxel": ("voxel", 1.0),
    "voxels": ("voxel", 1.0),
    "deg": ("°", 1.0),
    "degree": ("°", 1.0),
    "degrees": ("°", 1.0),
    "degrees Celsius": ("°C", 1.0),
    "degree Celsius": ("°C", 1.0),
    "percent": ("%", 1.0),
    "per cent": ("%", 1.0),
    "‰": ("%", 0.1),
    "arcsec": ("°", 1 / 3600),
    "arcmin": ("°", 1 / 60),
    "mmHg": ("Pa", 133.322),
    "ksi": ("Pa", 6894757.0),
    "dBm": ("dBm", 1.0),
    "kVp": ("V", 1e3),
    "HV": ("HV", 1.0),
    "HRC": ("HRC", 1.0),
    "dpa": ("dpa", 1.0),
    "ML": ("ML", 1.0),
    "MLs": ("ML", 1.0),
    "monolayer": ("ML", 1.0),
    "monolayers": ("ML", 1.0),
    "IU": ("IU", 1.0),
    "CFU": ("CFU", 1.0),
    "cfu": ("CFU", 1.0),
    "kb": ("bp", 1e3),
    "nt": ("nt", 1.0),
    "yrs": ("year", 1.0),
    "Ma": ("year", 1e6),
    "Ga": ("year", 1e9),
    "ka": ("year", 1e3),
    "Mrad": ("Gy", 1e4),
    "equiv": ("equiv", 1.0),
    "equiv.": ("equiv", 1.0),
    "arb. units": ("arb. units", 1.0),
    "e−": ("e", 1.0),
    "electrons": ("e", 1.0),
    "electron": ("e", 1.0),
    "ions": ("ions", 1.0),
    "ion": ("ions", 1.0),
    "atoms": ("atoms", 1.0),
    "atom": ("atoms", 1.0),
    "photons": ("photons", 1.0),
    "cells": ("cells", 1.0),
    "cell": ("cells", 1.0),
    "particles": ("particles", 1.0),
    "counts": ("counts", 1.0),
    "frames": ("frames", 1.0),
    "frame": ("frames", 1.0),
    "well": ("well", 1.0),
    "U": ("U", 1.0),
    "dec": ("decade", 1.0),
    "decade": ("decade", 1.0),
    "sq": ("sq", 1.0),
    "□": ("sq", 1.0),
    "f.u.": ("f.u.", 1.0),
    "rev": ("rev", 1.0),
    "dislocations": ("dislocations", 1.0),
    "lm": ("lm", 1.0),
    "cd": ("cd", 1.0),
    "V s": ("Wb", 1.0),
    "Vs": ("Wb", 1.0),
    "√m": ("m^0.5", 1.0),
    "m1/2": ("m^0.5", 1.0),
    "m^1/2": ("m^0.5", 1.0),
    "m0.5": ("m^0.5", 1.0),
    "m½": ("m^0.5", 1.0),
}
# A part of a mixture, as it is printed before the sign.
_PARTS = {
    "wt": "wt%",
    "at": "at%",
    "vol": "vol%",
    "mol": "mol%",
    "mass": "wt%",
    "atomic": "at%",
    "weight": "wt%",
    "volume": "vol%",
}
_PART_FORMS = ("{}%", "{}.%", "{} %", "{}. %", "{}-%", "{}.-%", "{} pct", "{}. pct", "{}.pct", "{} percent")
_SPELT = {"nanometer": 1e-9, "micrometer": 1e-6, "micron": 1e-6, "millimeter": 1e-3, "centimeter": 1e-2, "angstrom": 1e-10}


def _table() -> dict[str, Unit]:
    units = {form.format(part): Unit(base, 1.0) for part, base in _PARTS.items() for form in _PART_FORMS}
    for name, (base, size, prefixes) in _PREFIXED.items():
        units[name] = Unit(base, size)
        units |= {prefix + name: Unit(base, size * PREFIXES[prefix]) for prefix in prefixes}
    for name, size in _SPELT.items():
        for form in (name, name.replace("meter", "metre")):
            units |= {form: Unit("m", size), form + "s": Unit("m", size)}
    return units | {name: Unit(base, size) for name, (base, size) in _PLAIN.items()}


UNITS = _table()
# Letters that papers print for one sign: the two micros, the two ångströms, the ohms, the degrees.
SAME_SIGN = {
    "μ": "µ",
    "\u212b": "Å",
    "\u2126": "Ω",
    "º": "°",
    "˚": "°",
    "℃": "°C",
    "◦": "°",
    "∘": "°",
    "⁰": "°",
    "−": "-",
    "–": "-",
    "‐": "-",
    "‑": "-",
    "⁻": "-",
}
# Units read only as the first of a compound or not at all after a number without a blank: "2D", "1T phase", "3d", "2p".
NEEDS_BLANK = frozenset({"A", "C", "F", "G", "M", "N", "S", "T", "d", "e", "l", "L", "J", "W", "g"})
# Units that stand alone only after "of" or inside a compound (10 e/Å2); alone they are words or letters.
ONLY_COMPOUND = frozenset(
    [
        "e",
        "e−",
        "mol",
        "l",
        "wt",
        "electron",
        "electrons",
        "ion",
        "ions",
        "atom",
        "atoms",
        "photons",
        "cell",
        "cells",
        "particles",
    ]
    + [
        "counts",
        "frame",
        "frames",
        "well",
        "U",
        "dec",
        "decade",
        "sq",
        "□",
        "f.u.",
        "rev",
        "dislocations",
        "lm",
        "cd",
        "H",
        "P",
    ]
    + ["V s", "Vs", "√m", "m1/2", "m^1/2", "m0.5", "m½"]
)
# Dimensions whose value an edit may change (CSMBench's numerical edits, as conditions and sizes that a caption states).
EDITABLE = frozenset(
    {
        "m",
        "s",
        "V",
        "A",
        "°C",
        "K",
        "%",
        "wt%",
        "at%",
        "vol%",
        "mol%",
        "M",
        "ppm",
        "eV",
        "Pa",
        "T",
        "cycles",
        "C-rate",
        "N",
        "W",
        "Hz",
    }
    | {"A·m^-2", "V·s^-1", "K·s^-1", "°C·s^-1", "A·g^-1", "g·L^-1", "ML", "m·s^-1"}
)
PERCENT = frozenset({"%", "wt%", "at%", "vol%", "mol%"})


_DEGREE = "[°º˚◦∘\u2070]"


def unit_pattern() -> str:
    """A regular expression for one unit, longest first, every printed form of each sign allowed."""
    signs = {
        "µ": "[µμ]",
        "Å": "[Å\u212b]",
        "Ω": "[Ω\u2126]",
        "°C": f"(?:{_DEGREE}\\s?C|℃|\\s?oC)",
        "°F": f"{_DEGREE}\\s?F",
        "°": "[°º˚◦∘]",
        "e−": "e[-−–⁻]",
    }

    def printed(name: str) -> str:
        if name in signs:
            return signs[name]
        return "".join(signs.get(letter, re.escape(letter)) for letter in name)

    return "(?:" + "|".join(printed(name) for name in sorted(UNITS, key=lambda name: (-len(name), name))) + ")"


# What a value can be, exclusive, in the base unit: furnaces end at 1700 °C, and no mixture is all one part.
WITHIN = {
    "°C": (25.0, 1700.0),
    "K": (0.0, 2500.0),
    **dict.fromkeys(PERCENT, (0.0, 100.0)),
    "ML": (0.0, 50.0),
    "T": (0.0, 30.0),
}
# Values that come from a set, with the words that say so: cryogens, laser lines, the voltages of microscopes.
SETS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("4.2 K", "77 K"), ""),
    (("5 kV", "15 kV", "20 kV", "30 kV"), "SEM|scanning electron"),
    (("80 kV", "200 kV", "300 kV"), "TEM|transmission electron"),
    (("488 nm", "532 nm", "633 nm", "785 nm"), "laser|[Ee]xcit|Raman|wavelength|λ"),
)
