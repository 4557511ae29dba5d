"""The commands `erratum` and `withdraw`: the next release out of an earlier one, corrected or without what had to leave."""

from __future__ import annotations

import argparse
import datetime
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from builder.errors import CannotRead, Exit, UsageError
from builder.release.errata import in_words

if TYPE_CHECKING:
    from builder.release.withdraw import By, Withdrawal
    from builder.revising import ErratumLine, Revision

_BY: tuple[By, ...] = ("doi", "figure", "publisher", "licence")


def add_erratum(parser: argparse.ArgumentParser) -> None:
    """`microtome erratum`."""
    parser.add_argument("item", metavar="ITEM", nargs="?", help="id of the row, such as ms-0123456789abcdef")
    parser.add_argument("--release", metavar="OLD", type=Path, required=True, help="folder of the release that is wrong")
    parser.add_argument("--from", dest="file", metavar="FILE", type=Path, help="JSON lines of errata, all in one version")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--key", metavar="A,C", help="letters of all options that are right")
    what.add_argument("--retire", action="store_true", help="the item leaves; its id never comes back")
    what.add_argument("--image", metavar="FILE.png", help="another picture of the item's figure, for all rows that show it")
    parser.add_argument("--bbox", metavar="X0,Y0,X1,Y1", type=_box, help="what that picture shows of the page, in points")
    _add_next(parser)
    parser.add_argument("--reason", metavar="TEXT", help="what is wrong; on the card and in CHANGELOG.md too")
    parser.set_defaults(command=_erratum)


def add_withdraw(parser: argparse.ArgumentParser) -> None:
    """`microtome withdraw`."""
    parser.add_argument("release", metavar="RELEASE", type=Path, help="folder of the release that holds it")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--doi", help="all figures of a paper; a paper_id such as arxiv:2401.00001 does as well")
    which.add_argument("--figure", metavar="ID", help="one figure, by its id fig-...")
    which.add_argument("--publisher", metavar="NAME", help="all figures of a publisher, as column `publisher` has it")
    which.add_argument("--licence", metavar="ID", help="all figures under a licence, as column `licence` has it")
    _add_next(parser)
    reason = "who asked for it and why; on the card and in CHANGELOG.md too, unless it has a DOI or an id in it"
    parser.add_argument("--reason", metavar="TEXT", required=True, help=reason)
    parser.add_argument(
        "--full-removal", metavar="ORG/NAME", help="also off the Hub's old versions there: every step is printed first"
    )
    parser.add_argument("--send", action="store_true", help="carry the full removal out; without it nothing is written or sent")
    parser.set_defaults(command=_withdraw)


def _add_next(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", metavar="NEW", type=Path, required=True, help="folder of the next release; made by this command"
    )
    parser.add_argument("--version", metavar="X.Y.Z", required=True, help="version of the next release")
    parser.add_argument("--date", metavar="YYYY-MM-DD", type=_date, help="written into errata.json; else no date is")


def _date(text: str) -> str:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-21") from None
    if len(text) != len("2026-11-21"):
        raise argparse.ArgumentTypeError(f"{text!r} is not written as 2026-11-21")
    return text


def _box(text: str) -> list[float]:
    try:
        x0, y0, x1, y1 = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not four numbers such as 50,100,300,390") from None
    return [x0, y0, x1, y1]


def _erratum(arguments: argparse.Namespace) -> int:
    from builder.revising import erratum

    lines = list(_from_file(arguments) if arguments.file else _from_options(arguments))
    _print(erratum(arguments.release, arguments.out, arguments.version, lines))
    return Exit.OK


def _from_options(arguments: argparse.Namespace) -> Iterator[tuple[str, ErratumLine]]:
    from builder.revising import ErratumLine

    if not arguments.item or arguments.reason is None:
        raise UsageError("erratum", "names no item, or no reason", "give ITEM and --reason, or a file of errata by --from")
    yield (
        arguments.item,
        ErratumLine(
            item=arguments.item, reason=arguments.reason, key=arguments.key, retire=arguments.retire, image=arguments.image,
            bbox=arguments.bbox, date=arguments.date,
        ),
    )  # fmt: skip


def _from_file(arguments: argparse.Namespace) -> Iterator[tuple[str, ErratumLine]]:
    from builder.revising import lines_of

    if arguments.item or arguments.reason is not None or arguments.key or arguments.retire or arguments.image or arguments.bbox:
        raise UsageError("--from", "stands beside an item of its own", "put that item into the file as well")
    try:
        text = arguments.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRead(str(arguments.file), f"cannot be read: {error}", "name a file of JSON lines in UTF-8") from None
    for place, line in lines_of(text, str(arguments.file)):
        _check_date(place, line.date)
        yield place, line.model_copy(update={"date": line.date or arguments.date})


def _check_date(place: str, date: str | None) -> None:
    try:
        _date(date or "2026-11-21")
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"{place} > date", str(error), "write it as 2026-11-21, or leave it out") from None


def _withdraw(arguments: argparse.Namespace) -> int:
    from builder.release.withdraw import Withdrawal
    from builder.revising import withdraw

    (by,) = (by for by in _BY if getattr(arguments, by) is not None)
    wanted = Withdrawal(by, getattr(arguments, by), arguments.reason, arguments.date)
    if arguments.full_removal:
        return _remove(arguments, wanted)
    if arguments.send:
        raise UsageError(
            "--send", "has nothing to send", "give --full-removal ORG/NAME as well; the next version goes by `publish`"
        )
    done = withdraw(arguments.release, arguments.out, arguments.version, wanted)
    _print(done)
    print(_what_stays(done, arguments.out, arguments.version, wanted))
    return Exit.OK


def _remove(arguments: argparse.Namespace, wanted: Withdrawal) -> int:
    from builder.removing import carry_out, planned

    removal = planned(arguments.release, arguments.out, arguments.version, wanted, arguments.full_removal)
    print(removal.text)
    if not arguments.send:
        _print_emptied(removal.emptied)
        print("nothing was written or sent: add --send", file=sys.stderr)
        return Exit.OK
    done = carry_out(removal, lambda line: print(line, flush=True))
    _print(done)
    return Exit.OK


def _print(done: Revision) -> None:
    for one in done.errata:
        print(f"{one.id}  {in_words(one)}")
    for line in done.told:
        print(f"note    {line}")
    _print_emptied(done.emptied)
    print(done.written.summary, file=sys.stderr)


def _print_emptied(lines: Sequence[str]) -> None:
    for line in lines:
        print(f"EMPTY   {line}; manifest.json (left_out) and the card say so", file=sys.stderr)


def _what_stays(done: Revision, out: Path, version: str, wanted: Withdrawal) -> str:
    from builder.release.diff import next_version
    from builder.release.withdraw import in_a_shell, next_folder

    tags = ", ".join(f"v{one}" for one in done.earlier)
    after = next_version(version, "minor")
    again = in_a_shell(str(out), next_folder(str(out), after), after, wanted, "ORG/NAME")
    return (
        f"What stays public wherever they were published: the tags {tags}, and every other published version that has these\n"
        "figures, each with all it holds; main until the next version is published, and its history after that as well;\n"
        "and every copy that was downloaded, forked or cached.\n"
        f"Next: microtome publish {shlex.quote(str(out))} ORG/NAME --send\n"
        "To delete the old tags and files from there for good, then or instead (without --send it prints its steps only):\n"
        f"  {again} --send"
    )


__all__ = ["add_erratum", "add_withdraw"]
