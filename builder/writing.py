"""Multi-select questions written by a model: asked for, checked against the paper, and answered by their own author."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from builder import shipped
from builder.asking import Picture, Prompt, Question, Reply, Schema
from builder.bench import Bench
from builder.edges.images import fitted
from builder.edges.store import Store
from builder.records import Crop, Dropped, MultiSelect, Specimen
from builder.stages.answering import answer_schema
from builder.stages.exhibit import Exhibit, exhibit
from builder.stages.image_tokens import picture_limits
from builder.stages.write import (
    STAGE,
    prompt_for,
    read_reply,
    schema_for,
    self_check_prompt,
    self_check_verdict,
    self_checked,
)

_ASKED_AGAIN = frozenset({"truncated", "malformed"})  # outcomes that a shorter answer may mend; the others are final


@dataclass(frozen=True)
class Written:
    """What became of each figure, and the questions that were written and refused, each under the id that it would have had."""

    made: Mapping[str, tuple[MultiSelect, ...] | Dropped]
    refused: tuple[Dropped, ...]


def written(bench: Bench, asked: Sequence[Specimen]) -> Written:
    """Items by figure id. A figure is asked about once, for all its questions: its image and snippets are most of the cost.

    Where that answer is cut or is not of the schema, the figure is asked about once more, for one question. Raises Waiting.
    """
    rule = bench.recipe.multi_select
    shown = {s.id: exhibit(s, bench.text, bench.recipe.tier) for s in asked}
    replies = _written(bench, list(shown.values()), rule.max_per_figure)
    again = [shown[name] for name, reply in replies.items() if reply.outcome in _ASKED_AGAIN]
    shorter = _written(bench, again, 1)
    read = {
        name: read_reply(shorter.get(name, reply), shown[name], rule, 1 if name in shorter else rule.max_per_figure)
        for name, reply in replies.items()
    }
    told = [one for found in read.values() if not isinstance(found, Dropped) for one in found]
    if rule.self_check:
        told = _by_their_author(bench, told, shown)
    made: dict[str, tuple[MultiSelect, ...] | Dropped] = {}
    for name, found in read.items():
        mine = tuple(one for one in told if isinstance(one, MultiSelect) and one.figure_id == name)
        made[name] = found if isinstance(found, Dropped) else mine or _all_refused(name, len(found))
    return Written(made, tuple(one for one in told if isinstance(one, Dropped)))


def _by_their_author(
    bench: Bench, told: Sequence[MultiSelect | Dropped], shown: Mapping[str, Exhibit]
) -> list[MultiSelect | Dropped]:
    """The items that their author answers as it keyed them; the others dropped, and the drops as they were."""
    items = [one for one in told if isinstance(one, MultiSelect)]
    answers = bench.replies(own_questions(bench, [(item, shown[item.figure_id]) for item in items]))
    settled = {item.id: self_check_verdict(self_checked(item, answer, 0)) for item, answer in zip(items, answers, strict=True)}
    return [settled[one.id] if isinstance(one, MultiSelect) else one for one in told]


def _all_refused(name: str, count: int) -> Dropped:
    return Dropped(record_id=name, stage=STAGE, reason="all-refused", detail=f"{count} of {count} questions")


def _written(bench: Bench, shown: Sequence[Exhibit], count: int) -> dict[str, Reply]:
    rule, template = bench.recipe.multi_select, shipped.prompt("write")
    asked = {
        one.specimen.id: question_of(bench, str(rule.author), one, prompt_for(one, rule, template, count), schema_for(one))
        for one in shown
    }
    return dict(zip(asked, bench.replies(list(asked.values())), strict=True))


def question_of(bench: Bench, model: str, shown: Exhibit, prompt: Prompt, schema: Schema) -> Question:
    """A question with the figure's crop beside it."""
    limits = picture_limits(bench.recipe.models[model].family)
    return bench.question(model, prompt, [_shown(bench.store, shown.specimen.crop, *limits)], schema)


@lru_cache(maxsize=16)
def _shown(store: Store, crop: Crop, long_side: int, most_bytes: int) -> Picture:
    """A crop as its provider takes it, made once for all the questions about it."""
    return fitted(store.blob(crop.sha256), crop, long_side, most_bytes)


def own_questions(bench: Bench, items: Sequence[tuple[MultiSelect, Exhibit]]) -> list[Question]:
    """Each item put to its own author, without the key."""
    author, template = str(bench.recipe.multi_select.author), shipped.prompt("self_check")
    return [
        question_of(bench, author, shown, self_check_prompt(item, shown, template), answer_schema(item))
        for item, shown in items
    ]


__all__ = ["Written", "own_questions", "question_of", "written"]
