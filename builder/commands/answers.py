"""`microtome ask`: a release put to a model, its answers as predictions. `microtome judge`: descriptions judged by a model."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from string import ascii_uppercase
from typing import TypeVar

from builder.asked import ASKED_CONFIGS, ROW_OF, Put, lost_of, predictions_of, questions_on
from builder.asking import Picture, PictureRef
from builder.commands.model import add_model, ask_all, cap_of, dry_run, ended, rule_of, work_of
from builder.commands.numbers import positive
from builder.edges.calls import put_picture
from builder.edges.record_lines import read_records, write_records
from builder.edges.replies import Replies
from builder.edges.shown_rows import ReferenceRow, ShownRow, rows_of
from builder.edges.store import Store
from builder.errors import CannotRead, CannotWrite
from builder.judged_told import verdict_of, verdict_table
from builder.judging import Case, Judge, anchor_cases, item_cases, judged_of
from builder.recipe import ModelRule
from builder.records import Record
from builder.release.rows import SPLITS
from builder.scoring.answers import parse_answer
from builder.scoring.judged import PRESETS, Judged
from builder.scoring.predictions import Prediction

R = TypeVar("R", bound=Record)


def add_ask(parser: argparse.ArgumentParser) -> None:
    """`microtome ask`."""
    parser.add_argument("release", metavar="RELEASE", help="folder of a release, or org/name on the Hub with --revision")
    parser.add_argument("--revision", metavar="TAG", help="of a repository on the Hub: v1.0.0")
    parser.add_argument("--config", choices=ASKED_CONFIGS, required=True)
    parser.add_argument("--split", choices=SPLITS, default="test", help="(default: test)")
    parser.add_argument(
        "--out", metavar="FILE.jsonl", type=Path, required=True, help="predictions, one a line, by id and repeat"
    )
    parser.add_argument("--repeats", metavar="N", type=positive, default=1, help="times that each item is asked (default: 1)")
    parser.add_argument("--limit", metavar="N", type=positive, help="only the first N items")
    add_model(parser)
    parser.set_defaults(command=_ask)


def _ask(arguments: argparse.Namespace) -> int:
    rule, cap, work = rule_of(arguments), cap_of(arguments), work_of(arguments)
    _refuse_other(arguments.out, Prediction, lambda one: one.model, rule.model)
    if arguments.dry_run:
        return dry_run(
            lambda store: [one.question for one in _put(arguments, rule, store, work)], rule, cap, work, as_json=arguments.json
        )
    store = Store(work)
    put = _put(arguments, rule, store, work)
    desk, lost = ask_all([one.question for one in put], rule, cap, store)
    found, not_asked = predictions_of(put, desk.replies.get, lost, rule.model)
    write_records(arguments.out, found)
    _tell(arguments, found, not_asked, {one.id: one.labels for one in put})
    return ended(desk, len(put))


def _put(arguments: argparse.Namespace, rule: ModelRule, store: Store, work: Path) -> list[Put]:
    """Every item to ask, its image in the store.

    Raises CannotRead where nothing can be asked, CannotWrite where answers in --out would be lost.
    """
    rows = rows_of(arguments.release, arguments.config, arguments.split, ROW_OF[arguments.config], revision=arguments.revision)
    without: list[str] = []

    def keep(picture: Picture) -> PictureRef:
        return put_picture(store, picture)

    put = questions_on(islice(_with_image(rows, without), arguments.limit), arguments.config, rule, arguments.repeats, keep)
    if without:
        print(
            f"{len(without)} items have no image in this release and are not asked: {', '.join(without[:3])} ...",
            file=sys.stderr,
        )
    if not put:
        raise CannotRead(arguments.release, f"has no item of {arguments.config} {arguments.split} to ask", "name another one")
    there = [one for _, one in read_records(str(arguments.out), Prediction)] if arguments.out.exists() else []
    _refuse_loss(arguments.out, len(there), *lost_of(there, put, Replies(work).get))
    return put


def _refuse_loss(out: Path, there: int, lost: int, said: str) -> None:
    """Raises CannotWrite: what a shorter run, or one of other parameters, would not have is not thrown away unasked."""
    if lost:
        remedy = "name another --out; or run with the items, parameters and --work of that run; or remove the file"
        raise CannotWrite(str(out), f"is there, and {lost} of its {there} lines would be lost: {said}", remedy)


def _with_image(rows: Iterator[ShownRow], without: list[str]) -> Iterator[ShownRow]:
    for row in rows:
        if row.image is None:
            without.append(row.id)
        else:
            yield row


def _refuse_other(out: Path, kind: type[R], by: Callable[[R], str], mine: str) -> None:
    """Raises CannotWrite where the file holds something else than what `mine` names: a run only replaces its own."""
    if not out.exists():
        return
    remedy = "name another file, or remove this one"
    try:
        found = {by(one) for _, one in read_records(str(out), kind)}
    except CannotRead as error:
        said = f"is there, and is no {kind.__name__.lower()} file: {error.problem}"
        raise CannotWrite(str(out), said, remedy) from error
    if found - {mine}:
        raise CannotWrite(str(out), f"is there, of {', '.join(sorted(found))}; this run is of {mine}", remedy)


def _tell(arguments: argparse.Namespace, found: list[Prediction], not_asked: int, labels: dict[str, int]) -> None:
    """How the answers read, on stdout."""
    statuses = Counter(_status(one, labels[one.id]) for one in found)
    if arguments.json:
        print(json.dumps({"predictions": len(found), "not_asked": not_asked, "statuses": dict(sorted(statuses.items()))}))
        return
    read = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
    left = f"; {not_asked} not asked yet" if not_asked else ""
    print(f"{arguments.out}: {len(found)} predictions ({read or 'none'}){left}")


def _status(one: Prediction, labels: int) -> str:
    if one.status or one.text is None:
        return one.status or "failed_request"
    if labels:
        return parse_answer(one.text, ascii_uppercase[:labels], finish_reason=one.finish_reason).status
    return "truncated" if one.finish_reason == "length" else "ok" if one.text.strip() else "empty"


def add_judge(parser: argparse.ArgumentParser) -> None:
    """`microtome judge`."""
    parser.add_argument(
        "predictions", metavar="PREDICTIONS", help="JSON lines that `microtome ask --config description` writes"
    )
    parser.add_argument("--release", metavar="RELEASE", required=True, help="that was asked: a folder, or org/name on the Hub")
    parser.add_argument("--revision", metavar="TAG", help="of a repository on the Hub: v1.0.0")
    parser.add_argument("--split", choices=SPLITS, default="test", help="(default: test)")
    parser.add_argument("--preset", choices=tuple(PRESETS), required=True, help="scale: of the paper, its code, a port")
    parser.add_argument("--out", metavar="FILE.jsonl", type=Path, required=True, help="a line a description, and one an anchor")
    parser.add_argument("--repeats", metavar="N", type=positive, default=3, help="times that each is judged (default: 3)")
    parser.add_argument("--limit", metavar="N", type=positive, help="only the first N items")
    parser.add_argument("--compare", metavar="FILE.jsonl", help="an earlier run: how far this judge has moved since")
    add_model(parser)
    parser.set_defaults(command=_judge)


def _judge(arguments: argparse.Namespace) -> int:
    rule, cap, work = rule_of(arguments), cap_of(arguments), work_of(arguments)
    judge = Judge(rule, PRESETS[arguments.preset], arguments.repeats)
    earlier = [one for _, one in read_records(arguments.compare, Judged)] if arguments.compare else []
    _refuse_other(arguments.out, Judged, lambda one: f"{one.judge} by {one.preset}", f"{rule.model} by {judge.preset.name}")
    cases = [*anchor_cases(judge), *_items(arguments, judge)]
    _refuse_unjudged(arguments.out, cases, judge)
    questions = [question for case in cases for question in case.questions]
    if arguments.dry_run:
        return dry_run(lambda _: questions, rule, cap, work, as_json=arguments.json)
    desk, lost = ask_all(questions, rule, cap, Store(work))
    lines = [judged_of(case, desk.replies.get, lost, judge) for case in cases]
    write_records(arguments.out, lines)
    told = verdict_of(lines, earlier)
    print(json.dumps(told.model_dump(mode="json"), indent=1) if arguments.json else verdict_table(told))
    return ended(desk, len(questions))


def _refuse_unjudged(out: Path, cases: list[Case], judge: Judge) -> None:
    """Raises CannotWrite where the file has scores that this run would not have."""
    there = [one for _, one in read_records(str(out), Judged)] if out.exists() else []
    asked = {(case.kind, case.id, case.repeat, case.model): len(case.questions) for case in cases}
    lost = []
    for one in there:
        repeats = asked.get((one.kind, one.id, one.repeat, one.model))
        if repeats is None:
            lost.append(f"{one.id!r} is not judged by this run")
        elif any(score is not None for score in one.scores[repeats:]):
            lost.append(f"{one.id!r} was judged {len(one.scores)} times, and is {repeats} times by this run")
        elif one.scores and one.prompt_hash != judge.prompt_hash:
            lost.append(f"{one.id!r} was judged in other words or under other parameters")
    _refuse_loss(out, len(there), len(lost), lost[0] if lost else "")


def _items(arguments: argparse.Namespace, judge: Judge) -> list[Case]:
    """The descriptions to judge. Raises CannotRead where a prediction is on no row of the split, or is there twice."""
    found = rows_of(arguments.release, "description", arguments.split, ReferenceRow, revision=arguments.revision)
    rows = list(found)
    known, seen = {row.id for row in rows}, dict[tuple[str, str, int], int]()
    predictions = []
    for number, one in read_records(arguments.predictions, Prediction):
        place = f"{arguments.predictions} > line {number} > id"
        if one.id not in known:
            said = f"{one.id!r} is no row of description {arguments.split} in {arguments.release}"
            raise CannotRead(place, said, "name the release, and the split, that was asked")
        first = seen.setdefault((one.model, one.id, one.repeat), number)
        if first != number:
            said = f"{one.model} answered {one.id!r}, repeat {one.repeat}, on line {first} already"
            raise CannotRead(place, said, "leave one of the two lines out")
        predictions.append(one)
    if not predictions:
        raise CannotRead(arguments.predictions, "holds no predictions", "ask a model first: microtome ask --config description")
    chosen = rows[: arguments.limit]
    names = {row.id for row in chosen}
    return item_cases(chosen, [one for one in predictions if one.id in names], judge)


__all__ = ["add_ask", "add_judge"]
