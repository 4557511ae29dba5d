"""Typed spans at code-point offsets."""

from __future__ import annotations

import pytest

from builder.stages.spans import quantities, spans

CASES = [
    ("Ti-6Al-4V after 24 h", [("material", "Ti-6Al-4V"), ("quantity", "24 h")]),
    ("SEM of Pt/C in 0.1 M KOH", [("technique", "SEM"), ("material", "Pt/C"), ("quantity", "0.1 M"), ("material", "KOH")]),
    ("In this work, Fig. 2 C and I", []),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_spans_are_typed(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(s.type, s.text) for s in spans(text)] == expected
    assert all(text[s.start : s.end] == s.text for s in spans(text))


def test_equal_quantities_in_other_units_are_equal() -> None:
    one, other = quantities("500 nm or 0.5 µm")
    assert (one.value, one.unit) == (other.value, other.unit)
