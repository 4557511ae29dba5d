"""Withdraw figures: out of every config, with every item that shows, quotes or is made from them; tombstones stay."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from builder.errors import MicrotomeError, NothingLeft, UsageError
from builder.release.errata import Erratum, FullRemoval
from builder.release.revise import Draft, taken_out
from builder.release.rows import (
    ID_PREFIX,
    Attrition,
    CaptionMatchingRow,
    DescriptionRow,
    Drop,
    FigureRow,
    MultiSelectRow,
    Row,
)
from builder.release.shelf import Index

By = Literal["doi", "figure", "publisher", "licence"]
RUN = 6  # words in a row that an item can only have from the caption that they stand in
_DOI_LINK = re.compile(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_VERSION_AT_THE_END = re.compile(r"-[0-9]+[.][0-9]+[.][0-9]+$")
_WORD = re.compile(r"\w+")
Run = tuple[str, ...]


@dataclass(frozen=True)
class Withdrawal:
    """What is to leave, and why."""

    by: By
    value: str
    reason: str
    date: str | None = None
    full_removal: FullRemoval | None = None


def withdrawn(of: Draft, wanted: Withdrawal) -> Draft:
    """Without the figures meant and all that rests on them, and with one erratum more.

    What an earlier version withdrew may be named again with a full removal: the erratum notes that alone.
    Raises UsageError where nothing is meant, where the reason quotes what is withdrawn, or where it is not said;
    NothingLeft where no figure would stay.
    """
    if not wanted.reason.strip():
        raise UsageError("--reason", "is empty", "say why: it stands in errata.json")
    figures = _figures(of)
    meant = {name for name, figure in figures.items() if _is_meant(figure, wanted)}
    before = withdrawn_before(of, wanted)
    if not meant and not (before and wanted.full_removal):
        raise _meets_none(of, wanted, before)
    meant |= _same_picture(figures, meant)
    if meant == figures.keys():
        problem = f"meets all {len(meant)} figures"
        raise NothingLeft(
            f"--{wanted.by} {wanted.value}", problem, "a benchmark without figures is taken off the Hub as a whole"
        )
    _refuse_quotes(wanted.reason, [figures[name] for name in meant])
    gone = resting_on(of, meant) | _quoting(of, meant)
    after, stones = taken_out(of, gone, "withdrawn", of.next_id)
    after = _without_names(after, of, meant, of.next_id)
    return after.noting(
        Erratum(
            id=of.next_id, version=of.version, date=wanted.date, kind="withdrawn", subject=_subject(wanted),
            reason=wanted.reason.strip(), before=(), after=(), changed=(), tombstones=stones, full_removal=wanted.full_removal,
        )
    )  # fmt: skip


def _subject(wanted: Withdrawal) -> str:
    return f"{wanted.by} {plain_doi(wanted.value) if wanted.by == 'doi' else wanted.value.strip()}"


def withdrawn_before(of: Draft, wanted: Withdrawal) -> tuple[Erratum, ...]:
    """Errata that took the same out: named so, or with the tombstone of the figure that is named."""
    subject, name = _subject(wanted).casefold(), wanted.value.strip().casefold()
    return tuple(
        one
        for one in of.errata
        if one.kind == "withdrawn"
        if one.subject.casefold() == subject or (wanted.by == "figure" and any(stone.id == name for stone in one.tombstones))
    )


def _meets_none(of: Draft, wanted: Withdrawal, before: Sequence[Erratum]) -> MicrotomeError:
    place, problem = f"--{wanted.by} {wanted.value}", "meets no figure of the release"
    if not before:
        return UsageError(place, problem, _there(of, wanted.by))
    problem = f"{problem}: it left with {before[-1].id} in version {before[-1].version}"
    return UsageError(place, problem, "to delete it from a repository's old versions too, add --full-removal ORG/NAME")


def _refuse_quotes(reason: str, meant: Sequence[FigureRow]) -> None:
    """Card and changelog carry the reason, and know no more of what is gone than its id."""
    said = " ".join(_WORD.findall(reason.casefold()))
    titles = {" ".join(_WORD.findall(figure.title.casefold())) for figure in meant if figure.title}
    texts = [text for figure in meant for text in (*_captions(figure), figure.title or "")]
    if set(_runs([reason])) & set(_runs(texts)) or any(" " in title and f" {title} " in f" {said} " for title in titles):
        raise UsageError(
            "--reason",
            "quotes a title or a caption that is withdrawn",
            "say it without: card and CHANGELOG.md carry the reason",
        )


def _figures(of: Draft) -> Mapping[str, FigureRow]:
    """By id, each read when it is asked for."""
    tables = of.rows.places
    places = {name: tables[name][1:] for name in tables if name.startswith(f"{ID_PREFIX['figures']}-")}
    return Index(cast(Mapping[str, tuple[Sequence[FigureRow], int]], places))


def _is_meant(figure: FigureRow, wanted: Withdrawal) -> bool:
    value = wanted.value.strip().casefold()
    if wanted.by == "doi":
        return plain_doi(value) in (figure.doi, figure.paper_id.casefold())
    said = {"figure": figure.id, "publisher": figure.publisher, "licence": figure.licence}[wanted.by]
    return said is not None and said.casefold() == value


def plain_doi(text: str) -> str:
    """A DOI without the link around it, lower case.

    >>> plain_doi("https://doi.org/10.1000/ABC")
    '10.1000/abc'
    """
    return _DOI_LINK.sub("", text.strip()).casefold()


def _there(of: Draft, by: By) -> str:
    column = {"doi": "doi", "figure": "id", "publisher": "publisher", "licence": "licence"}[by]
    said = sorted({str(value) for figure in _figures(of).values() if (value := getattr(figure, column)) is not None})
    gone = {stone.id for one in of.errata for stone in one.tombstones}
    more = f" and {len(said) - 8} more" if len(said) > 8 else ""
    there = f"the release has {', '.join(said[:8]) or 'none'}{more}"
    return f"{there}; {len(gone)} rows left with earlier errata" if gone else there


def _same_picture(figures: Mapping[str, FigureRow], meant: Iterable[str]) -> set[str]:
    """Figures that are the same pixels under another name: a paper that was read twice."""
    pixels = {figures[name].pixels_sha256 for name in meant}
    return {name for name, figure in figures.items() if figure.pixels_sha256 in pixels}


def resting_on(of: Draft, names: Iterable[str]) -> set[str]:
    """These rows, every item of the figures among them, and every item whose evidence one of those figures is."""
    gone = set(names)
    labels = {(figure.paper_id, figure.label) for name, figure in _figures(of).items() if name in gone}
    for name, (_, row) in of.rows.items():
        quoted = {(row.paper_id, label) for label in _siblings(row)}
        if getattr(row, "figure_id", None) in gone or quoted & labels:
            gone.add(name)
    return gone


def _siblings(row: Row) -> Iterator[str]:
    """Labels of the other figures that an item's options are decided by."""
    if isinstance(row, MultiSelectRow):
        yield from (span.of for spans in row.evidence for span in spans if span.source == "sibling-caption")


def _quoting(of: Draft, meant: set[str]) -> set[str]:
    """Items of other figures with words of a withdrawn caption that their own figure's texts do not have."""
    figures = _figures(of)
    captions = {run for name in meant for run in _runs(_captions(figures[name]))}
    if not captions:
        return set()
    return {
        name
        for name, (_, row) in of.rows.items()
        if isinstance(row, CaptionMatchingRow | MultiSelectRow | DescriptionRow)
        if row.figure_id in figures and row.figure_id not in meant
        if (quoted := captions & set(_runs(_said(row)))) and quoted - set(_runs(_own(figures[row.figure_id])))
    }


def _captions(figure: FigureRow) -> list[str]:
    return [text for text in (figure.caption, *(panel.caption for panel in figure.panels)) if text]


def _own(figure: FigureRow) -> list[str]:
    return [*_captions(figure), *figure.mentions, figure.reference or "", figure.title or ""]


def _said(row: CaptionMatchingRow | MultiSelectRow | DescriptionRow) -> list[str]:
    """The words of an item that come from a paper or are made of them."""
    if isinstance(row, DescriptionRow):
        return [row.caption, row.reference]
    edits = [text for made in row.edits for edit in made for text in (edit.original, edit.replacement)]
    if isinstance(row, CaptionMatchingRow):
        return [*row.options, *edits]
    evidence = [span.text for spans in row.evidence for span in spans]
    notes = [review.note for review in row.reviews]
    return [row.question, *row.options, *edits, *evidence, *row.rubrics, row.reasoning, *notes]


def _runs(texts: Iterable[str]) -> Iterator[Run]:
    for text in texts:
        words = _WORD.findall(text.casefold())
        yield from (tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


def _without_names(after: Draft, before: Draft, meant: set[str], erratum: str) -> Draft:
    """The dropped records of papers and figures that are gone, under the erratum's id; their number and reasons stay."""
    figures = _figures(before)
    left = {figure.paper_id for figure in _figures(after).values()}
    papers = {figures[name].paper_id for name in meant} - left
    names = sorted(papers | meant | {figures[name].doi or "" for name in meant if figures[name].paper_id in papers} - {""})
    drops = [_renamed(drop, names, erratum) for drop in after.attrition.drops]
    listed = sorted(drops, key=lambda drop: (drop.stage, drop.record_id, drop.reason))
    return Draft(
        after.base, after.version, after.rows, after.errata, Attrition(stages=after.attrition.stages, drops=tuple(listed))
    )


def _renamed(drop: Drop, names: Sequence[str], erratum: str) -> Drop:
    """What follows the name stays: it says which stage made the record."""
    for name in names:
        found = re.search(rf"{re.escape(name)}(?![\w.\-]*\w)", drop.record_id, re.IGNORECASE)
        if found:
            return drop.model_copy(update={"record_id": f"{erratum}{drop.record_id[found.end() :]}"})
    return drop


def in_a_shell(release: str, out: str, version: str, wanted: Withdrawal, repository: str | None = None) -> str:
    """The command that withdraws so, fully from a repository where one is named."""
    words = ["microtome", "withdraw", release, "--out", out, "--version", version, f"--{wanted.by}", wanted.value]
    words += ["--reason", wanted.reason, *(["--date", wanted.date] if wanted.date else [])]
    return shlex.join([*words, *(["--full-removal", repository] if repository else [])])


def next_folder(release: str, version: str) -> str:
    """A folder for that version beside a release's.

    >>> next_folder("my-bench-1.0.0", "1.1.0")
    'my-bench-1.1.0'
    """
    return f"{_VERSION_AT_THE_END.sub('', release)}-{version}"


@dataclass(frozen=True)
class Traces:
    """By what the withdrawn figures could still be found."""

    names: tuple[str, ...]  # DOIs, arXiv ids and paper ids of papers without a row left
    hashes: tuple[str, ...]


def traces(before: Draft, after: Draft) -> Traces:
    """Names and hashes that nothing of the next release but errata.json may hold."""
    had, have = _facts(before), _facts(after)
    return Traces(tuple(sorted(had[0] - have[0])), tuple(sorted(had[1] - have[1])))


def _facts(of: Draft) -> tuple[set[str], set[str]]:
    names: set[str] = set()
    hashes: set[str] = set()
    for _, row in of.rows.values():
        names |= {name for name in (row.doi, row.arxiv_id, row.paper_id) if name}
        hashes |= {row.image_sha256, row.pixels_sha256, row.pdf_sha256}
    return names, hashes


def found_in(left: Traces, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Texts that hold a trace, and which: "path: name"."""
    names = {name: re.compile(rf"{re.escape(name)}(?![\w.\-]*\w)", re.IGNORECASE) for name in left.names}
    return tuple(
        f"{path}: {trace}"
        for path, text in sorted(texts.items())
        for trace in (*(name for name, form in names.items() if form.search(text)), *(h for h in left.hashes if h in text))
    )


def mentioning(of: Draft, left: Traces) -> tuple[str, ...]:
    """Rows of other papers that cite a withdrawn one by its DOI: their own words, which stay."""
    if not (left.names or left.hashes):
        return ()
    return tuple(sorted(name for name, (_, row) in of.rows.items() if found_in(left, {name: row.model_dump_json()})))


__all__ = [
    "RUN", "By", "Traces", "Withdrawal", "found_in", "in_a_shell", "mentioning", "next_folder", "plain_doi", "resting_on",
    "traces", "withdrawn", "withdrawn_before",
]  # fmt: skip
