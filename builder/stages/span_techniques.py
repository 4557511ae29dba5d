"""Techniques of a text as a reader would mark them: the method's name, without the picture or curve that it gave."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.lexicon.techniques import find_measurements
from builder.stages.span_types import TypedSpan

# Calculations measure nothing.
_COMPUTED = frozenset(["DFT", "MD", "FEM"])
# Words that tell of a technique to a classifier, and name none.
_HINTS = re.compile(
    r"(?:powder )?diffractograms?|Rietveld.*|.*rocking curves?|Nyquist.*|(?:N2|nitrogen|gas) .*isotherms?"
    r"|optical (?:microscope )?images?|optical imagery|thin section .*|transmitted light|reflected light|cross(?:ed)? polari.*"
    r"|crossed nicols|plane.polari.*|photo-?micrographs?|micro-?photographs?|secondary electrons?"
    r"|(?:IR|infrared|thermal) (?:camera )?images?|high.speed (?:camera|video|photograph.*|images?)"
    r"|Auger|Fourier filtered|sonogra.*",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    r"[\s-]+(?:images?|patterns?|spectr(?:a|um)|maps?|photographs?|scans?|slices?|(?:z )?stacks?|reconstructions?|isotherms?)$",
    re.IGNORECASE,
)
# A person's name is no technique without its noun.
_NAMESAKE = re.compile(r"Raman|M(?:ö|o|oe)ssbauer", re.IGNORECASE)


def techniques(text: str) -> Iterator[TypedSpan]:
    """Every measuring or imaging technique as written, with its canonical name."""
    for start, end, known in find_measurements(text):
        written = text[start:end]
        if known.name in _COMPUTED or _HINTS.fullmatch(written):
            continue
        product = None if _NAMESAKE.search(written) else _PRODUCT.search(written)
        cut = start + product.start() if product else end
        yield TypedSpan("technique", start, cut, text[start:cut], name=known.name or None)
