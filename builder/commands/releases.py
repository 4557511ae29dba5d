"""Commands on whole releases: validate, diff, rescore, cite."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

from builder.errors import Exit, NothingLeft, UsageError
from builder.opening import whole_release
from builder.release.cite import bibtex
from builder.release.diff import ReleaseDiff, changelog_entry, diff_text, difference
from builder.release.files import CHANGELOG, MANIFEST, json_text
from builder.release.rows import Manifest
from builder.release.subset import condition, papers_of, rows_where
from builder.release.validate import Opened
from builder.release.versions import changelog_since


def add_diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", metavar="OLD", help="folder of the earlier release, or ORG/NAME@TAG")
    parser.add_argument("after", metavar="NEW", help="folder of the later release, or ORG/NAME@TAG")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="the difference as one JSON object on stdout")
    how.add_argument("--changelog", action="store_true", help="the entry of CHANGELOG.md, in Markdown")
    how.add_argument("--write", action="store_true", help="put what changed into NEW's CHANGELOG.md, above OLD's own history")
    parser.set_defaults(command=_diff)


def add_cite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("release", metavar="RELEASE", type=Path, help="folder of a release")
    parser.add_argument(
        "--where", metavar="COLUMN=VALUE", action="append", default=[], help="only rows such as technique=AFM; may be repeated"
    )
    parser.set_defaults(command=_cite)


def add_rescore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("predictions", metavar="PREDICTIONS", type=Path, help="JSON lines: one stored answer each")
    parser.add_argument(
        "--from", dest="before", metavar="OLD", required=True, help="release that was asked: folder, or ORG/NAME@TAG"
    )
    parser.add_argument("--to", dest="after", metavar="NEW", required=True, help="release whose keys count now")
    parser.add_argument("--out", metavar="DIR", type=Path, help="write rescored.json there")
    parser.add_argument("--json", action="store_true", help="everything as one JSON list on stdout")
    parser.set_defaults(command=_rescore)


def add_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("release", metavar="RELEASE", type=Path)
    parser.add_argument("--json", action="store_true", help="findings as one JSON list on stdout")
    parser.set_defaults(command=_validate)


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


def _diff(arguments: argparse.Namespace) -> int:
    from builder.edges.released import release_at

    before, after = release_at(arguments.before), release_at(arguments.after)
    _of_one_benchmark(before, after, arguments)
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
    if not found.step_is_enough:
        return Exit.FINDINGS
    if arguments.write:
        _write_changelog(Path(arguments.after), before, after, found)
    return Exit.OK


def _rescore(arguments: argparse.Namespace) -> int:
    from builder.edges.released import release_at
    from builder.edges.store import write_whole
    from builder.edges.stored_answers import stored_answers
    from builder.release.rescore import METRICS, rescore, rescored_text

    before, after = release_at(arguments.before), release_at(arguments.after)
    _of_one_benchmark(before, after, arguments)
    places = {str(row["id"]): config for config, _, _, row in before.rows()}
    answers, issues = stored_answers(arguments.predictions, places, tuple(METRICS))
    if issues:
        print(issues)
        print(f"{len(issues.found)} findings in {arguments.predictions}: nothing was scored", file=sys.stderr)
        return Exit.FINDINGS
    found = rescore(answers, before, after)
    told = [one.model_dump(mode="json") | {"signature": one.signature} for one in found]
    text = json.dumps(told, ensure_ascii=False, indent=1)
    if arguments.out:
        write_whole(arguments.out / "rescored.json", f"{text}\n".encode())
    print(text if arguments.json else "\n\n".join(map(rescored_text, found)))
    return Exit.OK


def _of_one_benchmark(before: Opened, after: Opened, arguments: argparse.Namespace) -> None:
    one, other = (str(opened.manifest["benchmark"]) for opened in (before, after))
    if one != other:
        raise UsageError(arguments.after, f"is {other}; {arguments.before} is {one}", "compare two releases of one benchmark")


def _write_changelog(folder: Path, before: Opened, after: Opened, found: ReleaseDiff) -> None:
    """The changelog, and its size and hash in the manifest: the identity of a release does not hang on it."""
    from builder.edges.store import write_whole

    if not (folder / MANIFEST).is_file():
        raise UsageError(
            str(folder), "is not a folder", "name the folder of the later release: what is published is never changed"
        )
    text = changelog_since(after.texts.get(CHANGELOG, ""), found, before.texts.get(CHANGELOG, ""))
    data = text.encode()
    fact = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest = Manifest.model_validate(after.manifest)
    files = tuple(file.model_copy(update=fact) if file.path == CHANGELOG else file for file in manifest.files)
    write_whole(folder / CHANGELOG, data)
    write_whole(folder / MANIFEST, json_text(manifest.model_copy(update={"files": files})).encode())
    print(f"{folder / CHANGELOG}: says what changed since {found.before}", file=sys.stderr)


def _cite(arguments: argparse.Namespace) -> int:
    wanted = [condition(text) for text in arguments.where]
    rows = rows_where(whole_release(arguments.release), wanted)
    if not rows:
        raise NothingLeft(
            str(arguments.release), f"has no row where {' and '.join(arguments.where)}", "see the tables of its card"
        )
    print(bibtex(papers_of(rows)), end="")
    return Exit.OK


__all__ = ["add_cite", "add_diff", "add_rescore"]
