"""Cut thousands of papers twice, straight and killed at random, and compare: python -m tests.soak.papers PAPERS KILLS FOLDER.

The papers are front pages of those of ../shared/corpus, each with a run of pages behind it, under DOIs of their own, with pages
dropped, turned, exchanged or written anew, and of each kind of poison 2 in 100. Every one must end in one outcome, and both
runs in the same release. What is done stands in FOLDER/state.json; running again goes on after it. CI takes one per cent of
it: 20 papers and one kill.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pymupdf

from builder.release.files import ATTRITION, MANIFEST

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
POISON_SHARE = 0.02  # of each kind
LIMITS = ("--timeout", "120", "--memory", "3072")
_RUN = 2  # pages behind the front page: 2,000 whole papers, twice each, would take three hours on two cores
_DOI = re.compile(r"10\.\d{4,9}/\S+")
Mutation = Callable[[bytes, random.Random], bytes]


def _anew(data: bytes, doi: str, dice: random.Random) -> bytes:
    """The front page and a run of pages under another DOI, changed in one way."""
    with pymupdf.open(stream=data, filetype="pdf") as whole, pymupdf.open() as paper:
        start = dice.randrange(1, max(2, len(whole) - _RUN + 1))
        paper.insert_pdf(whole, to_page=0)  # Document.select crashes now and then
        if len(whole) > 1:
            paper.insert_pdf(whole, from_page=start, to_page=min(start + _RUN, len(whole)) - 1)
        for page in paper:
            _without_dois(page)
        paper.set_metadata({**whole.metadata, "subject": f"doi:{doi}", "keywords": f"doi:{doi}"})
        change = dice.choice(("as it is", "dropped", "turned", "exchanged", "written anew"))
        at = dice.randrange(len(paper))
        if change == "dropped" and len(paper) > 2:
            paper.delete_page(at)
        elif change == "turned":
            paper[at].set_rotation(90)
        elif change == "exchanged":
            paper.move_page(at, dice.randrange(len(paper)))
        return bytes(paper.tobytes(garbage=3 if change == "written anew" else 1, deflate=change == "written anew"))


def _without_dois(page: pymupdf.Page) -> None:
    """The DOI that a page prints goes before the one in its metadata, and copies of a DOI are one paper."""
    printed = [word for word in page.get_text("words") if _DOI.search(word[4])]
    for word in printed:
        page.add_redact_annot(word[:4])
    if printed:
        page.apply_redactions(images=pymupdf.PDF_REDACT_IMAGE_NONE, graphics=pymupdf.PDF_REDACT_LINE_ART_NONE)


def _cut_off(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def _flipped(data: bytes, dice: random.Random) -> bytes:
    there = bytearray(data)
    for _ in range(200):
        there[dice.randrange(len(there))] ^= 1 << dice.randrange(8)
    return bytes(there)


def _spliced(data: bytes, dice: random.Random) -> bytes:
    a, b = sorted(dice.randrange(len(data)) for _ in range(2))
    return data[:a] + data[b:] + data[a:b]


def _locked(data: bytes, dice: random.Random) -> bytes:
    with pymupdf.open(stream=data, filetype="pdf") as paper:
        return bytes(paper.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=str(dice.random()), owner_pw="owner"))


def _malformed(_: bytes, dice: random.Random) -> bytes:
    return dice.choice(sorted((CORPUS / "malformed").glob("*.pdf"))).read_bytes()


def _hostile(_: bytes, dice: random.Random) -> bytes:
    from tests.hostile_pdfs import HOSTILE

    return HOSTILE[dice.choice(sorted(HOSTILE))]()


POISON: dict[str, Mutation] = {
    "cut-off": _cut_off,
    "flipped": _flipped,
    "spliced": _spliced,
    "locked": _locked,
    "malformed": _malformed,
    "hostile": _hostile,
    "empty": lambda _, __: b"",
    "no-pdf": lambda _, dice: dice.randbytes(50_000),
    "twin": lambda data, _: data,  # of the paper before it
}


NEVER_CUT = ("locked", "empty", "no-pdf", "twin")
REASONS = (  # that spoilt and poisoned papers may have; none of them is a mistake of ours
    "broken-page", "broken-page-tree", "duplicate-file", "duplicate-paper", "empty-file", "needs-password", "no-pages",
    "no-text", "not-a-pdf", "crashed", "out-of-memory", "timeout",
)  # fmt: skip


def make(folder: Path, count: int) -> None:
    """The papers, the same for the same count. Names say what was done to each."""
    originals = sorted((CORPUS / "papers").glob("*.pdf"))
    poisoned = max(1, round(count * POISON_SHARE))
    kinds = [kind for kind in POISON for _ in range(poisoned)]
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        kind = kinds[number // 2] if number % 2 and number // 2 < len(kinds) else "copy"
        of = number - 1 if kind == "twin" else number
        made = _anew(originals[of % len(originals)].read_bytes(), f"10.5555/soak.{of}", random.Random(f"paper {of}"))
        if kind != "copy":
            made = POISON[kind](made, random.Random(f"poison {number}"))
        path = folder / f"{number:05}-{kind}.pdf"
        path.with_suffix(".tmp").write_bytes(made)
        path.with_suffix(".tmp").rename(path)


def build(papers: Path, out: Path, kills: Sequence[float]) -> dict[str, Any]:
    """Build to the end, the driver and its children killed after each of these seconds; what it took."""
    command = [sys.executable, "-m", "builder.cli", "build", "csm_bench", "--papers", str(papers), "--out", str(out)]
    started, cpu = time.monotonic(), 0.0
    for seconds in (*kills, None):
        with (out.parent / f"{out.name}.log").open("ab") as log:
            before = _ended()
            running = subprocess.Popen(
                [*command, "--version", "1.0.0", *LIMITS], cwd=ROOT, start_new_session=True, stdout=log, stderr=log
            )
            try:
                code = running.wait(seconds)
            except subprocess.TimeoutExpired:
                cpu += _running(running.pid)
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
            else:
                cpu += _ended() - before
                break
    took = round(time.monotonic() - started)
    return {"code": code, "kills": kills.index(seconds) if seconds else len(kills), "cpu_s": round(cpu), "seconds": took}


def _ended() -> float:
    """CPU seconds of all children of this process that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _running(driver: int) -> float:
    """CPU seconds so far of a process and all below it, and of their children that have ended. Its children lead sessions."""
    ticks, below = dict[int, int](), dict[int, list[int]]()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        ticks[int(path.parent.name)] = sum(map(int, fields[11:15]))
        below.setdefault(int(fields[1]), []).append(int(path.parent.name))
    family = [driver]
    for one in family:
        family += below.get(one, [])
    return sum(ticks.get(one, 0) for one in family) / os.sysconf("SC_CLK_TCK")


def told(out: Path) -> dict[str, Any]:
    """What a release says of its papers."""
    attrition = json.loads((out / ATTRITION).read_bytes())
    (ingest,) = [line for line in attrition["stages"] if line["stage"] == "ingest"]
    drops = {drop["record_id"]: drop["reason"] for drop in attrition["drops"] if drop["stage"] == "ingest"}
    logical = json.loads((out / MANIFEST).read_bytes())["logical_hash"]
    return {"read": ingest["read"], "kept": ingest["kept"], "drops": drops, "logical_hash": logical}


def table(papers: Path, drops: dict[str, str]) -> str:
    """Outcomes by kind of paper."""
    found = Counter((path.stem.partition("-")[2], drops.get(path.name, "cut")) for path in papers.glob("*.pdf"))
    kinds, outcomes = sorted({kind for kind, _ in found}), sorted({outcome for _, outcome in found})
    width = max(map(len, outcomes)) + 2
    lines = [" " * 12 + "".join(f"{outcome:>{width}}" for outcome in outcomes)]
    lines += [f"{kind:12}" + "".join(f"{found[kind, outcome] or '':>{width}}" for outcome in outcomes) for kind in kinds]
    return "\n".join(lines)


def soak(count: int, kills: int, folder: Path) -> int:
    """0 when every paper has one outcome and both runs gave the same release."""
    folder.mkdir(parents=True, exist_ok=True)
    book, papers = folder / "state.json", folder / "papers"
    state: dict[str, Any] = json.loads(book.read_bytes()) if book.exists() else {}
    if "papers" not in state:
        shutil.rmtree(papers, ignore_errors=True)
        make(papers, count)
        state["papers"] = count
        book.write_text(json.dumps(state))
    for name in ("straight", "killed"):
        if name not in state:
            out = folder / name
            for left in folder.glob(f"{name}*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            dice, whole = random.Random(kills), state["straight"]["seconds"] if name == "killed" else 0
            waits = [dice.uniform(0.2, 2 * whole / kills) for _ in range(kills)] if name == "killed" else []
            state[name] = build(papers, out, waits) | told(out)
            book.write_text(json.dumps(state))
    straight, killed = state["straight"], state["killed"]
    print(table(papers, straight["drops"]))
    for name in ("straight", "killed"):
        one = state[name]
        print(f"{name}: exit {one['code']}, {one['read']} read, {one['kept']} kept, {one['kills']} kills", end=", ")
        print(f"{one['seconds']} s, {one['cpu_s']} s of CPU, {one['logical_hash']}")
    wrong = findings(papers, straight, killed, count, kills)
    print("\n".join(wrong) or "the same outcomes and release")
    return 1 if wrong else 0


def findings(papers: Path, straight: dict[str, Any], killed: dict[str, Any], count: int, kills: int) -> list[str]:
    """What is wrong with the two runs, a line each."""
    return [*_differences(straight, killed, kills), *_unaccounted(papers, straight, count)]


def _differences(straight: dict[str, Any], killed: dict[str, Any], kills: int) -> Iterator[str]:
    for one in (straight, killed):
        if one["code"]:
            yield f"exit code {one['code']}"
    if killed["kills"] < min(kills, 1):  # the last ones may find it finished
        yield "was never killed"
    if straight["logical_hash"] != killed["logical_hash"] or straight["drops"] != killed["drops"]:
        yield "ANOTHER outcome or release"


def _unaccounted(papers: Path, one: dict[str, Any], count: int) -> Iterator[str]:
    """Papers without an outcome, or with one that what was done to them cannot have."""
    kinds = {path.name: path.stem.partition("-")[2] for path in papers.glob("*.pdf")}
    if not len(kinds) == count == one["read"] == one["kept"] + len(one["drops"]):
        yield f"{count} papers, {len(kinds)} files, {one['read']} read, {one['kept']} kept, {len(one['drops'])} dropped"
    for name, reason in one["drops"].items():
        if reason not in REASONS or (kinds.get(name) == "copy") or kinds.get(name) is None:
            yield f"{name}: {reason}"
    for name, kind in kinds.items():
        if name not in one["drops"] and kind in NEVER_CUT:
            yield f"{name} was cut"


if __name__ == "__main__":
    sys.exit(soak(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
