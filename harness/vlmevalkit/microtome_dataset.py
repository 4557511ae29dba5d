"""Datasets for VLMEvalKit: `register()` them, or run `python harness/vlmevalkit/microtome_dataset.py FOLDER` for the TSV alone.

The TSV is written from the release's own rows on first use, so that a release carries each image once; its MD5 is pinned in
release.json. Its class reads and scores replies; it needs no judge.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

sys.path.append(str(Path(__file__).absolute().parents[1]))
from microtome_scoring.asked_rows import TSV_NEEDS, tsv_lines
from microtome_scoring.release_rows import release_of
from microtome_scoring.reply_scores import METRICS, mean_score, score_reply

RELEASE = release_of(__file__)
NAMES = {
    f"{RELEASE.name}_{config}" + ("" if split == "test" else f"_{split}"): (config, split)
    for config in RELEASE.configs
    for split in RELEASE.splits(config)
}


def pinned(name: str) -> str:
    """The MD5 of a dataset's TSV."""
    config, split = NAMES[name]
    return str(RELEASE.facts["tables"][config][split]["tsv_md5"])


def write_tsv(name: str, folder: Path) -> Path:
    """Write NAME.tsv unless it is there as pinned. Raises ValueError where the release's rows do not give the pinned one."""
    path = folder / f"{name}.tsv"
    if path.is_file() and md5_of(path) == pinned(name):
        return path
    config, split = NAMES[name]
    folder.mkdir(parents=True, exist_ok=True)
    tables = map(pq.ParquetFile, RELEASE.files(config, split))
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        batches = (batch for table in tables for batch in table.iter_batches(32, columns=list(TSV_NEEDS)))
        rows = (row for batch in batches for row in batch.to_pylist())
        for line in tsv_lines(rows):
            file.write(line)
    if md5_of(unfinished) != pinned(name):
        raise ValueError(
            f"{unfinished}: MD5 is not {pinned(name)}; the release's data or harness files were changed, fetch it again"
        )
    unfinished.replace(path)
    return path


def md5_of(path: Path) -> str:
    """MD5 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def dataset_class(base: type) -> type:
    """The dataset class on VLMEvalKit's ImageBaseDataset."""

    class MicrotomeDataset(base):  # type: ignore[misc, valid-type]
        """An image, a question with lettered options, one or several of them right."""

        TYPE = "VQA"
        DATASET_URL = dict.fromkeys(NAMES, "")
        DATASET_MD5 = {name: pinned(name) for name in NAMES}
        force_use_dataset_prompt = True

        def load_data(self, dataset: str) -> Any:
            """The TSV under LMUDataRoot(), written there first where it is missing or another."""
            from vlmeval.smp import LMUDataRoot, load

            self.data_path = str(write_tsv(dataset, Path(LMUDataRoot())))
            return load(self.data_path)

        def evaluate(self, eval_file: str, **_: Any) -> dict[str, float]:
            """Metrics over every item: one without a reply scores 0. Writes the scores by item beside the replies."""
            from vlmeval.smp import load

            said = load(eval_file)
            replies = dict(zip(map(str, said["index"]), said["prediction"], strict=True))
            config, _split = NAMES[self.dataset_name]
            scored = {
                str(row["index"]): score_reply(
                    config, text_of(replies.get(str(row["index"]))), row["options"], row["answer"].split(",")
                )
                for _, row in self.data.iterrows()
            }
            by_item = {
                name: {"answer": list(one.selected), "status": one.read.status, **one.scores} for name, one in scored.items()
            }
            Path(eval_file).with_suffix(".items.json").write_text(json.dumps(by_item, indent=1) + "\n", encoding="utf-8")
            return {name: mean_score(one.scores[name] for one in scored.values()) for name in METRICS[config]}

    return MicrotomeDataset


def text_of(cell: object) -> str | None:
    """A reply; an empty cell of a table is read back as NaN, and counts as a request that failed."""
    return cell if isinstance(cell, str) else None


def register() -> type:
    """Make the datasets known to VLMEvalKit in this process, by the names in NAMES."""
    import vlmeval.dataset as kit
    from vlmeval.dataset.image_base import ImageBaseDataset

    made = dataset_class(ImageBaseDataset)
    kit.DATASET_CLASSES.append(made)
    kit.SUPPORTED_DATASETS.extend(NAMES)
    return made


if __name__ == "__main__":
    for one in NAMES:
        print(write_tsv(one, Path(sys.argv[1] if len(sys.argv) > 1 else ".")), pinned(one))
