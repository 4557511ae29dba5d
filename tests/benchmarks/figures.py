"""Figure finders side by side on labelled papers: quality, CPU and memory of ours, of two peers and of the floor, as one table.

    python tests/benchmarks/figures.py [--papers 8] [--peers PYTHON] [--corpus ../shared/corpus]

Every system reads the same PDFs in a process of its own, one after the other; the table goes to stdout. A peer that is not
installed is named with the command that installs it, and the run goes on. Peers live in an environment of their own:

    python -m venv /tmp/peers
    /tmp/peers/bin/pip install --no-deps scipdf-mirror && /tmp/peers/bin/pip install rapid-layout pymupdf
    python tests/benchmarks/figures.py --peers /tmp/peers/bin/python

Quality: F1 on the hand-placed boxes of figures.jsonl (same page, same label, IoU at the threshold; on pages labelled
completely, whatever is too much is false), and the share found of labels.jsonl, apart for papers that may be tuned on (even
last digit of the SHA-1 of the file name) and papers kept aside (odd). CPU is user and system time: of the whole process over
all pages, start included, and in the median paper without the start. Memory is the largest resident set.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
THRESHOLDS = (0.5, 0.8, 0.9)
TIMEOUT = 1800  # seconds a system may take over all papers
HEAP = "-Xmx2g"
DETECTOR_DPI = 100  # a page of 800 pixels across, which is what the detector scales to
INSTALL = {
    "pdffigures2": "Java 11 or newer, and: PEERS/pip install --no-deps scipdf-mirror",
    "rapid-layout": "PEERS/pip install rapid-layout pymupdf",
}
LABEL = re.compile(r"(?:extended data |supplementary )?(?:fig(?:ure)?|scheme|chart|plate)s?\b\.?\s*[a-z]?\.?\d+", re.I)


class MissingPeer(Exception):
    """A peer that is not installed."""


@dataclass(frozen=True)
class Spent:
    """What a process cost."""

    cpu_seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Run:
    """What a system found and what it cost; `seconds` is CPU by paper, where the system can be asked."""

    found: list[dict[str, object]]
    spent: Spent
    seconds: dict[str, float]


@dataclass(frozen=True)
class Line:
    """One system's line of the table; a system that finds no figures has no quality."""

    name: str
    spent: Spent
    median_ms: float | None  # CPU a page in the median paper
    f1: tuple[float, ...] | None
    found: dict[str, tuple[float, ...]] | None


# ---- the systems: each gets ready, and returns what reads one paper; a row is one figure

Row = dict[str, object]
Reader = Callable[[Path], list[Row]]


def floor() -> Reader:
    """The text of every page and nothing else: what no reader of PDFs by PyMuPDF can undercut."""
    import pymupdf

    def read(path: Path) -> list[Row]:
        with pymupdf.open(path) as document:
            for page in document:
                page.get_text("dict", flags=pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP)
        return []

    return read


def ours() -> Reader:
    """Sieve and locate of this checkout, without the stages that follow."""
    sys.path.insert(0, str(ROOT))
    from builder.edges import pdf
    from builder.stages.locate import locate
    from builder.stages.scene import drawn_zone
    from builder.stages.sieve import SievedPage, sieve
    from builder.stages.typeset import typeset_of

    def read(path: Path) -> list[Row]:
        with pdf.open_pdf(path) as source:
            pages = [pdf.read_page(source, number) for number in range(1, source.pages + 1)]
            paper = typeset_of(pages)
            kept, _ = sieve(paper, path.name)
            zones = [drawn_zone(sieved.page, [caption.bbox for caption in sieved.captions]) for sieved in kept]
            inked = [pdf.with_grey(source, sieved.page, zone) for sieved, zone in zip(kept, zones, strict=True)]
            grey = [SievedPage(page, sieved.captions) for page, sieved in zip(inked, kept, strict=True)]
            figures, _ = locate(grey, paper, path.name)
        return [_row(path, f.page, f.caption.label, list(f.bbox), f.caption.text) for f in figures]

    return read


def rapid_layout() -> Reader:
    """The detector's figure regions, each given to the nearest figure caption, regions of one caption joined."""
    import logging

    logging.disable(logging.INFO)
    import numpy as np
    import pymupdf
    from rapid_layout import RapidLayout

    detect = RapidLayout(model_type="pp_layout_cdla", engine_cfg={"intra_op_num_threads": 1})

    def read(path: Path) -> list[Row]:
        rows: list[Row] = []
        with pymupdf.open(path) as document:
            for number, page in enumerate(document, 1):
                pixmap = page.get_pixmap(dpi=DETECTOR_DPI)
                pixels = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
                seen = detect(np.ascontiguousarray(pixels[:, :, ::-1]))
                boxes = [[float(v) * 72 / DETECTOR_DPI for v in box] for box in (() if seen.boxes is None else seen.boxes)]
                named = list(zip(seen.class_names or (), boxes, strict=True))
                regions = [box for name, box in named if name == "figure"]
                if regions:
                    layer = page.get_textpage()
                    texts = [box for name, box in named if name in ("figure_caption", "table_caption", "text")]
                    read = [(b, page.get_textbox(pymupdf.Rect(b) * page.derotation_matrix, layer).strip()) for b in texts]
                    rows += _grouped(path, number, regions, [(box, text) for box, text in read if LABEL.match(text)])
        return rows

    return read


def _row(path: Path, page: int, label: str, box: list[float], caption: str) -> Row:
    return {"pdf": path.name, "page": page, "label": label, "bbox": box, "caption": caption}


def _grouped(
    path: Path, number: int, regions: Sequence[list[float]], captions: Sequence[tuple[list[float], str]]
) -> Iterator[Row]:
    given: dict[int, list[list[float]]] = defaultdict(list)
    for region in regions:
        if captions:
            given[min(range(len(captions)), key=lambda i: _apart(region, captions[i][0]))].append(region)
    for i, group in sorted(given.items()):
        low, high = [min(b[k] for b in group) for k in (0, 1)], [max(b[k] for b in group) for k in (2, 3)]
        label = LABEL.match(captions[i][1])
        assert label
        yield _row(path, number, label[0], [*low, *high], captions[i][1])


def _apart(one: Sequence[float], other: Sequence[float]) -> float:
    across = max(0.0, one[0] - other[2], other[0] - one[2])
    down = max(0.0, one[1] - other[3], other[1] - one[3])
    return across + down


IN_PYTHON: dict[str, Callable[[], Reader]] = {"floor": floor, "microtome": ours, "rapid-layout": rapid_layout}


def work(name: str, files: Iterable[Path]) -> None:
    """Print one JSON object a paper: its figures, and the CPU seconds it took."""
    read = IN_PYTHON[name]()
    for path in files:
        before = time.process_time()
        rows = read(path)
        print(json.dumps({"pdf": path.name, "seconds": time.process_time() - before, "figures": rows}), flush=True)


def _run_in_python(name: str, python: str, files: Sequence[Path], scratch: Path) -> Run:
    out = scratch / f"{name}.jsonl"
    spent = _measured([python, str(Path(__file__).resolve()), "--worker", name, *map(str, files)], out, name)
    papers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines() if line.startswith('{"pdf"')]
    return Run([row for paper in papers for row in paper["figures"]], spent, {p["pdf"]: p["seconds"] for p in papers})


def _run_pdffigures2(python: str, files: Sequence[Path], scratch: Path) -> Run:
    looked = "import importlib.util as u; s = u.find_spec('scipdf'); print(*(s.submodule_search_locations if s else ()))"
    where = subprocess.run([python, "-c", looked], capture_output=True, text=True, check=False).stdout.strip()
    jars = sorted(Path(where).rglob("pdffigures2*.jar")) if where else []
    if not jars or not shutil.which("java"):
        raise MissingPeer("pdffigures2")
    papers, data = scratch / "papers", scratch / "pdffigures2"
    papers.mkdir()
    data.mkdir()
    for path in files:
        (papers / path.name).symlink_to(path)
    command = ["java", HEAP, "-jar", str(jars[0]), f"{papers}/", "-d", f"{data}/", "-q", "-e", "-t", "1"]
    spent = _measured(command, scratch / "pdffigures2.log", "pdffigures2")
    found = [(path.name.removesuffix(".json") + ".pdf", json.loads(path.read_bytes())) for path in sorted(data.glob("*.json"))]
    return Run([_of_pdffigures2(name, raw) for name, raws in found for raw in raws if raw["figType"] == "Figure"], spent, {})


def _of_pdffigures2(name: str, raw: dict) -> Row:  # type: ignore[type-arg]
    box = [raw["regionBoundary"][side] for side in ("x1", "y1", "x2", "y2")]
    return _row(Path(name), raw["page"] + 1, f"Figure {raw['name']}", box, raw["caption"])


def _measured(command: Sequence[str], out: Path, name: str) -> Spent:
    """Run a command to its end, its output in `out`. Raises MissingPeer when it ends badly."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with out.open("wb") as file, out.with_suffix(".err").open("wb") as errors:
        child = subprocess.Popen(command, stdout=file, stderr=errors, env=environment)
        until = time.monotonic() + TIMEOUT
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > until:
                child.kill()
            time.sleep(0.1)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        last = out.with_suffix(".err").read_text(errors="replace").strip().splitlines()[-1:]
        raise MissingPeer(f"{name}: {' '.join(last) or f'exit code {child.returncode}'}")
    return Spent(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


# ---- quality


def _scorer(corpus: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_figures", corpus.parent / "tools" / "score_figures.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def f1_of(found: Sequence[dict], truth: Sequence[dict], scorer: ModuleType, threshold: float) -> float:  # type: ignore[type-arg]
    """F1 on completely labelled pages; `truth` has lines with boxes and lines with `scored_pages`."""
    pages = {row["pdf"]: set(row["scored_pages"]) for row in truth if "scored_pages" in row}
    wanted = [row for row in truth if "bbox" in row]
    given = [row for row in found if row["page"] in pages.get(row["pdf"], ())]
    hits = _hits(given, wanted, scorer, threshold)
    return 2 * hits / max(1, len(given) + len(wanted))


def share_found(found: Sequence[dict], truth: Sequence[dict], scorer: ModuleType, threshold: float) -> float:  # type: ignore[type-arg]
    return _hits(found, truth, scorer, threshold) / max(1, len(truth))


def _hits(found: Iterable[dict], truth: Iterable[dict], scorer: ModuleType, threshold: float) -> int:  # type: ignore[type-arg]
    """Labelled figures with a prediction of their page and label at the threshold; a prediction serves one figure."""
    by_name = defaultdict(list)
    for row in found:
        by_name[row["pdf"], row["page"], scorer.key(row["label"])].append(row["bbox"])
    hits = 0
    for row in truth:
        boxes = by_name[row["pdf"], row["page"], scorer.key(row["label"])]
        best = max(boxes, key=lambda box: scorer.iou(box, row["bbox"]), default=None)
        if best is not None and scorer.iou(best, row["bbox"]) >= threshold:
            boxes.remove(best)
            hits += 1
    return hits


def half(name: str) -> str:
    return "even" if int(hashlib.sha1(name.encode()).hexdigest()[-1], 16) % 2 == 0 else "odd"


def table(lines: Sequence[Line], papers: int, pages: int) -> str:
    """The Markdown table."""
    at = [f"IoU {t}" for t in THRESHOLDS]
    head = [
        f"{papers} papers, {pages} pages",
        *(f"F1 {a}" for a in at),
        *(f"found {a}, even / odd" for a in at),
        "CPU ms a page",
        "in the median paper",
        "peak MiB",
    ]
    rows = [head, ["---", *["---:"] * (len(head) - 1)]]
    for line in lines:
        f1 = [f"{value:.3f}" for value in line.f1] if line.f1 else ["-"] * len(at)
        halves = zip(line.found["even"], line.found["odd"], strict=True) if line.found else ()
        found = [f"{even:.3f} / {odd:.3f}" for even, odd in halves] or ["-"] * len(at)
        median = "-" if line.median_ms is None else f"{line.median_ms:.0f}"
        cost = [f"{1000 * line.spent.cpu_seconds / max(1, pages):.0f}", median, f"{line.spent.peak_mib:.0f}"]
        rows.append([line.name, *f1, *found, *cost])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=int, help="of the labelled papers, this many, evenly spread (default: all)")
    parser.add_argument("--peers", default=sys.executable, help="Python that has the peers (default: this one)")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--worker", choices=sorted(IN_PYTHON), help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.worker, arguments.files)
        return 0
    print(compare(arguments.corpus.resolve(), arguments.papers, arguments.peers))
    return 0


def compare(corpus: Path, papers: int | None, peers: str) -> str:
    """Run every system that is there, and make the table."""
    import pymupdf

    scorer = _scorer(corpus)
    truth, labels = scorer.read(corpus / "groundtruth" / "figures.jsonl"), scorer.read(corpus / "labels.jsonl")
    names = sorted({row["pdf"] for row in [*truth, *labels]})
    names = names[:: max(1, len(names) // papers)][:papers] if papers else names
    truth, labels = ([row for row in rows if row["pdf"] in names] for rows in (truth, labels))
    files = [corpus / "papers" / name for name in names]
    pages = {}
    for path in files:
        with pymupdf.open(path) as document:
            pages[path.name] = document.page_count
    lines = []
    with tempfile.TemporaryDirectory(prefix="figures-benchmark-") as folder:
        scratch = Path(folder)
        for name in ("microtome", "pdffigures2", "rapid-layout", "floor"):
            print(f"{name} ...", file=sys.stderr)
            python = peers if name == "rapid-layout" else sys.executable
            try:
                java = name == "pdffigures2"
                run = _run_pdffigures2(peers, files, scratch) if java else _run_in_python(name, python, files, scratch)
            except MissingPeer as missing:
                if name not in INSTALL:
                    raise
                print(f"{missing}; left out. To have it: {INSTALL[name]}", file=sys.stderr)
                continue
            lines.append(_line(name, run, pages, truth, labels, scorer))
    return table(lines, len(files), sum(pages.values()))


def _line(name: str, run: Run, pages: dict[str, int], truth: list[dict], labels: list[dict], scorer: ModuleType) -> Line:  # type: ignore[type-arg]
    median = statistics.median(1000 * s / pages[pdf] for pdf, s in run.seconds.items()) if run.seconds else None
    if name == "floor":
        return Line("floor: PyMuPDF text pass", run.spent, median, None, None)
    sides = {side: [row for row in labels if half(row["pdf"]) == side] for side in ("even", "odd")}
    found = {side: tuple(share_found(run.found, rows, scorer, t) for t in THRESHOLDS) for side, rows in sides.items()}
    return Line(name, run.spent, median, tuple(f1_of(run.found, truth, scorer, t) for t in THRESHOLDS), found)


if __name__ == "__main__":
    sys.exit(main())
