"""Derive the next release from the rows of an earlier one, and every table and hash that follows from them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from builder.errors import NothingLeft, UsageError
from builder.records import StageCount
from builder.release.attacks import Answers, Asked, answers_of, attacks_of
from builder.release.diff import LEVELS, ConfigDiff, ReleaseDiff, difference, next_version
from builder.release.errata import Edition, Errata, Erratum, Tombstone, erratum_id
from builder.release.examined import Judgement
from builder.release.files import edition
from builder.release.package import Tables, packed_rows
from builder.release.reviews import reviews_of
from builder.release.rows import (
    CONFIGS,
    ID_PREFIX,
    SPLITS,
    Attrition,
    Config,
    Drop,
    LeftOut,
    Packed,
    Row,
    SplitName,
)
from builder.release.shelf import Changed, Picked
from builder.release.validate import Opened, RowDict
from builder.release.validate_documents import cut_of

WITH_THE_IMAGE = "with_image"  # the attack that a replaced image changes the question of
ALL_GONE = "all of its rows were retired or withdrawn"
_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
_CONFIG = {prefix: config for config, prefix in ID_PREFIX.items()}


@dataclass(frozen=True, eq=False)
class Rows(Mapping[str, tuple[SplitName, Row]]):
    """Rows by id with their split, each read when it is asked for; `places`: the table that it stands in, and where."""

    places: Mapping[str, tuple[SplitName, Sequence[Row], int]]

    def __getitem__(self, name: str) -> tuple[SplitName, Row]:
        split, rows, number = self.places[name]
        return split, rows[number]

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __contains__(self, name: object) -> bool:
        return name in self.places

    def with_rows(self, changed: Iterable[Row]) -> Rows:
        return Rows({**self.places, **{row.id: (self.places[row.id][0], (row,), 0) for row in changed}})

    def without(self, gone: Collection[str]) -> Rows:
        return Rows({name: place for name, place in self.places.items() if name not in gone})

    def tables(self) -> Tables:
        """By config and split, in the order of CONFIGS and SPLITS, by id."""
        found: dict[tuple[Config, SplitName], list[tuple[Sequence[Row], int]]] = {}
        for name in sorted(self.places):
            split, rows, number = self.places[name]
            found.setdefault((_config(name), split), []).append((rows, number))
        return {key: Picked(found[key]) for key in product(CONFIGS, SPLITS) if key in found}


@dataclass(frozen=True)
class Draft:
    """A release on its way to its next version: its rows by id, and what was done to them so far."""

    base: Packed
    version: str
    rows: Rows
    errata: tuple[Erratum, ...]  # all, the earlier ones first
    attrition: Attrition

    @property
    def next_id(self) -> str:
        return erratum_id(len(self.errata) + 1)

    @property
    def new(self) -> tuple[Erratum, ...]:
        return tuple(one for one in self.errata if one.version == self.version)

    def row(self, name: str) -> Row:
        """Raises UsageError where there is no such row, and says whether there once was."""
        if name not in self.rows:
            gone = {stone.id: one for one in self.errata for stone in one.tombstones}
            if name in gone:
                problem = f"left with {gone[name].id} in version {gone[name].version}"
                raise UsageError(name, problem, "an id never comes back; name a row that is there")
            raise UsageError(name, "is no row of this release", "name the id of a row, such as cm-0123456789abcdef")
        return self.rows[name][1]

    def with_rows(self, changed: Iterable[Row]) -> Draft:
        """With these rows in the place of those of the same id."""
        return replace(self, rows=self.rows.with_rows(changed))

    def noting(self, one: Erratum) -> Draft:
        return replace(self, errata=(*self.errata, one))


def draft(base: Packed, version: str) -> Draft:
    """An unchanged copy. Raises UsageError for a version that is none, or not above the release's own."""
    own = base.cut.version
    if not _VERSION.fullmatch(version):
        raise UsageError("--version", f"{version!r} is not a version", "write three numbers, such as 1.1.0")
    if tuple(map(int, version.split("."))) <= tuple(map(int, own.split("."))):
        raise UsageError("--version", f"{version} is not above {own}, the release's own", f"the next ones are {_steps(own)}")
    places = {row.id: (split, table, number) for (_, split), table in base.tables.items() for number, row in enumerate(table)}
    return Draft(base, version, Rows(places), base.errata.errata if base.errata else (), base.attrition)


def _steps(version: str) -> str:
    return ", ".join(f"{next_version(version, level)} ({level})" for level in LEVELS[1:])


def taken_out(of: Draft, names: Iterable[str], reason: str, named: str | None) -> tuple[Draft, tuple[Tombstone, ...]]:
    """Without these rows, and their tombstones by id. `named`: what stands for their ids in attrition.json; None: they do."""
    gone = sorted(set(names))
    stones = tuple(_tombstone(of, name) for name in gone)
    counts = Counter(stone.config for stone in stones)
    drops = [Drop(record_id=named or stone.id, stage=errata_stage(stone.config), reason=reason) for stone in stones]
    before = Counter(_config(name) for name in of.rows)
    stages = list(of.attrition.stages)
    for config in CONFIGS:
        if counts[config]:
            stages = _counted(stages, config, before[config], counts[config], reason)
    listed = sorted((*of.attrition.drops, *drops), key=lambda drop: (drop.stage, drop.record_id, drop.reason))
    return replace(of, rows=of.rows.without(set(gone)), attrition=Attrition(stages=tuple(stages), drops=tuple(listed))), stones


def _config(name: str) -> Config:
    return _CONFIG[name.partition("-")[0]]


def _tombstone(of: Draft, name: str) -> Tombstone:
    split, row = of.rows[name]
    return Tombstone(id=name, config=_config(name), split=split, figure_id=str(getattr(row, "figure_id", name)))


def errata_stage(config: str) -> str:
    """The line of the attrition table that counts a config's rows which were released and then taken out."""
    return f"errata_{config}"


def _counted(stages: Sequence[StageCount], config: str, before: int, gone: int, reason: str) -> list[StageCount]:
    """The table with that many more rows dropped in the config's line, which is added where there is none."""
    name = errata_stage(config)
    there = next((line for line in stages if line.stage == name), None)
    line = there or StageCount(stage=name, unit="rows", read=before, kept=before, made=before)
    dropped = dict(sorted((Counter(line.dropped) + Counter({reason: gone})).items()))
    line = line.model_copy(update={"kept": line.kept - gone, "made": line.made - gone, "dropped": dropped})
    return [*(line if one.stage == name else one for one in stages), *([] if there else [line])]


def emptied(before: Draft, after: Draft) -> tuple[str, ...]:
    """Configs without a row left in any split, and else the splits of a config without one, each with the rows it had."""
    had, have = (Counter((_config(name), place[0]) for name, place in of.rows.places.items()) for of in (before, after))
    said = []
    for config in CONFIGS:
        gone = [split for split in SPLITS if had[config, split] and not have[config, split]]
        if gone and not any(have[config, split] for split in SPLITS):
            said.append(f"config {config}: none of its {sum(had[config, split] for split in SPLITS)} rows is left")
        else:
            said += [f"split {split} of config {config}: none of its {had[config, split]} rows is left" for split in gone]
    return tuple(said)


def revised(of: Draft, builder_version: str) -> Packed:
    """The next release. Raises UsageError where the version makes too small a step, NothingLeft where no figure is left."""
    base = of.base
    tables = of.rows.tables()
    if not any(config == "figures" for config, _ in tables):
        raise NothingLeft("release", "no figure is left", "a benchmark without figures is taken off the Hub as a whole")
    cut = cut_of(base.cut.recipe, of.version, builder_version, (row for rows in tables.values() for row in rows))
    packed = packed_rows(cut, tables, of.attrition, _left_out(base, tables))
    found = change(base, packed)
    if not found.step_is_enough:
        problem = f"{found.before} to {found.after} is a {found.stepped} step; {_asks(found)}"
        raise UsageError("--version", problem, f"the right version is {next_version(found.before, found.level)}")
    packed = replace(packed, errata=_errata(of, packed, found))
    return _examined_again(of, packed)


def change(base: Packed, packed: Packed) -> ReleaseDiff:
    """What changed from one packed release to the other, rows only."""
    return difference(_opened(base), _opened(packed))


def _opened(packed: Packed) -> Opened:
    """A packed release as if it had been read from its folder."""
    tables = {key: Changed(rows, _plain) for key, rows in packed.tables.items()}
    named = {"benchmark": packed.cut.recipe.identity.name, "version": packed.cut.version}
    return Opened(files={}, documents={"manifest.json": named}, texts={}, tables=tables, columns={}, images={})


def _plain(row: Row) -> RowDict:
    return row.model_dump(mode="json")


def _asks(found: ReleaseDiff) -> str:
    why = {
        "major": "a key, an image or a question that changed asks for a major one",
        "minor": "rows that left ask for a minor one",
        "patch": "other texts ask for a patch",
        "none": "nothing changed",
    }
    return why[found.level]


def _left_out(base: Packed, tables: Tables) -> tuple[LeftOut, ...]:
    """What was left out already, and what has no rows since."""
    left = list(base.left_out)
    for config in CONFIGS:
        gone = [split for split in SPLITS if (config, split) in base.tables and (config, split) not in tables]
        if gone and not any((config, split) in tables for split in SPLITS):
            left = [one for one in left if one.config != config]
            left.append(LeftOut(config=config, split=None, reason=ALL_GONE))
        else:
            left += [LeftOut(config=config, split=split, reason=ALL_GONE) for split in gone]
    return tuple(sorted(left, key=lambda one: (CONFIGS.index(one.config), str(one.split))))


def _errata(of: Draft, packed: Packed, found: ReleaseDiff) -> Errata:
    base = of.base
    earlier: tuple[Edition, ...] = base.errata.editions if base.errata else (edition(base, {}),)
    now = edition(packed, {one.config: one.shared for one in found.configs if _scored_otherwise(one)})
    return Errata(canary=base.cut.recipe.identity.canary, editions=(*earlier, now), errata=of.errata)


def _scored_otherwise(one: ConfigDiff) -> bool:
    return one.config != "figures" and one.level not in ("none", "patch")


def _examined_again(of: Draft, packed: Packed) -> Packed:
    """With attacks and reviews: what is counted anew, and of models' answers those that still answer what is asked."""
    items = {row.id for rows in packed.tables.values() for row in rows}
    keyed = {one.subject for one in of.new if one.kind == "key-corrected"}
    pictured = {row for one in of.new if one.kind == "image-replaced" for row in one.changed}
    asked = answers_of(of.base.attacks) if of.base.attacks else {}
    judged = of.base.reviews.judgements if of.base.reviews else ()
    packed = replace(packed, attacks=attacks_of(packed, _still(asked, items, pictured)))
    return replace(packed, reviews=reviews_of(packed, _still_judged(judged, items - keyed - pictured)))


def _still(asked: Asked, items: set[str], pictured: set[str]) -> Asked:
    def kept(attack: str, of: Answers) -> Answers:
        names = items - pictured if attack == WITH_THE_IMAGE else items
        letters = {name: said for name, said in of.letters.items() if name in names}
        return Answers(of.model, letters, {name: why for name, why in of.unanswered.items() if name in names})

    return {config: {attack: kept(attack, of) for attack, of in attacks.items()} for config, attacks in asked.items()}


def _still_judged(judged: Sequence[Judgement], items: set[str]) -> list[Judgement]:
    """A judgement of another key or another picture is none of this item."""
    return [one for one in judged if one.item in items]


__all__ = ["ALL_GONE", "Draft", "change", "draft", "emptied", "errata_stage", "revised", "taken_out"]
