"""What harness/ of a release is made of: the task files that microtome carries, and the checksum of each table as a TSV."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain, product
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from builder import shipped
from builder.edges.bounded import rows_within
from builder.edges.data_files import table_files
from builder.release.harness import ASKED, COPIED, FOLDER, harness_texts
from builder.release.rows import SPLITS, Config, Packed, SplitName
from builder.scoring.asked_rows import TSV_NEEDS, tsv_lines

_SCORING = Path(__file__).parents[1] / "scoring"


def harness_of(packed: Packed, folder: Path) -> dict[str, str]:
    """harness/ of the release whose data files lie in `folder`: paths and texts."""
    return harness_texts(packed, sources(), tsv_checksums(folder))


def sources() -> dict[str, str]:
    """The files as microtome carries them, by path below harness/; the scoring modules are builder/scoring's own."""
    root = shipped.folder(FOLDER)
    own = {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.suffix in (".py", ".md", ".in")}
    scoring = {f"microtome_scoring/{name}.py": _SCORING / f"{name}.py" for name in COPIED}
    return {name: path.read_bytes().decode() for name, path in (own | scoring).items()}


def tsv_checksums(folder: Path) -> dict[tuple[Config, SplitName], str]:
    """MD5 of each table of ASKED as VLMEvalKit's TSV."""
    found = {key: table_files(folder, *key) for key in product(ASKED, SPLITS)}
    return {key: _md5(paths) for key, paths in found.items() if paths}


def _md5(paths: Sequence[Path]) -> str:
    whole = hashlib.md5(usedforsecurity=False)  # VLMEvalKit's own check is by MD5
    for line in tsv_lines(chain.from_iterable(map(_rows, paths))):
        whole.update(line)
    return whole.hexdigest()


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(path) as file:
        yield from rows_within(file, path.stat().st_size, list(TSV_NEEDS))


__all__ = ["harness_of", "sources", "tsv_checksums"]
