"""What `ask` and `judge` share: the options that name one model and its limits, the asking with its progress, the dry run."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from tqdm import tqdm

from builder.asked import MODEL
from builder.asking import Question, Reply, Spent
from builder.commands.money import as_object, forecast_table
from builder.edges.calls import Desk
from builder.edges.holding import held
from builder.edges.replies import Replies
from builder.edges.store import Store
from builder.edges.vlm import ask_of
from builder.edges.wording import OPTIONS
from builder.errors import AskingStopped, Exit, UsageError
from builder.forecast import Notebook, forecast
from builder.recipe import Asking, ModelRule, Price, Recipe, said_of
from builder.stages.image_tokens import FAMILIES

R = TypeVar("R", ModelRule, Asking)


def add_model(parser: argparse.ArgumentParser) -> None:
    """The options that name one model, how it is reached, and what it may cost: as in [models] and [asking] of a recipe."""
    model = parser.add_argument_group("model")
    model.add_argument("--model", metavar="NAME", required=True, help="model id as the provider names it")
    model.add_argument("--base-url", metavar="URL", help="of any OpenAI-compatible server (default: OpenAI's)")
    model.add_argument(
        "--api-key-env", metavar="NAME", help='variable with the key (default: OPENAI_API_KEY; "": none is needed)'
    )
    model.add_argument(
        "--replay", metavar="DIR", type=Path, help="recorded replies instead of a server: a work folder's replies/"
    )
    model.add_argument("--temperature", metavar="T", type=_temperature, help="sent as it is (default: the provider's)")
    model.add_argument(
        "--parameter",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        type=_parameter,
        help="sent as it is: seed=7, top_p=1, ...",
    )
    model.add_argument("--max-output-tokens", metavar="N", type=int, help="of one answer, thinking included (default: 4096)")
    model.add_argument("--output-key", choices=("max_completion_tokens", "max_tokens"), help="what the server calls that limit")
    model.add_argument("--image-detail", choices=("auto", "low", "high"), help="sent with each image")
    model.add_argument(
        "--family", choices=FAMILIES, help="whose rule prices an image before it is sent (default: the dearest one's)"
    )
    limits = parser.add_argument_group("limits")
    limits.add_argument("--in-flight", metavar="N", type=int, help="requests at a time (default: 4)")
    limits.add_argument("--requests-per-minute", metavar="N", type=int)
    limits.add_argument("--tokens-per-minute", metavar="N", type=int)
    limits.add_argument("--attempts", metavar="N", type=int, help="calls for one answer (default: 4)")
    limits.add_argument("--timeout", metavar="S", type=int, help="seconds for one call (default: 120)")
    limits.add_argument("--max-tokens", metavar="N", type=int, help="no call that could pass it is made (default: 2,000,000)")
    limits.add_argument("--max-usd", metavar="X", type=float, help="likewise; needs --price")
    limits.add_argument("--price", metavar="IN,OUT", type=_price, help="USD for a million tokens of prompt and completion")
    parser.add_argument("--work", metavar="DIR", type=Path, help="replies, for resuming (default: OUT.work, beside --out)")
    parser.add_argument(
        "--dry-run", action="store_true", help="ask nobody: print calls, tokens and USD; exits 6 if a cap would stop it"
    )
    parser.add_argument("--json", action="store_true", help="what is printed at the end as one JSON object on stdout")


def _temperature(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not (math.isfinite(found) and found >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0")
    return found


def _parameter(text: str) -> tuple[str, str | int | float | bool]:
    name, equals, value = text.partition("=")
    if not re.fullmatch(r"\w+", name) or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, such as seed=7")
    try:
        found = json.loads(value)
    except ValueError:
        return name, value
    return name, found if isinstance(found, str | int | float | bool) else value


def _price(text: str) -> Price:
    try:
        dollars_in, dollars_out = map(float, text.split(","))
        return Price(input_usd=dollars_in, output_usd=dollars_out)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not IN,OUT in USD for a million tokens, such as 2.5,10") from error


def rule_of(arguments: argparse.Namespace) -> ModelRule:
    """The model that the options name. Raises UsageError with every finding."""
    sent = _sent(arguments)
    given = {
        "provider": "replay" if arguments.replay else "openai",
        "folder": str(arguments.replay) if arguments.replay else None,
        "model": arguments.model,
        "base_url": arguments.base_url,
        "api_key_env": arguments.api_key_env,
        "family": arguments.family,
        "max_output_tokens": arguments.max_output_tokens,
        "output_key": arguments.output_key,
        "image_detail": arguments.image_detail,
        "parameters": sent,
        "timeout_s": arguments.timeout,
        "attempts": arguments.attempts,
        "requests_per_minute": arguments.requests_per_minute,
        "tokens_per_minute": arguments.tokens_per_minute,
        "price": arguments.price,
    }
    if arguments.max_usd is not None and not arguments.price and not arguments.replay:
        raise UsageError("--max-usd", "is given without a price", "add --price IN,OUT: USD for a million tokens")
    return _checked(ModelRule, given)


def _sent(arguments: argparse.Namespace) -> dict[str, object]:
    """The parameters by name. Raises UsageError for one that is given twice."""
    given = [*arguments.parameter, *([("temperature", arguments.temperature)] if arguments.temperature is not None else [])]
    twice = [name for name, count in Counter(name for name, _ in given).items() if count > 1]
    if twice:
        raise UsageError("--parameter", f"{twice[0]} is given twice", "leave one of the two out")
    return dict(given)


def cap_of(arguments: argparse.Namespace) -> Asking:
    """The limits that the options name; a run that must stop is finished with what it has. Raises UsageError."""
    given = {"in_flight": arguments.in_flight, "max_tokens": arguments.max_tokens, "max_usd": arguments.max_usd}
    return _checked(Asking, given | {"on_stop": "finish"})


_OPTIONS = {"timeout_s": "--timeout", "parameters": "--parameter", "folder": "--replay"}


def _checked(kind: type[R], given: dict[str, object]) -> R:
    try:
        return kind.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:  # what was given is not shown: somebody may have put a key there
        told = [(str(e["loc"][0]) if e["loc"] else "model", said_of(e)) for e in error.errors()]
        named = [f"{_OPTIONS.get(name, '--' + name.replace('_', '-'))}: {said}" for name, said in told]
        raise UsageError(named[0].partition(":")[0], "; ".join(named), "see --help") from error


def work_of(arguments: argparse.Namespace) -> Path:
    """The work folder: --work, or beside the output."""
    out: Path = arguments.out
    if not out.name or out.is_dir():
        raise UsageError("--out", f"{str(out)!r} names no file", "name a file that this command may write")
    work: Path = arguments.work or out.with_name(out.name + ".work")
    return work


def ask_all(questions: Sequence[Question], rule: ModelRule, cap: Asking, store: Store) -> tuple[Desk, dict[str, Reply]]:
    """Ask what has no reply on disk yet, showing progress and spending on stderr; returns what got no answer, by hash."""
    with held(store.root), tqdm(total=len(questions), unit="answer", file=sys.stderr, dynamic_ncols=True) as bar:

        def heard(_: Reply) -> None:
            bar.set_postfix_str(_spent(desk.spent), refresh=False)
            bar.update()

        desk = Desk(store, {MODEL: rule}, cap, make=partial(ask_of, wording=OPTIONS), heard=heard, wording=OPTIONS)
        bar.update(sum(desk.replies.get(question.hash) is not None for question in questions))
        lost = desk.answer(questions)
    return desk, lost


def _spent(spent: Spent) -> str:
    lost = f", {spent.unanswered} without an answer" if spent.unanswered else ""
    return f"{spent.usd:.4f} USD, {spent.prompt_tokens + spent.completion_tokens:,} tokens{lost}"


def ended(desk: Desk, asked: int) -> Exit:
    """The last line about the asking on stderr, and the exit code that it asks for."""
    spent = desk.spent
    told = f"{asked} questions, {spent.reused} of them answered by an earlier run; {spent.requests} requests, {_spent(spent)}"
    if spent.maybe_twice:
        told += f"; {spent.maybe_twice} requests of an earlier run were made again, and may have been billed twice"
    print(told, file=sys.stderr)
    if desk.stopped:
        print(f"microtome: {desk.stopped}", file=sys.stderr)
    elif spent.unanswered:
        print(f"microtome: {spent.unanswered} questions got no answer: run again to ask them anew", file=sys.stderr)
    return AskingStopped.exit_code if desk.stopped or spent.unanswered else Exit.OK


def dry_run(
    questions: Callable[[Store], Sequence[Question]], rule: ModelRule, cap: Asking, work: Path, *, as_json: bool
) -> Exit:
    """Print what asking would come to on stdout. Pictures go to a folder that is thrown away."""
    recipe = Recipe.model_validate(
        {
            "identity": {"name": "asked", "title": "", "summary": "", "canary": ""},
            "tasks": [],
            "models": {MODEL: rule},
            "asking": cap,
        }
    )
    notes = Notebook(recipe.models, Replies(work), OPTIONS)
    with tempfile.TemporaryDirectory(prefix="microtome-") as scratch:
        notes.answer(questions(Store(Path(scratch))))
    told = forecast(notes, recipe, 0)
    print(json.dumps(as_object(told), indent=1) if as_json else forecast_table(told, recipe, OPTIONS))
    return Exit.ASKING_STOPPED if told.stops else Exit.OK


__all__ = ["add_model", "ask_all", "cap_of", "dry_run", "ended", "rule_of", "work_of"]
