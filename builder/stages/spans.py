"""Typed spans of a caption: techniques, materials and quantities, at code-point offsets of the text as printed."""

from __future__ import annotations

from dataclasses import asdict

from builder.stages.span_materials import materials
from builder.stages.span_quantities import quantities
from builder.stages.span_techniques import techniques
from builder.stages.span_types import SpanType, TypedSpan

_ALWAYS = frozenset({"start", "end", "type", "text", "value", "unit"})


def spans(text: str) -> tuple[TypedSpan, ...]:
    """Every span in reading order, none overlapping; quantities before techniques before materials.

    >>> [(s.type, s.text) for s in spans("TEM of TiO2 annealed at 500 °C")]
    [('technique', 'TEM'), ('material', 'TiO2'), ('quantity', '500 °C')]
    """
    taken: list[TypedSpan] = []
    shut = bytearray(len(text))
    for span in (*quantities(text), *techniques(text)):
        if not any(shut[span.start : span.end]):
            shut[span.start : span.end] = b"\1" * (span.end - span.start)
            taken.append(span)
    taken.extend(materials(text, shut))
    return tuple(sorted(taken, key=lambda span: span.start))


def span_record(span: TypedSpan) -> dict[str, object]:
    """A span as the JSON object of `microtome spans`: value and unit are null where it has none, the rest is left out.

    >>> span_record(quantities("1.2 ± 0.1 nm")[0])["uncertainty"]
    1e-10
    """
    record = asdict(span)
    return {key: said for key, said in record.items() if key in _ALWAYS or said not in (None, ())}


__all__ = ["SpanType", "TypedSpan", "quantities", "span_record", "spans"]
