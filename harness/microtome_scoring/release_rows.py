"""The items of the release that these files lie in: rows read from its folder or from the Hub, checked to be its own.

Every harness reads them here. The scoring modules beside this file are copies, byte for byte, of microtome's own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .asked_prompt import prompt_hash
from .asked_rows import content_of


@dataclass(frozen=True)
class Release:
    """The release around a folder `harness`."""

    harness: Path

    @cached_property
    def facts(self) -> dict[str, Any]:
        """release.json: which release, which prompt, parser and metrics, and what its tables hold."""
        found: dict[str, Any] = json.loads((self.harness / "release.json").read_text(encoding="utf-8"))
        if found["prompt_hash"] != prompt_hash():
            raise ValueError(f"{self.harness}: the prompt was edited since the release was made; fetch the release again")
        return found

    @property
    def name(self) -> str:
        return str(self.facts["benchmark"])

    @property
    def configs(self) -> tuple[str, ...]:
        """Configs with options that this release has."""
        return tuple(sorted(self.facts["tables"]))

    def splits(self, config: str) -> tuple[str, ...]:
        """Splits of a config with items that can be asked, "test" first."""
        return tuple(split for split in ("test", "validation") if self.facts["tables"][config].get(split, {}).get("asked"))

    def source(self, config: str, split: str, dataset: str | None = None, revision: str | None = None) -> str:
        """The data file, or the pattern of all its shards: in the release's folder, or in the dataset `dataset` ("org/name") of
        the Hub at `revision`."""
        path = str(self.facts["tables"][config][split]["file"])
        if dataset is None:
            return str(self.harness.parent / path)
        return f"hf://datasets/{dataset}@{revision or 'v' + self.facts['version']}/{path}"

    def files(self, config: str, split: str) -> list[Path]:
        """The data files in the release's folder, in the order of their rows."""
        return sorted(self.harness.parent.glob(str(self.facts["tables"][config][split]["file"])))

    def rows(self, config: str, split: str, dataset: str | None = None, revision: str | None = None) -> Any:
        """A `datasets.Dataset` of the rows that can be asked. Raises ValueError for rows of another version."""
        from datasets import load_dataset

        source = self.source(config, split, dataset, revision)
        table = load_dataset("parquet", data_files={split: source}, split=split)
        return self.askable(config, split, table)

    def askable(self, config: str, split: str, table: Any) -> Any:
        """The rows of a loaded table that can be asked. Raises ValueError where the table is not this release's."""
        wanted = self.facts["tables"][config][split]["content"]
        if content_of(zip(table["id"], table["content_hash"], strict=True)) != wanted:
            raise ValueError(
                f"the rows of {config}/{split} are not those of {self.facts['signature']}: the harness files and the data "
                "are of different versions; fetch both from one revision"
            )
        return table.select([place for place, tier in enumerate(table["tier"]) if tier != "pointer"])


def release_of(task_file: str) -> Release:
    """The release of a task file. Raises ImportError where the scoring of another release is loaded already."""
    harness = Path(task_file).absolute().parents[1]
    here = Path(__file__).absolute().parents[1]
    if not harness.samefile(here):
        raise ImportError(f"the scoring of {here} is loaded, and {harness} is another release: run each in its own process")
    return Release(harness)


__all__ = ["Release", "release_of"]
