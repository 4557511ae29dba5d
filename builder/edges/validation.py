"""Read a release from its folder and check it: files, rows, rights, Croissant, and loading as a stranger would."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, cast

import mlcroissant
import yaml
from PIL import Image, UnidentifiedImageError

from builder import shipped
from builder.documents import documents
from builder.edges.harness_files import harness_of
from builder.edges.images import CANARY_KEY
from builder.edges.loading import load_as_a_stranger
from builder.edges.parquet import BrokenParquet, ParquetRows, expected_metadata, opened_parquet, plain
from builder.edges.release_folder import texts
from builder.edges.shelf import DiskShelf
from builder.edges.store import sha256_of
from builder.errors import CannotRead, Issue, Issues
from builder.records import pixels_digest
from builder.release.croissant import fetches
from builder.release.data_files import shards_of
from builder.release.files import CARD, CROISSANT, MANIFEST
from builder.release.rows import CONFIGS, SPLITS, Config, Manifest, Packed, SplitName
from builder.release.shelf import Shelf, put_down
from builder.release.validate import FileFact, ImageFact, Opened, RowDict, check
from builder.release.validate_claims import CLAIM_CHECKS
from builder.release.validate_documents import packed_again, texts_differ
from builder.release.validate_errata import errata
from builder.release.validate_files import FILE_CHECKS
from builder.release.validate_multi_select import multi_select
from builder.release.validate_rights import ledger, rights, tiers
from builder.release.validate_rows import ROW_CHECKS
from builder.release.validate_schema import by_schema
from builder.stages.rights import Policy, read_policy

_REBUILD = "rebuild the release with `microtome build`"
# Told before it is read: a context of somebody else's may send its reader to any address.
_FOREIGN = Issue("croissant", f"{CROISSANT} > @context", "is not the one that microtome writes", _REBUILD)


def validate_release(folder: Path) -> Issues:
    """All findings on the release in `folder`, by the policy of this version. Raises CannotRead where there is none to read."""
    issues = check_files(folder, shipped_policy())
    if not any(issue.code == "bad-parquet" for issue in issues.found):  # what is too much for us would be for a stranger
        issues.extend(_loading(folder))
    return issues


def first_findings(folder: Path) -> Issues:
    """The findings of `check_files`, and those of loading it only where there are none. Raises CannotRead."""
    issues = check_files(folder, shipped_policy())
    if not issues:
        issues.extend(_loading(folder))
    return issues


def _loading(folder: Path) -> list[Issue]:
    return load_as_a_stranger(folder, _rows_there(folder))


def shipped_policy() -> Policy:
    """The policy of this version."""
    return read_policy(shipped.text("licenses", "policy.toml"), "licenses/policy.toml")


def check_files(folder: Path, policy: Policy) -> Issues:
    """All findings but those of loading it in a process of its own."""
    return packed_and_findings(folder, policy)[1]


def packed_and_findings(folder: Path, policy: Policy) -> tuple[Packed | None, Issues]:
    """The release as it was packed, where it is whole, and the same findings."""
    opened, broken = open_release(folder)
    issues = Issues()
    issues.extend(broken)
    opened, misshapen = by_schema(opened)
    issues.extend(misshapen)
    issues.extend(
        check(
            opened,
            (*FILE_CHECKS, *ROW_CHECKS, multi_select, errata, *CLAIM_CHECKS, partial(rights, policy=policy), tiers, ledger),
        )
    )
    again = packed_again(opened)
    issues.extend(_texts_again(opened, again, folder))
    if isinstance(described := opened.documents.get(CROISSANT), dict):
        issues.extend([_FOREIGN] if fetches(described) else _croissant(folder))
    return again[0] if again else None, issues


def _texts_again(opened: Opened, again: tuple[Packed, Manifest] | None, folder: Path) -> Iterator[Issue]:
    """The release's texts against those that this version writes for its rows."""
    if again:
        packed, manifest = again
        data = [file for file in manifest.files if file.path.startswith("data/")]
        yield from texts_differ(opened, {**texts(packed), **harness_of(packed, folder), **documents(packed, data)})


def open_release(folder: Path) -> tuple[Opened, list[Issue]]:
    """The release as read, and what could not be read of it. Raises CannotRead."""
    if not folder.is_dir():
        raise CannotRead(str(folder), "is not a folder", "name the folder of a release")
    if not (folder / MANIFEST).is_file() and not (folder / "data").is_dir():
        raise CannotRead(str(folder), f"has neither {MANIFEST} nor data/", "name the folder of a release")
    issues: list[Issue] = []
    try:
        return _opened(folder, dict(_files(folder, issues)), issues), issues
    except OSError as error:
        raise CannotRead(str(error.filename or folder), error.strerror or str(error), "make the files readable") from error


def _files(folder: Path, issues: list[Issue]) -> Iterator[tuple[str, FileFact]]:
    """Every file that can be read. A link to a file counts as the file: the Hub's cache lays a download out so."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file():
            try:
                yield name, _fact(path)
            except OSError as error:
                issues.append(Issue("unreadable-file", name, f"cannot be read: {error.strerror}", "make the file readable"))
        elif path.is_symlink():
            what = "a folder" if path.is_dir() else "nothing"
            issues.append(Issue("link", name, f"is a link to {what}", "a release has files of its own; take the link out"))
        elif not path.is_dir():
            issues.append(Issue("extra-file", name, "is neither a file nor a folder", "take it out of the folder"))


def _fact(path: Path) -> FileFact:
    return FileFact(path.stat().st_size, sha256_of(path))


def _opened(folder: Path, files: dict[str, FileFact], issues: list[Issue]) -> Opened:
    if MANIFEST not in files:
        issues.append(Issue("missing-file", MANIFEST, "is not there", f"every release carries it; {_REBUILD}"))
    documents = {path: _json(folder, path, issues) for path in files if path.endswith(".json")}
    said = {path: _text(folder, path, issues) for path in files if not path.endswith(".parquet")}
    opened = Opened(
        files=files,
        documents={path: value for path, value in documents.items() if value is not None},
        texts=said,
        tables={},
        columns={},
        images={},
        file_rows={},
        card=_front_matter(said.get(CARD, ""), issues) if CARD in said else {},
    )
    tables = _Tables(folder, opened, issues, DiskShelf())
    for config, split in product(CONFIGS, SPLITS):
        if paths := shards_of(files, config, split):
            tables.read((config, split), paths)
    return opened


def _json(folder: Path, path: str, issues: list[Issue]) -> object:
    try:
        return cast(object, json.loads((folder / path).read_bytes()))
    except (ValueError, RecursionError) as error:
        issues.append(Issue("bad-json", path, f"is not JSON: {error}", _REBUILD))
        return None


def _text(folder: Path, path: str, issues: list[Issue]) -> str:
    try:
        return (folder / path).read_bytes().decode()
    except UnicodeDecodeError as error:
        issues.append(Issue("bad-text", path, f"is not UTF-8: {error.reason} at byte {error.start}", _REBUILD))
        return ""


def _front_matter(text: str, issues: list[Issue]) -> dict[str, object]:
    parts = text.split("---\n", 2)
    try:
        front = parts[1] if len(parts) == 3 and not parts[0] else ""
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(front, Loader=yaml.SafeLoader)):
            raise yaml.YAMLError("aliases, by which a few lines can stand for millions, have no place on a card")
        found = yaml.safe_load(front)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date that is none
        problem = " ".join(str(error).split())
        issues.append(Issue("bad-yaml", CARD, f"the front matter is not YAML: {problem}", _REBUILD))
        return {}
    if not isinstance(found, dict):
        issues.append(Issue("bad-yaml", CARD, "has no front matter between lines of ---", _REBUILD))
        return {}
    return found


@dataclass(frozen=True)
class _Tables:
    """Puts rows, column types and images of a release's data files into `opened`; images' bytes go as they are looked at."""

    folder: Path
    opened: Opened
    issues: list[Issue]
    shelf: Shelf
    seen: dict[str, ImageFact] = field(default_factory=dict)  # by the SHA-256 of their bytes: an item shows its figure's

    def read(self, table: tuple[Config, SplitName], paths: Sequence[str]) -> None:
        """A table with all of its rows, or none of them where a file cannot be read."""
        rows = put_down(self._rows(table, paths), self.shelf)
        if all(path in self.opened.file_rows for path in paths):
            cast(dict[Any, Any], self.opened.tables)[table] = rows

    def _rows(self, table: tuple[Config, SplitName], paths: Sequence[str]) -> Iterator[RowDict]:
        """The rows of the files, one after the other, up to one that cannot be read."""
        first = 0
        for path in paths:
            number = -1
            try:
                with opened_parquet(self.folder / path) as parquet:
                    self.issues.extend(_wrong_columns(path, table[0], parquet))
                    cast(dict[Any, Any], self.opened.columns)[table] = parquet.columns
                    for number, row in enumerate(parquet.rows):
                        yield self._row(row, (*table, first + number))
            except BrokenParquet as error:
                self.issues.append(Issue("bad-parquet", path, f"cannot be read: {error}", _REBUILD))
                return
            cast(dict[Any, Any], self.opened.file_rows)[path] = number + 1
            first += number + 1

    def _row(self, row: dict[str, Any], place: tuple[Config, SplitName, int]) -> RowDict:
        """The row without its image's bytes, of which `opened` keeps what they hold."""
        cell = row.get("image")
        if isinstance(cell, dict):
            if cell.get("bytes"):
                cast(dict[Any, Any], self.opened.images)[place] = self._known(cell["bytes"])
            row["image"] = {name: value for name, value in cell.items() if name != "bytes"}
        return {name: plain(value) for name, value in row.items()}

    def _known(self, cell: object) -> ImageFact:
        if not isinstance(cell, bytes):
            return ImageFact("", problem="is not bytes")
        sha = hashlib.sha256(cell).hexdigest()
        if sha not in self.seen:
            self.seen[sha] = _image(cell, sha)
        return self.seen[sha]


def _wrong_columns(path: str, config: Config, parquet: ParquetRows) -> Iterator[Issue]:
    wanted, wanted_metadata = expected_metadata(config)
    for name in sorted(parquet.columns.keys() | wanted.keys()):
        if parquet.columns.get(name) != wanted.get(name):
            problem = f"is {parquet.columns.get(name) or 'not there'}; wanted {wanted.get(name) or 'no such column'}"
            yield Issue("columns", f"{path} > {name}", problem, f"columns follow schemas/{config}.json; {_REBUILD}")
    if not _same_json(parquet.metadata, wanted_metadata):
        yield Issue(
            "features",
            path,
            "lacks the features that make Image and ClassLabel",
            f"keep its `huggingface` metadata; {_REBUILD}",
        )


def _same_json(metadata: bytes | None, wanted: bytes) -> bool:
    try:
        return metadata is not None and bool(json.loads(metadata) == json.loads(wanted))
    except (ValueError, RecursionError):
        return False


def _image(data: bytes, sha: str) -> ImageFact:
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            image.load()
            rgb = image.convert("RGB")
            width, height = rgb.size
            return ImageFact(sha, pixels_digest(width, height, rgb.tobytes()), width, height, image.info.get(CANARY_KEY))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        return ImageFact(sha, problem=f"does not decode as PNG: {type(error).__name__}")


def _croissant(folder: Path) -> Iterator[Issue]:
    logging.getLogger("absl").setLevel(logging.ERROR)  # mlcroissant logs recommendations there; errors are read below
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = mlcroissant.Dataset(jsonld=str(folder / CROISSANT)).metadata.ctx.issues.errors
    except (mlcroissant.ValidationError, ValueError, LookupError, TypeError, AttributeError, RuntimeError) as error:
        found = {" ".join(str(error).split())}
    for problem in sorted(str(message) for message in found):
        yield Issue("croissant", CROISSANT, problem, _REBUILD)


def _rows_there(folder: Path) -> dict[str, dict[str, int]]:
    """What a stranger would ask for: the configs and splits of the manifest."""
    try:
        rows = json.loads((folder / MANIFEST).read_bytes())["rows"]
        return {str(config): {str(split): int(n) for split, n in splits.items()} for config, splits in rows.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return {}


__all__ = ["check_files", "first_findings", "open_release", "packed_and_findings", "shipped_policy", "validate_release"]
