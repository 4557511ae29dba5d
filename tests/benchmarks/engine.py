"""What isolation, receipts and the driver cost, each beside its limit in the same run; run from the repository's root:

    python -m tests.benchmarks.engine overhead|throughput [PAPERS]
    python -m tests.benchmarks.engine memory N...

`overhead`: one child at a time against the seconds of the stages themselves. `throughput`: two at a time against two runs
side by side. `memory`: the driver's peak over N papers of one page each, cut and then taken up again.
Without PAPERS: ../shared/corpus/papers.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from builder import shipped
from builder.edges.engine import Limits, LocalEngine
from builder.edges.store import Store
from builder.outcomes import PaperOutcome, Run
from builder.pipeline import stages_of
from builder.records import Specimen
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
    """One page, one figure with its caption, and a DOI of its own."""
    shade = image(bytes([60 + number % 160]) * (60 * 40 * 3))
    caption = f"Figure 1. SEM image of TiO2 grains of {number + 5} nm taken at 5 kV after annealing at 400 C."
    words = f"BT /F 7 Tf 20 80 Td ({caption}) Tj 0 -20 Td (doi:10.5555/small.{number} CC BY 4.0) Tj ET"
    return pdf_bytes(f"q 200 0 0 130 50 110 cm /I Do Q {words}", {"I": shade})


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


def main(arguments: Sequence[str]) -> None:
    what, *rest = arguments
    if what in ("--cut", "--cut2"):
        cut([Path(name) for name in rest[1:]], Path(rest[0]), 1 if what == "--cut" else 2)
    elif what == "--memory":
        done, whole, _ = cut(sorted(Path(rest[1]).glob("*.pdf")), Path(rest[0]), 2)
        figures = sum(1 for _ in done.records("crop", Specimen))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"peak_mib": round(peak), "seconds": round(whole, 1), "figures": figures, "reused": done.reused}))
    else:
        with tempfile.TemporaryDirectory(prefix="microtome-engine-") as scratch:
            if what == "memory":
                memory([int(one) for one in rest], Path(scratch))
            else:
                papers = [Path(name) for name in rest] or sorted(CORPUS.glob("*.pdf"))
                {"overhead": overhead, "throughput": throughput}[what](papers, Path(scratch))


if __name__ == "__main__":
    main(sys.argv[1:])
