"""Statements out of sentences of the caption and of the paragraphs that cite this figure alone, as printed or edited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from builder.records import EvidenceSpan, PairedFigure
from builder.stages.citations import cited_labels
from builder.stages.distract import Attribute, apply_edits, attributes
from builder.stages.labels import LABEL
from builder.stages.panel_words import noun_of, panel_words
from builder.stages.sentences import has_verb, points_elsewhere, sentences, stands_alone
from builder.stages.spans import quantities
from builder.stages.statement_panels import lowered, with_article
from builder.stages.statements import LEVELS, Fact, Statement, core, span

_FOLLOW = 7  # sentences from the one that cites the figure on that may still be about it, where no other figure is cited
_NEXT = 2  # and where the paragraph cites others too
# A paragraph that cites several figures is no reference, yet its sentences on one figure alone are about that figure.
_ABOUT_FIGURES = frozenset({None, "cites-several-figures"})
_SHARED = 2  # words of a sentence that the caption has too, for it to be about what the figure shows
_TELLING = 6  # words of a phrase without a noun for a picture, for it to say what the picture is of
_LONG_WORD = re.compile(r"[A-Z][A-Za-z]*\d\w*|[^\W\d_]{4,}")
_FIG_LEFT = re.compile(r"\bFig", re.IGNORECASE)
_FIG = r"(?:Figs?\.?|Figures?|FIGS?\.?)\s?\d+"
_LETTER = r"\s?\(?(?P<letter>[a-zA-Z])\)?(?![\w–-]|\s?(?:and|,|–|-)\s?\(?[a-zA-Z]\)?[\s.,;)])"
_OF_PANEL = r"(?:\s?\(?[a-zA-Z]\)?)?"
_SHOWN = r"(?:shown|seen|presented|displayed|illustrated|depicted|given|evidenced|observed|evident)\s(?:in|from|by)"
_ASIDE = re.compile(rf"\s?[(\[](?:see(?: also)?\s)?(?:[^()]*?[;,]\s)?{_FIG}[^()]*(?:\([^()]*\)[^()]*)*[)\]]")
_LEAD = re.compile(
    rf"^(?:As (?:can be |is |clearly |it is )*{_SHOWN}|From|In|According to)\s{_FIG}{_OF_PANEL}\s?,\s", re.IGNORECASE
)
_TAIL = re.compile(rf",?\s(?:as\s)?(?:(?:can be|is|are)\s)?(?:clearly\s)?{_SHOWN}\s{_FIG}{_OF_PANEL}(?=\.$)")
_CONNECTIVE = re.compile(
    r"^(?:However|Moreover|Furthermore|Additionally|In addition|Therefore|Thus|Hence|Besides|Also|Indeed|Consequently"
    r"|Accordingly|As a result|Clearly|Obviously|Interestingly|Notably|In particular|Meanwhile|Finally|As expected),\s"
)
_ONE_PANEL = re.compile(rf"\b{_FIG}{_LETTER}")
_WHOLE_FIGURE = re.compile(rf"\b{_FIG}(?!\s?\(?[a-z]\b|\d)")
_CLAUSE = re.compile(r"(?:,\s(?:and|but|while|whereas)\s|;\s(?:and\s)?)(?=(?:the|an?|each|every|all|no)\s)")
_CONDITION = re.compile(
    r"\b(?:if|could|may|might|should|would|suggest\w*|probabl[ey]|possibl[ey]|likely|expected|believed|assumed)\b"
)
_MARK = re.compile(r"[\s.:|–—-]*(?:\([A-Za-z]\)|[A-Za-z]\))?\s*")
_LETTERS = re.compile(r"\([A-Za-z](?:\s*[,–-]\s*[A-Za-z])*\)")


@dataclass(frozen=True)
class Clause:
    """A statement as it can be put to a reader, where it was printed, and the panel it is about."""

    text: str
    evidence: EvidenceSpan
    where: str


def sentence_facts(figure: PairedFigure, paper_text: str, seed: int, *, paragraphs: bool) -> Iterator[Fact]:
    """Each clause with its typed edits. `paragraphs` says whether the paper's paragraphs may be changed."""
    for clause in clauses_of(figure, paper_text, paragraphs=paragraphs):
        yield from _edited(figure, clause, paper_text, seed)


def clauses_of(figure: PairedFigure, paper_text: str, *, paragraphs: bool) -> tuple[Clause, ...]:
    """What the caption and the paragraphs say of the figure, each thing once."""
    found = (*_of_caption(figure, paper_text), *(_of_mentions(figure) if paragraphs else ()))
    return tuple({clause.text.lower(): clause for clause in reversed(found)}.values())[::-1]


def _edited(figure: PairedFigure, clause: Clause, paper_text: str, seed: int) -> Iterator[Fact]:
    """The clause against every edit of it that the paper rules out."""
    near = "\n".join(mention.text for mention in figure.mentions)
    found = attributes(clause.text, paper_text + "\n" + figure.caption, seed, figure.id, near=near + "\n" + figure.caption)
    single = [made for made in found if len(made.edits) == 1 and made.edits[0].replacement.strip()]
    if not single:
        return
    right = as_printed(figure, clause)
    wrong = [_false(right, made, clause) for made in single]
    yield Fact(f"{clause.where} {clause.evidence.start}", (right,), tuple(wrong))


def as_printed(figure: PairedFigure, clause: Clause) -> Statement:
    """The clause as a right statement."""
    return Statement(
        text=clause.text,
        correct=True,
        kind="as-printed",
        rubric=f"Right: {clause.where} says so: “{clause.evidence.text}”",
        evidence=(clause.evidence,),
        bloom_level=2,
        subjects=frozenset({f"sentence {clause.evidence.start} {clause.where}", *_told(clause.text), *_shared(figure, clause)}),
    )


def _shared(figure: PairedFigure, clause: Clause) -> Iterator[str]:
    """The panels whose own words are in the clause too, so that the two do not stand in one item."""
    if clause.evidence.source == "caption":
        for words in panel_words(figure):
            if any(start < clause.evidence.end and clause.evidence.start < end for start, end in words.evidence):
                yield from (f"words {letter}" for letter in words.letters)


def _false(right: Statement, made: Attribute, clause: Clause) -> Statement:
    edit = made.edits[0]
    return Statement(
        text=apply_edits(right.text, made.edits),
        correct=False,
        kind=made.type,
        rubric=f"Wrong: {clause.where} says “{edit.original.strip()}”, not “{edit.replacement.strip()}”.",
        evidence=right.evidence,
        bloom_level=LEVELS.get(made.type, 2),
        subjects=right.subjects,
        edit=edit,
        originals=frozenset({core(right.text, edit.start, edit.end)}),
    )


def _told(text: str) -> Iterator[str]:
    """The values a clause states, so that no second clause of an item states them differently."""
    for found in quantities(text):
        yield f"value {found.unit} {found.value:g}" if found.value is not None else f"value {found.text}"


def _of_caption(figure: PairedFigure, paper_text: str) -> Iterator[Clause]:
    """Whole sentences of the caption, and the phrase that opens it."""
    label = LABEL.match(figure.caption)
    opens = label.end() if label else 0
    lettered = any(panel.letter for panel in figure.panels)
    for begin, end in sentences(figure.caption):
        at = max(begin, opens)
        mark = _MARK.match(figure.caption, at, end)
        at = mark.end() if mark else at
        words = figure.caption[at:end]
        if _LETTERS.search(words):
            continue
        if has_verb(words):
            yield from _whole(figure, words, at)
        elif (begin < opens or not lettered) and not points_elsewhere(words):
            yield from _phrase(figure, words.rstrip(" ."), at, paper_text)


def _whole(figure: PairedFigure, words: str, at: int) -> Iterator[Clause]:
    for start, end in _split(words):
        text = _sentence(words[start:end])
        if stands_alone(text):
            yield Clause(text, span(figure, at + start, at + end), "the caption")


def _phrase(figure: PairedFigure, words: str, at: int, paper_text: str) -> Iterator[Clause]:
    """What names the picture, as in "SEM images of ZnO grown at 90 °C"."""
    if stands_alone(words) and (noun_of(words) is not None or len(words.split()) >= _TELLING):
        shown = with_article(lowered(words, paper_text))
        text = f"The figure shows {shown}." if noun_of(words) is not None else f"The figure can be described as “{words}”."
        yield Clause(text, span(figure, at, at + len(words)), "the caption")


def _split(words: str) -> Sequence[tuple[int, int]]:
    """The clauses of a sentence that each have a verb; else the sentence."""
    cuts = [0, *(x for m in _CLAUSE.finditer(words) for x in (m.start(), m.end())), len(words)]
    parts = list(zip(cuts[::2], cuts[1::2], strict=True))
    whole = all(has_verb(words[a:b]) and len(words[a:b].split()) >= 6 for a, b in parts)
    return parts if whole else [(0, len(words))]


def _sentence(words: str) -> str:
    words = words.strip().rstrip(" .;,")
    return f"{words[:1].upper()}{words[1:]}."


def _of_mentions(figure: PairedFigure) -> Iterator[Clause]:
    """Sentences that cite this figure and no other, without the citation, and those right after them on the same matter."""
    for index, mention in enumerate(figure.mentions):
        reach = _FOLLOW if mention.cites == (figure.label,) else _NEXT
        since = reach
        for start, end in sentences(mention.text) if mention.excluded in _ABOUT_FIGURES else ():
            words = mention.text[start:end]
            cited = cited_labels(words)
            since = 0 if cited == (figure.label,) else since + 1 if not cited else reach
            if since >= reach or (since and not _on_the_matter(words, figure.caption)):
                continue
            text, letter = _uncited(words)
            if not (_FIG_LEFT.search(text) or _CONDITION.search(text)) and has_verb(text) and stands_alone(text):
                at = span(figure, start, end, source="paragraph", index=index, letter=letter)
                yield Clause(text, at, f"a paragraph on the figure ({index + 1})")


def _on_the_matter(words: str, caption: str) -> bool:
    """Whether a sentence shares enough words with the caption to be about what the figure shows."""
    ours, theirs = ({word.lower()[:6] for word in _LONG_WORD.findall(text)} for text in (words, caption))
    return len(ours & theirs) >= _SHARED


def _uncited(words: str) -> tuple[str, str | None]:
    """A sentence with its citation taken out or turned into "panel (b)" or "the figure", and the one panel it names."""
    named = {match["letter"] for match in _ONE_PANEL.finditer(words)}
    letter = next(iter(named)) if len(named) == 1 else None
    text = _CONNECTIVE.sub("", _ASIDE.sub("", words))
    text = _TAIL.sub("", text)
    without = _LEAD.sub("", text)
    if without != text:
        text = f"In panel ({letter}), {without}" if letter else without[:1].upper() + without[1:]
    text = _ONE_PANEL.sub(lambda match: f"panel ({match['letter']})", text)
    text = _WHOLE_FIGURE.sub("the figure", text)
    return _sentence(text), letter


__all__ = ["Clause", "as_printed", "clauses_of", "sentence_facts"]
