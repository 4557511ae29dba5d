"""A release in memory: the rows of a run by config and split, what was left out, its attrition and its signature."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence

from builder.errors import NothingLeft
from builder.records import StageCount
from builder.release.cut_rows import rows_of
from builder.release.logical import logical_hash_of
from builder.release.rows import (
    CONFIGS,
    ID_PREFIX,
    ROWS,
    SPLITS,
    Attrition,
    Config,
    Cut,
    Drop,
    LeftOut,
    Packed,
    Row,
    SplitName,
    asked,
)
from builder.release.shelf import Shelf, Shelved

Tables = Mapping[tuple[Config, SplitName], Sequence[Row]]


def package(cut: Cut, shelf: Shelf | None = None) -> Packed:
    """The rows of a release, on the shelf if there is one. Raises NothingLeft, with the drops, when no figure was kept."""
    if not cut.specimens:
        raise NothingLeft("release", f"no figure was kept\n{_drops(cut.attrition)}", "see which stage dropped them, and why")
    tables = tables_of(rows_of(cut), shelf)
    return packed_rows(cut, tables, _attrition(cut), _left_out(cut, tables))


def packed_rows(cut: Cut, tables: Tables, attrition: Attrition, left_out: tuple[LeftOut, ...]) -> Packed:
    """A release of these rows, before it is examined: of `cut` only recipe, versions and papers are read."""
    whole = logical_hash_of({key: ((row.id, row.content_hash) for row in rows) for key, rows in tables.items()})
    return Packed(
        cut=cut,
        tables=tables,
        left_out=left_out,
        attrition=attrition,
        logical_hash=whole,
        signature=signature(cut.recipe.identity.name, cut.version, cut.recipe.hash, cut.builder_version, whole),
    )


def signature(benchmark: str, version: str, recipe_hash: str, builder_version: str, whole: str) -> str:
    """What every score of this release is pinned to."""
    return f"{benchmark}|{version}|recipe:{recipe_hash[:12]}|microtome:{builder_version}|rows:{whole[:12]}"


def tables_of(rows: Iterable[tuple[Row, SplitName]], shelf: Shelf | None = None) -> Tables:
    """The rows by config and split, in the order of their ids; only tables that have some."""
    config_of = {prefix: config for config, prefix in ID_PREFIX.items()}
    held: list[Row] = []
    places: dict[tuple[Config, SplitName], list[tuple[str, int]]] = {}
    for row, split in rows:
        if shelf is None:
            held.append(row)
        number = shelf.put(row.model_dump_json().encode()) if shelf else len(held) - 1
        places.setdefault((config_of[row.id.partition("-")[0]], split), []).append((row.id, number))
    found: dict[tuple[Config, SplitName], Sequence[Row]] = {}
    for key in sorted(places, key=lambda key: (CONFIGS.index(key[0]), SPLITS.index(key[1]))):
        numbers = [number for _, number in sorted(places[key])]
        read = ROWS[key[0]].model_validate_json
        found[key] = Shelved(shelf, array("Q", numbers), read) if shelf else tuple(held[number] for number in numbers)
    return found


def _left_out(cut: Cut, tables: Tables) -> tuple[LeftOut, ...]:
    left: list[LeftOut] = []
    for config in CONFIGS:
        missing = [split for split in SPLITS if (config, split) not in tables]
        if config not in asked(cut.recipe):
            left.append(LeftOut(config=config, split=None, reason="the recipe does not ask for it"))
        elif len(missing) == len(SPLITS):
            left.append(LeftOut(config=config, split=None, reason="no figure gave a row"))
        else:
            left += [LeftOut(config=config, split=split, reason="no paper of this split gave a row") for split in missing]
    return tuple(left)


def _attrition(cut: Cut) -> Attrition:
    drops = [Drop(record_id=drop.record_id, stage=drop.stage, reason=drop.reason) for drop in cut.dropped]
    return Attrition(stages=cut.attrition, drops=tuple(sorted(drops, key=lambda d: (d.stage, d.record_id, d.reason))))


def _drops(attrition: Sequence[StageCount]) -> str:
    lines = [
        f"  {count.stage}: {count.read} {count.unit} read, {count.kept} kept"
        + "".join(f", {n} {reason}" for reason, n in sorted(count.dropped.items()))
        for count in attrition
    ]
    return "\n".join(lines)


__all__ = ["Tables", "package", "packed_rows", "signature", "tables_of"]
