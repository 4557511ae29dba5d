"""Count what a release covers: every number on its card comes from here, and here from its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

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
    SplitName,
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


def coverage(packed: Packed) -> Coverage:
    """Everything counted in a release."""
    figures = [row for row in packed.rows("figures") if isinstance(row, FigureRow)]
    items = [row for row in packed.rows("caption_matching") if isinstance(row, CaptionMatchingRow)]
    descriptions = [row for row in packed.rows("description") if isinstance(row, DescriptionRow)]
    configs = tuple(config for config in CONFIGS if packed.rows(config))
    pointers = [row for row in figures if row.tier == "pointer"]
    return Coverage(
        configs=configs,
        splits=tuple(
            SplitCount(
                config, split, len(rows), len({row.paper_id for row in rows}), sum(row.image is not None for row in rows)
            )
            for (config, split), rows in packed.tables.items()
        ),
        papers=len({row.paper_id for row in figures}),
        tiers=_sorted(row.tier for row in figures),
        withheld=_sorted(reason for row in pointers for reason in row.withheld),
        licences=_licences(packed, configs),
        nameless=sum(row.image is not None and not row.creators for row in figures),
        tables=tuple(_table(packed, configs, name, values) for name, values in _CLASSES),
        lengths=tuple(_lengths(figures, items, descriptions, packed)),
        edit_types=_sorted(kind for row in items for kind in row.edit_types),
        attributes=dict(sorted(Counter(len(row.design[row.answer]) for row in items).items())),
        questions=_questions([row for row in packed.rows("multi_select") if isinstance(row, MultiSelectRow)]),
        keys={split: _seats(packed, split) for split in SPLITS if packed.tables.get(("caption_matching", split))},
    )


def _questions(items: Sequence[MultiSelectRow]) -> Questions:
    there = Counter(letter for row in items for letter in ALPHABET[: len(row.options)])
    right = Counter(letter for row in items for letter in row.answer)
    return Questions(
        figures=len({row.figure_id for row in items}),
        letters={letter: (right[letter], there[letter]) for letter in sorted(there)},
        right=dict(sorted(Counter(len(row.answer) for row in items).items())),
        tables=(
            ("Bloom level", dict(sorted(Counter(str(row.bloom_level) for row in items).items()))),
            ("skill", _sorted(row.skill for row in items)),
            ("modality asked about", _sorted(row.modality for row in items)),
            ("written by", _sorted(row.model or "rules" for row in items)),
            ("kind of option", _sorted(kind for row in items for kind in row.option_kinds)),
        ),
        models=tuple(sorted({row.model for row in items if row.model})),
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


def _sorted(values: Iterable[str]) -> dict[str, int]:
    """Counts, the largest first, ties by name."""
    return dict(sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0])))


def _with_image(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.image is not None]


def _shown(packed: Packed, config: Config) -> list[Row]:
    return _with_image(packed.rows(config))


def _table(packed: Packed, configs: Sequence[Config], name: str, values: Callable[[Row], tuple[str, ...]]) -> Table:
    rows = [_shown(packed, config) for config in configs]
    counts = [Counter(value for row in shown for value in values(row)) for shown in rows]
    names = _sorted(value for shown in rows for row in shown for value in values(row))
    order = sorted(names) if name == "year" else sorted(names, key=lambda value: (*(-count[value] for count in counts), value))
    whole = len(rows[0]) if rows else 0
    tallies = tuple(
        Tally(value, tuple(count[value] for count in counts), counts[0][value] / whole if whole else 0.0) for value in order
    )
    return Table(name, any(len(values(row)) > 1 for shown in rows for row in shown), tallies)


def _licences(packed: Packed, configs: Sequence[Config]) -> tuple[LicenceCount, ...]:
    every = sorted({(row.licence, row.licence_url or "") for config in configs for row in packed.rows(config)})
    return tuple(
        LicenceCount(
            licence,
            url or None,
            tuple(sum(_under(row, licence, url) for row in _shown(packed, config)) for config in configs),
            sum(row.tier == "pointer" and _under(row, licence, url) for row in packed.rows("figures")),
        )
        for licence, url in every
    )


def _under(row: Row, licence: str, url: str) -> bool:
    return (row.licence, row.licence_url or "") == (licence, url)


def _lengths(
    figures: Sequence[FigureRow],
    items: Sequence[CaptionMatchingRow],
    descriptions: Sequence[DescriptionRow],
    packed: Packed,
) -> Iterable[Lengths]:
    texts = {
        "caption (`figures`)": [row.caption for row in figures if row.caption],
        "mention (`figures`)": [mention for row in figures for mention in row.mentions],
        "reference (`figures`)": [row.reference for row in figures if row.reference],
        "option (`caption_matching`)": [option for row in items for option in row.options],
        "caption (`description`)": [row.caption for row in descriptions],
        "reference (`description`)": [row.reference for row in descriptions],
        "option (`multi_select`)": [
            o for row in packed.rows("multi_select") if isinstance(row, MultiSelectRow) for o in row.options
        ],
    }
    for name, found in texts.items():
        counts = [count_tokens(text) for text in found]
        if counts:
            yield Lengths(name, len(counts), mean(counts), median(counts), min(counts), max(counts))


def _seats(packed: Packed, split: SplitName) -> tuple[int, ...]:
    rows = packed.tables[("caption_matching", split)]
    answers = Counter(row.answer for row in rows if isinstance(row, CaptionMatchingRow))
    return tuple(answers[seat] for seat in range(len(LETTERS)))


__all__ = ["Coverage", "Lengths", "LicenceCount", "Questions", "SplitCount", "Table", "Tally", "coverage"]
