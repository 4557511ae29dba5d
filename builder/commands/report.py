"""The command `report`: results of `score` in, one page, its tables and report.json out."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from builder import __version__, shipped
from builder.errors import CannotWrite, Exit

if TYPE_CHECKING:
    from builder.reporting.facts import Report
    from builder.reporting.gallery import Exhibit
    from builder.reporting.runs import Run

PAGE, FACTS, TABLES = "index.html", "report.json", "tables"
GALLERY = 12  # items


def add_report(parser: argparse.ArgumentParser) -> None:
    """`microtome report`."""
    parser.add_argument("results", metavar="DIR", nargs="+", type=Path, help="folders that `microtome score` wrote")
    parser.add_argument("--out", metavar="REPORT", required=True, type=Path, help="folder of the report; made by this command")
    parser.add_argument("--release", metavar="RELEASE", type=Path, help="what was scored: its open images go into the gallery")
    parser.add_argument("--gallery", metavar="N", type=_whole, default=GALLERY, help=f"items it shows (default: {GALLERY})")
    parser.add_argument(
        "--title", metavar="TEXT", default="Report of results", help='of the page (default: "Report of results")'
    )
    parser.set_defaults(command=_report)


def _whole(text: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 9999")
    return int(text)


def _report(arguments: argparse.Namespace) -> int:
    from builder.edges.result_folders import read_runs
    from builder.release.files import json_text
    from builder.reporting.facts import report
    from builder.reporting.page import files, rendered, views
    from builder.reporting.runs import comparable

    _refuse_foreign(arguments.out)
    runs = read_runs(arguments.results)
    made = report(comparable(runs), __version__)
    canary, galleries = _galleries(arguments, made, runs)
    shown = views(made, galleries)
    template = shipped.page_part("parts.html.j2") + shipped.page_part("report.html.j2")
    page = rendered(template, shipped.page_part("report.css"), title=arguments.title, report=made, views=shown, canary=canary)
    _write(arguments.out, {PAGE: page, FACTS: json_text(made), **files(shown)})
    for section in made.sections:
        best = section.standings[0]
        print(f"{section.signature}\n  {len(section.standings)} models, first: {best.model}", file=sys.stderr)
    print(arguments.out / PAGE)
    return Exit.OK


def _galleries(
    arguments: argparse.Namespace, made: Report, runs: Sequence[Run]
) -> tuple[str | None, dict[str, tuple[Exhibit, ...]]]:
    """The canary of the release, and the gallery of each section that was scored on it."""
    if arguments.release is None or not arguments.gallery:
        return None, {}
    from builder.edges.result_folders import read_manifest, read_questions, refuse_other_release
    from builder.reporting.gallery import gallery, wanted
    from builder.reporting.runs import key_of

    manifest = read_manifest(arguments.release)
    refuse_other_release(manifest, str(arguments.release), {run.place: run.result.signature.logical_hash for run in runs})
    found = {}
    for section in made.sections:
        signed = section.signed
        if signed.logical_hash == manifest.logical_hash:
            ids = wanted(section, arguments.gallery)
            rows, images = read_questions(arguments.release, signed.config, signed.split, ids)
            mine = [run for run in runs if key_of(run.result.signature) == key_of(signed)]
            found[section.name] = gallery(section, mine, rows, images, arguments.gallery)
    return manifest.canary, found


def _refuse_foreign(out: Path) -> None:
    """Only a folder of this command's own is written over."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / FACTS).is_file())):
        raise CannotWrite(str(out), "is there and is not a report; it was left as it is", "name another folder, or remove it")


def _write(out: Path, texts: Mapping[str, str]) -> None:
    from builder.edges.store import cannot_write, write_whole

    with cannot_write(out):
        if (out / TABLES).is_dir():
            shutil.rmtree(out / TABLES)
    for name, text in texts.items():
        write_whole(out / name, text.encode())
        (out / name).chmod(0o644)  # a page is made to be shown to others


__all__ = ["add_report"]
