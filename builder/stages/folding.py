"""Whether two options say the same, whatever their case, spacing and dashes."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """How two options are compared: case, spacing, compatibility forms and dashes do not make a difference.

    >>> folded("Grain size: 5–10 µm") == folded("grain size: 5-10 μm")
    True
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join("-" if unicodedata.category(mark) == "Pd" or mark == "−" else mark for mark in plain if not mark.isspace())


__all__ = ["folded"]
