"""A packed release before it is written: attacked with and without a model, audited, and stopped where it is blocked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import cast

from pydantic import JsonValue

from builder import shipped
from builder.asking import PictureRef, Question, Reply, Schema, Spent, prompt_from, question_of
from builder.edges.calls import Asker, put_picture
from builder.edges.images import picture_within
from builder.edges.store import Store
from builder.errors import Blocked
from builder.recipe import Recipe
from builder.release.attacks import Answers, attacks_of, items_of, key_of, question_rows
from builder.release.examined import DIMENSIONS, Attacks, Judgement, Scores
from builder.release.reviews import Sampled, population, reviews_of, sample
from builder.release.rows import Packed
from builder.scoring.battery import WITH_A_MODEL
from builder.scoring.items import Item
from builder.stages.fencing import fenced

LONG_SIDE = 2048  # pixels that a model is shown: what providers' own rules scale a picture down to
_ABSTAINED = "abstained"  # an answer without a letter
AUDIT_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        **{name: {"type": "integer", "enum": [1, 2, 3, 4, 5]} for name in DIMENSIONS},
        "note": {"type": "string"},
    },
    "required": [*DIMENSIONS, "note"],
    "additionalProperties": False,
}


def examined(packed: Packed, recipe: Recipe, store: Store, desk: Asker) -> tuple[Packed, Spent]:
    """The release with attacks.json and reviews.json, and what asking came to: `desk` is the run's own, caps and gates with it.

    Raises Blocked where an attack that the recipe names beats chance, and AskingStopped as the desk does.
    """
    before, gallery = desk.spent, _Gallery(packed, store)
    attacks = attacks_of(packed, _attacked(packed, recipe, desk, gallery))
    refuse_blocked(attacks, recipe.battery.blocks)
    reviews = reviews_of(packed, _judged(packed, recipe, desk, gallery))
    return replace(packed, attacks=attacks, reviews=reviews), desk.spent.since(before)


def questions_about(packed: Packed, recipe: Recipe, store: Store) -> list[Question]:
    """All that the battery and the judges would be asked about a release."""
    gallery = _Gallery(packed, store)
    return [*_battery_questions(packed, recipe, gallery).values(), *_audit_questions(packed, recipe, gallery).values()]


def refuse_blocked(attacks: Attacks, blocks: Sequence[str]) -> None:
    """Raises Blocked when an attack of `blocks` is significant on a config."""
    found = [
        f"{line.attack} is right in {100 * line.accuracy.value:.1f} % of {line.items} items of {one.config}, "
        f"{100 * line.accuracy.chance:.1f} % by chance (p {line.p_adjusted:.4f} by Holm)"
        for one in attacks.configs
        for line in one.attacks
        if line.significant and line.attack in blocks
    ]
    if found:
        remedy = "mend how the items are made, or take the attack out of battery.blocks; nothing was written"
        raise Blocked("recipe > battery.blocks", "; ".join(found), remedy)


@dataclass
class _Gallery:
    """The figures' images as models are shown them, each put into the store once."""

    packed: Packed
    store: Store

    def __post_init__(self) -> None:
        self._shown: dict[str, PictureRef] = {}
        rows = (row for rows in question_rows(self.packed).values() for row in rows)
        self._crops = {row.id: str(row.image_sha256) for row in rows if getattr(row, "image", None)}  # type: ignore[attr-defined]

    def of(self, item: str) -> PictureRef | None:
        """None where the release does not show the image."""
        crop = self._crops.get(item)
        if crop and crop not in self._shown:
            self._shown[crop] = put_picture(self.store, picture_within(self.store.blob(crop), LONG_SIDE))
        return self._shown[crop] if crop else None


def _battery_questions(packed: Packed, recipe: Recipe, gallery: _Gallery) -> dict[tuple[str, str, str], Question]:
    """By config, attack and item; none without a model."""
    model = recipe.battery.model
    if model is None:
        return {}
    return {
        (config, attack, item.id): _attack_question(attack, item, gallery, model, recipe)
        for config, items in items_of(packed).items()
        for attack in _attacks_on(items)
        for item in items
        if not (attack == "caption_only" and item.caption is None)
        if not (attack == "with_image" and gallery.of(item.id) is None)
    }


def _attacked(packed: Packed, recipe: Recipe, desk: Asker, gallery: _Gallery) -> dict[str, dict[str, Answers]]:
    """What the recipe's model answers under each attack, by config and attack; nothing without a model."""
    asked = _battery_questions(packed, recipe, gallery)
    replies = _answered(desk, list(asked.values()))
    letters: dict[tuple[str, str], dict[str, str]] = {}
    lost: dict[tuple[str, str], dict[str, str]] = {}
    for (config, attack, item_id), question in asked.items():
        reply = replies[question.hash]
        selected = _letters(reply)
        into = letters if selected else lost
        said = selected or (_ABSTAINED if reply.value else reply.outcome)
        into.setdefault((config, attack), {})[item_id] = said
    found: dict[str, dict[str, Answers]] = {}
    for config, attack in sorted(letters.keys() | lost.keys()):
        both = letters.get((config, attack), {}), lost.get((config, attack), {})
        found.setdefault(config, {})[attack] = Answers(recipe.models[str(recipe.battery.model)].model, *both)
    return found


def _attacks_on(items: Sequence[Item]) -> Iterator[str]:
    """Attacks that these items have something to show for: a stem that all of them share asks nothing by itself."""
    one_stem = len({item.stem for item in items}) == 1
    yield from (attack for attack in WITH_A_MODEL if not (attack == "stem_only" and one_stem))


def _attack_question(attack: str, item: Item, gallery: _Gallery, model: str, recipe: Recipe) -> Question:
    letters = ascii_uppercase[: len(item.options)]
    shown: dict[str, JsonValue] = {}
    if attack != "options_only":
        shown["question"] = item.stem
    if attack != "stem_only":
        shown["options"] = dict(zip(letters, item.options, strict=True))
    if attack == "caption_only":
        shown["caption"] = item.caption
    picture = gallery.of(item.id) if attack == "with_image" else None
    slots = {
        **fenced(shown),
        "letters": list(letters),
        "image": picture is not None,
        "has_options": "options" in shown,
        "has_caption": "caption" in shown,
    }
    prompt = prompt_from(shipped.prompt("attack"), stage="attack", about=item.id, slots=slots)
    pictures = [picture] if picture else []
    return question_of(model, recipe.models[model], prompt, pictures, _answer_schema(letters))


def _answer_schema(letters: str) -> Schema:
    chosen: JsonValue = {"type": "array", "items": {"type": "string", "enum": list(letters)}}
    properties: JsonValue = {"letters": chosen}
    return {"type": "object", "properties": properties, "required": ["letters"], "additionalProperties": False}


def _letters(reply: Reply) -> str:
    """The selected letters, each once, in order; none where there is no answer."""
    selected = cast(list[str], reply.value["letters"]) if reply.value else []
    return "".join(sorted(set(selected)))


def _answered(desk: Asker, questions: Sequence[Question]) -> Mapping[str, Reply]:
    """Every question's reply, by hash; those without an answer among them."""
    lost = desk.answer(questions)
    return {question.hash: lost.get(question.hash) or _on_disk(desk, question.hash) for question in questions}


def _on_disk(desk: Asker, name: str) -> Reply:
    reply = desk.replies.get(name)
    assert reply is not None, "the desk answers every question or says which it could not"
    return reply


def _audit_questions(packed: Packed, recipe: Recipe, gallery: _Gallery) -> dict[tuple[str, str], Question]:
    """By item of the sample and judge."""
    rule = recipe.audit
    drawn = sample(population(packed), rule.sample, recipe.identity.seed) if rule.judges else ()
    return {(one.id, judge): _audit_question(one, gallery, judge, recipe) for one in drawn for judge in rule.judges}


def _judged(packed: Packed, recipe: Recipe, desk: Asker, gallery: _Gallery) -> list[Judgement]:
    """Each judge's word on each item of the sample."""
    asked = _audit_questions(packed, recipe, gallery)
    replies = _answered(desk, list(asked.values()))
    return [_judgement(item, judge, question, replies[question.hash]) for (item, judge), question in asked.items()]


def _audit_question(one: Sampled, gallery: _Gallery, judge: str, recipe: Recipe) -> Question:
    row, picture = one.row, gallery.of(one.id)
    assert picture is not None, "population() holds items with an image only"
    options: JsonValue = dict(zip(ascii_uppercase, row.options, strict=False))
    key: JsonValue = [ascii_uppercase[place] for place in sorted(key_of(row))]
    slots = fenced({"question": row.question, "options": options, "key": key})
    prompt = prompt_from(shipped.prompt("audit"), stage="audit", about=row.id, slots=slots)
    return question_of(judge, recipe.models[judge], prompt, [picture], AUDIT_SCHEMA)


def _judgement(item: str, judge: str, question: Question, reply: Reply) -> Judgement:
    value = reply.value
    scores = Scores.model_validate({name: value[name] for name in DIMENSIONS}) if value else None
    return Judgement(
        item=item,
        judge=judge,
        model=reply.model_answered or reply.model_asked,
        prompt_hash=question.hash,
        scores=scores,
        reason=None if value else reply.outcome,
        note=str(value["note"]) if value else "",
    )


__all__ = ["examined", "questions_about", "refuse_blocked"]
