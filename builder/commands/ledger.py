"""Commands on what a release rests on: why an item is what it is, and whether its rights still hold."""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from builder import shipped
from builder.edges.crossref import API, fetch_works
from builder.edges.papers import find_papers
from builder.edges.store import sha256_of, write_whole
from builder.errors import CannotRead, Exit, UsageError
from builder.opening import earlier_release
from builder.release.crossref import works_of
from builder.release.recheck import Finding, Shown, recheck, shown_of, withdrawals
from builder.release.rows import ROWS
from builder.release.validate import Opened
from builder.release.why import chain, chain_text
from builder.stages.rights import read_policy


def add_why(parser: argparse.ArgumentParser) -> None:
    parser.description = "The chain behind one row: release, question, edits, generator, crop, page, PDF, paper, licence."
    parser.add_argument("item", metavar="ITEM", help="id of a row of any config, or the beginning of one")
    parser.add_argument("--release", metavar="RELEASE", type=Path, required=True, help="folder of the release")
    parser.add_argument("--papers", metavar="PATH", nargs="+", type=Path, default=[], help="where the PDF may lie")
    parser.add_argument("--json", action="store_true", help="the chain as one JSON object")
    parser.set_defaults(command=_why)


def add_rights(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Retractions, corrections and changed licences of a release's papers, by Crossref. Exit code 1 when something must be "
        "withdrawn; the commands that do it are printed."
    )
    parser.add_argument("release", metavar="RELEASE", type=Path, help="folder of the release")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--crossref", metavar="FILE", type=Path, help="works as api.crossref.org gives them: JSON or JSON lines"
    )
    source.add_argument("--fetch", action="store_true", help="ask the API about each DOI; needs --mailto")
    parser.add_argument("--mailto", metavar="ADDRESS", help="your e-mail address, as the API asks of polite users")
    parser.add_argument("--base-url", metavar="URL", default=API, help=f"of the API (default: {API})")
    parser.add_argument("--save", metavar="FILE", type=Path, help="keep what was fetched, as JSON lines for --crossref")
    parser.add_argument("--on", metavar="YYYY-MM-DD", type=_day, help="the day that licences are judged for (default: today)")
    parser.add_argument("--json", action="store_true", help="findings and commands as one JSON object")
    parser.set_defaults(command=_rights)


def _day(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-21") from None


def _why(arguments: argparse.Namespace) -> int:
    found = chain(earlier_release(arguments.release), arguments.item)
    if arguments.papers:
        found["pdf"]["file"] = _file_of(str(found["pdf"]["pdf_sha256"]), arguments.papers)
    print(json.dumps(found, ensure_ascii=False, indent=1) if arguments.json else chain_text(found))
    return Exit.OK


def _file_of(sha256: str, paths: Sequence[Path]) -> str | None:
    """The file of that hash among the papers; None where none has it."""
    for path, _ in find_papers(paths):
        try:
            if sha256_of(path) == sha256:
                return str(path)
        except OSError as error:
            raise CannotRead(str(path), error.strerror or str(error), "make the file readable") from error
    return None


def _rights(arguments: argparse.Namespace) -> int:
    opened = earlier_release(arguments.release)
    shown = shown_of(ROWS[config].model_validate(row) for config, _, _, row in opened.rows())
    if not shown:
        raise UsageError(str(arguments.release), "names no DOI", "Crossref knows papers by their DOI; check the others by hand")
    works = works_of(*_told(arguments, list(shown)))
    policy = read_policy(shipped.text("licenses", "policy.toml"), "licenses/policy.toml")
    today = arguments.on or datetime.datetime.now(datetime.UTC).date().isoformat()
    where = "at Crossref" if arguments.fetch else f"in {arguments.crossref}"
    findings = recheck(shown, works, policy, today, where)
    unknown = sum(one.code == "not-checked" for one in findings)
    if unknown == len(shown):
        raise CannotRead(str(arguments.crossref or arguments.base_url), f"has none of the {unknown} DOIs", "give their works")
    commands = withdrawals(findings, str(arguments.release), str(opened.manifest["version"]))
    if arguments.json:
        told = {"checked_for": today, "findings": [one.model_dump(mode="json") for one in findings], "commands": commands}
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        print("\n".join([*map(_line, findings), _summary(opened, shown, findings, where), *commands]))
    return Exit.FINDINGS if commands else Exit.OK


def _told(arguments: argparse.Namespace, dois: Sequence[str]) -> tuple[str, str]:
    """What Crossref says, and the place that errors name."""
    if arguments.fetch:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", arguments.mailto or ""):
            raise UsageError(
                "--mailto", "is no e-mail address", "give yours: Crossref asks users of its API to say who they are"
            )
        lines = []
        for line in fetch_works(dois, arguments.mailto, arguments.base_url):
            lines.append(line)
            print(f"\r{len(lines)} works of {len(dois)} DOIs", end="", file=sys.stderr)
        print(file=sys.stderr)
        text = "\n".join(lines) + "\n"
        if arguments.save:
            write_whole(arguments.save, text.encode())
        return text, str(arguments.base_url)
    path: Path = arguments.crossref
    try:
        return path.read_text(encoding="utf-8-sig"), str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRead(str(path), f"cannot be read: {error}", "name a readable JSON file in UTF-8") from error


def _line(one: Finding) -> str:
    return (
        f"[{one.doi}] {one.problem} ({one.code})\n  -> {one.action}: {len(one.figures)} figures, {one.items} items made of them"
    )


def _summary(opened: Opened, shown: dict[str, Shown], findings: Sequence[Finding], where: str) -> str:
    papers = {str(row["paper_id"]) for _, _, _, row in opened.rows()}
    unknown = {one.doi for one in findings if one.code == "not-checked"}
    counts = Counter(one.action for one in findings)
    asked = f"{len(shown) - len(unknown)} checked, {len(unknown)} not {where}, {len(papers) - len(shown)} without a DOI"
    return f"{len(papers)} papers: {asked}; findings: {counts['withdraw']} to withdraw, {counts['look']} to look at"


__all__ = ["add_rights", "add_why"]
