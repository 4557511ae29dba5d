"""Checks of the files: documents against their schemas, checksums, columns, manifest and card against the data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from builder.errors import Issue, UsageError
from builder.recipe import read_recipe
from builder.release.data_files import all_shards, loaded_as, shards_of
from builder.release.files import ATTACKS, ATTRITION, CARD, CROISSANT, MANIFEST, RECIPE, REVIEWS, SOURCES
from builder.release.logical import logical_hash
from builder.release.package import signature
from builder.release.rows import CONFIGS, LEAKAGE_NOTE, SPLITS
from builder.release.schemas import schema_files, schemas
from builder.release.validate import Opened, short

REQUIRED = (
    CARD,
    SOURCES,
    ATTRITION,
    ATTACKS,
    REVIEWS,
    CROISSANT,
    RECIPE,
    "CHANGELOG.md",
    "licenses/CC-BY-NC-SA-4.0.txt",
    "TERMS_OF_USE.md",
    "citations.bib",
    *(f"schemas/{name}" for name in schema_files()),
)
FROM_THE_HUB = (".gitattributes",)  # the Hub adds it to every repository, and a download brings it
_REBUILD = "rebuild the release with `microtome build`"


def documents(opened: Opened) -> Iterator[Issue]:
    """Every required file is there, and the schemas shipped are those of this version."""
    known = schemas()
    for path in REQUIRED:
        if path not in opened.files:
            yield Issue("missing-file", path, "is not there", f"every release carries it; {_REBUILD}")
    for name, schema in known.items():
        path = f"schemas/{name}.json"
        if path in opened.documents and opened.documents[path] != json.loads(json.dumps(schema)):
            yield Issue(
                "schema-differs",
                path,
                "is not the schema of this version of microtome",
                f"validate with that version, or {_REBUILD}",
            )


def checksums(opened: Opened) -> Iterator[Issue]:
    """The manifest names every file, with its size and hash, and nothing else lies there."""
    if not opened.manifest:
        return  # that it is missing or not as its schema has it was said
    listed = {str(file.get("path")): file for file in _list(opened.manifest.get("files"))}
    for path in sorted(listed.keys() - opened.files.keys()):
        if path not in REQUIRED:
            yield Issue("missing-file", path, "is not there", f"the manifest lists it; {_REBUILD}")
    for path in sorted(opened.files.keys() - listed.keys() - {MANIFEST, *FROM_THE_HUB}):
        yield Issue("extra-file", path, "the manifest does not list it", "take it out of the folder")
    for one, other in _alike(listed.keys() | opened.files.keys()):
        yield Issue(
            "case-collision", other, f"differs from {one} in case alone", "some file systems keep one of them; rename it"
        )
    for path in sorted(listed.keys() & opened.files.keys()):
        fact, said = opened.files[path], listed[path]
        if fact.bytes != said.get("bytes"):
            yield Issue("size", path, f"has {fact.bytes} bytes; the manifest says {said.get('bytes')}", _REBUILD)
        if fact.sha256 != said.get("sha256"):
            problem = f"SHA-256 is {fact.sha256[:16]}; the manifest says {str(said.get('sha256'))[:16]}"
            yield Issue("checksum", path, problem, f"the file was changed after packaging; {_REBUILD}")


def _alike(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of names that are one where case does not count."""
    first: dict[str, str] = {}
    for path in sorted(paths):
        if first.setdefault(path.casefold(), path) != path:
            yield first[path.casefold()], path


def _list(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def shards(opened: Opened) -> Iterator[Issue]:
    """The data files of each config and split are numbered through, and none of them is missing or too many."""
    for config, split in product(CONFIGS, SPLITS):
        there = shards_of(opened.files, config, split)
        if there != all_shards(config, split, len(there)):
            names = ", ".join(path.rpartition("/")[2] for path in there)
            wanted = "files are numbered from 00000 on, and each names how many they are"
            yield Issue("shards", f"data/{config}", f"has of {split}: {short(names)}", f"{wanted}; {_REBUILD}")


def counts(opened: Opened) -> Iterator[Issue]:
    """Rows of each data file, the manifest's table of rows, what is said to be left out, the hash and the signature."""
    manifest = opened.manifest
    if not manifest:
        return
    found: dict[str, dict[str, int]] = {}
    for (config, split), table in opened.tables.items():
        found.setdefault(config, {})[split] = len(table)
    if manifest.get("rows") != found:
        yield Issue("rows", f"{MANIFEST} > rows", f"says {manifest.get('rows')}; the data has {found}", _REBUILD)
    for file in _list(manifest.get("files")):
        rows = opened.file_rows.get(str(file.get("path")))
        if rows is not None and file.get("rows") != rows:
            yield Issue("rows", str(file["path"]), f"has {rows} rows; the manifest says {file.get('rows')}", _REBUILD)
    whole = logical_hash({(str(c), str(s)): table for (c, s), table in opened.tables.items()})
    if manifest.get("logical_hash") != whole:
        problem = f"is {str(manifest.get('logical_hash'))[:16]}; the rows give {whole[:16]}"
        yield Issue("logical-hash", f"{MANIFEST} > logical_hash", problem, f"rows or manifest were changed; {_REBUILD}")
    parts = [str(manifest.get(name)) for name in ("benchmark", "version", "recipe_hash", "builder_version", "logical_hash")]
    if manifest.get("signature") != signature(*parts):
        problem = f"is {manifest.get('signature')!r}"
        yield Issue("signature", f"{MANIFEST} > signature", problem, f"its own fields give {signature(*parts)!r}; {_REBUILD}")


def left_out(opened: Opened) -> Iterator[Issue]:
    """A config or split without rows is named as left out; one with rows is not."""
    named = {(entry.get("config"), entry.get("split")) for entry in _list(opened.manifest.get("left_out"))}
    for config in CONFIGS:
        for split in SPLITS:
            there = (config, split) in opened.tables
            said = (config, None) in named or (config, split) in named
            if opened.manifest and there == said:
                problem = "has rows and is named as left out" if there else "has no rows and is not named as left out"
                yield Issue("left-out", f"{MANIFEST} > left_out > {config}/{split}", problem, _REBUILD)


def recipe(opened: Opened) -> Iterator[Issue]:
    """recipe.toml reads as the recipe whose hash the manifest carries."""
    text, manifest = opened.texts.get(RECIPE), opened.manifest
    if text is None or manifest.get("tier") not in ("open", "private"):
        return
    try:
        found = read_recipe(text, RECIPE).model_copy(update={"tier": manifest["tier"]})
    except UsageError as error:
        yield Issue("recipe", RECIPE, error.problem, _REBUILD)
        return
    if found.hash != manifest.get("recipe_hash"):
        problem = f"hash is {found.hash[:16]}; the manifest says {str(manifest.get('recipe_hash'))[:16]}"
        yield Issue("recipe", RECIPE, problem, _REBUILD)
    if found.identity.canary != manifest.get("canary"):
        yield Issue(
            "no-canary", f"{MANIFEST} > canary", f"is {manifest.get('canary')!r}", f"the recipe's, {found.identity.canary!r}"
        )


def attrition(opened: Opened) -> Iterator[Issue]:
    """read = kept + dropped in every line of the attrition table."""
    document = opened.documents.get(ATTRITION)
    for line in _list(document.get("stages") if isinstance(document, dict) else None):
        dropped = sum(n for n in (line.get("dropped") or {}).values() if isinstance(n, int))
        if line.get("read") != (line.get("kept") or 0) + dropped:
            problem = f"{line.get('read')} read, {line.get('kept')} kept, {dropped} dropped"
            yield Issue("attrition", f"{ATTRITION} > {line.get('stage')}", problem, "read = kept + dropped; " + _REBUILD)


def card(opened: Opened) -> Iterator[Issue]:
    """The card's front matter names the data files that are there; its text carries canary, signature, notes and counts."""
    text = opened.texts.get(CARD)
    if text is None:
        return
    listed = {
        (str(entry.get("config_name")), str(file.get("split"))): file.get("path")
        for entry in _list(opened.card.get("configs"))
        for file in _list(entry.get("data_files"))
    }
    shards = {key: len(shards_of(opened.files, *key)) for key in opened.tables}
    there: dict[tuple[str, str], str] = {key: loaded_as(shards, *key) for key in opened.tables}
    for config, split in sorted({*listed, *there}, key=str):
        have, want = listed.get((config, split)), there.get((config, split))
        if have != want:
            problem = f"names {have!r}; the data has {want!r}"
            yield Issue("card", f"{CARD} > configs > {config}/{split}", problem, f"name the files that are there; {_REBUILD}")
    plain = " ".join(re.sub(r"[`*]|\\(?=[^\w\s])", "", text).split())
    for name in ("canary", "signature"):
        value = str(opened.manifest.get(name))
        if opened.manifest and value not in plain and value not in text:
            code = "no-canary" if name == "canary" else "card"
            yield Issue(code, CARD, f"does not carry the {name} {value}", _REBUILD)
    if any(config == "caption_matching" for config, _ in opened.tables) and LEAKAGE_NOTE not in plain:
        problem = "does not say that other configs show the true captions of the figures asked about"
        yield Issue("caption-visible", CARD, problem, f'write: "{LEAKAGE_NOTE}"')
    for (config, split), table in opened.tables.items():
        row = re.search(rf"\|\s*{config}\s*\|\s*{split}\s*\|\s*([\d,]+)\s*\|", plain)
        if row is None or int(row[1].replace(",", "")) != len(table):
            said = row[1] if row else "nothing"
            yield Issue("card", f"{CARD} > {config}/{split}", f"says {said}; the data has {len(table)} rows", _REBUILD)


def croissant(opened: Opened) -> Iterator[Issue]:
    """croissant.json describes the data files that are there, with their hashes."""
    document = opened.documents.get(CROISSANT)
    if not isinstance(document, dict):
        return
    listed = {str(f.get("contentUrl")).split("/main/")[-1]: f.get("sha256") for f in _list(document.get("distribution"))}
    for path in (path for config, split in opened.tables for path in shards_of(opened.files, config, split)):
        fact = opened.files[path]
        if listed.get(path) != fact.sha256:
            problem = f"SHA-256 is {str(listed.get(path))[:16]}; the file has {fact.sha256[:16]}"
            yield Issue("croissant", f"{CROISSANT} > {path}", problem, _REBUILD)


FILE_CHECKS = (documents, checksums, shards, counts, left_out, recipe, attrition, card, croissant)

__all__ = ["FILE_CHECKS", "attrition", "card", "checksums", "counts", "croissant", "documents", "left_out", "recipe", "shards"]
