"""The command `leaderboard`: rows pinned to release, metric and parser; shown, and exported as a dataset and a static page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from builder import __version__, shipped
from builder.errors import CannotRead, CannotWrite, Exit, NothingLeft

if TYPE_CHECKING:
    from builder.reporting.board import BoardRow

DATASET, SPACE = "dataset", "space"  # folders of an export


def add_leaderboard(parser: argparse.ArgumentParser) -> None:
    """`microtome leaderboard`."""
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    add = verbs.add_parser("add", help="put results into a leaderboard's file")
    add.add_argument("board", metavar="BOARD.jsonl", type=Path, help="JSON lines; made when it is not there")
    add.add_argument("results", metavar="DIR", nargs="+", type=Path, help="folders that `microtome score` wrote")
    add.set_defaults(command=_add)
    show = verbs.add_parser("show", help="its tables; rows that cannot be compared stand apart")
    show.add_argument("board", metavar="BOARD.jsonl", type=Path)
    show.set_defaults(command=_show)
    export = verbs.add_parser("export", help="folders that can be uploaded as a Hub dataset and a static Space")
    export.add_argument("board", metavar="BOARD.jsonl", type=Path)
    export.add_argument("--out", metavar="DIR", required=True, type=Path, help=f"folder for {DATASET}/ and {SPACE}/")
    export.add_argument("--title", metavar="TEXT", default="Leaderboard", help='of both (default: "Leaderboard")')
    export.set_defaults(command=_export)


def _add(arguments: argparse.Namespace) -> int:
    from builder.edges.board_file import read_board, write_board
    from builder.edges.result_folders import read_results
    from builder.reporting.board import added, row_of

    board: Path = arguments.board
    rows = read_board(board) if board.exists() else ()
    new = [(place, row_of(result)) for place, result in read_results(arguments.results)]
    made, alike = added(rows, new)
    if made != rows:
        write_board(board, made)
    for place in alike:
        print(f"{place}: already there, unchanged", file=sys.stderr)
    print(f"{board}: {len(made) - len(rows)} added, {len(made)} rows", file=sys.stderr)
    return Exit.OK


def _show(arguments: argparse.Namespace) -> int:
    from builder.reporting.board import board_text, standings

    print(board_text(standings(_rows(arguments.board))))
    return Exit.OK


def _export(arguments: argparse.Namespace) -> int:
    from builder.edges.board_file import board_lines, board_parquet
    from builder.edges.store import write_whole
    from builder.reporting.board import board_table, standings
    from builder.reporting.figures import bars
    from builder.reporting.page import markdown, rendered

    rows = _rows(arguments.board)
    _refuse_foreign(arguments.out)
    boards = standings(rows)
    told = {"title": arguments.title, "boards": boards, "tables": [board_table(one) for one in boards]}
    template = shipped.page_part("parts.html.j2") + shipped.page_part("board.html.j2")
    drawn = [bars((row.signature.model, row.micro[one.metric]) for row in one.rows) for one in boards]
    page = rendered(template, shipped.page_part("report.css"), builder_version=__version__, bars=drawn, **told)
    made: dict[str, bytes] = {
        f"{DATASET}/README.md": markdown(shipped.page_part("board_card.md.j2"), rows=rows, **told).encode(),
        f"{DATASET}/data/results.jsonl": board_lines(rows).encode(),
        f"{DATASET}/data/results.parquet": board_parquet(rows),
        f"{SPACE}/README.md": markdown(shipped.page_part("board_space.md.j2"), **told).encode(),
        f"{SPACE}/index.html": page.encode(),
    }
    for name, data in made.items():
        write_whole(arguments.out / name, data)
        (arguments.out / name).chmod(0o644)  # made to be shown to others
        print(arguments.out / name)
    return Exit.OK


def _rows(board: Path) -> Sequence[BoardRow]:
    from builder.edges.board_file import read_board

    if not board.exists():
        raise CannotRead(str(board), "is not there", "make it with `microtome leaderboard add`")
    rows = read_board(board)
    if not rows:
        raise NothingLeft(str(board), "has no rows", "put some there with `microtome leaderboard add`")
    return rows


def _refuse_foreign(out: Path) -> None:
    """Only a folder of this command's own is written over."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / DATASET / "data" / "results.jsonl").is_file())):
        raise CannotWrite(str(out), "is there and is no such export; it was left as it is", "name another folder, or remove it")


__all__ = ["add_leaderboard"]
