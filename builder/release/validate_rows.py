"""Checks of the rows: schema, ids, keys, options, edits, images, splits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from builder.errors import Issue
from builder.release.errata import Errata
from builder.release.logical import content_hash
from builder.release.rows import ID_PREFIX, LETTERS
from builder.release.validate import Opened, RowDict, Table, at
from builder.release.validate_errata import errata_of
from builder.stages.folding import folded

DESIGNS = (("0", "1", "2", "3"), ("00", "01", "10", "11"), ("000", "011", "101", "110"))
_REBUILD = "rebuild the release with `microtome build`"


def ids(opened: Opened) -> Iterator[Issue]:
    """Ids unique over the release, of their config's kind, rows in their order, and items of figures that are there."""
    seen: set[object] = set()
    twice: dict[object, list[str]] = {}
    for config, split, number, row in opened.rows():
        if row.get("id") in seen:
            twice[row.get("id")] = []
        seen.add(row.get("id"))
        if not str(row.get("id")).startswith(f"{ID_PREFIX[config]}-"):
            wanted = f"ids of {config} begin with {ID_PREFIX[config]}-; {_REBUILD}"
            yield Issue("wrong-id", at(config, split, number, row), f"id is {row.get('id')!r}", wanted)
    for config, split, number, row in opened.rows() if twice else ():
        if row.get("id") in twice:
            twice[row.get("id")].append(f"{config}/{split} > row {number}")
    for name, where in twice.items():
        yield Issue("duplicate-id", where[0], f"id {name!r} is also at {', '.join(where[1:])}", "keep one row an id")
    for (config, split), table in opened.tables.items():
        if any(one > other for one, other in pairwise(str(row.get("id")) for row in table)):
            yield Issue("unsorted", f"{config}/{split}", "rows are not in the order of their ids", f"sort by id; {_REBUILD}")


def lineage(opened: Opened) -> Iterator[Issue]:
    """Every item points to a figure of the release."""
    figures = {row.get("id") for _, _, _, row in opened.rows("figures")}
    for config, split, number, row in opened.rows():
        if config == "figures":
            continue
        if row.get("figure_id") not in figures:
            problem = f"figure_id is {row.get('figure_id')!r}, which no row of figures has"
            yield Issue(
                "unknown-figure", at(config, split, number, row), problem, "ship the figure's row, or take the item out"
            )


def splits(opened: Opened) -> Iterator[Issue]:
    """No paper in two splits, by its id, its PDF and its DOI."""
    by_column: dict[str, dict[str, set[tuple[str, str]]]] = {
        name: defaultdict(set) for name in ("paper_id", "pdf_sha256", "doi")
    }
    for config, split, _, row in opened.rows():
        for column, where in by_column.items():
            if row.get(column):
                where[str(row[column])].add((split, config))
    for column, where in by_column.items():
        for name, found in sorted(where.items()):
            if len({split for split, _ in found}) > 1:
                listed = ", ".join(f"{config}/{split}" for split, config in sorted(found))
                wanted = f"one paper, one split in every config; {_REBUILD}"
                yield Issue("paper-in-both-splits", f"{column} {name}", f"has rows in {listed}", wanted)


def keys(opened: Opened) -> Iterator[Issue]:
    """Keys among the options, at the option without edits, and spread over A to D."""
    found = errata_of(opened)
    corrected = found.keys if found else {}
    for config, split, number, row in opened.rows("caption_matching"):
        yield from _key(at(config, split, number, row), row, str(row.get("id")) in corrected)
    for (config, split), table in opened.tables.items():
        if config == "caption_matching":
            counts = Counter(answer for row in table if isinstance(answer := row.get("answer"), int))
            seats = [counts.get(seat, 0) for seat in range(len(LETTERS))]
            if max(seats) - min(seats) > 1 + _unseated(found, split, table):
                shown = ", ".join(f"{letter} {n}" for letter, n in zip(LETTERS, seats, strict=True))
                wanted = f"positions of the key differ by one at most; {_REBUILD}"
                yield Issue("keys-unbalanced", f"{config}/{split}", f"keys are {shown}", wanted)


def _unseated(found: Errata | None, split: str, table: Table) -> int:
    """By how much errata may have spread the seats: a row that left by one, a key that moved by two; others keep theirs."""
    if found is None:
        return 0
    here = {row.get("id") for row in table}
    left = sum(s.config == "caption_matching" and s.split == split for one in found.errata for s in one.tombstones)
    return left + 2 * len(here & found.keys.keys())


def _key(place: str, row: RowDict, corrected: bool) -> Iterator[Issue]:
    answer, options, edits, design = (row.get(name) for name in ("answer", "options", "edits", "design"))
    if not (isinstance(options, list) and isinstance(edits, list) and isinstance(design, list)):
        return  # the schema check has said so
    if not isinstance(answer, int) or not 0 <= answer < len(options):
        wanted = f"the key is the index of an option, 0 to {len(options) - 1}"
        yield Issue("key-not-an-option", f"{place} > answer", f"answer is {answer!r}", wanted)
        return
    true = [i for i, made in enumerate(edits) if not made]
    if true != [answer] and not corrected:
        found = ", ".join(LETTERS[i] for i in true) or "none"
        problem = f"answer is {LETTERS[answer]}; options without edits: {found}"
        yield Issue("wrong-key", f"{place} > answer", problem, f"the key is the one option without edits; {_REBUILD}")


def options(opened: Opened) -> Iterator[Issue]:
    """No two options equal or equivalent; every option is the true one with its edits; the design is balanced."""
    for config, split, number, row in opened.rows("caption_matching"):
        found = row.get("options")
        if isinstance(found, list) and all(isinstance(option, str) for option in found):
            place = at(config, split, number, row)
            yield from _equivalent(place, found)
            yield from _edited(place, row, found)
            yield from _design(place, row)


def _equivalent(place: str, found: list[str]) -> Iterator[Issue]:
    first: dict[str, str] = {}
    for letter, option in zip(LETTERS, found, strict=False):
        twin = first.setdefault(folded(option), letter)
        if twin != letter:
            problem = f"options {twin} and {letter} say the same"
            yield Issue("equivalent-options", f"{place} > options", problem, f"four different captions; {_REBUILD}")


def _edited(place: str, row: RowDict, found: list[str]) -> Iterator[Issue]:
    edits: Any = row.get("edits")
    true = [i for i, made in enumerate(edits or []) if not made]
    if len(true) != 1 or true[0] >= len(found):
        return  # the check of keys has said so
    for index, made in enumerate(edits):
        if index < len(found) and _applied(found[true[0]], made) != found[index]:
            problem = f"option {LETTERS[index]} is not the true caption with its edits applied"
            yield Issue(
                "edits-do-not-apply", f"{place} > edits", problem, f"edits give each option from the true one; {_REBUILD}"
            )


def _applied(true: str, edits: list[Mapping[str, Any]]) -> str | None:
    """The true option with the edits made; None where an edit does not find its original."""
    text = true
    for edit in sorted(edits, key=lambda edit: -int(edit["start"])):
        start, end = int(edit["start"]), int(edit["end"])
        if true[start:end] != edit["original"]:
            return None
        text = text[:start] + str(edit["replacement"]) + text[end:]
    return text


def _design(place: str, row: RowDict) -> Iterator[Issue]:
    design, edits = row.get("design"), row.get("edits")
    if not (isinstance(design, list) and isinstance(edits, list)):
        return
    if tuple(sorted(map(str, design))) not in DESIGNS:
        wanted = "00, 10, 01, 11 or 000, 110, 101, 011, two against two; or 0 to 3, four values of one attribute"
        yield Issue("unbalanced-design", f"{place} > design", f"design is {design}", wanted)
    if any((str(vertex).strip("0") != "") != bool(made) for vertex, made in zip(design, edits, strict=False)):
        problem = f"design is {design}, options with edits: {[LETTERS[i] for i, made in enumerate(edits[:4]) if made]}"
        yield Issue("unbalanced-design", f"{place} > design", problem, "an option has edits where its vertex is not all 0")
    types = sorted({str(edit["type"]) for made in edits for edit in made})
    if row.get("edit_types") != types:
        yield Issue("edit-types", f"{place} > edit_types", f"is {row.get('edit_types')}", f"the types in edits are {types}")


def images(opened: Opened) -> Iterator[Issue]:
    """Every image is there, decodes, and is the one its row says, with the canary in its text chunk."""
    for config, split, number, row in opened.rows():
        place = at(config, split, number, row, "image")
        fact = opened.images.get((config, split, number))
        if fact is None:
            if row.get("tier") != "pointer":
                yield Issue("missing-image", place, "has no bytes", f"every row but a pointer row carries its PNG; {_REBUILD}")
        elif fact.problem:
            yield Issue("broken-image", place, fact.problem, f"a PNG that decodes; {_REBUILD}")
        else:
            wants = {"image_sha256": fact.sha256, "pixels_sha256": fact.pixels_sha256}
            if config == "figures":
                wants |= {"image_width": str(fact.width), "image_height": str(fact.height)}
            for column, value in wants.items():
                if str(row.get(column)) != value:
                    problem = f"{column} is {str(row.get(column))[:16]}; the image has {str(value)[:16]}"
                    yield Issue("image-differs", place, problem, f"the image that the row names; {_REBUILD}")
            if fact.canary != row.get("canary"):
                yield Issue(
                    "no-canary", place, f"the PNG's canary is {fact.canary!r}", f"the row's, {row.get('canary')!r}; {_REBUILD}"
                )


def contents(opened: Opened) -> Iterator[Issue]:
    """Every row's content hash, and the canary in every row."""
    canary = opened.manifest.get("canary")
    for config, split, number, row in opened.rows():
        if row.get("content_hash") != content_hash(row):
            problem = f"content_hash is {str(row.get('content_hash'))[:16]}; the row gives {content_hash(row)[:16]}"
            wanted = f"the row was changed after packaging; {_REBUILD}"
            yield Issue("row-changed", at(config, split, number, row), problem, wanted)
        if canary and row.get("canary") != canary:
            place = at(config, split, number, row, "canary")
            yield Issue("no-canary", place, f"is {row.get('canary')!r}", f"the manifest's, {canary!r}; {_REBUILD}")


ROW_CHECKS = (ids, lineage, splits, keys, options, images, contents)

__all__ = ["ROW_CHECKS", "contents", "folded", "ids", "images", "keys", "lineage", "options", "splits"]
