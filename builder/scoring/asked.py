"""What a release asks, as columns: keys and options as bits, papers as numbers, and what scores are told apart by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
import numpy.typing as npt

from builder.scoring.option_rows import Ints

Row = Mapping[str, object]  # one row of a release, without its image's bytes
Bits = npt.NDArray[np.uint32]  # option A is bit 0

UNKNOWN = "unknown"  # the value of a column that is null
MULTI_SELECT, CAPTION_MATCHING, DESCRIPTION = "multi_select", "caption_matching", "description"
SCORED = (MULTI_SELECT, CAPTION_MATCHING, DESCRIPTION)  # configs that can be answered

_COLUMNS = ("scale", "kind", "field", "subfield", "licence", "tier", "generator")
_MORE = {MULTI_SELECT: ("modality", "bloom_level", "skill")}


@dataclass(frozen=True)
class Facet:
    """One column by which scores are told apart: pairs of an item and a value of it, places in both from 0."""

    values: tuple[str, ...]
    items: Ints
    of: Ints
    single: bool  # every item has one value, so that a mean over values is one over items


@dataclass(frozen=True)
class Asked:
    """The items of one config and split, sorted by id; arrays of shape (items,)."""

    config: str
    split: str
    ids: tuple[str, ...]
    paper_ids: tuple[str, ...]
    figure_ids: tuple[str, ...]
    papers: Ints  # the paper's number, from 0 by first sight: a cluster of the bootstrap
    options: Ints  # how many options; 0 for a description
    keys: Bits  # the right options; 0 for a description
    facets: Mapping[str, Facet]
    distractors: Mapping[str, Bits]  # multi_select: the wrong options of each kind
    attributes: Mapping[str, tuple[Ints, Ints]]  # caption_matching: by edit type, votes (items,) and kept (items, 4)
    references: tuple[str, ...]  # of descriptions; else empty


def asked(config: str, split: str, rows: Sequence[Row], figures: Mapping[str, Row]) -> Asked:
    """The items of `rows`; `figures` are the rows of config `figures` by id, for what only they say."""
    ordered = sorted(rows, key=lambda row: str(row["id"]))
    papers = [str(row["paper_id"]) for row in ordered]
    number = {paper: place for place, paper in enumerate(dict.fromkeys(papers))}
    options = [len(_list(row.get("options"))) for row in ordered]
    keys = np.array([_key(row) for row in ordered], dtype=np.uint32)
    wrong = _distractors(ordered, keys) if config == MULTI_SELECT else {}
    votes = _attributes(ordered) if config == CAPTION_MATCHING else {}
    facets = {name: _facet([[_value(row, name, figures)] for row in ordered]) for name in (*_COLUMNS, *_MORE.get(config, ()))}
    facets["technique"] = _facet([_list(row.get("techniques")) or [UNKNOWN] for row in ordered])
    if config == MULTI_SELECT:
        facets["number_of_keys"] = _facet([[int(n)] for n in np.bitwise_count(keys)])
        facets["number_of_options"] = _facet([[n] for n in options])
        facets["distractor_type"] = _present({kind: bits > 0 for kind, bits in wrong.items()})
    if config == CAPTION_MATCHING:
        facets["edit_type"] = _present({kind: offered > 0 for kind, (offered, _) in votes.items()})
    return Asked(
        config=config,
        split=split,
        ids=tuple(str(row["id"]) for row in ordered),
        paper_ids=tuple(papers),
        figure_ids=tuple(str(row["figure_id"]) for row in ordered),
        papers=np.array([number[paper] for paper in papers], dtype=np.int64),
        options=np.array(options, dtype=np.int64),
        keys=keys,
        facets=facets,
        distractors=wrong,
        attributes=votes,
        references=tuple(str(row["reference"]) for row in ordered) if config == DESCRIPTION else (),
    )


def bits_of(labels: Iterable[str]) -> int:
    """Labels A to Z as bits."""
    return sum({1 << ascii_uppercase.index(label) for label in labels})


def labels_of(bits: int) -> list[str]:
    """The labels of bits, in order."""
    return [label for place, label in enumerate(ascii_uppercase) if bits >> place & 1]


def _key(row: Row) -> int:
    answer = row.get("answer")
    if answer is None:
        return 0
    return 1 << answer if isinstance(answer, int) else bits_of(map(str, _list(answer)))


def _value(row: Row, column: str, figures: Mapping[str, Row]) -> object:
    """The row's own value, else that of its figure."""
    own = row if column in row else figures.get(str(row["figure_id"]), {})
    found = own.get(column)
    return UNKNOWN if found is None else found


def _facet(values: Sequence[Sequence[object]]) -> Facet:
    """The facet of each item's values; numbers are in their own order."""
    distinct = {value for some in values for value in some}
    ordered = sorted(distinct, key=_rank)
    place = {value: n for n, value in enumerate(ordered)}
    pairs = [(item, place[value]) for item, some in enumerate(values) for value in dict.fromkeys(some)]
    return Facet(tuple(map(str, ordered)), *_columns(pairs), single=all(len(some) == 1 for some in values))


def _rank(value: object) -> tuple[int, str]:
    return (value, "") if isinstance(value, int) else (0, str(value))


def _present(has: Mapping[str, npt.NDArray[np.bool_]]) -> Facet:
    pairs = [(int(item), n) for n, kind in enumerate(has) for item in np.flatnonzero(has[kind])]
    return Facet(tuple(has), *_columns(pairs), single=False)


def _columns(pairs: Sequence[tuple[int, int]]) -> tuple[Ints, Ints]:
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _distractors(rows: Sequence[Row], keys: Bits) -> dict[str, Bits]:
    """The wrong options of each kind; a kind's right options are no distractors."""
    kinds = sorted({str(kind) for row in rows for kind in _list(row["option_kinds"])})
    found = {kind: np.zeros(len(rows), dtype=np.uint32) for kind in kinds}
    for item, row in enumerate(rows):
        for option, kind in enumerate(_list(row["option_kinds"])):
            found[str(kind)][item] |= np.uint32(1 << option)
    wrong = {kind: bits & ~keys for kind, bits in found.items()}
    return {kind: bits for kind, bits in wrong.items() if bits.any()}


def _attributes(rows: Sequence[Row]) -> dict[str, tuple[Ints, Ints]]:
    """As caption_match_accuracy counts them: one vote an item and edited place; an option without an edit there keeps it."""
    found: dict[str, tuple[Ints, Ints]] = {}
    for item, row in enumerate(rows):
        places = [{(str(edit["type"]), int(str(edit["start"]))) for edit in _edits(edits)} for edits in _list(row["edits"])]
        for place in sorted(set().union(*places)):
            empty = (np.zeros(len(rows), dtype=np.int64), np.zeros((len(rows), 4), dtype=np.int64))
            votes, kept = found.setdefault(place[0], empty)
            votes[item] += 1
            kept[item] += [place not in option for option in places]
    return dict(sorted(found.items()))


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _edits(value: object) -> list[Mapping[str, object]]:
    return [edit for edit in _list(value) if isinstance(edit, Mapping)]


__all__ = [
    "CAPTION_MATCHING", "DESCRIPTION", "MULTI_SELECT", "SCORED", "UNKNOWN", "Asked", "Bits", "Facet", "Row", "asked", "bits_of",
    "labels_of",
]  # fmt: skip
