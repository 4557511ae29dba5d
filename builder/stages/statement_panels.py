"""Statements about panels: words of the caption given to their own panel or to another, alone or two by two, and techniques."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from builder.lexicon.techniques import Technique
from builder.records import PairedFigure
from builder.stages.distract import Attribute, apply_edits, attributes
from builder.stages.panel_words import PanelWords, contradict, letters_of, noun_of, panel_words
from builder.stages.sentences import has_verb
from builder.stages.statements import LEVELS, Fact, Statement, core, span

# Every wording of a row fits the same words; which one is used is drawn alike for true and false ones.
_SHOWS = ("Panel ({x}) shows {w}.", "Panel ({x}) presents {w}.", "The part labelled ({x}) shows {w}.")
_THE_ONE = ("Panel ({x}) is the one {w}.", "The panel {w} is ({x}).", "The part labelled ({x}) is the one {w}.")
_STANDS_FOR = (
    "Panel ({x}) corresponds to {w}.",
    "The part labelled ({x}) corresponds to {w}.",
    "It is panel ({x}) that corresponds to {w}.",
)
_STATES = ("In panel ({x}), {w}.", "What panel ({x}) is to show: {w}.", "Of panel ({x}) it is true that {w}.")
PAIRED = ("({x}) {w}", "Panel ({x}): {w}", "{w}: panel ({x})")  # for items that pair panels with descriptions
_BOTH = (
    "Panel ({x}) goes with “{v}” and panel ({y}) with “{w}”.",
    "“{v}” describes panel ({x}), whereas “{w}” describes panel ({y}).",
    "Of panels ({x}) and ({y}), the first is described by “{v}” and the second by “{w}”.",
)
_BY = ("Panel ({x}) was recorded by {t}.", "The picture in panel ({x}) was taken by {t}.", "Panel ({x}) is a result of {t}.")
_COUNT = (
    "The figure has {n} lettered panels.",
    "There are {n} lettered panels in the figure.",
    "The lettered panels number {n}.",
)
_NUMBERS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen")
WORDINGS = len(_SHOWS)  # of every statement about panels
_PREPOSITION = re.compile(r"^(?:after|before|at|with|without|in|from|under|during|for|on|near|by|using|along)\b", re.IGNORECASE)
_SAYS = re.compile(r"^(?:shows?|displays?|presents?|depicts?|illustrates?|represents?|indicates?|plots?)\s", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:an?|the|this|two|three|four|several|different|both|some)\b", re.IGNORECASE)
# The instruments behind imaging techniques; what is done in one instrument is not told apart by its name.
_INSTRUMENTS = {
    **dict.fromkeys(("SEM", "BSE"), "SEM"),
    **dict.fromkeys(("TEM", "HRTEM", "BF-TEM", "DF-TEM", "STEM", "HAADF-STEM", "ABF-STEM", "BF-STEM"), "TEM"),
    **dict.fromkeys(("AFM", "KPFM", "MFM", "PFM", "c-AFM", "EFM"), "AFM"),
    **{name: name for name in ("STM", "optical", "confocal", "fluorescence")},
}


def panel_facts(figure: PairedFigure, paper_text: str, seed: int) -> Iterator[Fact]:
    """Every fact about single panels and pairs of them."""
    said = panel_words(figure)
    yield from (fact for one in said if (fact := _of_one(figure, one, said, paper_text, seed)) is not None)
    for one, other in combinations(said, 2):
        if contradict(one, other):
            yield from _of_two(figure, one, other)
    yield from _by_technique(figure, said)
    yield from _counted(figure)


def _of_one(figure: PairedFigure, one: PanelWords, said: Sequence[PanelWords], paper_text: str, seed: int) -> Fact | None:
    """What a panel's words say of it: against another panel that they rule out, and against typed edits of themselves."""
    others = [other for other in said if other is not one and contradict(one, other)]
    wordings = range(WORDINGS)
    right = [given(figure, one, one, letter, n, paper_text) for letter in one.letters for n in wordings]
    wrong = [given(figure, one, other, letter, n, paper_text) for other in others for letter in other.letters for n in wordings]
    near = "\n".join((figure.caption, *(mention.text for mention in figure.mentions)))
    for made in attributes(one.text, f"{paper_text}\n{figure.caption}", seed, figure.id, near=near):
        if len(made.edits) == 1:
            wrong += [edited(one, made, told) for told in right]
    return Fact(f"panel {one.letters[0]}", tuple(right), tuple(wrong)) if wrong else None


def edited(one: PanelWords, made: Attribute, right: Statement) -> Statement:
    """A right statement about a panel's words with one typed edit of those words made in it."""
    edit = made.edits[0]
    phrase = next(p for p in (one.text, one.text[:1].lower() + one.text[1:]) if p in right.text)
    at = right.text.index(phrase)
    small = edit.start == 0 and phrase != one.text and edit.replacement[1:2].islower()  # its sentence's capital is gone
    put = edit.replacement[:1].lower() + edit.replacement[1:] if small else edit.replacement
    start, end, given_name = edit.start + at, edit.end + at, core(right.text, edit.start + at, edit.end + at)
    before = f"{article(phrase)} "
    if edit.start == 0 and right.text[:at].endswith(f" {before}"):  # "a TEM image" becomes "an SEM image"
        start, put = start - len(before), f"{article(put + phrase[edit.end :])} {put}"
    moved = edit.model_copy(update={"start": start, "end": end, "original": right.text[start:end], "replacement": put})
    told = f"of panel ({right.evidence[0].panel}) the caption says “{edit.original.strip()}”, not “{edit.replacement.strip()}”."
    return replace(
        right,
        text=apply_edits(right.text, [moved]),
        correct=False,
        kind=made.type,
        rubric=f"Wrong: {told}",
        bloom_level=LEVELS.get(made.type, 2),
        edit=moved,
        originals=frozenset({given_name}),
    )


def given(figure: PairedFigure, words: PanelWords, holder: PanelWords, letter: str, wording: int, paper_text: str) -> Statement:
    """The words given to a panel of the holder: true when the holder is their own."""
    return replace(
        paired(figure, words, holder, letter, wording), text=_worded(lowered(words.text, paper_text), letter, wording)
    )


def paired(figure: PairedFigure, words: PanelWords, holder: PanelWords, letter: str, wording: int) -> Statement:
    """A panel of the holder beside a description, which is right when the holder is its own."""
    own = words is holder
    evidence = words.spans(figure, letter if own else words.letters[0]) + (() if own else holder.spans(figure, letter))
    named = ", ".join(f"({x})" for x in words.letters)
    rubric = (
        f"Right: the caption says of panel ({letter}) “{words.text}”."
        if own
        else f"Wrong: the caption says this of panel {named}; of panel ({letter}) it says “{holder.text}”."
    )
    subjects = {f"is {letter}", *(f"words {x}" for x in words.letters), *_values(words)}
    if words.techniques:
        subjects.add(f"technique {letter}")
    return Statement(
        text=PAIRED[wording].format(x=letter, w=words.text),
        correct=own,
        kind="as-printed" if own else "panel",
        rubric=rubric,
        evidence=evidence,
        bloom_level=2,
        subjects=frozenset(subjects),
    )


def _worded(phrase: str, letter: str, wording: int) -> str:
    if _SAYS.match(phrase):
        return f"Panel ({letter}) {phrase}."
    if has_verb(phrase):
        return _STATES[wording].format(x=letter, w=phrase)
    if _PREPOSITION.match(phrase):
        return _THE_ONE[wording].format(x=letter, w=phrase)
    if noun_of(phrase) is None:
        return _STANDS_FOR[wording].format(x=letter, w=phrase)
    return _SHOWS[wording].format(x=letter, w=with_article(phrase))


def lowered(phrase: str, paper_text: str) -> str:
    """A phrase without the capital of a sentence's start: a word that the paper also writes small loses it."""
    first = re.match(r"[A-Z][a-z]+(?=\s|-|$)", phrase)
    if first is None or not re.search(rf"(?<![\w-]){first.group().lower()}(?!\w)", paper_text):
        return phrase
    return first.group().lower() + phrase[first.end() :]


def with_article(phrase: str) -> str:
    """A phrase about one picture with "a" or "an" before it; one about several, or with an article, as it is."""
    noun = (noun_of(phrase) or "s").lower()
    single = not noun.endswith("s") and noun != "spectra" and not _ARTICLE.match(phrase)
    return f"{article(phrase)} {phrase}" if single else phrase


def article(phrase: str) -> str:
    """ "a" or "an", as the phrase is read out: letters of an acronym by their names.

    >>> article("SEM image"), article("TEM image"), article("overview")
    ('an', 'a', 'an')
    """
    first = re.split(r"[\s-]", phrase)[0]
    spelled = first.isupper() and len(first) > 1
    return "an" if phrase[:1] in ("AEFHILMNORSX" if spelled else "aeiouAEIO") else "a"


def _values(words: PanelWords) -> list[str]:
    return [f"value {unit} {value:g}" for unit, value in words.values]


def _of_two(figure: PairedFigure, one: PanelWords, other: PanelWords) -> Iterator[Fact]:
    x, y = one.letters[0], other.letters[0]
    right = [_pair(figure, one, other, n, swapped=False) for n in range(len(_BOTH))]
    wrong = [_pair(figure, one, other, n, swapped=True) for n in range(len(_BOTH))]
    yield Fact(f"panels {x} {y}", tuple(right), tuple(wrong))


def _pair(figure: PairedFigure, one: PanelWords, other: PanelWords, wording: int, *, swapped: bool) -> Statement:
    x, y = one.letters[0], other.letters[0]
    first, second = (other, one) if swapped else (one, other)
    told = f"of panel ({x}) the caption says “{one.text}”, of panel ({y}) “{other.text}”."
    return Statement(
        text=_BOTH[wording].format(x=x, y=y, v=first.text, w=second.text),
        correct=not swapped,
        kind="panel" if swapped else "as-printed",
        rubric=f"{'Wrong' if swapped else 'Right'}: {told}",
        evidence=one.spans(figure, x) + other.spans(figure, y),
        bloom_level=3,
        subjects=frozenset(
            {f"is {x}", f"is {y}", f"technique {x}", f"technique {y}", *_values(one), *_values(other)}
            | {f"words {z}" for z in (*one.letters, *other.letters)}
        ),
    )


def _by_technique(figure: PairedFigure, said: Sequence[PanelWords]) -> Iterator[Fact]:
    """The instrument of a panel, where panels of the figure were taken with different ones."""
    known = [(one, one.techniques[0]) for one in said if len({_instrument(t) for t in one.techniques} - {None}) == 1]
    known = [(one, made) for one, made in known if _instrument(made) is not None]
    for one, made in known:
        others = {_instrument(t): (other, t) for other, t in known if _instrument(t) != _instrument(made)}
        for letter in one.letters[:1] if others else ():
            right = [_taken(figure, one, made, letter, n, None) for n in range(len(_BY))]
            wrong = [_taken(figure, one, t, letter, n, (other, made)) for other, t in others.values() for n in range(len(_BY))]
            yield Fact(f"technique {letter}", tuple(right), tuple(wrong))


def _instrument(made: Technique) -> str | None:
    return _INSTRUMENTS.get(made.name)


def _taken(
    figure: PairedFigure,
    one: PanelWords,
    made: Technique,
    letter: str,
    wording: int,
    swapped: tuple[PanelWords, Technique] | None,
) -> Statement:
    rubric = (
        f"Right: the caption says of panel ({letter}) “{one.text}”."
        if swapped is None
        else f"Wrong: panel ({letter}) is told of as “{one.text}”; {made.full_name} is named for “{swapped[0].text}”."
    )
    other = () if swapped is None else swapped[0].spans(figure, swapped[0].letters[0])
    return Statement(
        text=_BY[wording].format(x=letter, t=made.full_name),
        correct=swapped is None,
        kind="as-printed" if swapped is None else "method",
        rubric=rubric,
        evidence=one.spans(figure, letter) + other,
        bloom_level=1,
        subjects=frozenset({f"technique {letter}", f"is {letter}"}),
    )


def _counted(figure: PairedFigure) -> Iterator[Fact]:
    """How many lettered panels there are, where caption and picture agree on it."""
    letters = letters_of(figure)
    n = len(letters)
    lettered = sum(panel.letter is not None for panel in figure.panels)
    if not 2 <= n <= len(_NUMBERS) - 3 or lettered != n:
        return
    at = [figure.caption.find(letter) for letter in letters]
    evidence = (span(figure, 0, len(figure.caption)),) if min(at) >= 0 else ()
    if evidence:
        named = ", ".join(f"({x})" for x in letters)

        def told(number: int, wording: int) -> Statement:
            right = number == n
            return Statement(
                text=_COUNT[wording].format(n=_NUMBERS[number]),
                correct=right,
                kind="as-printed" if right else "number",
                rubric=f"{'Right' if right else 'Wrong'}: the caption and the figure have the panels {named}.",
                evidence=evidence,
                bloom_level=1,
                subjects=frozenset({"count"}),
            )

        near = [m for m in (n - 1, n + 1, n + 2, n - 2) if m >= 2]
        yield Fact(
            "count", tuple(told(n, w) for w in range(len(_COUNT))), tuple(told(m, w) for m in near for w in range(len(_COUNT)))
        )


__all__ = ["WORDINGS", "article", "edited", "given", "lowered", "paired", "panel_facts", "with_article"]
