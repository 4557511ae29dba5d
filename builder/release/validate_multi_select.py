"""Checks of multi-select rows: keys, lists of one length, options that differ, evidence that stands where it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from builder.errors import Issue
from builder.release.rows import ALPHABET, SELECT_ALL, EvidenceRow, MultiSelectRow
from builder.release.validate import Opened, at, short
from builder.release.validate_rows import folded

_REBUILD = "rebuild the release with `microtome build`"
_EACH = ("option_kinds", "edits", "rubrics", "evidence")  # one entry an option
_ALWAYS_RIGHT = frozenset({"as-printed"})
_EITHER = frozenset({"written", "corrected"})
Captions = Mapping[tuple[str, str], Mapping[str, object]]


def multi_select(opened: Opened) -> Iterator[Issue]:
    """Every row of config multi_select against itself, its figure and the figures that its evidence quotes."""
    figures: Captions = opened.by("figures", lambda row: (str(row["paper_id"]), str(row["label"])))
    for config, split, number, row in opened.rows("multi_select"):
        try:
            item = MultiSelectRow.model_validate(row)
        except ValidationError:
            continue  # the check against the schema has said so
        place = at(config, split, number, row)
        yield from _key(place, item)
        yield from _options(place, item)
        for letter, spans in zip(ALPHABET, item.evidence, strict=False):
            for span in spans:
                yield from _stands(f"{place} > evidence > {letter}", span, item, figures)


def _key(place: str, item: MultiSelectRow) -> Iterator[Issue]:
    letters = ALPHABET[: len(item.options)]
    foreign = [letter for letter in item.answer if letter not in letters]
    if foreign:
        wanted = f"letters of options, {letters[0]} to {letters[-1]}"
        yield Issue("key-not-an-option", f"{place} > answer", f"answer is {list(item.answer)}", wanted)
    if list(item.answer) != sorted(set(item.answer)) or len(item.answer) >= len(letters):
        wanted = f"each letter once, in order, and never all of them; {_REBUILD}"
        yield Issue("wrong-key", f"{place} > answer", f"answer is {list(item.answer)}", wanted)
    for letter, kind in zip(letters, item.option_kinds, strict=False):
        right = letter in item.answer
        if kind not in _EITHER and right != (kind in _ALWAYS_RIGHT):
            problem = f"option {letter} is {kind!r} and {'right' if right else 'wrong'}"
            yield Issue(
                "wrong-key", f"{place} > answer", problem, f"as-printed is right, an edit or a sibling wrong; {_REBUILD}"
            )


def _options(place: str, item: MultiSelectRow) -> Iterator[Issue]:
    for name in _EACH:
        count = len(getattr(item, name))
        if count != len(item.options):
            yield Issue("ragged", f"{place} > {name}", f"has {count} entries for {len(item.options)} options", _REBUILD)
    first: dict[str, str] = {}
    for letter, option in zip(ALPHABET, item.options, strict=False):
        twin = first.setdefault(folded(option), letter)
        if twin != letter:
            wanted = f"options that differ; {_REBUILD}"
            yield Issue("equivalent-options", f"{place} > options", f"options {twin} and {letter} say the same", wanted)
    if not item.question.endswith(SELECT_ALL):
        yield Issue(
            "no-instruction", f"{place} > question", "does not say that several may be right", f'end with "{SELECT_ALL}"'
        )


def _stands(place: str, span: EvidenceRow, item: MultiSelectRow, figures: Captions) -> Iterator[Issue]:
    own = span.source != "sibling-caption"
    figure = figures.get((item.paper_id, item.label if own else span.of))
    if figure is None or figure["tier"] == "pointer":
        wanted = "evidence from an open figure of the same paper; take the item out"
        yield Issue("no-evidence", place, f"quotes {span.of!r}, which the release does not show", wanted)
        return
    source = _source(span, figure)
    if source is not None and source[span.start : span.end] != span.text:
        problem = f"says {short(repr(span.text))}; the {span.source} has {short(repr(source[span.start : span.end]))} there"
        yield Issue("evidence-differs", place, problem, f"the words at these code points; {_REBUILD}")


def _source(span: EvidenceRow, figure: Mapping[str, object]) -> str | None:
    """The text that a span points into; None where the row may not show it."""
    if span.source != "paragraph":
        caption = figure["caption"]
        return caption if isinstance(caption, str) else None
    mentions = figure["mentions"]
    assert isinstance(mentions, list)
    return str(mentions[span.index]) if span.index < len(mentions) else ("" if mentions else None)


__all__ = ["multi_select"]
