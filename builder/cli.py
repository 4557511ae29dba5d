"""The `microtome` command: parses, calls, prints, and exits with a code that means something."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from builder import __version__, shipped
from builder.assemble import assemble, refuse_occupied
from builder.commands.answers import add_ask, add_judge
from builder.commands.hub import add_publish, add_publish_metrics, add_verify
from builder.commands.hydrate import add_hydrate
from builder.commands.items import add_battery, add_parse, add_spans
from builder.commands.leaderboard import add_leaderboard
from builder.commands.ledger import add_rights, add_why
from builder.commands.money import add_dry_run, add_spend, asking_ended, dry_run
from builder.commands.releases import add_cite, add_diff, add_rescore
from builder.commands.report import add_report
from builder.commands.results import add_score
from builder.commands.revisions import add_erratum, add_withdraw
from builder.commands.tables import add_lint
from builder.edges.calls import Asker, Desk
from builder.edges.engine import Limits
from builder.edges.fence import warnings
from builder.edges.holding import held
from builder.edges.metric_folders import install, metric_folders, state, uninstall
from builder.edges.papers import find_papers
from builder.edges.store import Store, cannot_write, write_whole
from builder.errors import Exit, MicrotomeError, UsageError, unanswered
from builder.figures import all_figures, figure_line
from builder.ledger import savings_of, savings_report
from builder.pipeline import STAGES, Stage, stages_of, stages_until
from builder.recipe import Ocr, Recipe
from builder.records import JudgedFigure, Paper, Specimen, StageCount
from builder.release.schemas import schema_files
from builder.run import PaperOutcome, Run, read_at_least_one, run
from builder.scoring.schemas import scoring_schema_files
from builder.stages.rights import read_policy

_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return int(command(arguments))
    except MicrotomeError as error:
        print(f"microtome: {error}", file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print("microtome: stopped; what was done is kept, run the same command again to go on", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        print(f"microtome: {unanswered(error)}", file=sys.stderr)
        return int(Exit.CANNOT_READ)


def _parser() -> argparse.ArgumentParser:
    codes = "\n".join(f"  {code.value}  {code.name.lower().replace('_', ' ')}" for code in Exit)
    parser = argparse.ArgumentParser(
        prog="microtome",
        description="Cuts scientific papers into benchmark items that a multimodal model can be examined on.",
        epilog=f"exit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"microtome {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_build(commands.add_parser("build", help="papers in, a release out"))
    _add_figures(commands.add_parser("figures", help="one JSON object a figure on stdout"))
    _add_savings(commands.add_parser("savings", help="what thumbnails of the kept pages spare, by each provider's rule"))
    add_spans(commands.add_parser("spans", help="techniques, materials and quantities of a text: a line in, a JSON list out"))
    add_spend(commands.add_parser("spend", help="what a work folder's questions to models were billed, by stage and model"))
    _add_validate(commands.add_parser("validate", help="check a release: every finding at once"))
    add_parse(commands.add_parser("parse", help="what each answer of a model selects: JSON lines in and out"))
    add_score(commands.add_parser("score", help="predictions on a release: every score with its interval and its signature"))
    add_ask(commands.add_parser("ask", help="a release put to a model: its answers as predictions, one JSON object a line"))
    add_judge(commands.add_parser("judge", help="descriptions scored by a model against the paper's own words"))
    add_battery(commands.add_parser("battery", help="what attacks without the image score on a release, or on any items"))
    add_report(commands.add_parser("report", help="results in; a page, tables in CSV and LaTeX, and report.json out"))
    add_leaderboard(commands.add_parser("leaderboard", help="results pinned to release, metric and parser: add, show, export"))
    add_lint(commands.add_parser("lint", help="the arithmetic of a published table: cells that no answers can give"))
    add_cite(commands.add_parser("cite", help="BibTeX of the source papers of a release, or of a subset of it"))
    add_diff(commands.add_parser("diff", help="two releases: what changed, and the version that asks for"))
    add_erratum(commands.add_parser("erratum", help="the next release: a key corrected, an item retired, an image replaced"))
    add_withdraw(commands.add_parser("withdraw", help="the next release without a paper, a figure, a publisher or a licence"))
    add_why(commands.add_parser("why", help="the chain behind one item, down to the licence's own words"))
    add_rights(commands.add_parser("rights", help="retractions and changed licences of a release's papers, by Crossref"))
    add_hydrate(commands.add_parser("hydrate", help="bring withheld crops and texts back from your own copies of the papers"))
    add_rescore(commands.add_parser("rescore", help="stored answers by the keys of an older and a newer release"))
    _add_schemas(
        commands.add_parser("schemas", help="write the JSON Schemas of a release's rows and files, of predictions and results")
    )
    _add_metrics(commands.add_parser("metrics", help="install the metrics so that evaluate.load finds them by bare name"))
    add_publish(commands.add_parser("publish", help="a release to the Hub: the plan, and with --send its execution"))
    add_verify(commands.add_parser("verify", help="load a published release as a stranger, and compare its hashes"))
    add_publish_metrics(
        commands.add_parser("publish-metrics", help="each metric into its Space on the Hub, with its version tag")
    )
    commands.add_parser("stages", help="what happens to a paper, in order").set_defaults(command=_stages)
    commands.add_parser("recipes", help="the benchmark families this version knows").set_defaults(command=_recipes)
    return parser


def _add_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", metavar="RECIPE", help="a name from `microtome recipes`, or a TOML file")
    parser.add_argument(
        "--papers", metavar="PATH", nargs="+", required=True, type=Path, help="PDF files, folders, or a papers.csv"
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
    _add_run(parser)
    parser.set_defaults(command=_build)


def _add_figures(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("papers", metavar="PATH", nargs="+", type=Path, help="PDF files, folders, or a papers.csv")
    parser.add_argument("--crops", metavar="DIR", type=Path, help="write each figure there as a PNG")
    parser.add_argument("--recipe", default="csm_bench", help="whose fields and crop rule are used (default: csm_bench)")
    _add_run(parser)
    parser.set_defaults(command=_figures)


def _add_savings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("papers", metavar="PATH", nargs="+", type=Path, help="PDF files, folders, or a papers.csv")
    parser.add_argument("--recipe", default="csm_bench", help="whose thumbnail rule is used (default: csm_bench)")
    parser.add_argument("--json", action="store_true", help="the ledger as one JSON object on stdout")
    _add_run(parser)
    parser.set_defaults(command=_savings)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs", metavar="N", type=_positive, default=os.cpu_count() or 1, help="papers at a time (default: cores)"
    )
    parser.add_argument(
        "--work", metavar="DIR", type=Path, help="receipts and crops, for resuming (default: beside the output)"
    )
    parser.add_argument(
        "--ocr",
        action="store_true",
        help="read letters, scale labels and scans off pixels: needs [ocr], seconds a figure",
    )
    parser.add_argument("--timeout", metavar="S", type=_positive, default=Limits.seconds, help="seconds a paper may take")
    parser.add_argument("--memory", metavar="MIB", type=_positive, default=Limits.memory_mib, help="MiB a paper may take")


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("release", metavar="RELEASE", type=Path)
    parser.add_argument("--json", action="store_true", help="findings as one JSON list on stdout")
    parser.set_defaults(command=_validate)


def _add_schemas(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.set_defaults(command=_schemas)


def _add_metrics(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    for verb, command, what in (
        ("install", _metrics_install, "make evaluate.load(NAME) work offline, from any directory"),
        ("list", _metrics_list, "name, version and what it scores"),
        ("check", _metrics_check, "is what evaluate.load(NAME) would load this version of ours?"),
        ("uninstall", _metrics_uninstall, "take the installed copies away"),
    ):
        one = verbs.add_parser(verb, help=what, description=what)
        one.add_argument("names", metavar="NAME", nargs="*", help="a metric from `microtome metrics list` (default: all)")
        one.set_defaults(command=command)


def _positive(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


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
    with held(work):
        return _built(arguments, recipe, Store(work), out)


def _built(arguments: argparse.Namespace, recipe: Recipe, store: Store, out: Path) -> int:
    if arguments.dry_run:
        stages = stages_of(recipe)
        return dry_run(
            recipe,
            store,
            lambda asker: _run(arguments, arguments.papers, recipe, store, stages, asker),
            version=arguments.version,
            as_json=arguments.json,
        )
    desk = Desk(store, recipe.models, recipe.asking)
    done = _run(arguments, arguments.papers, recipe, store, stages_of(recipe), desk)
    print(_table(done.attrition), file=sys.stderr)
    read_at_least_one(done)
    try:
        written = assemble(done, recipe, arguments.version, out, store, desk, lambda line: print(line, file=sys.stderr))
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
        with held(store.root):
            done = _run(arguments, arguments.papers, recipe, store, stages)
        for outcome in done.outcomes:
            for judged in outcome.records(done.stage("rights"), JudgedFigure):
                print(json.dumps(figure_line(outcome.file, judged), ensure_ascii=False))
        if arguments.crops:
            _write_crops(arguments.crops, done, store)
    read_at_least_one(done)
    ended = asking_ended(done)
    if ended:
        return ended
    return Exit.FINDINGS if any(_refusal(outcome) for outcome in done.outcomes) else Exit.OK


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
        with held(store.root):
            done = _run(arguments, arguments.papers, recipe, store, stages_until("sieve"))
        read_at_least_one(done)
        if arguments.json:
            print(json.dumps(dataclasses.asdict(savings_of(done, recipe)), indent=1))
        else:
            print(savings_report(done, recipe, store))
    return Exit.OK


def _run(
    arguments: argparse.Namespace,
    papers: Sequence[Path],
    recipe: Recipe,
    store: Store,
    stages: tuple[Stage, ...],
    asker: Asker | None = None,
) -> Run:
    found = find_papers(papers)
    policy = read_policy(shipped.text("licenses", "policy.toml"), "licenses/policy.toml")
    with cannot_write(store.root):
        store.root.mkdir(parents=True, exist_ok=True)
    sys.stderr.writelines(warnings())
    limits = Limits(arguments.timeout, arguments.memory)
    with tqdm(total=len(found), unit="paper", file=sys.stderr, dynamic_ncols=True) as bar:

        def progress(outcome: PaperOutcome) -> None:
            refusal = _refusal(outcome)
            if refusal:
                bar.write(f"{outcome.file}: {refusal}", file=sys.stderr)
            for paper in outcome.records(stages[0], Paper):
                for disagreement in paper.disagreements:
                    bar.write(f"{outcome.file}: {disagreement}", file=sys.stderr)
            bar.update()

        done = run(found, recipe, policy, store, stages, jobs=arguments.jobs, limits=limits, progress=progress, asker=asker)
    for outcome in done.outcomes:
        if outcome.dropped and outcome.dropped.reason == "duplicate-paper":  # known only when all papers are done
            print(f"{outcome.file}: duplicate-paper ({outcome.dropped.detail})", file=sys.stderr)
    print(f"{len(done.outcomes)} papers, {done.reused} of them unchanged since an earlier run", file=sys.stderr)
    return done


def _refusal(outcome: PaperOutcome) -> str | None:
    drops = [outcome.dropped.model_dump()] if outcome.dropped else list(outcome.receipts[0].dropped) if outcome.receipts else []
    return f"{drops[0]['reason']} ({drops[0]['detail']})" if drops else None


def _table(counts: Sequence[StageCount]) -> str:
    lines = [f"{'stage':<18}{'unit':<10}{'read':>7}{'kept':>7}{'made':>7}  dropped"]
    for c in counts:
        reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(c.dropped.items(), key=lambda item: (-item[1], item[0])))
        lines.append(f"{c.stage:<18}{c.unit:<10}{c.read:>7}{c.kept:>7}{c.made:>7}  {reasons}")
    return "\n".join(lines)


def _validate(arguments: argparse.Namespace) -> int:
    from builder.edges.validation import validate_release

    issues = validate_release(arguments.release)
    if arguments.json:
        print(json.dumps([issue.__dict__ for issue in sorted(issues.found)], ensure_ascii=False, indent=1))
    elif issues:
        print(issues)
        print(f"{len(issues.found)} findings in {arguments.release}", file=sys.stderr)
    else:
        print(f"{arguments.release}: no findings", file=sys.stderr)
    return Exit.FINDINGS if issues else Exit.OK


def _schemas(arguments: argparse.Namespace) -> int:
    for name, text in (schema_files() | scoring_schema_files()).items():
        write_whole(arguments.folder / name, text.encode())
    return Exit.OK


def _metrics_install(arguments: argparse.Namespace) -> int:
    for folder in metric_folders(tuple(arguments.names)):
        print(f"{folder.name:<24}{folder.version:<8}{install(folder)}")
    return Exit.OK


def _metrics_list(arguments: argparse.Namespace) -> int:
    for folder in metric_folders(tuple(arguments.names)):
        print(f"{folder.name:<24}{folder.version:<8}{folder.summary}")
    return Exit.OK


def _metrics_check(arguments: argparse.Namespace) -> int:
    states = {folder.name: state(folder) for folder in metric_folders(tuple(arguments.names))}
    for name, told in states.items():
        print(f"{name:<24}{told}")
    return Exit.OK if set(states.values()) == {"installed"} else Exit.FINDINGS


def _metrics_uninstall(arguments: argparse.Namespace) -> int:
    for folder in metric_folders(tuple(arguments.names)):
        print(f"{folder.name:<24}{'removed' if uninstall(folder) else 'was not installed'}")
    return Exit.OK


def _stages(_: argparse.Namespace) -> int:
    for number, stage in enumerate(STAGES, 1):
        print(f"{number:>2}  {stage.name:<18}{stage.unit:<10}{stage.summary}")
    return Exit.OK


def _recipes(_: argparse.Namespace) -> int:
    for name in shipped.recipe_names():
        recipe = shipped.load_recipe(name)
        print(f"{name:<12}{recipe.identity.title}\n{'':<12}{recipe.identity.summary}\n{'':<12}tasks: {', '.join(recipe.tasks)}")
    return Exit.OK


if __name__ == "__main__":
    sys.exit(main())
