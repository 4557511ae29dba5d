"""A million predictions through `microtome score`: time as a ratio to decoding the file's lines, and peak memory, one run each.

    PYTHONPATH=.:tests python tests/benchmarks/score.py [--items 10000] [--repeats 100] [--astray 0.05]

Each step runs in a process of its own, so that its peak is its own. `astray` is the share of replies that do not end in the
contract's line: sentences, refusals, letters out of range.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TALK = "The micrograph shows equiaxed grains with sharp boundaries; the scale bar of 200 nm puts them near 20 nm. "
ASTRAY = ("The answer is A.", "I cannot see the image.", "ANSWER: Z", "Both A and C are correct.", '{"answer": ["A"]}')


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--papers", type=int, default=2_000)
    parser.add_argument("--astray", type=float, default=0.05)
    parser.add_argument("--talk", type=int, default=2, help="sentences before the answer")
    parser.add_argument("--step", choices=("make", "decode", "start", "score"))
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.step:
        told = {"make": make, "decode": decode, "start": start, "score": scored}[given.step](given)
        print(json.dumps({"seconds": told, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    with tempfile.TemporaryDirectory() as scratch:
        steps = {step: run(step, scratch) for step in ("make", "decode", "start", "score")}
        size = (Path(scratch) / "predictions.jsonl").stat().st_size / 2**20
    decoding, scoring = steps["decode"], steps["score"]
    print(f"{given.items * given.repeats:,} predictions, {size:.0f} MiB, {given.astray:.0%} astray")
    print(f"decode lines   {decoding['seconds']:7.1f} s CPU  peak {decoding['mib']:5.0f} MiB")
    print(f"score          {scoring['seconds']:7.1f} s CPU  peak {scoring['mib']:5.0f} MiB")
    print(f"imports alone                  peak {steps['start']['mib']:5.0f} MiB")
    print(f"ratio          {scoring['seconds'] / decoding['seconds']:7.2f}")


def run(step: str, scratch: str) -> dict[str, float]:
    command = [sys.executable, __file__, *sys.argv[1:], "--step", step, "--folder", scratch]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def make(given: argparse.Namespace) -> float:
    """A release of made-up items, and its predictions."""
    from small_release import cut

    from builder.edges.parquet import cells_of, write_parquet
    from builder.release.data_files import data_path
    from builder.release.files import json_text
    from builder.release.logical import content_hash, logical_hash
    from builder.release.package import package
    from builder.release.rows import Manifest

    whole = package(cut())
    (row,) = whole.rows("multi_select")
    dice = random.Random(0)
    rows = []
    for n in range(given.items):
        plain = row.model_dump(mode="json") | {
            "id": f"ms-{n:016x}", "paper_id": f"doi:10.9999/{n % given.papers}", "image": None,
            "scale": dice.choice(("atomic", "micro", "meso")), "answer": sorted(dice.sample("ABCD", dice.randint(1, 3))),
            "subfield": f"subfield {n % 40}", "techniques": [f"T{n % 25}"], "modality": f"T{n % 25}",
        }  # fmt: skip
        plain["content_hash"] = content_hash(plain)
        rows.append(type(row).model_validate(plain))
    path = given.folder / "release" / data_path("multi_select", "test")
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_parquet(file, "multi_select", cells_of(rows, lambda _: b""))
    hashed = logical_hash({("multi_select", "test"): [one.model_dump(mode="json") for one in rows]})
    manifest = Manifest(
        benchmark="made_up", title="Made up", version="1.0.0", tier="open", signature="", canary="", recipe_hash="0" * 64,
        logical_hash=hashed, builder_version="0", libraries={}, rows={"multi_select": {"test": len(rows)}},
        left_out=(), files=(),
    )  # fmt: skip
    (given.folder / "release" / "manifest.json").write_text(json_text(manifest))
    with (given.folder / "predictions.jsonl").open("w") as file:
        for repeat in range(given.repeats):
            for n in range(given.items):
                file.write(json.dumps(prediction(f"ms-{n:016x}", repeat, given, dice)) + "\n")
    return 0.0


def prediction(id_: str, repeat: int, given: argparse.Namespace, dice: random.Random) -> dict[str, object]:
    chosen = ", ".join(sorted(dice.sample("ABCD", dice.randint(1, 3))))
    end = f"ANSWER: {chosen}\nCONFIDENCE: {dice.random():.2f}\nDIFFICULTY: {dice.random():.1f}"
    text = TALK * given.talk + "\n" + (dice.choice(ASTRAY) if dice.random() < given.astray else end)
    made = {"id": id_, "model": "made-up/model", "text": text, "repeat": repeat}
    return made | {"completion_tokens": dice.randint(50, 4000), "finish_reason": "stop"}


def decode(given: argparse.Namespace) -> float:
    started = time.process_time()
    with (given.folder / "predictions.jsonl").open("rb") as file:
        for line in file:
            json.loads(line)
    return time.process_time() - started


def start(_: argparse.Namespace) -> float:
    import builder.cli
    import builder.grading  # noqa: F401

    return 0.0


def scored(given: argparse.Namespace) -> float:
    from builder.cli import main as microtome

    folder: Path = given.folder
    arguments = ["score", str(folder / "predictions.jsonl"), "--release", str(folder / "release"), "--out", str(folder / "out")]
    started = time.process_time()
    assert microtome(arguments) == 0
    return time.process_time() - started


if __name__ == "__main__":
    main()
