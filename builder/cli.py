"""The `microtome` command: parses, calls, prints, and exits with a code that means something."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from builder import __version__, shipped
from builder.commands.answers import add_ask, add_judge
from builder.commands.building import add_build, add_figures, add_savings
from builder.commands.hub import add_publish, add_publish_metrics, add_verify
from builder.commands.hydrate import add_hydrate
from builder.commands.items import add_battery, add_parse, add_spans
from builder.commands.leaderboard import add_leaderboard
from builder.commands.ledger import add_rights, add_why
from builder.commands.metrics import add_metrics
from builder.commands.money import add_spend
from builder.commands.releases import add_cite, add_diff, add_rescore
from builder.commands.report import add_report
from builder.commands.results import add_score
from builder.commands.revisions import add_erratum, add_withdraw
from builder.commands.status import add_status
from builder.commands.tables import add_lint
from builder.edges.store import write_whole
from builder.errors import Exit, MicrotomeError, unanswered
from builder.pipeline import STAGES
from builder.release.schemas import schema_files
from builder.reporting.run_report import run_schema_files
from builder.scoring.schemas import scoring_schema_files


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
    add_build(commands.add_parser("build", help="papers in, a release out"))
    add_figures(commands.add_parser("figures", help="one JSON object a figure on stdout"))
    add_savings(commands.add_parser("savings", help="what thumbnails of the kept pages spare, by each provider's rule"))
    add_spans(commands.add_parser("spans", help="techniques, materials and quantities of a text: a line in, a JSON list out"))
    add_status(
        commands.add_parser("status", help="how the run of a work folder stands: papers, rate, time left, outcomes, spending")
    )
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
        commands.add_parser(
            "schemas", help="write the JSON Schemas of a release's rows and files, predictions, results and reports"
        )
    )
    add_metrics(commands.add_parser("metrics", help="install the metrics so that evaluate.load finds them by bare name"))
    add_publish(commands.add_parser("publish", help="a release to the Hub: the plan, and with --send its execution"))
    add_verify(commands.add_parser("verify", help="load a published release as a stranger, and compare its hashes"))
    add_publish_metrics(
        commands.add_parser("publish-metrics", help="each metric into its Space on the Hub, with its version tag")
    )
    commands.add_parser("stages", help="what happens to a paper, in order").set_defaults(command=_stages)
    commands.add_parser("recipes", help="the benchmark families this version knows").set_defaults(command=_recipes)
    return parser


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("release", metavar="RELEASE", type=Path)
    parser.add_argument("--json", action="store_true", help="findings as one JSON list on stdout")
    parser.set_defaults(command=_validate)


def _add_schemas(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.set_defaults(command=_schemas)


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
    from builder.reporting.schemas import report_schema_files  # here: no other command of this module needs a report's parts

    found = schema_files() | scoring_schema_files() | report_schema_files() | run_schema_files()
    for name, text in found.items():
        write_whole(arguments.folder / name, text.encode())
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
