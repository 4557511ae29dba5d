"""The difference of two releases: items added, retired and changed, what that does to scores, and the version it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from builder.records import Record
from builder.release.changed_cells import Part, apart, parts_of, said
from builder.release.rows import CONFIGS, Config, SplitName
from builder.release.validate import Opened, RowDict, Table

Level = Literal["major", "minor", "patch", "none"]
LEVELS: tuple[Level, ...] = ("none", "patch", "minor", "major")

# What a model is shown, and what it is scored by: a change there is another question under an old id.
SHOWN = frozenset({"pixels_sha256", "question", "prompt", "options", "caption"})
_ASKED = SHOWN | {"answer", "reference"}
# Follow from other columns, or name the file and not the pixels.
_DERIVED = frozenset({"content_hash", "image", "image_sha256"})
SINCE = "\n### Since "  # how what changed begins in a CHANGELOG.md, before the earlier version


class Change(Record):
    """One column of one item, before and after."""

    column: str
    before: str
    after: str
    asked: bool  # whether it is what a model is shown or scored by
    parts: tuple[Part, ...]  # what differs, where the cell is a list or a mapping


class ChangedItem(Record):
    """An item that is in both releases and not the same."""

    id: str
    changes: tuple[Change, ...]

    @property
    def level(self) -> Level:
        return "major" if any(change.asked for change in self.changes) else "patch"


class ConfigDiff(Record):
    """One config in both releases."""

    config: Config
    before: int
    after: int
    added: tuple[str, ...]
    retired: tuple[str, ...]
    moved: tuple[str, ...]  # from one split to another
    changed: tuple[ChangedItem, ...]

    @property
    def level(self) -> Level:
        asked = self.config != "figures" and any(item.level == "major" for item in self.changed)
        pixels = any(change.column == "pixels_sha256" for item in self.changed for change in item.changes)
        if asked or pixels:
            return "major"
        if self.added or self.retired or self.moved:
            return "minor"
        return "patch" if self.changed else "none"

    @property
    def shared(self) -> int:
        """Items that ask the same in both."""
        return self.before - len(self.retired) - sum(item.level == "major" for item in self.changed)


class ReleaseDiff(Record):
    """Two releases of one benchmark."""

    benchmark: str
    before: str  # versions
    after: str
    configs: tuple[ConfigDiff, ...]
    texts: tuple[str, ...]  # other files that differ

    @property
    def level(self) -> Level:
        """The least step that the versions must make. Texts alone are a patch."""
        levels = [config.level for config in self.configs] + (["patch"] if self.texts else [])
        return max(levels, key=LEVELS.index, default="none")

    @property
    def stepped(self) -> Level:
        """The step that the versions do make."""
        one, other = (tuple(map(int, version.split("."))) for version in (self.before, self.after))
        if other <= one:
            return "none"
        return "major" if other[0] > one[0] else "minor" if other[1] > one[1] else "patch"

    @property
    def step_is_enough(self) -> bool:
        return LEVELS.index(self.stepped) >= LEVELS.index(self.level)


@dataclass(frozen=True)
class _Placed:
    """The rows of one config: where each id stands."""

    tables: Mapping[SplitName, Table]
    places: Mapping[str, tuple[SplitName, int]]

    def row(self, name: str) -> RowDict:
        split, number = self.places[name]
        return self.tables[split][number]


def next_version(version: str, level: Level) -> str:
    """The least version that makes a step of this level; a patch where nothing changed.

    >>> next_version("1.4.2", "minor")
    '1.5.0'
    """
    major, minor, patch = map(int, version.split("."))
    if level == "major":
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if level == "minor" else f"{major}.{minor}.{patch + 1}"


def difference(before: Opened, after: Opened) -> ReleaseDiff:
    """What changed from one release to the other. Their manifests name benchmark and version."""
    configs = []
    for config in CONFIGS:
        one, other = _by_id(before, config), _by_id(after, config)
        if one.places or other.places:
            configs.append(_config(config, one, other))
    data = {path for opened in (before, after) for path in opened.files if path.startswith("data/")}
    same = {path for path in before.files.keys() & after.files.keys() if before.files[path].sha256 == after.files[path].sha256}
    texts = sorted((before.files.keys() | after.files.keys()) - same - data)
    return ReleaseDiff(
        benchmark=str(after.manifest.get("benchmark")),
        before=str(before.manifest.get("version")),
        after=str(after.manifest.get("version")),
        configs=tuple(configs),
        texts=tuple(texts),
    )


def _by_id(opened: Opened, config: Config) -> _Placed:
    tables = {split: table for (name, split), table in opened.tables.items() if name == config}
    return _Placed(tables, {str(row["id"]): (split, number) for _, split, number, row in opened.rows(config)})


def _config(config: Config, before: _Placed, after: _Placed) -> ConfigDiff:
    one, other = before.places, after.places
    both = sorted(one.keys() & other.keys())
    changed = ((name, tuple(_changes(before.row(name), after.row(name)))) for name in both)
    return ConfigDiff(
        config=config,
        before=len(one),
        after=len(other),
        added=tuple(sorted(other.keys() - one.keys())),
        retired=tuple(sorted(one.keys() - other.keys())),
        moved=tuple(name for name in both if one[name][0] != other[name][0]),
        changed=tuple(ChangedItem(id=name, changes=changes) for name, changes in changed if changes),
    )


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    for column in sorted((before.keys() | after.keys()) - _DERIVED):
        one, other = before.get(column), after.get(column)
        if one != other:
            parts = tuple(parts_of(one, other))
            yield Change(column=column, before=said(one), after=said(other), asked=column in _ASKED, parts=parts)


def changelog_entry(diff: ReleaseDiff) -> str:
    """The entry of CHANGELOG.md, in Markdown: what a reader of scores has to know."""
    return f"## {diff.after}\n\n" + _changes_listed(diff)


def since_entry(diff: ReleaseDiff) -> str:
    """The same under a heading of its own, as a release's CHANGELOG.md carries it beneath its version."""
    return f"{SINCE.lstrip()}{diff.before}\n\n" + _changes_listed(diff)


def _changes_listed(diff: ReleaseDiff) -> str:
    lines = []
    for config in diff.configs:
        told = [f"{len(ids)} {what}" for what, ids in _counts(config) if ids]
        lines.append(f"- `{config.config}`: {', '.join(told) or 'unchanged'}; {comparable(config)}.")
        lines += [f"  - {what}: {', '.join(ids)}" for what, ids in _counts(config) if ids]
    if diff.texts:
        lines.append(f"- Other files that differ: {', '.join(diff.texts)}.")
    return "\n".join(lines) + "\n"


def _counts(config: ConfigDiff) -> tuple[tuple[str, Sequence[str]], ...]:
    asks_other = [item.id for item in config.changed if item.level == "major"]
    same = [item.id for item in config.changed if item.level != "major"]
    return (
        ("added", config.added),
        ("retired", config.retired),
        ("moved to another split", config.moved),
        ("asking something else", asks_other),
        ("with other metadata", same),
    )


def comparable(config: ConfigDiff) -> str:
    """Whether scores of the two versions may stand side by side."""
    if config.level in ("none", "patch"):
        return "scores of both versions are comparable"
    return f"scores are comparable over the {config.shared} items that ask the same in both, and not as printed"


def diff_text(diff: ReleaseDiff) -> str:
    """The difference for a terminal: each changed column side by side."""
    lines = [f"{diff.benchmark} {diff.before} -> {diff.after}: {diff.level} ({_verdict(diff)})"]
    for config in diff.configs:
        lines.append(f"{config.config}: {config.before} -> {config.after} items; {comparable(config)}")
        lines += [f"  {what}: {', '.join(ids)}" for what, ids in _counts(config)[:3] if ids]
        for item in config.changed:
            lines.append(f"  {item.id}")
            for change in item.changes:
                lines += _sides(change)
    if diff.texts:
        lines.append(f"other files that differ: {', '.join(diff.texts)}")
    return "\n".join(lines)


def _sides(change: Change) -> list[str]:
    """What differs in a cell, and no more: both sides of each piece."""
    lines = []
    for part in change.parts:
        lines.append(f"    {change.column}{part.place}")
        one, other = apart(part.before, part.after)
        lines += [f"      - {one}"] if one is not None else []
        lines += [f"      + {other}"] if other is not None else []
    return lines


def _verdict(diff: ReleaseDiff) -> str:
    if diff.level == "none":
        return "nothing changed"
    if diff.step_is_enough:
        return f"the step from {diff.before} to {diff.after} says so"
    return f"the step from {diff.before} to {diff.after} is {diff.stepped}: too small"


__all__ = [
    "SHOWN",
    "SINCE",
    "Change",
    "ChangedItem",
    "ConfigDiff",
    "Level",
    "next_version",
    "ReleaseDiff",
    "changelog_entry",
    "comparable",
    "diff_text",
    "difference",
    "since_entry",
]
