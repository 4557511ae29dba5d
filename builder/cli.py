"""The `microtome` command: parses, calls, prints, and exits with a code that means something."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from io import TextIOWrapper

from builder import __version__
from builder.errors import Exit, MicrotomeError, unanswered

# Each verb, the module of builder.commands that reads its options, and its line in the help. A module is loaded when its
# verb is asked for: together they take seconds.
_COMMANDS = (
    ("build", "building", "papers in, a release out"),
    ("figures", "building", "one JSON object a figure on stdout"),
    ("savings", "building", "what thumbnails of the kept pages spare, by each provider's rule"),
    ("spans", "items", "techniques, materials and quantities of a text: a line in, a JSON list out"),
    ("status", "status", "how the run of a work folder stands: papers, rate, time left, outcomes, spending"),
    ("spend", "money", "what a work folder's questions to models were billed, by stage and model"),
    ("validate", "releases", "check a release: every finding at once"),
    ("parse", "items", "what each answer of a model selects: JSON lines in and out"),
    ("score", "results", "predictions on a release: every score with its interval and its signature"),
    ("ask", "answers", "a release put to a model: its answers as predictions, one JSON object a line"),
    ("judge", "answers", "descriptions scored by a model against the paper's own words"),
    ("battery", "items", "what attacks without the image score on a release, or on any items"),
    ("report", "report", "results in; a page, tables in CSV and LaTeX, and report.json out"),
    ("leaderboard", "leaderboard", "results pinned to release, metric and parser: add, show, export"),
    ("lint", "tables", "the arithmetic of a published table: cells that no answers can give"),
    ("cite", "releases", "BibTeX of the source papers of a release, or of a subset of it"),
    ("diff", "releases", "two releases: what changed, and the version that asks for"),
    ("erratum", "revisions", "the next release: a key corrected, an item retired, an image replaced"),
    ("withdraw", "revisions", "the next release without a paper, a figure, a publisher or a licence"),
    ("why", "ledger", "the chain behind one item, down to the licence's own words"),
    ("rights", "ledger", "retractions and changed licences of a release's papers, by Crossref"),
    ("hydrate", "hydrate", "bring withheld crops and texts back from your own copies of the papers"),
    ("rescore", "releases", "stored answers by the keys of an older and a newer release"),
    ("schemas", "shipping", "write the JSON Schemas of a release's rows and files, predictions, results and reports"),
    ("metrics", "metrics", "install the metrics so that evaluate.load finds them by bare name"),
    ("publish", "hub", "a release to the Hub: the plan, and with --send its execution"),
    ("verify", "hub", "load a published release as a stranger, and compare its hashes"),
    ("publish-metrics", "hub", "each metric into its Space on the Hub, with its version tag"),
    ("stages", "shipping", "what happens to a paper, in order"),
    ("recipes", "shipping", "the benchmark families this version knows"),
)

_INTERRUPTED = 130  # 128 and SIGINT, as shells have it


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    given = sys.argv[1:] if argv is None else argv
    if isinstance(sys.stdout, TextIOWrapper):  # JSON is UTF-8 wherever it is read; a lone surrogate becomes its escape
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        arguments = _parser(next((word for word in given if not word.startswith("-")), "")).parse_args(given)
        command: Callable[[argparse.Namespace], int] = arguments.command
        return int(command(arguments))
    except MicrotomeError as error:
        print(f"microtome: {error}", file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print("microtome: stopped; what was done is kept, run the same command again to go on", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        print(f"microtome: {unanswered(error)}", file=sys.stderr)
        return int(Exit.CANNOT_READ)


def _parser(verb: str) -> argparse.ArgumentParser:
    """Of all verbs, with the options of that one."""
    codes = "\n".join(f"  {code.value:<4}{code.name.lower().replace('_', ' ')}" for code in Exit)
    codes += f"\n  {_INTERRUPTED:<4}interrupted by its user: what was done is kept"
    parser = argparse.ArgumentParser(
        prog="microtome",
        description="Cuts scientific papers into benchmark items that a multimodal model can be examined on.",
        epilog=f"exit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"microtome {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, module, told in _COMMANDS:
        command = commands.add_parser(name, help=told)
        if name == verb:
            getattr(import_module(f"builder.commands.{module}"), f"add_{name.replace('-', '_')}")(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
