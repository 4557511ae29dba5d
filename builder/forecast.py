"""What a run would ask and what that would cost, before it asks: questions known exactly, and those that hang on replies by
assumptions that are said.

A dry run takes the stages as far as they go without a reply. A question that it meets is counted by its own words and pictures.
What follows on its reply (an author answers its own question, an item is revised) is not known yet: how often it follows, and
what it comes to, is what this work folder's replies show once there are a few, and else what stands in FOLLOW_UPS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from builder.asking import Question, Reply, Spent, prompt_tokens_of
from builder.edges.replies import Replies
from builder.edges.vlm import recorded
from builder.edges.wording import RECIPE, Wording
from builder.pricing import cost_usd, dear
from builder.recipe import Asking, ModelRule, Recipe

_ENOUGH = 3  # replies of a stage and model from which their mean is believed
_ITEMS = 2 / 3  # questions that an author writes, of those that it is asked for
_REVISIONS = 0.5  # of an item, over all rounds
_UNKNOWN_ANSWER = 300  # tokens of an answer of which nobody says anything
_WRITTEN_OUT = 450  # tokens of a written question: six options, each with rubric and evidence


class Notebook:
    """Stands where the desk does in a dry run: writes down what would be asked, asks nobody, stores nothing."""

    def __init__(self, models: Mapping[str, ModelRule], replies: Replies, wording: Wording = RECIPE) -> None:
        self.models, self.replies, self.wording = models, replies, wording
        self.spent, self.stopped = Spent(), ""
        self.asked: dict[str, Question] = {}

    def answer(self, questions: Sequence[Question]) -> dict[str, Reply]:
        """Recorded replies where the provider is `replay`; all others stay without an answer."""
        told: dict[str, Reply] = {}
        for question in {question.hash: question for question in questions}.values():
            rule = self.models[question.model]
            if rule.provider == "replay":
                told[question.hash] = recorded(rule, question.hash, self.wording)
            elif not self.replies.get(question.hash):
                self.asked[question.hash] = question
                told[question.hash] = Reply(hash=question.hash, outcome="failed", detail="dry run", model_asked=rule.model)
        return told


@dataclass(frozen=True)
class FollowUp:
    """Questions that hang on the replies to others."""

    stage: str  # of their prompt
    after: str  # stage whose question they follow, or "item"
    rate: Callable[[Recipe], float]  # how many follow one
    model: Callable[[Recipe], str | None]
    words: int  # tokens of its prompt and schema without pictures, as measured on a specimen paper
    pictured: bool
    answer: int  # tokens
    why: str


def _items(recipe: Recipe) -> float:
    return _ITEMS * recipe.multi_select.max_per_figure


def _checker(recipe: Recipe) -> str | None:
    rule = recipe.challenge
    return rule.checker or rule.adviser or rule.attacker


def _own(recipe: Recipe) -> str | None:
    return recipe.multi_select.author if recipe.multi_select.self_check else None


def _author(recipe: Recipe) -> str | None:
    return recipe.multi_select.author if recipe.multi_select.generator == "model" else None


_WRITTEN = f"an author writes {_ITEMS:.0%} of the questions that max_per_figure allows"
_REVISED = f"{_REVISIONS:g} revisions an item over all rounds"
# In order: a line may count on the lines above it. "item" are items to come: what is asked of finished ones is known.
FOLLOW_UPS: tuple[FollowUp, ...] = (
    FollowUp("item", "write", _items, lambda _: None, 0, False, 0, _WRITTEN),
    FollowUp("self_check", "write", _items, _own, 1000, True, 80, _WRITTEN),
    FollowUp("advise", "write", _items, lambda r: r.challenge.adviser, 1500, True, 150, _WRITTEN),
    FollowUp("unseen", "write", _items, lambda r: r.challenge.attacker, 470, False, 80, _WRITTEN),
    FollowUp("advise", "self_check", lambda _: 1, lambda r: r.challenge.adviser, 1500, True, 150, "every item is challenged"),
    FollowUp("unseen", "self_check", lambda _: 1, lambda r: r.challenge.attacker, 470, False, 80, "every item is challenged"),
    FollowUp(
        "revise", "challenged", lambda r: _REVISIONS if r.challenge.asks else 0, _author, 1730, True, _WRITTEN_OUT, _REVISED
    ),
    FollowUp("same_question", "revise", lambda _: 1, _checker, 560, False, 60, "each revision is compared"),
    FollowUp("self_check", "revise", lambda _: 1, _own, 1000, True, 80, "its author answers each revision"),
    FollowUp("advise", "revise", lambda _: 1, lambda r: r.challenge.adviser, 1500, True, 150, "each revision is challenged"),
    FollowUp("unseen", "revise", lambda _: 1, lambda r: r.challenge.attacker, 470, False, 80, "each revision is challenged"),
    FollowUp("attack", "item", lambda _: 4, lambda r: r.battery.model, 400, False, 20, "four attacks without the image"),
    FollowUp("attack", "item", lambda _: 1, lambda r: r.battery.model, 300, True, 20, "one answer with it"),
    FollowUp("audit", "item", lambda _: 1, lambda r: None, 600, True, 80, "each judge sees each item of the sample"),
)


@dataclass(frozen=True)
class Line:
    """The questions of one stage to one model that nobody has asked yet."""

    stage: str
    model: str  # a name of the recipe's [models]
    known: int  # questions met: counted by their own words and pictures
    expected: int  # that hang on replies
    pictures: int
    prompt_tokens: int
    completion_tokens: int
    most_tokens: int  # prompt and completion: what the caps reserve
    usd: float
    most_usd: float
    basis: str  # where the tokens of answers, and a correction of those of prompts, come from

    @property
    def calls(self) -> int:
        return self.known + self.expected

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class Cap:
    """A cap of [asking] against what is expected."""

    name: str
    limit: float
    spent: float
    likely: float  # to come
    most: float
    stops: bool  # the run would end before its last question
    may_stop: bool  # it would if every answer took all it may


@dataclass(frozen=True)
class Forecast:
    """A whole dry run."""

    lines: tuple[Line, ...]
    replies: int  # in the work folder already: paid, and not asked again
    assumptions: tuple[str, ...]
    caps: tuple[Cap, ...]

    @property
    def stops(self) -> bool:
        return any(cap.stops for cap in self.caps)


@dataclass(frozen=True)
class _History:
    """What replies of one stage by one model came to."""

    replies: int = 0
    prompt: float = 0.0
    likely: float = 0.0
    completion: float = 0.0

    @property
    def enough(self) -> bool:
        return self.replies >= _ENOUGH

    def plus(self, reply: Reply) -> _History:
        answer = reply.usage.completion_tokens or 0
        return _History(
            self.replies + 1,
            self.prompt + prompt_tokens_of(reply),
            self.likely + reply.likely_tokens,
            self.completion + answer,
        )


def forecast(notes: Notebook, recipe: Recipe, items: int) -> Forecast:
    """The forecast of a dry run whose notebook is given; `items`: the finished ones judges may see."""
    history = _history(notes.replies.all())
    groups: dict[tuple[str, str], list[Question]] = {}
    for question in notes.asked.values():
        groups.setdefault((question.prompt.stage, question.model), []).append(question)
    lines = {key: _known(*key, group, recipe, history) for key, group in groups.items()}
    said: list[str] = []
    for key, line in _expected(groups, recipe, history, items, said):
        lines[key] = _together(lines[key], line) if key in lines else line
    told = tuple(lines[key] for key in sorted(lines))
    pictured = [recipe.models[line.model] for line in told if line.pictures]
    said += [
        f"model {name}: no {notes.wording.family} is named, so a picture is priced by the median of all families"
        for name in sorted({rule.model for rule in pictured if not rule.family})
    ]
    return Forecast(
        told, sum(1 for _ in notes.replies.all()), tuple(dict.fromkeys(said)), _caps(told, recipe.asking, notes.replies.paid())
    )


def _history(replies: Iterable[Reply]) -> dict[tuple[str, str], _History]:
    """By stage and the model's own id: a reply does not know under which name a recipe asked it."""
    found: dict[tuple[str, str], _History] = {}
    for reply in replies:
        if reply.source == "endpoint" and reply.usage.prompt_tokens is not None and reply.likely_tokens:
            key = reply.stage, reply.model_asked
            found[key] = found.get(key, _History()).plus(reply)
    return found


def _known(
    stage: str, name: str, questions: Sequence[Question], recipe: Recipe, history: Mapping[tuple[str, str], _History]
) -> Line:
    rule, earlier = recipe.models[name], history.get((stage, recipe.models[name].model), _History())
    right = earlier.prompt / earlier.likely if earlier.enough else 1.0
    own = [q.answer_tokens if q.answer_tokens is not None else _answer_of(stage, recipe) for q in questions]
    answers, basis = _answers(own, rule, earlier)
    return _line(
        stage,
        name,
        rule,
        known=len(questions),
        pictures=sum(len(q.pictures) for q in questions),
        prompt=right * sum(q.likely_tokens for q in questions),
        completion=answers,
        most_prompt=sum(q.prompt_tokens for q in questions),
        basis=basis,
    )


def _answer_of(stage: str, recipe: Recipe) -> int:
    """Tokens of an answer of which its stage says nothing."""
    if stage == "write":
        asked = recipe.asking.expected_items
        return round(_WRITTEN_OUT * (_items(recipe) if asked is None else asked))
    return next((rule.answer for rule in FOLLOW_UPS if rule.stage == stage), _UNKNOWN_ANSWER)


def _answers(own: Sequence[int], rule: ModelRule, earlier: _History) -> tuple[float, str]:
    """Tokens of all answers, and where that is from."""
    if earlier.enough:
        return len(own) * earlier.completion / earlier.replies, f"{earlier.replies} earlier replies"
    if rule.expected_output_tokens:
        return len(own) * rule.expected_output_tokens, "expected_output_tokens"
    return float(sum(min(tokens, rule.max_output_tokens) for tokens in own)), "the stage"


def _line(
    stage: str,
    name: str,
    rule: ModelRule,
    *,
    known: int = 0,
    expected: int = 0,
    pictures: int,
    prompt: float,
    completion: float,
    most_prompt: float,
    basis: str,
) -> Line:
    most_answers = (known + expected) * rule.max_output_tokens
    return Line(
        stage=stage,
        model=name,
        known=known,
        expected=expected,
        pictures=pictures,
        prompt_tokens=round(prompt),
        completion_tokens=round(completion),
        most_tokens=round(most_prompt + most_answers),
        usd=cost_usd(prompt, completion, rule.price) if rule.price else 0.0,
        most_usd=cost_usd(most_prompt, most_answers, rule.price) if rule.price else 0.0,
        basis=basis,
    )


def _together(known: Line, expected: Line) -> Line:
    numbers = ("expected", "pictures", "prompt_tokens", "completion_tokens", "most_tokens", "usd", "most_usd")
    return replace(known, **{name: getattr(known, name) + getattr(expected, name) for name in numbers})


def _expected(
    groups: Mapping[tuple[str, str], Sequence[Question]],
    recipe: Recipe,
    history: Mapping[tuple[str, str], _History],
    items: int,
    said: list[str],
) -> Iterable[tuple[tuple[str, str], Line]]:
    """Lines of the questions that hang on replies; what was assumed is added to `said`."""
    counts: dict[str, float] = {"item": 0.0}
    for (stage, _), group in groups.items():
        counts[stage] = counts.get(stage, 0) + len(group)
    shown = [round(q.picture_tokens / len(q.pictures)) for group in groups.values() for q in group if q.pictures]
    picture = sum(shown) / len(shown) if shown else 0.0
    pending_checks = counts.get("self_check", 0.0)
    unsettled = ("self_check", "revise", "same_question")  # an item waits for one of these, or for its assessment
    counts["item"] += sum(counts.get(stage, 0.0) for stage in unsettled)
    counts["item"] += max(counts.get("advise", 0.0), counts.get("unseen", 0.0))
    room = max(0, recipe.audit.sample - items)
    for rule in FOLLOW_UPS:
        if rule.after == "challenged":
            counts["challenged"] = max(counts.get("advise", 0.0), counts.get("unseen", 0.0))
        parents = pending_checks if rule.after == "self_check" else counts.get(rule.after, 0.0)
        each, why = _rate(rule, recipe, history)
        many = parents * each
        for name in [rule.model(recipe)] if rule.stage != "audit" else recipe.audit.judges:
            number = min(many, room) if rule.stage == "audit" else many
            if name and round(number) and recipe.models[name].provider != "replay":
                said.append(f"{rule.stage} after {rule.after}: {each:.2g} each, {why}")
                yield (rule.stage, name), _follow(rule, name, number, picture, recipe, history)
        if rule.stage == "item" or rule.model(recipe):
            counts[rule.stage] = counts.get(rule.stage, 0.0) + many


def _rate(rule: FollowUp, recipe: Recipe, history: Mapping[tuple[str, str], _History]) -> tuple[float, str]:
    """How many follow one, and why: as earlier replies show, else as the recipe expects, else as assumed."""
    author, own = _author(recipe), _own(recipe)
    if author is None or rule.after not in ("write", "challenged"):
        return rule.rate(recipe), rule.why
    model = recipe.models[author].model
    wrote, revised = (history.get((stage, model), _History()) for stage in ("write", "revise"))
    items = history.get(("self_check", model), _History()).replies - revised.replies if own else 0  # revisions are checked too
    if rule.after == "write" and own and wrote.enough:
        return items / wrote.replies, f"as {wrote.replies} earlier replies show"
    if rule.after == "challenged" and items >= _ENOUGH:
        return revised.replies / items, f"as {items} earlier items show"
    asked = recipe.asking.expected_items if rule.after == "write" else recipe.asking.expected_revisions
    return (rule.rate(recipe), rule.why) if asked is None else (asked, "as the recipe expects")


def _follow(
    rule: FollowUp,
    name: str,
    many: float,
    picture: float,
    recipe: Recipe,
    history: Mapping[tuple[str, str], _History],
) -> Line:
    model = recipe.models[name]
    earlier = history.get((rule.stage, model.model), _History())
    number = round(many)
    shown = number * picture if rule.pictured else 0.0
    prompt = number * earlier.prompt / earlier.replies if earlier.enough else number * rule.words + shown
    answers, basis = _answers([rule.answer] * number, model, earlier)
    return _line(
        rule.stage,
        name,
        model,
        expected=number,
        pictures=number if rule.pictured else 0,
        prompt=prompt,
        completion=answers,
        most_prompt=number * dear(rule.words) + shown,
        basis=basis if earlier.enough else "assumed",
    )


def _caps(lines: Sequence[Line], asking: Asking, paid: tuple[int, float]) -> tuple[Cap, ...]:
    calls = sum(line.calls for line in lines)
    tokens = _cap("max_tokens", asking.max_tokens, paid[0], [(x.tokens, x.most_tokens) for x in lines], calls, asking)
    usd = _cap("max_usd", asking.max_usd, paid[1], [(x.usd, x.most_usd) for x in lines], calls, asking)
    return tuple(cap for cap in (tokens, usd) if cap)


def _cap(
    name: str, limit: float | None, spent: float, costs: Sequence[tuple[float, float]], calls: int, asking: Asking
) -> Cap | None:
    """The desk refuses a call when what is spent and what calls in flight may still take could pass the limit with it."""
    if limit is None:
        return None
    likely, most = sum(cost for cost, _ in costs), sum(cost for _, cost in costs)
    last = min(asking.in_flight, calls) * (most - likely) / calls if calls else 0.0
    return Cap(name, limit, spent, likely, most, spent + likely + last > limit, spent + most > limit)


__all__ = ["FOLLOW_UPS", "Cap", "FollowUp", "Forecast", "Line", "Notebook", "forecast"]
