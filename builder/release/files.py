"""The small text files of a release: manifest, recipe, changelog, and the JSON beside the data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from builder.recipe import Recipe
from builder.records import Record
from builder.release.card import escaped
from builder.release.errata import Edition, Errata, Erratum, in_words
from builder.release.rows import CONFIGS, SPLITS, Manifest, ManifestFile, Packed

MANIFEST = "manifest.json"
CARD = "README.md"
SOURCES = "data/image_sources.json"
ATTRITION = "attrition.json"
ATTACKS = "attacks.json"
ERRATA = "errata.json"
REVIEWS = "reviews.json"
CROISSANT = "croissant.json"
RECIPE = "recipe.toml"
CHANGELOG = "CHANGELOG.md"


def json_text(value: Record | Mapping[str, object]) -> str:
    """Readable JSON with stable bytes."""
    plain = value.model_dump(mode="json") if isinstance(value, Record) else value
    return json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def manifest(packed: Packed, files: tuple[ManifestFile, ...], libraries: Mapping[str, str]) -> Manifest:
    """What the release is and every file in it."""
    cut = packed.cut
    return Manifest(
        benchmark=cut.recipe.identity.name,
        title=cut.recipe.identity.title,
        version=cut.version,
        tier=cut.tier,
        signature=packed.signature,
        canary=cut.recipe.identity.canary,
        recipe_hash=cut.recipe.hash,
        logical_hash=packed.logical_hash,
        builder_version=cut.builder_version,
        libraries=dict(sorted(libraries.items())),
        rows=edition(packed, {}).rows,
        left_out=packed.left_out,
        files=tuple(sorted(files, key=lambda file: file.path)),
    )


def edition(packed: Packed, unchanged: Mapping[str, int]) -> Edition:
    """What the history says of this version; `unchanged`: by config, rows that ask the same as in the version before."""
    rows: dict[str, dict[str, int]] = {}
    for (config, split), table in packed.tables.items():
        rows.setdefault(config, {})[split] = len(table)
    return Edition(version=packed.cut.version, signature=packed.signature, rows=rows, unchanged=dict(unchanged))


def changelog_text(packed: Packed) -> str:
    """A release's history, newest version first."""
    errata = packed.errata
    editions = errata.editions if errata else (edition(packed, {}),)
    entries = "\n".join(_entry(one, errata) for one in reversed(editions))
    return (
        f"# Changelog of {packed.cut.recipe.identity.title}\n\n{entries}\n"
        "Item ids are stable over versions: a figure and a task keep their id; `content_hash` says whether the row changed.\n"
    )


def _entry(of: Edition, errata: Errata | None) -> str:
    lines = []
    for one in errata.errata if errata else ():
        if errata and one.version == of.version:
            lines.append(_correction(one, errata.told(one)))
    for config in CONFIGS:
        now = sum(of.rows.get(config, {}).values())
        if config in of.unchanged:
            told = f"{of.unchanged[config]} of {now} rows ask the same as in the version before"
            lines.append(f"- `{config}`: {told}: compare scores over these only")
    there = ((config, split, of.rows.get(config, {}).get(split)) for config in CONFIGS for split in SPLITS)
    lines += [f"- `{config}`, `{split}`: {n} rows" for config, split, n in there if n]
    return f"## {of.version}\n\n" + "\n".join([*lines, f"- signature: `{of.signature}`"]) + "\n"


def _correction(one: Erratum, reason: str | None) -> str:
    told = escaped(f"{in_words(one)}: {reason}" if reason else in_words(one))
    missing = "" if reason else "reason and "
    where = f" ({missing}ids in `{ERRATA}`)" if one.kind == "withdrawn" or not reason else ""
    return f"- {one.id}{f', {one.date}' if one.date else ''}: {told}{where}"


def recipe_text(recipe: Recipe) -> str:
    """The recipe as TOML with every default written out. Reading it back gives the same recipe; the tier is the manifest's."""
    return "\n".join(_table((), recipe.model_dump(mode="json", exclude={"tier"}))).lstrip("\n") + "\n"


def _table(path: tuple[str, ...], table: Mapping[str, object]) -> Iterator[str]:
    if path:
        yield f"\n[{'.'.join(_key(part) for part in path)}]"
    inner = {name: value for name, value in table.items() if isinstance(value, Mapping)}
    for name, value in table.items():
        if name not in inner and value is not None:
            yield f"{_key(name)} = {_value(value)}"
    for name, child in inner.items():
        yield from _table((*path, name), child)


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").isalnum() else _value(name)


def _value(value: object) -> str:
    """A TOML value. JSON's strings, lists, numbers and booleans are TOML's, but for the control character DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


__all__ = [
    "ATTACKS",
    "ATTRITION",
    "CARD",
    "CHANGELOG",
    "CROISSANT",
    "ERRATA",
    "MANIFEST",
    "RECIPE",
    "REVIEWS",
    "SOURCES",
    "changelog_text",
    "edition",
    "json_text",
    "manifest",
    "recipe_text",
]
