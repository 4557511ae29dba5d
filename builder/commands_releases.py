"""Commands on releases that lie in folders: diff, cite."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from builder.errors import Exit, NothingLeft, UsageError
from builder.opening import whole_release
from builder.release.cite import bibtex
from builder.release.diff import changelog_entry, diff_text, difference
from builder.release.subset import condition, papers_of, rows_where


def add_diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", metavar="OLD", type=Path, help="folder of the earlier release")
    parser.add_argument("after", metavar="NEW", type=Path, help="folder of the later release")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="the difference as one JSON object on stdout")
    how.add_argument("--changelog", action="store_true", help="the entry of CHANGELOG.md, in Markdown")
    parser.set_defaults(command=_diff)


def add_cite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("release", metavar="RELEASE", type=Path, help="folder of a release")
    parser.add_argument(
        "--where", metavar="COLUMN=VALUE", action="append", default=[], help="only rows such as technique=AFM; may be repeated"
    )
    parser.set_defaults(command=_cite)


def _diff(arguments: argparse.Namespace) -> int:
    before, after = whole_release(arguments.before), whole_release(arguments.after)
    names = [str(opened.manifest["benchmark"]) for opened in (before, after)]
    if names[0] != names[1]:
        raise UsageError(
            str(arguments.after), f"is {names[1]}; {arguments.before} is {names[0]}", "compare two releases of one benchmark"
        )
    found = difference(before, after)
    if arguments.json:
        told = found.model_dump(mode="json") | {
            "level": found.level,
            "step": found.stepped,
            "step_is_enough": found.step_is_enough,
        }
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        print(changelog_entry(found) if arguments.changelog else diff_text(found))
    return Exit.OK if found.step_is_enough else Exit.FINDINGS


def _cite(arguments: argparse.Namespace) -> int:
    wanted = [condition(text) for text in arguments.where]
    rows = rows_where(whole_release(arguments.release), wanted)
    if not rows:
        raise NothingLeft(
            str(arguments.release), f"has no row where {' and '.join(arguments.where)}", "see the tables of its card"
        )
    print(bibtex(papers_of(rows)), end="")
    return Exit.OK


__all__ = ["add_cite", "add_diff"]
