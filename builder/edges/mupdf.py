"""PyMuPDF without the layout analyser and the Markdown writer that it loads at import: unused, and a third of a start."""

import sys

_UNASKED = [name for name in ("pymupdf.layout", "pymupdf4llm") if name not in sys.modules]
for _name in _UNASKED:
    sys.modules[_name] = None  # type: ignore[assignment]  # importing it fails: to PyMuPDF it is not installed

import pymupdf  # noqa: E402

for _name in _UNASKED:
    del sys.modules[_name]  # whoever wants it may still load it

__all__ = ["pymupdf"]
