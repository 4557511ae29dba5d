"""The end of `make demo`: load what was built as a stranger would, and score a sample with scripted answerers."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from builder import shipped

_LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Answerer = Callable[[dict[str, object]], object]
_METRICS = {"caption_matching": "caption_match_accuracy", "multi_select": "sip_f1"}
_ANSWERERS: dict[str, dict[str, Answerer]] = {
    "caption_matching": {
        "perfect": lambda row: _LABELS[int(str(row["answer"]))],
        "always A": lambda row: "A",
        "silent": lambda row: "",
    },
    "multi_select": {
        "perfect": lambda row: row["answer"],
        "conservative": lambda row: _several(row["answer"])[:1],
        "select-all": lambda row: list(_LABELS[: len(_several(row["options"]))]),
        "silent": lambda row: [],
    },
}


def main(arguments: Sequence[str]) -> int:
    """Load every config of the release in a clean cache, show one item, print the scores of scripted answerers."""
    (folder,) = arguments
    with tempfile.TemporaryDirectory(prefix="microtome-demo-") as cache:
        # Read at import: a release rebuilt in place would otherwise come back from an older cache.
        os.environ.update(HF_HOME=cache, HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_EVALUATE_OFFLINE="1")
        os.environ.update(HF_DATASETS_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1")
        _show(Path(folder).resolve())
    return 0


def _show(folder: Path) -> None:
    import evaluate
    from datasets import get_dataset_config_names, load_dataset

    for config in get_dataset_config_names(str(folder)):
        splits = load_dataset(str(folder), config)
        print(f"{config:<18}" + "  ".join(f"{name}: {rows.num_rows} rows" for name, rows in splits.items()))
        if config in _METRICS:
            items = splits["test" if "test" in splits else "validation"]
            _print_item(items[0])
            _score(items, evaluate.load(str(shipped.folder("metrics_hub") / _METRICS[config])), _ANSWERERS[config])


def _print_item(item: dict[str, object]) -> None:
    options, answer, image = item["options"], item["answer"], item["image"]
    assert isinstance(options, list)
    key = _LABELS[answer] if isinstance(answer, int) else ", ".join(map(str, _several(answer)))
    print(f"  item {item['id']} · image {getattr(image, 'size', None)} · licence {item['licence']} · key {key}")
    print(f"    {item['question']}")
    for label, option in zip(_LABELS, options, strict=False):
        print(f"    {label}. {option if len(option) < 160 else option[:157] + '...'}")


def _several(answer: object) -> list[str]:
    assert isinstance(answer, list)
    return answer


def _score(items, metric, answerers: dict[str, Answerer]) -> None:  # type: ignore[no-untyped-def]  # datasets and evaluate are untyped
    rows = items.remove_columns("image").to_list()
    references = [_LABELS[row["answer"]] if isinstance(row["answer"], int) else row["answer"] for row in rows]
    for name, answer in answerers.items():
        result = metric.compute(predictions=[answer(row) for row in rows], references=references)
        print(
            f"  {name:<12} {result['metric']} {result['version']} = {result[result['metric']]:.3f}"
            f"  (n {result['n']}, unanswered {result['unanswered']})"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
