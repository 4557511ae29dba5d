"""One typed span of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SpanType = Literal["technique", "material", "quantity"]


@dataclass(frozen=True)
class TypedSpan:
    """One span. What a quantity says is in its base unit: one value, a range or the sides of a product.

    `start` and `end` are code points of the text as given. `name` is a technique's canonical short name.
    """

    type: SpanType
    start: int
    end: int
    text: str
    value: float | None = None
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    uncertainty: float | None = None
    sides: tuple[float, ...] = ()
    name: str | None = None
