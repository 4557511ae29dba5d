"""Commands on published tables: lint."""

from __future__ import annotations

import argparse
import json
import re
import sys
from fractions import Fraction
from pathlib import Path

from builder import shipped
from builder.errors import CannotRead, Exit, UsageError
from builder.lint.check import Linted, lint
from builder.lint.roles import About, read_about, role_of
from builder.lint.table import decoded, read_table


def add_lint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "table", metavar="TABLE", nargs="?", type=Path, help="CSV, TSV or Markdown, a header row first; - for stdin"
    )
    parser.add_argument(
        "--papers", metavar="NAME", nargs="*", help=f"tables of the papers: {', '.join(shipped.table_names())} (default: all)"
    )
    parser.add_argument("--roles", metavar="FILE", type=Path, help="TOML: what the columns hold, sizes, what the text says")
    parser.add_argument(
        "--role", metavar="COLUMN=ROLE", action="append", default=[], help="such as 'Ours=em' or 'LLM=score:micro:1-10'; repeat"
    )
    n = parser.add_mutually_exclusive_group()
    n.add_argument("--n", metavar="N", type=_whole, help="questions behind every score")
    n.add_argument("--n-column", metavar="C", help="column with the questions behind each row's scores")
    parser.add_argument("--size", metavar="GROUP=N", action="append", default=[], help="questions of a scale or field; repeat")
    parser.add_argument(
        "--options", metavar="K", type=_whole, help="most options that a question has: tightens the bounds (at most 64)"
    )
    parser.add_argument("--alpha", metavar="A", help="of SIP-F1 (default: 0.6)")
    parser.add_argument("--beta", metavar="B", help="of SIP-F1 (default: 6)")
    parser.add_argument("--json", action="store_true", help="columns, findings and notes of each table as one JSON list")
    parser.set_defaults(command=_lint)


def _lint(arguments: argparse.Namespace) -> int:
    if (arguments.table is None) == (arguments.papers is None):
        raise UsageError("lint", "needs one of TABLE and --papers", "name a CSV file, or --papers spm-bench-3")
    linted = _papers(arguments) if arguments.table is None else [_one(arguments)]
    if arguments.json:
        print(json.dumps([one.model_dump(mode="json") for one in linted], ensure_ascii=False, indent=1))
    else:
        for one in linted:
            _tell(one)
    return Exit.FINDINGS if any(one.findings for one in linted) else Exit.OK


def _papers(arguments: argparse.Namespace) -> list[Linted]:
    unknown = [name for name in arguments.papers if name not in shipped.table_names()]
    if unknown:
        raise UsageError("--papers", f"{unknown[0]!r} is not shipped", f"name one of {', '.join(shipped.table_names())}")
    if arguments.roles:
        raise UsageError("--roles", "the papers' tables bring their own", "leave --roles out, or name a TABLE")
    found = []
    for name in arguments.papers or shipped.table_names():
        cells, sidecar = shipped.published_table(name)
        found.append(_linted(cells, name, read_about(sidecar, f"{name}.toml"), arguments))
    return found


def _one(arguments: argparse.Namespace) -> Linted:
    place = "standard input" if str(arguments.table) == "-" else arguments.table.name
    data = sys.stdin.buffer.read() if place == "standard input" else _bytes(arguments.table)
    about = (
        read_about(decoded(_bytes(arguments.roles), str(arguments.roles)), str(arguments.roles)) if arguments.roles else About()
    )
    return _linted(decoded(data, place), place, about, arguments)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotRead(str(path), error.strerror or str(error), "name a readable file") from error


def _linted(text: str, place: str, about: About, arguments: argparse.Namespace) -> Linted:
    given = {
        name: getattr(arguments, name) for name in ("n", "options", "alpha", "beta") if getattr(arguments, name) is not None
    }
    for name in ("alpha", "beta"):
        if name in given and not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,12})?", given[name]):
            raise UsageError(f"--{name}", f"{given[name]!r} is not a number from 0", "write it in digits, such as 0.6")
    if Fraction(given.get("alpha", about.alpha)) > 1:
        raise UsageError("--alpha", f"is {given['alpha']}", "write a share in [0, 1]")
    if given.get("options", 1) > 64:
        raise UsageError("--options", f"is {given['options']}", "name at most 64")
    sizes = {**about.sizes, **dict(_size(text) for text in arguments.size)}
    roles = dict(role_of(text) for text in arguments.role)
    return lint(read_table(text, place), about.model_copy(update={**given, "sizes": sizes}), roles, arguments.n_column)


def _size(text: str) -> tuple[str, int]:
    group, sign, n = text.rpartition("=")
    if not sign or not group or not re.fullmatch("[1-9][0-9]{0,11}", n):
        raise UsageError("--size", f"{text!r} gives no group a size", "write GROUP=N, such as micro=247")
    return group, int(n)


def _tell(linted: Linted) -> None:
    """Findings on stdout; how the table was read and what was not checked on stderr."""
    print(f"{linted.table}: {linted.title or 'columns'}", file=sys.stderr)
    roles = ", ".join(f"{column.header} = {column.role}" for column in linted.columns)
    print(f"  {linted.rows} rows; {roles}", file=sys.stderr)
    for note in linted.notes:
        print(f"  note: {note}", file=sys.stderr, flush=True)
    for finding in linted.findings:
        print(finding, flush=True)
    print(f"{linted.table}: {len(linted.findings) or 'no'} findings", file=sys.stderr)


def _whole(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,11}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


__all__ = ["add_lint"]
