"""The command hydrate: a reader's own copies of the papers bring back what a release withholds, for local use only."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from builder import shipped
from builder.bench import Source
from builder.commands.numbers import add_limits
from builder.documents import documents
from builder.edges import pdf
from builder.edges.engine import Failure, Limits, run_isolated
from builder.edges.fence import Fence, warnings
from builder.edges.papers import find_papers
from builder.edges.parquet import opened_parquet
from builder.edges.release_folder import write_release
from builder.edges.store import Store, cannot_write, sha256_of
from builder.errors import CannotRead, Exit, NothingLeft, UsageError
from builder.hydrating import Copy, identified, remade, without_papers
from builder.opening import whole_release
from builder.records import Paper
from builder.release.data_files import all_shards
from builder.release.files import json_text
from builder.release.hydrate import hydrated
from builder.release.hydration import BACK, HydratedRow, Remade, verified, withholding
from builder.release.rows import FigureRow, Manifest, Packed
from builder.release.validate_documents import packed_again
from builder.stages.rights import read_policy


def add_hydrate(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Crops and texts that a release withholds, remade from your own lawful copies of the papers and verified by the hashes "
        "in its rows. The folder is private: for local use, never to be published."
    )
    parser.add_argument("release", metavar="RELEASE", type=Path, help="folder of an open release")
    parser.add_argument(
        "--papers", metavar="PATH", nargs="+", required=True, type=Path, help="PDF files, folders, or a papers.csv"
    )
    parser.add_argument("--out", metavar="DIR", required=True, type=Path, help="folder to make, marked private")
    parser.add_argument("--json", action="store_true", help="what came back of each row, as one JSON object on stdout")
    add_limits(parser, 1, "1")
    parser.set_defaults(command=_hydrate)


def _hydrate(arguments: argparse.Namespace) -> int:
    packed, manifest = _open(arguments.release)
    rows = withholding(packed)
    if not rows:
        raise NothingLeft(str(arguments.release), "withholds nothing", "load it as it is")
    out: Path = arguments.out.absolute()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("--out", f"{out} is there already", "name a folder that does not exist yet")
    sys.stderr.writelines(warnings())
    limits = Limits(arguments.timeout, arguments.memory)
    with cannot_write(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(prefix=f".{out.name}.hydrating-", dir=out.parent)
    with scratch as folder:
        store = Store(Path(folder))
        found = _remade(packed, rows, _sources(arguments.papers), store, arguments.jobs, limits)
        versions = manifest.libraries.get("pymupdf", "unknown"), pdf.READER.removeprefix("pymupdf-")
        told = [verified(row, found[row.id], other_renderer=versions[0] != versions[1]) for row in rows]
        outcomes = [outcome for _, outcome in told]
        private = hydrated(packed, {row.id: row for row, _ in told}, outcomes, versions)
        assert private.hydration
        print(json_text(private.hydration) if arguments.json else "\n".join(_lines(outcomes)))
        if not any(outcome.image in BACK and outcome.restored for outcome in outcomes):
            raise NothingLeft(str(out), "nothing came back, so nothing was written", "see what is said of each figure above")
        _shipped_images(arguments.release, packed, store)
        print(write_release(private, out, store.blob, documents).summary, file=sys.stderr)
    return Exit.OK if all(outcome.whole for outcome in outcomes) else Exit.FINDINGS


def _open(folder: Path) -> tuple[Packed, Manifest]:
    """An open release, whole. Raises CannotRead, and UsageError for a private one."""
    again = packed_again(whole_release(folder))
    if again is None:
        raise CannotRead(str(folder), "has rows, recipe and manifest that do not fit together", "see `microtome validate`")
    if again[1].tier == "private":
        raise UsageError(str(folder), "is private: nothing is withheld from it", "name the open release")
    return again


def _sources(paths: Sequence[Path]) -> list[Source]:
    """The reader's PDFs, each content once. Raises CannotRead."""
    sources: dict[str, Source] = {}
    for path, row in find_papers(paths):
        try:
            sha = sha256_of(path)
        except OSError as error:
            raise CannotRead(str(path), error.strerror or str(error), "make the file readable") from error
        sources.setdefault(sha, Source(path, sha, row))
    return list(sources.values())


def _remade(
    packed: Packed, rows: Sequence[FigureRow], sources: Sequence[Source], store: Store, jobs: int, limits: Limits
) -> dict[str, Remade]:
    """What the copies give for each row, by its id: each paper in a child that can be killed."""
    policy = read_policy(shipped.text("licenses", "policy.toml"), "licenses/policy.toml")
    cut = without_papers(packed.cut)
    by_paper: dict[str, list[FigureRow]] = defaultdict(list)
    for row in rows:
        by_paper[row.paper_id].append(row)
    copies = [Copy(s, (), cut, policy, store.root) for s in sources]
    fence = Fence((store.root.resolve(), *{source.path.resolve().parent for source in sources}), store.open_to_children)
    matched = _matched(copies, by_paper, _all_hashes(packed), jobs=jobs, limits=limits, fence=fence)
    found = {row.id: Remade(None, reason="no file of this paper was given", missing=True) for row in rows}
    for outcome in run_isolated(remade, matched, jobs=jobs, limits=limits, fence=fence):
        if isinstance(outcome.result, Failure):
            reason = f"{outcome.task.source.name}: {outcome.result.reason}: {outcome.result.detail}"
            found |= {row.id: Remade(outcome.task.source.sha256, reason=reason) for row in outcome.task.rows}
        else:
            found |= outcome.result
    return found


def _all_hashes(packed: Packed) -> frozenset[str]:
    return frozenset(row.pdf_sha256 for row in packed.rows("figures"))


def _matched(
    copies: Sequence[Copy],
    by_paper: dict[str, list[FigureRow]],
    known: frozenset[str],
    *,
    jobs: int,
    limits: Limits,
    fence: Fence,
) -> list[Copy]:
    """The copies that are of a paper with something withheld: by their hash, else by what they say they are."""
    of_hash = {rows[0].pdf_sha256: paper for paper, rows in by_paper.items()}
    mine = {of_hash[copy.source.sha256]: copy for copy in copies if copy.source.sha256 in of_hash}
    unknown = [copy for copy in copies if copy.source.sha256 not in known] if by_paper.keys() - mine.keys() else []
    given = {copy.source.sha256: place for place, copy in enumerate(unknown)}
    outcomes = run_isolated(identified, unknown, jobs=jobs, limits=limits, fence=fence)
    for outcome in sorted(outcomes, key=lambda one: given[one.task.source.sha256]):  # the first copy given is the one used
        file, result = outcome.task.source.name, outcome.result
        if not isinstance(result, Paper):
            why = result if isinstance(result, str) else f"{result.reason} ({result.detail})"
            print(f"{file}: {why}", file=sys.stderr)
        elif result.id in by_paper and result.id not in mine:
            mine[result.id] = outcome.task
            told = "another file of that paper than the release was made from; it counts where its pixels are the same"
            print(f"{file}: {result.id}: {told}", file=sys.stderr)
    return [_of(mine[paper], by_paper[paper]) for paper in sorted(mine)]


def _of(copy: Copy, rows: Iterable[FigureRow]) -> Copy:
    return Copy(copy.source, tuple(rows), copy.cut, copy.policy, copy.scratch)


def _shipped_images(release: Path, packed: Packed, store: Store) -> None:
    """The images that the release has, into the store that the private one is written from."""
    for path in (path for (config, split), count in packed.shards.items() for path in all_shards(config, split, count)):
        with opened_parquet(release / path) as parquet:
            for row in parquet.rows:
                if row["image"] and row["image"]["bytes"]:
                    store.put_blob(row["image"]["bytes"])


def _lines(outcomes: Sequence[HydratedRow]) -> list[str]:
    """What came back, paper by paper, and a summary; what did not is named figure by figure."""
    lines = []
    for paper in sorted({one.paper_id for one in outcomes}):
        mine = [one for one in outcomes if one.paper_id == paper]
        lines.append(f"{paper}: {_counted(one.image for one in mine)}")
        lines += [f"  {one.label} ({one.id}, page {one.page}): {_problem(one)}" for one in mine if not one.whole or one.detail]
    columns, lost = sum(len(one.restored) for one in outcomes), sum(len(one.differing) for one in outcomes)
    lines.append(f"{len(outcomes)} figures: {_counted(one.image for one in outcomes)}; columns: {columns} exact, {lost} differ")
    return lines


def _counted(outcomes: Iterable[str]) -> str:
    return ", ".join(f"{n} {name}" for name, n in sorted(Counter(outcomes).items()))


def _problem(one: HydratedRow) -> str:
    gaps = f", levels differ by {one.mean_difference} on the mean, {one.max_difference} at most" if one.max_difference else ""
    texts = f"; not as released: {', '.join(one.differing)}" if one.differing else ""
    return f"{one.image}{gaps}{texts}" + (f"; {one.detail}" if one.detail else "")


__all__ = ["add_hydrate"]
