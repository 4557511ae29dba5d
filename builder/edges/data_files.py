"""The data files that lie in a release's folder."""

from __future__ import annotations

from pathlib import Path


def data_files(folder: Path) -> list[str]:
    """Paths below the folder, sorted; `shards_of` says which are a table's."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("data/*/*.parquet"))


__all__ = ["data_files"]
