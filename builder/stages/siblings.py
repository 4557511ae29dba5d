"""Hard negatives: of the paper's other figures, the panels whose words are hardest to tell from this figure's own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from builder.records import PairedFigure, Specimen
from builder.stages.pairings import Foreign
from builder.stages.panel_words import PanelWords, contradict, noun_of, panel_words
from builder.stages.statement_panels import lowered, with_article
from builder.stages.statements import Fact, Statement, span

Vectors = npt.NDArray[np.float64]
Embed = Callable[[Sequence[str]], Vectors]
_DIMENSIONS = 1024
_LONGEST = 4  # letters of the character n-grams
_SHOWN = (
    "One of the panels shows {w}.",
    "Among the panels there is one that shows {w}.",
    "A panel of the figure shows {w}.",
)


def lexical(texts: Sequence[str]) -> Vectors:
    """Unit vectors (n, 1024) of hashed words and character n-grams of 3 and 4: the same on any machine.

    >>> near, far = lexical(["SEM image of ZnO", "SEM images of ZnO rods"]), lexical(["SEM image of ZnO", "Raman spectra"])
    >>> bool(near[0] @ near[1] > far[0] @ far[1])
    True
    """
    made = np.zeros((len(texts), _DIMENSIONS))
    for row, text in enumerate(texts):
        for gram in _grams(text.lower()):
            drawn = int.from_bytes(hashlib.blake2b(gram.encode(), digest_size=8).digest(), "big")
            made[row, drawn % _DIMENSIONS] += 1.0 if drawn >> 63 else -1.0
    length = np.linalg.norm(made, axis=1, keepdims=True)
    return made / np.where(length > 0, length, 1.0)


def _grams(text: str) -> Iterator[str]:
    words = re.findall(r"\w+", text)
    yield from (f"word {word}" for word in words)
    for word in words:
        padded = f" {word} "
        yield from (padded[at : at + n] for n in range(3, _LONGEST + 1) for at in range(len(padded) - n + 1))


def nearest(specimen: Specimen, siblings: Sequence[Specimen], embed: Embed, most: int = 2) -> tuple[Foreign, ...]:
    """Descriptions of micrographs in the paper's other figures that come nearest to this figure's own, nearest first."""
    figure = specimen.classified.paired
    own = [words for words in panel_words(figure) if words.depiction == "micrograph"]
    theirs = _theirs(specimen, siblings)
    if not own or not theirs:
        return ()
    vectors = embed([words.text for words in own] + [words.text for _, words in theirs])
    near = (vectors[: len(own)] @ vectors[len(own) :].T).max(axis=0)
    order = sorted(range(len(theirs)), key=lambda at: (-round(float(near[at]), 9), at))[:most]
    return tuple(
        Foreign(
            words,
            other.label,
            tuple(span(other, start, end, source="sibling-caption", letter=words.letters[0]) for start, end in words.evidence),
        )
        for other, words in (theirs[at] for at in order)
    )


def _theirs(specimen: Specimen, siblings: Sequence[Specimen]) -> list[tuple[PairedFigure, PanelWords]]:
    """Micrographs of the other figures, whose words may be changed and fit no panel of this one."""
    own = panel_words(specimen.classified.paired)
    return [
        (other.classified.paired, words)
        for other in siblings
        if other.id != specimen.id and other.rights.caption.adapt
        for words in panel_words(other.classified.paired)
        if noun_of(words.text) and words.depiction == "micrograph" and all(contradict(words, mine) for mine in own)
    ]


def sibling_facts(specimen: Specimen, siblings: Sequence[Specimen], paper_text: str, embed: Embed) -> Iterator[Fact]:
    """Words of this figure's own panels against the nearest words of a sibling that all of its panels rule out."""
    figure = specimen.classified.paired
    own = [words for words in panel_words(figure) if noun_of(words.text) and words.depiction == "micrograph"]
    theirs = _theirs(specimen, siblings)
    if not own or not theirs:
        return
    vectors = embed([words.text for words in own] + [words.text for _, words in theirs])
    near = vectors[: len(own)] @ vectors[len(own) :].T
    for row, mine in enumerate(own):
        best = [theirs[at] for at in sorted(range(len(theirs)), key=lambda at: (-round(float(near[row, at]), 9), at))[:2]]
        right = [_own(figure, mine, n, paper_text) for n in range(len(_SHOWN))]
        wrong = [_foreign(figure, mine, other, words, n, paper_text) for other, words in best for n in range(len(_SHOWN))]
        yield Fact(f"sibling {mine.letters[0]}", tuple(right), tuple(wrong))


def _own(figure: PairedFigure, mine: PanelWords, wording: int, paper_text: str) -> Statement:
    return Statement(
        text=_worded(mine, wording, paper_text),
        correct=True,
        kind="as-printed",
        rubric=f"Right: the caption says of panel ({mine.letters[0]}) “{mine.text}”.",
        evidence=mine.spans(figure, mine.letters[0]),
        bloom_level=2,
        subjects=_subjects(mine),
    )


def _foreign(
    figure: PairedFigure, mine: PanelWords, other: PairedFigure, words: PanelWords, wording: int, paper_text: str
) -> Statement:
    said = tuple(span(other, start, end, source="sibling-caption", letter=words.letters[0]) for start, end in words.evidence)
    return Statement(
        text=_worded(words, wording, paper_text),
        correct=False,
        kind="sibling",
        rubric=f"Wrong: {other.label} of the paper shows this; of panel ({mine.letters[0]}) the caption says “{mine.text}”.",
        evidence=(*said, *mine.spans(figure, mine.letters[0])),
        bloom_level=2,
        subjects=_subjects(mine) | {f"sibling {words.text}"},
    )


def _subjects(mine: PanelWords) -> frozenset[str]:
    return frozenset({*(f"words {x}" for x in mine.letters), *(f"is {x}" for x in mine.letters)})


def _worded(words: PanelWords, wording: int, paper_text: str) -> str:
    return _SHOWN[wording].format(w=with_article(lowered(words.text, paper_text)))


__all__ = ["Embed", "lexical", "nearest", "sibling_facts"]
