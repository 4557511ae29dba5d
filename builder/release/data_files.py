"""The data files of a release: a config's split is one Parquet file, or as many shards of it as its bytes ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from builder.release.rows import Config, SplitName

SHARD_BYTES = 500_000_000  # of images and text in one file at most: MAX_SHARD_SIZE of `datasets`, by which push_to_hub cuts
_NAME = re.compile(r"data/([a-z_]+)/([a-z]+)-([0-9]{5})-of-([0-9]{5})\.parquet")


def data_path(config: Config, split: SplitName, number: int = 0, count: int = 1) -> str:
    """Where a shard of a config's split lies in the release folder: the one of that number, from 0, of `count`.

    >>> data_path("figures", "test", 1, 3)
    'data/figures/test-00001-of-00003.parquet'
    """
    return f"data/{config}/{split}-{number:05}-of-{count:05}.parquet"


def shards_of(paths: Iterable[str], config: str, split: str) -> tuple[str, ...]:
    """Those of the paths that are files of a config's split, in the order of their rows, whether they are all or not."""
    named = ((found, path) for path in paths if (found := _NAME.fullmatch(path)))
    return tuple(sorted(path for found, path in named if (found[1], found[2]) == (config, split)))


def all_shards(config: Config, split: SplitName, count: int) -> tuple[str, ...]:
    """The names of `count` shards, in the order of their rows."""
    return tuple(data_path(config, split, number, count) for number in range(count))


def loaded_as(counts: Mapping[tuple[Config, SplitName], int], config: Config, split: SplitName) -> str:
    """What `load_dataset` is told to load, by the number of shards: the name of the only file, or the pattern of all."""
    only = counts.get((config, split), 1) == 1
    return data_path(config, split) if only else f"data/{config}/{split}-*.parquet"


__all__ = ["SHARD_BYTES", "all_shards", "data_path", "loaded_as", "shards_of"]
