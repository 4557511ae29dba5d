"""Commands that cut papers: build, figures, savings."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from builder import shipped
from builder.assemble import assemble, refuse_occupied
from builder.commands.cluster import add_engine, engine_of
from builder.commands.looking import add_show_dropped, look_of
from builder.commands.money import add_dry_run, asking_ended, dry_run
from builder.commands.numbers import add_limits
from builder.commands.progress import Progress, WatchedDesk, attrition_table
from builder.edges.calls import Asker
from builder.edges.engine import Limits
from builder.edges.fence import warnings
from builder.edges.papers import find_papers, named_paper
from builder.edges.run_log import driven
from builder.edges.store import Store, cannot_write, write_whole
from builder.errors import Exit, UsageError
from builder.figures import all_figures, figure_line
from builder.ledger import savings_of, savings_report
from builder.outcomes import Run
from builder.pipeline import Stage, stages_of, stages_until
from builder.recipe import Ocr, Recipe
from builder.records import JudgedFigure, Specimen
from builder.run import read_at_least_one, run
from builder.stages.rights import read_policy

_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


def add_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", metavar="RECIPE", help="a name from `microtome recipes`, or a TOML file")
    parser.add_argument(
        "--papers", metavar="PATH", nargs="+", required=True, type=named_paper, help="PDF files, URLs, folders, or a papers.csv"
    )
    parser.add_argument(
        "--out", metavar="RELEASE", required=True, type=Path, help="folder of the release; made by this command"
    )
    parser.add_argument("--version", metavar="X.Y.Z", required=True, help="version of the release, such as 1.0.0")
    parser.add_argument(
        "--tier",
        choices=("open", "private"),
        default="open",
        help="open (default): what may be published; private: everything, for local work, never to be published",
    )
    add_dry_run(parser)
    add_show_dropped(parser)
    _add_run(parser)
    parser.set_defaults(command=_build)


def add_figures(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("papers", metavar="PATH", nargs="+", type=named_paper, help="PDF files, URLs, folders, or a papers.csv")
    parser.add_argument("--crops", metavar="DIR", type=Path, help="write each figure there as a PNG")
    parser.add_argument("--recipe", default="csm_bench", help="whose fields and crop rule are used (default: csm_bench)")
    _add_run(parser)
    parser.set_defaults(command=_figures)


def add_savings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("papers", metavar="PATH", nargs="+", type=named_paper, help="PDF files, URLs, folders, or a papers.csv")
    parser.add_argument("--recipe", default="csm_bench", help="whose thumbnail rule is used (default: csm_bench)")
    parser.add_argument("--json", action="store_true", help="the ledger as one JSON object on stdout")
    _add_run(parser)
    parser.set_defaults(command=_savings)


def _add_run(parser: argparse.ArgumentParser) -> None:
    add_limits(parser, os.cpu_count() or 1, "cores")
    parser.add_argument(
        "--work", metavar="DIR", type=Path, help="receipts and crops, for resuming (default: beside the output)"
    )
    parser.add_argument(
        "--ocr",
        action="store_true",
        help="read letters, scale labels and scans off pixels: needs [ocr], seconds a figure",
    )
    add_engine(parser)


def _build(arguments: argparse.Namespace) -> int:
    if not _VERSION.fullmatch(arguments.version):
        raise UsageError("--version", f"{arguments.version!r} is not a version", "write three numbers, such as 1.0.0")
    recipe = _recipe(arguments).model_copy(update={"tier": arguments.tier})
    out: Path = arguments.out.absolute()
    if not out.name:
        raise UsageError(
            "--out", f"{str(arguments.out)!r} names no folder of its own", "name a folder that this command may make"
        )
    work: Path = arguments.work or out.with_name(out.name + ".work")
    if work.resolve() == out.resolve():
        raise UsageError("--work", "is the release's own folder", "name another folder, or leave --work out")
    refuse_occupied(out, arguments.version, arguments.tier)
    command = "build --dry-run" if arguments.dry_run else "build"
    with driven(work, command) as log:
        return _built(arguments, recipe, Store(work), out, Progress(log, recipe, command))


def _built(arguments: argparse.Namespace, recipe: Recipe, store: Store, out: Path, progress: Progress) -> int:
    if arguments.dry_run:
        stages = stages_of(recipe)
        return dry_run(
            recipe,
            store,
            lambda asker: _run(arguments, arguments.papers, recipe, store, stages, progress, asker),
            version=arguments.version,
            as_json=arguments.json,
        )
    with progress.reported(store, arguments.version, arguments.tier):
        return _assembled(arguments, recipe, store, out, progress)


def _assembled(arguments: argparse.Namespace, recipe: Recipe, store: Store, out: Path, progress: Progress) -> int:
    desk = WatchedDesk(store, recipe, progress)
    done = _run(arguments, arguments.papers, recipe, store, stages_of(recipe), progress, desk)
    print(attrition_table(done.attrition), file=sys.stderr)
    read_at_least_one(done)
    progress.assembling()
    try:
        written = assemble(done, recipe, arguments.version, out, store, desk, lambda line: print(line, file=sys.stderr))
        progress.written = written
    finally:  # a blocked release was paid for too
        done.spent, done.stopped = desk.spent, desk.stopped
        print(savings_report(done, recipe, store), file=sys.stderr)
    print(written.summary, file=sys.stderr)
    return asking_ended(done)


def _recipe(arguments: argparse.Namespace) -> Recipe:
    recipe = shipped.load_recipe(arguments.recipe)
    return recipe.model_copy(update={"ocr": Ocr(use="always")}) if arguments.ocr else recipe


def _figures(arguments: argparse.Namespace) -> int:
    recipe = all_figures(_recipe(arguments))
    stages = stages_until("crop" if arguments.crops else "rights")
    with tempfile.TemporaryDirectory(prefix="microtome-") as scratch:
        store = Store(arguments.work or Path(scratch))
        with driven(store.root, "figures") as log:
            done = _run(arguments, arguments.papers, recipe, store, stages, Progress(log, recipe, "figures"))
        for outcome in done.outcomes:
            for judged in outcome.records(done.stage("rights"), JudgedFigure):
                print(json.dumps(figure_line(outcome.file, judged), ensure_ascii=False))
        if arguments.crops:
            _write_crops(arguments.crops, done, store)
    read_at_least_one(done)
    ended = asking_ended(done)
    if ended:
        return ended
    return Exit.FINDINGS if any(outcome.refusal for outcome in done.outcomes) else Exit.OK


def _write_crops(folder: Path, done: Run, store: Store) -> None:
    """One PNG a figure, named by paper and label; papers of one file name in two folders are told apart by their hash."""
    stems = Counter(outcome.file for outcome in done.outcomes)
    for outcome in done.outcomes:
        for specimen in outcome.records(done.stage("crop"), Specimen):
            label = re.sub(r"\W+", "-", specimen.classified.paired.label)
            apart = f".{specimen.paper.sha256[:8]}" if stems[outcome.file] > 1 else ""
            write_whole(folder / f"{Path(outcome.file).stem}{apart}.{label}.png", store.blob(specimen.crop.sha256))


def _savings(arguments: argparse.Namespace) -> int:
    recipe = _recipe(arguments)
    with tempfile.TemporaryDirectory(prefix="microtome-") as scratch:
        store = Store(arguments.work or Path(scratch))
        with driven(store.root, "savings") as log:
            progress = Progress(log, recipe, "savings")
            done = _run(arguments, arguments.papers, recipe, store, stages_until("sieve"), progress)
        read_at_least_one(done)
        if arguments.json:
            print(json.dumps(dataclasses.asdict(savings_of(done, recipe)), indent=1))
        else:
            print(savings_report(done, recipe, store))
    return Exit.OK


def _run(
    arguments: argparse.Namespace,
    papers: Sequence[Path | str],
    recipe: Recipe,
    store: Store,
    stages: tuple[Stage, ...],
    progress: Progress,
    asker: Asker | None = None,
) -> Run:
    found = find_papers(papers, store.root / "papers")
    policy = read_policy(shipped.text("licenses", "policy.toml"), "licenses/policy.toml")
    with cannot_write(store.root):
        store.root.mkdir(parents=True, exist_ok=True)
    sys.stderr.writelines(warnings())
    limits = Limits(arguments.timeout, arguments.memory)
    progress.look = look_of(arguments, [path for path, _ in found], store, limits)
    asker = asker or WatchedDesk(store, recipe, progress)
    told, waits = progress.paper, progress.waits
    with engine_of(arguments, store.root) as engine, progress.papers(len(found), arguments.jobs, stages):
        done = run(found, recipe, policy, store, stages, engine=engine, limits=limits, progress=told, waits=waits, asker=asker)
    progress.done = done
    for outcome in done.outcomes:
        if outcome.dropped and outcome.dropped.reason == "duplicate-paper":  # known only when all papers are done
            print(f"{outcome.file}: duplicate-paper ({outcome.dropped.detail})", file=sys.stderr)
    print(f"{len(done.outcomes)} papers, {done.reused} of them unchanged since an earlier run", file=sys.stderr)
    return done


__all__ = ["add_build", "add_figures", "add_savings"]
