"""Drawings as SVG text: every word escaped, every drawing with a name and a description, colours by class alone."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

_DIGITS = 2  # of a coordinate

Child = str | Markup


def tag(name: str, *children: Child, **attributes: object) -> Markup:
    """An element. `class_` stands for class, an underscore for a hyphen; plain strings are escaped.

    >>> tag("text", "a < b", x=1.5, text_anchor="end")
    Markup('<text x="1.5" text-anchor="end">a &lt; b</text>')
    """
    told = "".join(f' {_name(key)}="{escape(_text(value))}"' for key, value in attributes.items() if value is not None)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), Markup(told), Markup("").join(children))


def _name(key: str) -> str:
    return key if key == "viewBox" else key.rstrip("_").replace("_", "-")


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".") or "0"
    return str(value)


def drawing(width: float, height: float, told: str, *children: Markup) -> Markup:
    """A whole drawing that says to a screen reader what it shows."""
    size = f"0 0 {_text(float(width))} {_text(float(height))}"
    return tag("svg", tag("title", told), *children, viewBox=size, role="img", aria_label=told)


def words(text: object, x: float, y: float, anchor: str = "start", class_: str = "t") -> Markup:
    return tag("text", str(text), x=x, y=y, text_anchor=anchor, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str = "grid") -> Markup:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def box(x: float, y: float, width: float, height: float, class_: str, told: str | None = None) -> Markup:
    title = (tag("title", told),) if told else ()
    return tag("rect", *title, x=x, y=y, width=max(0.0, width), height=max(0.0, height), class_=class_)


def polygon(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    return tag("polygon", points=" ".join(f"{_text(float(x))},{_text(float(y))}" for x, y in points), class_=class_)


def mark(shape: int, x: float, y: float, size: float, class_: str, told: str | None = None) -> Markup:
    """One of six shapes, so that no reader has to tell colours apart."""
    title = (tag("title", told),) if told else ()
    if shape % 6 == 0:
        return tag("circle", *title, cx=x, cy=y, r=size, class_=class_)
    corners = _CORNERS[shape % 6]
    points = " ".join(f"{_text(float(x + dx * size))},{_text(float(y + dy * size))}" for dx, dy in corners)
    return tag("polygon", *title, points=points, class_=class_)


_CORNERS: dict[int, tuple[tuple[float, float], ...]] = {
    1: ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    2: ((0, -1.2), (1.1, 0.9), (-1.1, 0.9)),
    3: ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    4: ((0, 1.2), (1.1, -0.9), (-1.1, -0.9)),
    5: ((-1.3, -0.5), (1.3, -0.5), (1.3, 0.5), (-1.3, 0.5)),
}

__all__ = ["box", "drawing", "line", "mark", "polygon", "tag", "words"]
