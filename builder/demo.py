"""The end of `make demo`: load what was built as a stranger would, let scripted answerers take it, score and report them."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from string import ascii_uppercase

from builder.cli import main as microtome
from builder.records import digest

_SCORED = ("caption_matching", "multi_select")
_SHOWN = 160  # characters of an option

Answerer = Callable[[str, list[str], list[str]], list[str]]  # id, labels and key of an item; what is selected


def _random(item_id: str, labels: list[str], key: list[str]) -> list[str]:
    """One label by the hash of the id: the same demo, the same answers."""
    return [labels[int(digest([item_id, "random answerer"])[:8], 16) % len(labels)]]


_ANSWERERS: dict[str, tuple[Answerer, float]] = {  # each with the confidence that it states
    "perfect": (lambda item_id, labels, key: key, 0.95),
    "conservative": (lambda item_id, labels, key: key[:1] if len(key) > 1 or int(item_id[-1], 16) % 2 else [], 0.6),
    "select-all": (lambda item_id, labels, key: labels, 0.9),
    "random": (_random, 0.5),
}


def main(arguments: Sequence[str]) -> int:
    """Arguments: the release, and a folder for predictions, results and the report. Returns the exit code."""
    release, out = (Path(one).resolve() for one in arguments)
    with tempfile.TemporaryDirectory(prefix="microtome-demo-") as cache:
        # Read at import: a release rebuilt in place would otherwise come back from an older cache.
        os.environ.update(HF_HOME=cache, HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_EVALUATE_OFFLINE="1")
        os.environ.update(HF_DATASETS_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1")
        asked = _asked(release, out)
    for config, split in asked:
        scored = ["score", str(_predictions(out, config)), "--release", str(release), "--out", str(out / "results")]
        code = microtome([*scored, "--config", config, "--split", split])
        print()
        if code:
            return code
    if not asked:
        print("nothing in this release has a key: there is nothing to score")
        return 0
    print("the report, to be opened in a browser:", flush=True)
    title = "Scripted answerers on the demo's release"
    return microtome(
        ["report", str(out / "results"), "--out", str(out / "report"), "--release", str(release), "--title", title]
    )


def _asked(release: Path, out: Path) -> list[tuple[str, str]]:
    """Shows every config, and writes the answers to those that have a key; returns these with the split that was asked."""
    from datasets import get_dataset_config_names, load_dataset

    asked = []
    for config in get_dataset_config_names(str(release)):
        splits = load_dataset(str(release), config)
        print(f"{config:<18}" + "  ".join(f"{name}: {rows.num_rows} rows" for name, rows in splits.items()))
        if config in _SCORED:
            split = "test" if "test" in splits else "validation"
            _print_item(splits[split][0])
            _write(splits[split].remove_columns("image").to_list(), _predictions(out, config))
            asked.append((config, split))
    print()
    return asked


def _predictions(out: Path, config: str) -> Path:
    return out / f"predictions-{config}.jsonl"


def _print_item(item: dict[str, object]) -> None:
    image, options = item["image"], item["options"]
    assert isinstance(options, list)
    size, key = getattr(image, "size", None), ", ".join(_key(item["answer"]))
    print(f"  item {item['id']} · image {size} · licence {item['licence']} · key {key}")
    print(f"    {item['question']}")
    for label, option in zip(ascii_uppercase, options, strict=False):
        print(f"    {label}. {option if len(option) < _SHOWN else option[: _SHOWN - 3] + '...'}")


def _key(answer: object) -> list[str]:
    if isinstance(answer, int):
        return [ascii_uppercase[answer]]
    assert isinstance(answer, list)
    return answer


def _write(rows: list[dict[str, object]], path: Path) -> None:
    """What the answerers say to each row, in the form that `microtome score` reads: the text of a reply."""
    lines = []
    for row in rows:
        options = row["options"]
        assert isinstance(options, list)
        item_id, labels = str(row["id"]), list(ascii_uppercase[: len(options)])
        for name, (answer, confidence) in _ANSWERERS.items():
            chosen = ",".join(answer(item_id, labels, _key(row["answer"]))) or "none of these"
            text = f"ANSWER: {chosen}\nCONFIDENCE: {confidence}"
            lines.append(json.dumps({"id": item_id, "model": f"scripted/{name}", "text": text}))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
