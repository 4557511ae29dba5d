"""The challenge: an adviser scores each item and has it revised, an attacker answers it without the image.

All open items of a paper go through a round together: assessed, revised, compared with what they were. Nothing passes without
its reviews: a reply that cannot be used drops the item as "no-answer", and a lost one is asked for again by the next run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from builder import shipped
from builder.asking import Question, Reply
from builder.bench import Bench
from builder.records import Dropped, MultiSelect, Review, Specimen
from builder.stages.answering import answer_schema
from builder.stages.challenge import (
    STAGE,
    Verdict,
    advise_prompt,
    advise_schema,
    advised,
    attack_prompt,
    attacked,
    compared,
    revise_prompt,
    revise_schema,
    revised,
    same_question_prompt,
    same_question_schema,
)
from builder.stages.exhibit import Exhibit, exhibit
from builder.stages.write import self_checked
from builder.writing import own_questions, question_of


@dataclass(frozen=True)
class _Contest:
    """One item on its way through the rounds."""

    item: MultiSelect
    shown: Exhibit
    verdict: Verdict | None = None  # of the item as it stands; None: not assessed yet
    refused: tuple[str, ...] = ()  # why revisions of the item as it stands were not taken
    dropped: Dropped | None = None

    @property
    def passed(self) -> bool:
        return self.dropped is None and self.verdict is not None and not self.verdict.reason

    def give_up(self, reason: str, detail: str) -> _Contest:
        return replace(self, dropped=Dropped(record_id=self.item.id, stage=STAGE, reason=reason, detail=detail[:500]))


def challenged(bench: Bench, items: Sequence[MultiSelect], specimens: Mapping[str, Specimen]) -> list[MultiSelect | Dropped]:
    """Each item as revised, with its reviews, or the drop that gives it up, in the order of the items. Raises Waiting.

    An item by rules has no author: it is kept as it is, or dropped at once.
    """
    shown = {name: exhibit(specimens[name], bench.text, bench.recipe.tier) for name in {item.figure_id for item in items}}
    contests = [_Contest(item, shown[item.figure_id]) for item in items]
    for number in range(bench.recipe.challenge.rounds + 1):
        contests = _judged(contests, _assessed(bench, contests, number), last=number == bench.recipe.challenge.rounds)
        if all(one.dropped or one.passed for one in contests):
            break
        contests = _revised(bench, contests, number + 1)
    return [one.dropped or one.item for one in contests]


def _assessed(bench: Bench, contests: Sequence[_Contest], number: int) -> dict[str, Verdict]:
    """Verdicts by id of the items that have none, adviser and attacker asked at once."""
    rule = bench.recipe.challenge
    mine = [one for one in contests if one.dropped is None and one.verdict is None]
    questions: list[tuple[_Contest, str, Question]] = []
    for one in mine:
        if rule.adviser:
            prompt = advise_prompt(one.item, one.shown, shipped.prompt("advise"))
            questions.append((one, "adviser", question_of(bench, rule.adviser, one.shown, prompt, advise_schema())))
        if rule.attacker:
            prompt = attack_prompt(one.item, shipped.prompt("unseen"))
            questions.append((one, "attacker", bench.question(rule.attacker, prompt, [], answer_schema(one.item))))
    verdicts = {one.item.id: Verdict(()) for one in mine}
    for (one, role, _), reply in zip(questions, bench.replies([question for *_, question in questions]), strict=True):
        before = verdicts[one.item.id]
        if role == "adviser":
            said, advice = advised(reply, rule, number)
            verdicts[one.item.id] = Verdict((*before.reviews, said), advice)
        else:
            verdicts[one.item.id] = Verdict((*before.reviews, attacked(one.item, reply, number)), before.advice)
    return verdicts


def _judged(contests: Sequence[_Contest], verdicts: Mapping[str, Verdict], *, last: bool) -> list[_Contest]:
    made = []
    for one in contests:
        verdict = verdicts.get(one.item.id, one.verdict)
        assert verdict is not None or one.dropped
        if one.item.id in verdicts and verdict:
            item = one.item.model_copy(update={"reviews": (*one.item.reviews, *verdict.reviews)})
            one = replace(one, item=item, verdict=verdict)
        final = last or one.item.generator == "rules" or (verdict is not None and verdict.reason == "no-answer")
        if one.dropped is None and verdict and verdict.reason and final:
            one = one.give_up(verdict.reason, "; ".join([verdict.detail, *one.refused]))
        made.append(one)
    return made


def _revised(bench: Bench, contests: Sequence[_Contest], number: int) -> list[_Contest]:
    """The contests with a revision taken, or refused with its reason."""
    rule = bench.recipe.multi_select
    failed = [one for one in contests if one.dropped is None and not one.passed]
    questions = [
        question_of(bench, str(rule.author), one.shown, prompt, revise_schema(one.shown))
        for one in failed
        for prompt in [revise_prompt(one.item, one.shown, rule, shipped.prompt("revise"), found=_findings(one))]
    ]
    made = {one.item.id: _read(one, reply, bench) for one, reply in zip(failed, bench.replies(questions), strict=True)}
    fresh = [(one, after) for one in failed if isinstance(after := made[one.item.id], MultiSelect)]
    taken = dict(_compared(bench, fresh, number))
    told = {name: after for name, after in made.items() if isinstance(after, _Contest)} | taken
    return [told.get(one.item.id, one) for one in contests]


def _findings(one: _Contest) -> list[str]:
    """What the author is told: the verdict on its item, the advice, and why its earlier revisions were refused."""
    assert one.verdict is not None
    scores = [f"{name}: {score:g} of 5" for review in one.verdict.reviews for name, score in review.scores.items()]
    said = [review.note for review in one.verdict.reviews if review.role == "attacker" and review.outcome == "failed"]
    return [*scores, *([one.verdict.advice] if one.verdict.advice else []), *said, *one.refused]


def _read(one: _Contest, reply: Reply, bench: Bench) -> MultiSelect | _Contest:
    made = revised(one.item, reply, one.shown, bench.recipe.multi_select)
    if isinstance(made, MultiSelect):
        return made
    if reply.outcome == "failed":  # a later run may get it: this one does not guess what it would have been
        return one.give_up("no-answer", f"revision: {made.detail}")
    return replace(one, refused=(*one.refused, f"a revision was refused: {made.reason}: {made.detail}"))


def _compared(bench: Bench, fresh: Sequence[tuple[_Contest, MultiSelect]], number: int) -> Iterator[tuple[str, _Contest]]:
    """Revisions that still ask the same, and whose author finds their key again, take the place of what they revise."""
    rule, own = bench.recipe.challenge, bench.recipe.multi_select.self_check
    checker = str(rule.checker or rule.adviser or rule.attacker)
    template = shipped.prompt("same_question")
    same = [
        bench.question(checker, same_question_prompt(one.item, after, template), [], same_question_schema())
        for one, after in fresh
    ]
    keys = own_questions(bench, [(after, one.shown) for one, after in fresh]) if own else []
    replies = bench.replies([*same, *keys])
    for index, (one, after) in enumerate(fresh):
        reviews = [compared(replies[index], number)]
        if own:
            reviews += self_checked(after, replies[len(same) + index], number).reviews[-1:]
        yield one.item.id, _taken(one, after, reviews)


def _taken(one: _Contest, after: MultiSelect, reviews: Sequence[Review]) -> _Contest:
    history = (*one.item.reviews, *reviews)
    bad = [review for review in reviews if review.outcome != "passed"]
    if not bad:
        return _Contest(after.model_copy(update={"reviews": history}), one.shown)
    said = "; ".join(f"{review.role} in round {review.round}: {review.note}" for review in bad)
    kept = replace(one, item=one.item.model_copy(update={"reviews": history}))
    if any(review.outcome == "no-answer" for review in bad):
        return kept.give_up("no-answer", said)
    return replace(kept, refused=(*one.refused, f"a revision was refused: {said}"))


__all__ = ["challenged"]
