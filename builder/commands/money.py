"""What asking models costs: the dry run before, `microtome spend` after, and what a run that asked says at its end."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path

from builder.assemble import packed_of
from builder.edges.calls import Asker
from builder.edges.replies import Replies
from builder.edges.store import Store
from builder.edges.wording import RECIPE, Wording
from builder.errors import CannotRead, Exit, NothingLeft
from builder.examining import questions_about
from builder.forecast import Cap, Forecast, Notebook, forecast
from builder.outcomes import Run
from builder.recipe import Recipe
from builder.release.reviews import population
from builder.spend import books_of, table


def add_spend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("work", metavar="WORK", type=Path, help="a work folder: --work of a build, or RELEASE.work")
    parser.add_argument("--json", action="store_true", help="the books as one JSON object on stdout")
    parser.set_defaults(command=_spend)


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="ask no model, write no release: print calls, tokens and cost by stage and model; exits 6 if a cap would stop it",
    )
    parser.add_argument("--json", action="store_true", help="with --dry-run: the forecast as one JSON object on stdout")


def _spend(arguments: argparse.Namespace) -> int:
    work: Path = arguments.work
    if not any((work / name).is_dir() for name in ("replies", "receipts", "intents")):
        raise CannotRead(str(work), "is no work folder", "name what --work named, or RELEASE.work beside a release")
    books = books_of(Replies(work))
    print(json.dumps(books.as_json(), indent=1) if arguments.json else table(books))
    return Exit.OK


def dry_run(recipe: Recipe, store: Store, cut: Callable[[Asker], Run], *, version: str, as_json: bool) -> Exit:
    """Take the stages as far as they go without asking, and print the forecast on stdout."""
    notes = Notebook(recipe.models, Replies(store.root))
    told = forecast(notes, recipe, _finished(cut(notes), recipe, version, store, notes))
    print(json.dumps(as_object(told), indent=1) if as_json else forecast_table(told, recipe))
    return Exit.ASKING_STOPPED if told.stops else Exit.OK


def _finished(done: Run, recipe: Recipe, version: str, store: Store, notes: Notebook) -> int:
    """How many finished items judges may see; what battery and judges would be asked of them is written down."""
    try:
        packed = packed_of(done, recipe, version)
    except NothingLeft:
        return 0
    notes.answer(questions_about(packed, recipe, store))
    return len(population(packed))


def as_object(told: Forecast) -> dict[str, object]:
    """The forecast as JSON: its lines, their sums, what is assumed, and the caps."""
    names = ("known", "expected", "pictures", "prompt_tokens", "completion_tokens", "most_tokens", "usd", "most_usd")
    whole = {name: sum(getattr(line, name) for line in told.lines) for name in names}
    calls = sum(line.calls for line in told.lines)
    return dataclasses.asdict(told) | {"in_all": {"calls": calls, **whole}, "stops": told.stops}


def forecast_table(told: Forecast, recipe: Recipe, wording: Wording = RECIPE) -> str:
    """The forecast as lines of text."""
    lines = ["dry run: nobody was asked, and nothing but what needs no model was made"]
    if told.replies:
        lines.append(f"{told.replies} replies are in the work folder already: paid, and not asked again")
    if not told.lines:
        return "\n".join([*lines, "no model would be asked"])
    lines.append(
        f"{'stage':<14}{'model':<24}{'known':>7}{'expected':>9}{'pictures':>9}{'prompt':>12}{'completion':>12}{'USD':>10}"
        f"{'most tokens':>14}{'most USD':>10}  answers by"
    )
    for line in told.lines:
        named = f"{line.model} ({recipe.models[line.model].model})"
        lines.append(
            f"{line.stage:<14}{named[:23]:<24}{line.known:>7,}{line.expected:>9,}{line.pictures:>9,}{line.prompt_tokens:>12,}"
            f"{line.completion_tokens:>12,}{line.usd:>10.4f}{line.most_tokens:>14,}{line.most_usd:>10.4f}  {line.basis}"
        )
    sums = [sum(getattr(line, name) for line in told.lines) for name in ("known", "expected", "pictures")]
    tokens = [sum(getattr(line, name) for line in told.lines) for name in ("prompt_tokens", "completion_tokens", "most_tokens")]
    usd, most_usd = sum(line.usd for line in told.lines), sum(line.most_usd for line in told.lines)
    lines.append(
        f"{'in all':<38}{sums[0]:>7,}{sums[1]:>9,}{sums[2]:>9,}{tokens[0]:>12,}{tokens[1]:>12,}{usd:>10.4f}"
        f"{tokens[2]:>14,}{most_usd:>10.4f}"
    )
    asked = [recipe.models[line.model] for line in told.lines]
    unpriced = sorted({rule.model for rule in asked if rule.price is None})
    lines += [f"no {wording.price} is given for {', '.join(unpriced)}: USD leaves them out"] if unpriced else []
    lines += [f"assumed: {said}" for said in told.assumptions]
    return "\n".join([*lines, *(_cap_line(cap, wording) for cap in told.caps)])


def _cap_line(cap: Cap, wording: Wording) -> str:
    named = (wording.max_tokens if cap.name == "max_tokens" else wording.max_usd).replace(" > ", ".")
    shape = ",.0f" if cap.name == "max_tokens" else ",.4f"
    said = "would stop the run" if cap.stops else "could stop the run" if cap.may_stop else "is not reached"
    return (
        f"{named} = {cap.limit:{shape}} {said}: {cap.spent:{shape}} spent, {cap.likely:{shape}} likely to come, "
        f"{cap.most:{shape}} at most"
    )


def asking_ended(done: Run) -> Exit:
    """The exit code of a run that is otherwise whole; its last line where questions stayed without an answer."""
    if not done.spent.unanswered:
        return Exit.OK
    why = done.stopped.split("\n")[0] + ": " if done.stopped else ""
    lost = f"{done.spent.unanswered} of {done.spent.asked} questions to a model got no answer"
    stays = "what hangs on them is as the rules made it, or left out"
    print(f"microtome: {why}{lost}; {stays}; the next run asks again", file=sys.stderr)
    return Exit.ASKING_STOPPED


__all__ = ["add_dry_run", "add_spend", "as_object", "asking_ended", "dry_run", "forecast_table"]
