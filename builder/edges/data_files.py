"""The data files that lie in a release's folder."""

from __future__ import annotations

from pathlib import Path

from builder.release.data_files import shards_of


def data_files(folder: Path) -> list[str]:
    """Paths below the folder, sorted; `shards_of` says which are a table's."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("data/*/*.parquet"))


def table_files(folder: Path, config: str, split: str) -> list[Path]:
    """The files of a config's split, in the order of their rows; none where the folder has no such table."""
    return [folder / path for path in shards_of(data_files(folder), config, split)]


__all__ = ["data_files", "table_files"]
