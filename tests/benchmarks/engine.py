"""What isolation, receipts and the driver cost, each beside its limit in the same run; run from the repository's root:

    python -m tests.benchmarks.engine overhead|throughput [PAPERS]
    python -m tests.benchmarks.engine memory N...
    python -m tests.benchmarks.engine driver N...

`overhead`: one child at a time against the seconds of the stages themselves. `throughput`: two at a time against two runs
side by side. `memory`: the driver's peak over N papers of one page each, cut and then taken up again. `driver`: the peaks of
`microtome build` and `validate` over a work folder of N finished papers, which is written here and not cut: each paper with a
figure of its own and an item on it.
Without PAPERS: ../shared/corpus/papers.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import unittest.mock
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from builder import pipeline, shipped
from builder.bench import Bench, Source
from builder.cli import main as microtome
from builder.edges.engine import Limits, LocalEngine
from builder.edges.images import encode_png
from builder.edges.store import Receipt, Store, sha256_of
from builder.making import Made
from builder.outcomes import PaperOutcome, Run
from builder.pipeline import Stage, stages_of
from builder.recipe import Recipe
from builder.records import Dropped, Specimen, digest
from builder.run import run
from builder.stages.rights import read_policy
from tests.handmade_pdf import image, pdf_bytes

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "papers"


def cut(papers: Sequence[Path], work: Path, jobs: int) -> tuple[Run, float, float]:
    """The run, its seconds, and those of its stages."""
    policy = read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
    recipe = shipped.load_recipe("csm_bench")
    stages = stages_of(recipe)
    seconds = 0.0

    def told(outcome: PaperOutcome) -> None:
        nonlocal seconds
        seconds += sum(outcome.seconds.values())

    started = time.monotonic()
    given = [(paper, None) for paper in papers]
    done = run(given, recipe, policy, Store(work), stages, engine=LocalEngine(jobs), limits=Limits(), progress=told)
    return done, time.monotonic() - started, seconds


def overhead(papers: Sequence[Path], scratch: Path) -> None:
    _, whole, stages = cut(papers, scratch / "one", 1)
    print(f"{len(papers)} papers, one at a time: {whole:.1f} s, stages {stages:.1f} s, overhead {whole / stages - 1:.1%}")


def throughput(papers: Sequence[Path], scratch: Path) -> None:
    """Papers a second of two children against those of two runs with one child each, at the same time."""
    started = time.monotonic()
    beside = [
        subprocess.Popen([sys.executable, "-m", "tests.benchmarks.engine", "--cut", str(scratch / name), *map(str, papers)])
        for name in ("left", "right")
    ]
    assert [one.wait() for one in beside] == [0, 0]
    side_by_side = time.monotonic() - started
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.engine", "--cut2", str(scratch / "two"), *map(str, papers)], check=True
    )
    two = time.monotonic() - started
    print(f"{len(papers)} papers: two runs side by side {side_by_side:.1f} s each, one run of two children {two:.1f} s")
    print(f"rate of two children against two runs: {side_by_side / 2 / two:.3f}")


def small_paper(number: int) -> bytes:
    """One page, one figure with its caption, a DOI and pixels of its own: grains to the eye of the classifier."""
    shade = image(np.repeat(np.random.default_rng(number).integers(20, 236, 60 * 40, dtype=np.uint8), 3).tobytes())
    caption = f"Figure 1. SEM image of TiO2 grains of {number + 5} nm taken at 5 kV after annealing at 400 C."
    rights = "This article is licensed under a Creative Commons Attribution 4.0 International License."
    head = f"BT /F 5 Tf 20 285 Td (doi:10.5555/small.{number}) Tj 0 -15 Td ({rights}) Tj ET"
    return pdf_bytes(f"{head} q 200 0 0 130 50 110 cm /I Do Q BT /F 5 Tf 20 95 Td ({caption}) Tj ET", {"I": shade})


def memory(counts: Sequence[int], scratch: Path) -> None:
    for count in counts:
        papers = scratch / f"papers-{count}"
        papers.mkdir()
        for number in range(count):
            (papers / f"{number:06}.pdf").write_bytes(small_paper(number))
        for again in ("cut", "again"):
            command = [sys.executable, "-m", "tests.benchmarks.engine", "--memory", str(scratch / f"work-{count}"), str(papers)]
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            told["files"] = sum(path.is_file() for path in (scratch / f"work-{count}").rglob("*"))
            print(count, "papers,", again, json.dumps(told), flush=True)


def finished(folder: Path, work: Path, count: int) -> None:
    """Papers in `folder`, and what a run would have left of them in `work`: the first one cut, the others as it, renamed."""
    policy = read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
    recipe, store = shipped.load_recipe("csm_bench"), Store(work)
    stages, first = stages_of(recipe), ""
    receipts: tuple[Receipt, ...] = ()
    folder.mkdir()
    with unittest.mock.patch("os.fsync"):  # a power cut costs a benchmark nothing
        for number in range(count):
            path = folder / f"{number:06}.pdf"
            path.write_bytes(small_paper(number))
            sha = sha256_of(path)
            own = renamed(receipts, {first: sha, "000000.pdf": path.name, "10.5555/small.0": f"10.5555/small.{number}"})
            own = pictured(own, store, recipe, number) if number else own
            made = tuple(replace(stage, run=partial(told_of, stage, own)) if number else stage for stage in stages)
            found = pipeline.cut(Bench(Source(path.absolute(), sha, None), recipe, policy, store), made)
            receipts, first = (receipts, first) if number else (found or (), sha)


def told_of(stage: Stage, receipts: Sequence[Receipt], _: Bench) -> Made:
    one = next(receipt for receipt in receipts if receipt.stage == stage.name)
    records = tuple(stage.hands_on.model_validate(record) for record in one.records)
    return Made(one.read, one.kept, records, tuple(map(Dropped.model_validate, one.dropped)))


def renamed(receipts: Sequence[Receipt], names: Mapping[str, str]) -> list[Receipt]:
    """The receipts with other words in place of these, in whatever they say."""
    found = []
    for receipt in receipts:
        text = json.dumps(receipt.__dict__)
        for old, new in names.items():
            text = text.replace(old, new)
        told = json.loads(text)
        parts = (tuple(told[name]) for name in ("read", "kept", "records", "dropped"))
        found.append(Receipt(receipt.stage, receipt.key, *parts))
    return found


def pictured(receipts: Sequence[Receipt], store: Store, recipe: Recipe, number: int) -> list[Receipt]:
    """With a figure of its own: another id and other pixels."""
    cropped = next(receipt for receipt in receipts if receipt.stage == "crop")
    specimen = Specimen.model_validate(cropped.records[0])
    size = (specimen.crop.height, specimen.crop.width, 3)
    coarse = np.random.default_rng(number).integers(0, 255, (size[0] // 8 + 1, size[1] // 8 + 1, 3), dtype=np.uint8)
    pixels = np.ascontiguousarray(coarse.repeat(8, 0).repeat(8, 1)[: size[0], : size[1]])
    crop, png = encode_png(pixels, specimen.crop.box, specimen.crop.dpi, recipe.identity.canary)
    store.put_blob(png)
    names = {specimen.crop.sha256: crop.sha256, specimen.crop.pixels_sha256: crop.pixels_sha256}
    return renamed(receipts, {**names, specimen.id: "fig-" + digest([specimen.id, number])[: len(specimen.id) - 4]})


def driver(counts: Sequence[int], scratch: Path) -> None:
    for count in counts:
        papers, work, out = (str(scratch / f"{name}-{count}") for name in ("papers", "work", "release"))
        finished(Path(papers), Path(work), count)
        files = sum(path.is_file() for path in Path(work).rglob("*"))
        build = ["build", "csm_bench", "--papers", papers, "--out", out, "--version", "1.0.0", "--work", work]
        for name, command in (("build", build), ("build again", build), ("validate", ["validate", out])):
            whole = [sys.executable, "-m", "tests.benchmarks.engine", "--command", *command]
            done = subprocess.run(whole, check=True, capture_output=True, text=True)
            print(count, "papers,", files, "files,", name, done.stdout.splitlines()[-1], flush=True)


def peak_mib() -> int:
    """Of this process. Not ru_maxrss, which begins with what its parent had."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def main(arguments: Sequence[str]) -> None:
    what, *rest = arguments
    if what in ("--cut", "--cut2"):
        cut([Path(name) for name in rest[1:]], Path(rest[0]), 1 if what == "--cut" else 2)
    elif what == "--command":
        started, code = time.monotonic(), microtome(rest)
        told = {"exit": code, "peak_mib": peak_mib(), "seconds": round(time.monotonic() - started, 1)}
        print(json.dumps(told | {"cpu_s": round(time.process_time(), 1)}))
    elif what == "--memory":
        done, whole, _ = cut(sorted(Path(rest[1]).glob("*.pdf")), Path(rest[0]), 2)
        figures = sum(1 for _ in done.records("crop", Specimen))
        print(json.dumps({"peak_mib": peak_mib(), "seconds": round(whole, 1), "figures": figures, "reused": done.reused}))
    else:
        with tempfile.TemporaryDirectory(prefix="microtome-engine-") as scratch:
            if what in ("memory", "driver"):
                {"memory": memory, "driver": driver}[what]([int(one) for one in rest], Path(scratch))
            else:
                papers = [Path(name) for name in rest] or sorted(CORPUS.glob("*.pdf"))
                {"overhead": overhead, "throughput": throughput}[what](papers, Path(scratch))


if __name__ == "__main__":
    main(sys.argv[1:])
