"""Count what a release covers: every number on its card comes from here, and here from its rows."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from builder.release.rows import (
    ALPHABET,
    CONFIGS,
    LETTERS,
    SPLITS,
    CaptionMatchingRow,
    Config,
    DescriptionRow,
    FigureRow,
    MultiSelectRow,
    Packed,
    Row,
)
from builder.stages.tokens import count_tokens

NOT_KNOWN = "unknown"


@dataclass(frozen=True)
class Tally:
    """One line of a coverage table."""

    name: str
    counts: tuple[int, ...]  # of rows, in the order of Coverage.configs
    share: float  # of the rows of the table's first config, in [0, 1]


@dataclass(frozen=True)
class Table:
    """One coverage table. A row with several values (techniques) counts in each of them."""

    name: str
    several: bool
    tallies: tuple[Tally, ...]


@dataclass(frozen=True)
class Lengths:
    """Lengths of one text, in tokens."""

    text: str
    n: int
    mean: float
    median: float
    least: int
    most: int


@dataclass(frozen=True)
class SplitCount:
    """Rows of one split of one config, and the papers they come from."""

    config: Config
    split: str
    rows: int
    papers: int
    images: int


@dataclass(frozen=True)
class LicenceCount:
    """One licence and what stands under it."""

    licence: str
    url: str | None
    counts: tuple[int, ...]  # rows with an image, in the order of Coverage.configs
    pointers: int


@dataclass(frozen=True)
class Questions:
    """What the items of multi_select are like."""

    figures: int  # that they ask about
    letters: dict[str, tuple[int, int]]  # right options at each letter, and options there
    right: dict[int, int]  # items by number of right options
    tables: tuple[tuple[str, dict[str, int]], ...]  # items by Bloom level, skill, modality, author; options by kind
    models: tuple[str, ...]  # that wrote items


@dataclass(frozen=True)
class Coverage:
    """Everything counted in one release."""

    configs: tuple[Config, ...]  # those with rows
    splits: tuple[SplitCount, ...]
    papers: int
    tiers: dict[str, int]  # rows of `figures`
    withheld: dict[str, int]  # reason: pointer rows that carry it
    licences: tuple[LicenceCount, ...]
    nameless: int  # rows of `figures` with an image and without a creator
    tables: tuple[Table, ...]  # rows with an image
    lengths: tuple[Lengths, ...]
    edit_types: dict[str, int]  # items of caption_matching in which the type is present
    attributes: dict[int, int]  # items by number of edited attributes
    keys: dict[str, tuple[int, ...]]  # per split, keys at A, B, C, D
    questions: Questions  # of multi_select


class _Seen:
    """What one pass over rows counts: by fact, how many rows say what."""

    def __init__(self) -> None:
        self.rows = 0
        self.facts: defaultdict[str, Counter[Any]] = defaultdict(Counter)

    def add(self, row: Row) -> None:
        self.rows += 1
        for fact, value in _facts(row):
            self.facts[fact][value] += 1

    def __getitem__(self, fact: str) -> Counter[Any]:
        return self.facts[fact] if fact in self.facts else Counter()


def _facts(row: Row) -> Iterator[tuple[str, object]]:
    """Facts of a row and their values, each as often as the row says it."""
    yield "paper", row.paper_id
    yield "licence", _licence(row)
    if row.image is not None:
        yield "image", True
        yield "licence with an image", _licence(row)
        for name, values in _CLASSES:
            found = values(row)
            yield from ((name, value) for value in found)
            if len(found) > 1:
                yield "several", name
    if isinstance(row, FigureRow):
        yield from _of_figure(row)
    elif isinstance(row, CaptionMatchingRow):
        yield from (("edit type", kind) for kind in row.edit_types)
        yield "attributes", len(row.design[row.answer])
        yield "answer", row.answer
    elif isinstance(row, MultiSelectRow):
        yield from _of_question(row)


def _of_figure(row: FigureRow) -> Iterator[tuple[str, object]]:
    yield "tier", row.tier
    if row.tier == "pointer":
        yield "licence of a pointer", _licence(row)
        yield from (("withheld", reason) for reason in row.withheld)
    if row.image is not None and not row.creators:
        yield "nameless", True


def _of_question(row: MultiSelectRow) -> Iterator[tuple[str, object]]:
    yield "figure", row.figure_id
    yield from (("letter", letter) for letter in ALPHABET[: len(row.options)])
    yield from (("right letter", letter) for letter in row.answer)
    yield "right", len(row.answer)
    yield "Bloom level", str(row.bloom_level)
    yield "skill", row.skill
    yield "modality asked about", row.modality
    yield "written by", row.model or "rules"
    yield from (("kind of option", kind) for kind in row.option_kinds)
    if row.model:
        yield "model", row.model


def _texts(row: Row) -> Iterator[tuple[str, str]]:
    """The texts of a row whose lengths are told, by their names in _LENGTHS."""
    if isinstance(row, FigureRow):
        yield from (("caption (`figures`)", text) for text in (row.caption,) if text)
        yield from (("mention (`figures`)", text) for text in row.mentions)
        yield from (("reference (`figures`)", text) for text in (row.reference,) if text)
    elif isinstance(row, CaptionMatchingRow):
        yield from (("option (`caption_matching`)", text) for text in row.options)
    elif isinstance(row, DescriptionRow):
        yield "caption (`description`)", row.caption
        yield "reference (`description`)", row.reference
    elif isinstance(row, MultiSelectRow):
        yield from (("option (`multi_select`)", text) for text in row.options)


_LENGTHS = (
    "caption (`figures`)",
    "mention (`figures`)",
    "reference (`figures`)",
    "option (`caption_matching`)",
    "caption (`description`)",
    "reference (`description`)",
    "option (`multi_select`)",
)


def coverage(packed: Packed) -> Coverage:
    """Everything counted in a release, in one pass over its rows."""
    lengths = {name: array("L") for name in _LENGTHS}
    tables = {key: _seen(rows, lengths) for key, rows in packed.tables.items()}
    whole = {config: _together([seen for (name, _), seen in tables.items() if name == config]) for config in CONFIGS}
    configs = tuple(config for config in CONFIGS if whole[config].rows)
    figures, items = whole["figures"], whole["caption_matching"]
    return Coverage(
        configs=configs,
        splits=tuple(
            SplitCount(config, split, seen.rows, len(seen["paper"]), seen["image"].total())
            for (config, split), seen in tables.items()
        ),
        papers=len(figures["paper"]),
        tiers=_sorted(figures["tier"]),
        withheld=_sorted(figures["withheld"]),
        licences=_licences([whole[config] for config in configs], figures),
        nameless=figures["nameless"].total(),
        tables=tuple(_table([whole[config] for config in configs], name) for name, _ in _CLASSES),
        lengths=tuple(_lengths(name, counts) for name, counts in lengths.items() if counts),
        edit_types=_sorted(items["edit type"]),
        attributes=dict(sorted(items["attributes"].items())),
        questions=_questions(whole["multi_select"]),
        keys={
            split: tuple(seen["answer"][seat] for seat in range(len(LETTERS)))
            for split in SPLITS
            if (seen := tables.get(("caption_matching", split))) and seen.rows
        },
    )


def _seen(rows: Iterable[Row], lengths: Mapping[str, array[int]]) -> _Seen:
    seen = _Seen()
    for row in rows:
        seen.add(row)
        for name, text in _texts(row):
            lengths[name].append(count_tokens(text))
    return seen


def _together(parts: Sequence[_Seen]) -> _Seen:
    whole = _Seen()
    for part in parts:
        whole.rows += part.rows
        for fact, counts in part.facts.items():
            whole.facts[fact].update(counts)
    return whole


def _questions(items: _Seen) -> Questions:
    return Questions(
        figures=len(items["figure"]),
        letters={letter: (items["right letter"][letter], items["letter"][letter]) for letter in sorted(items["letter"])},
        right=dict(sorted(items["right"].items())),
        tables=(
            ("Bloom level", dict(sorted(items["Bloom level"].items()))),
            *((name, _sorted(items[name])) for name in ("skill", "modality asked about", "written by", "kind of option")),
        ),
        models=tuple(sorted(items["model"])),
    )


def _one(value: object) -> tuple[str, ...]:
    return (NOT_KNOWN if value is None else str(value),)


# SPM-Bench's Figure 1 (modality), Table 7 (field); CSMBench's four scales; the rest is where the rows come from.
_CLASSES: tuple[tuple[str, Callable[[Row], tuple[str, ...]]], ...] = (
    ("modality", lambda row: row.techniques or (NOT_KNOWN,)),
    ("scale", lambda row: _one(row.scale)),
    ("kind", lambda row: _one(row.kind)),
    ("field", lambda row: _one(row.field)),
    ("publisher", lambda row: _one(row.publisher)),
    ("year", lambda row: _one(row.year)),
)


def _sorted(counts: Counter[str]) -> dict[str, int]:
    """Counts, the largest first, ties by name."""
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _table(whole: Sequence[_Seen], name: str) -> Table:
    counts = [seen[name] for seen in whole]
    names = {value for count in counts for value in count}
    order = sorted(names) if name == "year" else sorted(names, key=lambda value: (*(-count[value] for count in counts), value))
    shown = whole[0]["image"].total() if whole else 0
    tallies = tuple(
        Tally(value, tuple(count[value] for count in counts), counts[0][value] / shown if shown else 0.0) for value in order
    )
    return Table(name, any(seen["several"][name] for seen in whole), tallies)


def _licences(whole: Sequence[_Seen], figures: _Seen) -> tuple[LicenceCount, ...]:
    return tuple(
        LicenceCount(
            licence,
            url or None,
            tuple(seen["licence with an image"][licence, url] for seen in whole),
            figures["licence of a pointer"][licence, url],
        )
        for licence, url in sorted({found for seen in whole for found in seen["licence"]})
    )


def _licence(row: Row) -> tuple[str, str]:
    return row.licence, row.licence_url or ""


def _lengths(text: str, counts: array[int]) -> Lengths:
    return Lengths(text, len(counts), mean(counts), median(counts), min(counts), max(counts))


__all__ = ["Coverage", "Lengths", "LicenceCount", "Questions", "SplitCount", "Table", "Tally", "coverage"]
