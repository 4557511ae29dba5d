"""A packed release onto disk: whole or not at all, and never over something else."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from builder.edges.harness_files import harness_of
from builder.edges.parquet import Cells, cells_of, portions, write_parquet
from builder.edges.store import cannot_write, make_durable, sha256_of
from builder.errors import CannotWrite
from builder.release.data_files import SHARD_BYTES, all_shards
from builder.release.files import (
    ATTACKS,
    ATTRITION,
    ERRATA,
    MANIFEST,
    RECIPE,
    REVIEWS,
    SOURCES,
    changelog_text,
    json_text,
    manifest,
    recipe_text,
)
from builder.release.hydration import HYDRATION
from builder.release.image_sources import sources_text
from builder.release.rows import PRIVATE_BANNER, PRIVATE_MARKER, Config, ManifestFile, Packed, SplitName
from builder.release.schemas import schema_files

LIBRARIES = ("datasets", "numpy", "pillow", "pyarrow", "pydantic", "pymupdf")  # what the bytes depend on

Png = Callable[[str], bytes]  # an image's bytes by its SHA-256
Documents = Callable[[Packed, tuple[ManifestFile, ...]], Mapping[str, str]]  # card, croissant, licences: paths and texts


@dataclass(frozen=True)
class Written:
    """A release on disk."""

    folder: Path
    rows: dict[str, dict[str, int]]
    signature: str
    unchanged: bool  # it was there already, byte for byte

    @property
    def summary(self) -> str:
        counts = "; ".join(
            f"{config} " + ", ".join(f"{n} {split}" for split, n in splits.items()) for config, splits in self.rows.items()
        )
        done = "already there, unchanged" if self.unchanged else "written"
        return f"{self.folder}: {done} ({counts})\nsignature {self.signature}"


def write_release(packed: Packed, out: Path, png: Png, documents: Documents) -> Written:
    """Write the release to `out`, or leave it as it is when it is there already. Raises CannotWrite, leaving nothing behind."""
    with cannot_write(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}.unfinished-", dir=out.parent))
        try:
            scratch.chmod(0o777 & ~_umask())
            rows = _fill(scratch, packed, png, documents)
            unchanged = _settle(scratch, out)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return Written(out, rows, packed.signature, unchanged)


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _fill(scratch: Path, packed: Packed, png: Png, documents: Documents) -> dict[str, dict[str, int]]:
    files = [_put_text(scratch, name, text) for name, text in texts(packed).items()]
    written = {key: _put_shards(scratch, key, cells_of(table, png)) for key, table in packed.tables.items()}
    files += [file for data in written.values() for file in data]
    packed = replace(packed, shards={key: len(data) for key, data in written.items()})
    files += [_put_text(scratch, name, text) for name, text in sorted(harness_of(packed, scratch).items())]
    files += [_put_text(scratch, name, text) for name, text in sorted(documents(packed, tuple(files)).items())]
    whole = manifest(packed, tuple(files), {name: version(name) for name in LIBRARIES})
    _put_text(scratch, MANIFEST, json_text(whole))
    return whole.rows


def _put_shards(scratch: Path, table: tuple[Config, SplitName], rows: Iterable[Cells]) -> list[ManifestFile]:
    """The data files of a table, under their names only when all are written: each says of how many it is one."""
    config, split = table
    written: list[ManifestFile] = []
    for shard in portions(rows, SHARD_BYTES):
        put = _put(scratch, f"data/{config}/{split}-{len(written):05}", partial(write_parquet, config=config, rows=shard))
        written.append(put)
    for file, name in zip(written, names := all_shards(config, split, len(written)), strict=True):
        (scratch / file.path).rename(scratch / name)
    return [file.model_copy(update={"path": name}) for file, name in zip(written, names, strict=True)]


def texts(packed: Packed) -> dict[str, str]:
    """The texts that a release has whatever its card says."""
    found = {
        SOURCES: sources_text(packed.cut.recipe.identity.canary, packed.tables),
        ATTRITION: json_text(packed.attrition),
        RECIPE: recipe_text(packed.cut.recipe),
        "CHANGELOG.md": changelog_text(packed),
        **{f"schemas/{name}": text for name, text in schema_files().items()},
    }
    found |= {ATTACKS: json_text(packed.attacks)} if packed.attacks else {}
    found |= {REVIEWS: json_text(packed.reviews)} if packed.reviews else {}
    found |= {HYDRATION: json_text(packed.hydration)} if packed.hydration else {}
    found |= {ERRATA: json_text(packed.errata)} if packed.errata else {}
    return found | ({PRIVATE_MARKER: PRIVATE_BANNER + "\n"} if packed.cut.tier == "private" else {})


def _put_text(scratch: Path, name: str, text: str) -> ManifestFile:
    def write(file: BinaryIO) -> None:
        file.write(text.encode())

    return _put(scratch, name, write)


def _put(scratch: Path, name: str, write: Callable[[BinaryIO], int | None]) -> ManifestFile:
    """The file, durable; `write` returns the rows of a data file."""
    path = scratch / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        rows = write(file)
        file.flush()
        os.fsync(file.fileno())
    return ManifestFile(path=name, bytes=path.stat().st_size, sha256=sha256_of(path), rows=rows)


def _settle(scratch: Path, out: Path) -> bool:
    """Move the finished folder into place; True when the same release lies there already."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise CannotWrite(str(out), "is not a folder", "name a folder that does not exist yet")
    if out.is_dir() and any(out.iterdir()):
        if _bytes_of(out) == _bytes_of(scratch):
            return True
        what = "a release with other content" if (out / MANIFEST).exists() else "a folder with other files"
        raise CannotWrite(
            str(out), f"is {what}; it was left as it is", "raise --version and name another folder, or remove this one"
        )
    if out.is_dir():
        out.rmdir()
    for folder in (*(path for path in scratch.rglob("*") if path.is_dir()), scratch):  # before a name says that it is whole
        make_durable(folder)
    scratch.rename(out)
    make_durable(out.parent)
    return False


def _bytes_of(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in sorted(folder.rglob("*")) if path.is_file()}


__all__ = ["LIBRARIES", "Documents", "Png", "Written", "texts", "write_release"]
