"""Real PDFs with flipped bits, cut ends, spliced objects and lies, each cut in its own child: one outcome for each.

python -m tests.fuzz.mutated_pdfs COUNT FOLDER [--papers FOLDER ...] [--seed N] [--jobs N] [--timeout S] [--memory MIB]

Resumable: FOLDER/outcomes.jsonl has a line for each seed that is done; a mutant that hung, crashed or was a mistake of ours is
kept in FOLDER/findings/. The same seed gives the same mutant of the same papers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pymupdf

from builder import shipped
from builder.bench import Bench, Source
from builder.edges import pdf
from builder.edges.engine import Failure, Limits, run_isolated
from builder.edges.fence import Fence
from builder.edges.store import Store
from builder.pipeline import cut, stages_until
from builder.recipe import read_recipe
from builder.stages.rights import read_policy

_SPECIMENS = Path(__file__).parents[1] / "papers"
_RECIPE = Path(__file__).parents[2] / "builder" / "recipes" / "csm_bench.toml"
_PAGES = 1  # read of a mutant: a long paper would spend the night on pages that no mutation touched
_LARGEST = 20_000_000  # bytes of a page whose streams are unpacked
_FORMS = ("as published", "a page", "a page, expanded")
_BATCH = 40  # mutants that lie on disk at a time
_OBJECT = re.compile(rb"\d+ 0 obj\b.*?\bendobj", re.DOTALL)
_NUMBER = re.compile(rb"(?<=[ \[/(\n])-?\d+(?:\.\d+)?(?=[ \])/\n\r>])")
_NAME = re.compile(rb"/[A-Z][A-Za-z0-9]{2,}")
_WILD = (b"-1", b"0", b"2147483648", b"-2147483649", b"99999999999999999999", b"1e308", b"0.0000001", b"65536", b"null", b"<<")


def bits(data: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 4, 32, 256))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def block_of_noise(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data))
    size = dice.choice((16, 256, 4096))
    data[start : start + size] = dice.randbytes(min(size, len(data) - start))


def cut_end(data: bytearray, dice: random.Random) -> None:
    del data[dice.randrange(len(data)) :]


def cut_middle(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data))
    del data[start : start + dice.randrange(1, 5000)]


def said_twice(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data))
    at = dice.randrange(len(data))
    data[at:at] = data[start : start + dice.randrange(1, 5000)]


def spliced_object(data: bytearray, dice: random.Random) -> None:
    """One object takes the place of another, under its number or under its own."""
    found = list(_OBJECT.finditer(data))[:2000]
    if len(found) > 1:
        into, out = dice.sample(found, 2)
        body = bytes(out[0])
        if dice.random() < 0.5:
            body = re.sub(rb"^\d+", re.match(rb"\d+", into[0])[0], body, count=1)  # type: ignore[index]
        data[into.start() : into.end()] = body


def lie_of_length(data: bytearray, dice: random.Random) -> None:
    _replaced(data, re.compile(rb"(?<=/Length )\d+"), dice, _WILD)


def wild_numbers(data: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 5, 50))):
        _replaced(data, _NUMBER, dice, _WILD)


def swapped_names(data: bytearray, dice: random.Random) -> None:
    names = sorted(set(_NAME.findall(bytes(data)))) or [b"/Type"]
    for _ in range(dice.choice((1, 5, 50))):
        _replaced(data, _NAME, dice, names)


def swapped_references(data: bytearray, dice: random.Random) -> None:
    """Objects named for other objects: loops, wrong kinds."""
    for _ in range(dice.choice((1, 5, 50))):
        _replaced(data, re.compile(rb"\b\d+ 0 R\b"), dice, [b"%d 0 R" % dice.randrange(200)])


def torn_xref(data: bytearray, dice: random.Random) -> None:
    """The place that the file's end names, or a line of the table, says something else."""
    _replaced(data, re.compile(rb"(?<=startxref)\s+\d+|\b\d{10}(?= \d{5} [nf])"), dice, [b"\n%d" % dice.randrange(len(data))])


def _replaced(data: bytearray, pattern: re.Pattern[bytes], dice: random.Random, words: Sequence[bytes]) -> None:
    start = dice.randrange(len(data))
    found = pattern.search(data, start) or pattern.search(data)
    if found:
        data[found.start() : found.end()] = dice.choice(words)


MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    bits, block_of_noise, cut_end, cut_middle, said_twice, spliced_object, lie_of_length, wild_numbers, swapped_names,
    swapped_references, torn_xref,
)  # fmt: skip


def one_page(paper: Path, dice: random.Random, *, expand: bool) -> bytes:
    """A page as a PDF of its own. Where its streams are unpacked a mutation meets operators, fonts and pixels, no checksum."""
    try:
        with pymupdf.open(paper) as document, pymupdf.open() as alone:
            number = dice.randrange(len(document))
            alone.insert_pdf(document, from_page=number, to_page=number)  # Document.select crashes now and then
            packed = bytes(alone.tobytes(garbage=1, no_new_id=True))
            unpacked = bytes(alone.tobytes(garbage=1, expand=255, no_new_id=True)) if expand else packed
    except pdf.BROKEN:
        return paper.read_bytes()
    return unpacked if len(unpacked) < _LARGEST else packed


def mutant(papers: Sequence[Path], seed: int) -> tuple[bytes, str]:
    """A mutated paper, and what was done to which."""
    dice = random.Random(seed)
    paper, form = dice.choice(papers), dice.choice(_FORMS)
    data = bytearray(paper.read_bytes() if form == _FORMS[0] else one_page(paper, dice, expand=form == _FORMS[2]))
    done = [form]
    for change in dice.choices(MUTATIONS, k=dice.choice((1, 1, 2, 3))):
        if data:
            change(data, dice)
            done.append(change.__name__)
    return bytes(data), f"{paper.name}: {', '.join(done)}"


Line = dict[str, object]


@dataclass(frozen=True)
class Made:
    """A file to be cut, and how it was made."""

    name: str
    data: bytes
    how: str


@dataclass(frozen=True)
class Trial:
    name: str
    path: Path
    work: Path
    last: str  # stage


class _FewPages(pdf.PdfFile):
    """The first pages of a PDF."""

    @property
    def pages(self) -> int:
        return min(_PAGES, super().pages)


def tried(trial: Trial) -> str:
    """The child's work: every stage over the first pages, nothing kept. Says how far the paper came."""
    recipe = read_recipe(_RECIPE.read_text(encoding="utf-8"), _RECIPE.name)
    policy = read_policy(shipped.text("licenses", "policy.toml"), "licenses/policy.toml")
    data = trial.path.read_bytes()
    bench = Bench(Source(trial.path, hashlib.sha256(data).hexdigest(), None), recipe, policy, Store(trial.work))
    try:
        whole = bench.pdf
        bench.__dict__["pdf"] = _FewPages(whole.document, whole.sha256, whole.interpreted)
    except pdf.RefusedPdf:
        pass  # ingest says so again, and that is the outcome
    receipts = cut(bench, stages_until(trial.last))
    assert receipts is not None
    if not receipts[0].kept:
        return f"refused: {receipts[0].dropped[0]['reason']}"
    if any(drop["reason"] == "broken-page" for receipt in receipts for drop in receipt.dropped):
        return "cut, but for broken pages"
    made = len(receipts[-1].records)
    return "cut into figures" if made else "read, no figure"


def outcomes(papers: Sequence[Path], seeds: Sequence[int], folder: Path, *, jobs: int, limits: Limits) -> Iterator[Line]:
    """One line for each seed."""
    made = (Made(str(seed), *mutant(papers, seed)) for seed in seeds)
    while batch := list(islice(made, _BATCH)):
        yield from cut_each(batch, folder, jobs=jobs, limits=limits)


def cut_each(made: Sequence[Made], folder: Path, *, jobs: int, limits: Limits, last: str = "crop") -> Iterator[Line]:
    """One line for each file, as it is done; `last` is the last stage that is run. A finding's file is kept."""
    inputs, work = folder / "in", (folder / "work").resolve()
    inputs.mkdir(parents=True, exist_ok=True)
    fence = Fence((inputs.resolve(), _RECIPE.parent), (work,))
    trials = [Trial(one.name, inputs / f"{one.name}.pdf", work, last) for one in made]
    for one, trial in zip(made, trials, strict=True):
        trial.path.write_bytes(one.data)
    began = time.monotonic()
    how = {one.name: one.how for one in made}
    for outcome in run_isolated(tried, trials, jobs=jobs, limits=limits, fence=fence):
        name = outcome.task.name
        line: Line = {"name": name, "how": how[name]}
        if isinstance(outcome.result, Failure):
            line |= {"outcome": outcome.result.reason, "detail": outcome.result.detail}
            (folder / "findings").mkdir(exist_ok=True)
            outcome.task.path.replace(folder / "findings" / outcome.task.path.name)
        else:
            line |= {"outcome": outcome.result}
            outcome.task.path.unlink()
        yield line | {"seconds": round(time.monotonic() - began, 2)}
        began = time.monotonic()


def table(lines: Sequence[Line]) -> str:
    counts = Counter(str(line["outcome"]) for line in lines)
    return "\n".join(f"{n:6d}  {outcome}" for outcome, n in counts.most_common())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--papers", type=Path, nargs="+", default=[_SPECIMENS])
    parser.add_argument("--seed", type=int, default=0, help="of the first mutant; the others follow")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--timeout", type=int, default=30)
    parser.add_argument("--memory", type=int, default=2048)
    given = parser.parse_args()
    papers = sorted(path for folder in given.papers for path in folder.rglob("*.pdf"))
    given.folder.mkdir(parents=True, exist_ok=True)
    log = given.folder / "outcomes.jsonl"
    done = {int(json.loads(line)["name"]) for line in log.read_text().splitlines()} if log.exists() else set()
    seeds = [seed for seed in range(given.seed, given.seed + given.count) if seed not in done]
    limits = Limits(given.timeout, given.memory)
    with log.open("a", encoding="utf-8") as file:
        for line in outcomes(papers, seeds, given.folder, jobs=given.jobs, limits=limits):
            file.write(json.dumps(line) + "\n")
            file.flush()
    print(table([json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]))


if __name__ == "__main__":
    main()
