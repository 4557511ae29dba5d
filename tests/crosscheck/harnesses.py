"""Conformance of the harnesses, by hand: one file of 500 replies through each harness's own loop, aggregates to the last digit.

    python tests/crosscheck/harnesses.py /tmp/harness-envs [--make]

`--make` makes an environment a harness there first (about 8 GB, ten minutes); the table goes to standard output and to
tests/crosscheck/README.md. VLMEvalKit is not on PyPI; ms-vlmeval, ModelScope's repackaging of it, is and is what runs here.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]

from five_hundred import predictions, write_release_of_500  # noqa: E402

from builder.scoring import exact_set_match, option_f1, sip_f1, spc  # noqa: E402
from builder.scoring.answers import parse_answer  # noqa: E402
from builder.scoring.caption_match import caption_match_accuracy  # noqa: E402
from builder.scoring.predictions import Prediction  # noqa: E402

ENVIRONMENTS = {
    "inspect_ai": ("inspect-ai", ["inspect-ai==0.3.285", "datasets", "pillow", "numpy", "pyarrow"]),
    "lmms_eval": ("lmms-eval", ["torch==2.13.0", "lmms-eval==0.7.3"]),
    "lighteval": ("lighteval", ["torch==2.13.0", "lighteval==0.13.0", "pillow", "xxhash<4", "huggingface-hub<2"]),
    "vlmevalkit": ("ms-vlmeval", ["torch==2.13.0", "ms-vlmeval==0.0.20"]),
}
METRICS = ("caption_match_accuracy", "exact_set_match", "spc", "option_f1", "sip_f1")
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}

Table = dict[str, Mapping[str, str]]


def make(root: Path) -> None:
    """An environment of its own for each harness."""
    for name, (_, packages) in ENVIRONMENTS.items():
        subprocess.run([sys.executable, "-m", "venv", root / name], check=True)
        for package in packages[:1], packages:  # torch first: what comes after would take a build with CUDA
            subprocess.run([root / name / "bin" / "pip", "install", "-q", *package], check=True)
        # its wheel on PyPI wants CUDA: beside torch for CPUs it breaks the import of transformers
        subprocess.run([root / name / "bin" / "pip", "uninstall", "-q", "-y", "torchvision"], check=True)


def ours(rows: list[dict[str, object]], said: list[Prediction]) -> dict[str, str]:
    """The aggregates of builder.scoring over whole columns: nothing that harness/ has of its own."""
    replies = {one.id: one for one in said}
    columns: dict[bool, tuple[list[object], list[object]]] = {True: ([], []), False: ([], [])}
    for row in rows:
        reply, options, key = replies[str(row["id"])], row["options"], row["answer"]
        assert isinstance(options, list)
        read = parse_answer(reply.text, "ABCDEFGH"[: len(options)], finish_reason=reply.finish_reason).answer
        single = isinstance(key, int)
        given, wanted = columns[single]
        given.append((min(read) if len(read) == 1 else "".join(sorted(read))) if single else sorted(read))
        wanted.append("ABCD"[key] if isinstance(key, int) else key)
    several = {f.__name__: f(*columns[False])[f.__name__] for f in (exact_set_match, spc, option_f1, sip_f1)}
    return {name: repr(value) for name, value in {**_captions(*columns[True]), **several}.items()}


def _captions(given: list[object], wanted: list[object]) -> dict[str, float]:
    result = caption_match_accuracy(given, wanted)  # type: ignore[arg-type]
    return {"caption_match_accuracy": result["caption_match_accuracy"]}


def replayed(root: Path, name: str, release: Path, file: Path, work: Path) -> dict[str, str]:
    """The aggregates of a harness, each as `repr` gives it."""
    out = work / f"{name}.json"
    script = HERE / "replay" / f"{name}_loop.py"
    home = work / name
    home.mkdir()
    environment = {**os.environ, **OFFLINE, "HF_HOME": str(home / "hf"), "LMUData": str(home / "lmu"), "PYTHONPATH": ""}
    command = [str(root / name / "bin" / "python"), str(script), str(release), str(file), str(out)]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    found: dict[str, str] = json.loads(out.read_text())
    return found


def version(root: Path, name: str) -> str:
    code = f"from importlib.metadata import version; print(version({ENVIRONMENTS[name][0]!r}))"
    return subprocess.run(
        [root / name / "bin" / "python", "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def markdown(table: Table, same: str) -> str:
    """Harness by metric; a number is what `repr` prints of the float, and differs from ours where it says so."""
    wanted = next(iter(table.values()))
    lines = [f"| | {' | '.join(METRICS)} | {same} |", "|---|" + "---|" * (len(METRICS) + 1)]
    for name, found in table.items():
        verdict = "identical" if all(found[m] == wanted[m] for m in METRICS) else "DIFFERS"
        lines.append(f"| {name} | {' | '.join(found[m] for m in METRICS)} | {verdict} |")
    return "\n".join(lines)


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("root", type=Path)
    reader.add_argument("--make", action="store_true")
    reader.add_argument("--only", nargs="*", choices=list(ENVIRONMENTS), default=list(ENVIRONMENTS))
    given = reader.parse_args()
    if given.make:
        make(given.root)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        rows = write_release_of_500(work / "release")
        tables = []
        for title, ends in (("none with its finish reason", False), ("with finish reasons", True)):
            said = predictions(rows, finish_reasons=ends)
            file = work / f"{'ends' if ends else 'plain'}.jsonl"
            file.write_text("".join(one.model_dump_json() + "\n" for one in said), encoding="utf-8")
            sub = work / file.stem
            sub.mkdir()
            table: Table = {"microtome (builder.scoring)": ours(rows, said)}
            for name in given.only:
                table[f"{name} {version(given.root, name)}"] = replayed(given.root, name, work / "release", file, sub)
                print(name, "done", file=sys.stderr)
            statuses = Counter(_status(rows, one) for one in said)
            told = ", ".join(f"{n} {status}" for status, n in statuses.most_common())
            tables.append(f"### {len(said)} replies, {title}\n\n{told}\n\n{markdown(table, 'to ours')}\n")
    text = "\n".join(tables)
    print(text)
    page = HERE / "README.md"
    head = page.read_text(encoding="utf-8").split("## The table\n")[0]
    page.write_text(f"{head}## The table\n\n{text}", encoding="utf-8")
    return 0


def _status(rows: list[dict[str, object]], one: Prediction) -> str:
    (options,) = [row["options"] for row in rows if row["id"] == one.id]
    assert isinstance(options, list)
    return parse_answer(one.text, "ABCDEFGH"[: len(options)], finish_reason=one.finish_reason).status


if __name__ == "__main__":
    raise SystemExit(main())
