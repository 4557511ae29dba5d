"""What asking came to in a work folder, by stage and model, out of the replies on disk: as billed, nothing estimated unsaid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from builder.asking import Reply, prompt_tokens_of

if TYPE_CHECKING:
    from builder.edges.replies import Replies


@dataclass(frozen=True)
class Spend:
    """Replies of one stage by one model."""

    stage: str  # of the prompt; empty in replies recorded by earlier versions
    model: str  # as the provider names it
    replies: int
    without_value: int  # of them malformed, refused or truncated: paid all the same
    replayed: int  # recorded elsewhere: at no cost
    requests: int
    prompt_tokens: int  # as billed, or by rule where the provider did not say
    completion_tokens: int
    pictures: int
    usd: float  # by the recipe's prices of the time
    uncertain_requests: int  # whose answer was lost: the provider may have billed them too


@dataclass(frozen=True)
class Books:
    """A work folder's spending."""

    lines: tuple[Spend, ...]
    open_requests: int  # sent, and without a reply on disk: in flight when a run was killed, or never answered
    capped_tokens: int  # what asking.max_tokens counts: billed, with the most that uncertain requests can have cost
    capped_usd: float

    @property
    def in_all(self) -> Spend:
        return _sum("in all", "", self.lines)

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"in_all": asdict(self.in_all)}


def books_of(replies: Replies) -> Books:
    """Stages and models in order of the alphabet."""
    groups: dict[tuple[str, str], list[Reply]] = {}
    for reply in replies.all():
        groups.setdefault((reply.stage, reply.model_asked), []).append(reply)
    tokens, usd = replies.paid()
    lines = tuple(_spend(stage, model, group) for (stage, model), group in sorted(groups.items()))
    return Books(lines, sum(intent.tries for intent in replies.open_intents()), tokens, round(usd, 8))


def _spend(stage: str, model: str, replies: Sequence[Reply]) -> Spend:
    paid = [reply for reply in replies if reply.source == "endpoint"]
    return Spend(
        stage=stage,
        model=model,
        replies=len(replies),
        without_value=sum(reply.outcome != "answered" for reply in replies),
        replayed=len(replies) - len(paid),
        requests=sum(reply.attempts for reply in paid),
        prompt_tokens=sum(prompt_tokens_of(reply) + (reply.wasted.prompt_tokens or 0) for reply in paid),
        completion_tokens=sum(reply.usage.plus(reply.wasted).completion_tokens or 0 for reply in paid),
        pictures=sum(reply.pictures for reply in paid),
        usd=round(sum(reply.usage.plus(reply.wasted).usd or 0.0 for reply in paid), 8),
        uncertain_requests=sum(reply.uncertain for reply in paid),
    )


def _sum(stage: str, model: str, lines: Iterable[Spend]) -> Spend:
    numbers = [{name: value for name, value in asdict(line).items() if name not in ("stage", "model")} for line in lines]
    names = [name for name in Spend.__dataclass_fields__ if name not in ("stage", "model")]
    return Spend(stage, model, **{name: sum(line[name] for line in numbers) for name in names})


def table(books: Books) -> str:
    """The books as lines of text."""
    head = f"{'stage':<14}{'model':<28}{'replies':>8}{'no value':>9}{'requests':>9}{'prompt':>12}{'completion':>12}{'USD':>10}"
    lines = [head, *(_line(line) for line in books.lines)]
    whole = books.in_all
    lines.append(_line(whole))
    if whole.replayed:
        lines.append(f"{whole.replayed} of the replies were recorded elsewhere, at no cost here")
    if whole.uncertain_requests or books.open_requests:
        lines.append(
            f"{whole.uncertain_requests} requests lost their answer and {books.open_requests} more have no reply yet: "
            "the provider may have billed them too"
        )
    lines.append(f"the caps of [asking] count {books.capped_tokens:,} tokens, {books.capped_usd:.4f} USD")
    return "\n".join(lines)


def _line(line: Spend) -> str:
    return (
        f"{line.stage or '-':<14}{line.model:<28}{line.replies:>8,}{line.without_value:>9,}{line.requests:>9,}"
        f"{line.prompt_tokens:>12,}{line.completion_tokens:>12,}{line.usd:>10.4f}"
    )


__all__ = ["Books", "Spend", "books_of", "table"]
