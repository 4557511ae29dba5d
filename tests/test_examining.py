"""Models over loopback HTTP: attacks with and without the image, the audit, and what becomes of answers that fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import Field
from small_release import packed, recipe
from written import PNGS, pictured

from builder.edges.calls import Desk
from builder.edges.store import Store
from builder.errors import AskingStopped, Blocked, Exit, UsageError
from builder.examining import examined, refuse_blocked
from builder.recipe import Recipe, read_recipe
from builder.release.attacks import answers_of, attacked, attacks_of
from builder.release.attacks_told import battery_line
from builder.release.card import card_facts, render_card
from builder.release.examined import DIMENSIONS, Judgement
from builder.release.package import package
from builder.release.reviews import population, reviews_of, sample
from builder.release.rows import Packed, ReviewRow, Row
from builder.scoring.items import Item
from tests.loopback_model import Loopback, Request, Says, answer, error, loopback_model

pytest.importorskip("openai")

TEMPLATE = (Path(__file__).parents[1] / "cards" / "dataset_card.md.j2").read_text(encoding="utf-8")
GOOD = dict.fromkeys(DIMENSIONS, 4) | {"note": "Clear."}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPBACK_KEY", "test-key-0123456789abcdef")


class SeveralRow(Row):
    """What the battery reads of a multi-select row."""

    figure_id: str
    question: str
    options: tuple[str, ...]
    answer: tuple[str, ...]
    modality: str
    bloom_level: int
    generator: str
    reviews: tuple[ReviewRow, ...] = Field(())


STEMS = ("Which statements hold?", "What does panel b show?")


def release() -> Packed:
    """Captions to match and two multi-select items, with pictures."""
    made = package(pictured())
    shown = [row for row in made.rows("figures") if row.image]
    said = {"role": "adviser", "round": 1, "model": "m-1", "prompt_hash": "a" * 64, "outcome": "passed", "note": ""}
    review = ReviewRow.model_validate(said | {"criteria": ("clarity",), "scores": (4.0,)})
    base = {name: getattr(shown[0], name) for name in Row.model_fields}
    rows = tuple(
        SeveralRow.model_validate(
            base
            | {
                "id": f"cm-{number:016x}", "paper_id": row.paper_id, "image_sha256": row.image_sha256, "figure_id": row.id,
                "question": STEMS[number], "options": ("round grains", "square grains", "20 nm", "30 nm"), "answer": ("A", "C"),
                "modality": "SEM", "bloom_level": 1 + number, "generator": "rules", "reviews": (review,),
            }
        )
        for number, row in enumerate(shown[:2])
    )  # fmt: skip
    tables = {key: table for key, table in made.tables.items() if key[0] in ("figures", "caption_matching")}
    return replace(made, tables={**tables, ("multi_select", "test"): rows})  # type: ignore[dict-item]


def asking(server: Loopback, *, battery: str = "", audit: str = "", more: str = "") -> Recipe:
    models = "".join(
        f'[models.{name}]\nprovider = "openai"\nmodel = "{name}-1"\nbase_url = "{server.base_url}"\n'
        'api_key_env = "LOOPBACK_KEY"\ntimeout_s = 5\nattempts = 1\n'
        for name in ("eye", "other")
    )
    text = f'tasks = ["caption_matching"]\n[battery]\n{battery}\n[audit]\n{audit}\n{models}{more}\n[identity]\n'
    identity = recipe().identity
    return read_recipe(f'{text}name = "{identity.name}"\ntitle = "t"\nsummary = "s"\ncanary = "{identity.canary}"\n', "r.toml")


def ask(reply: Callable[[Request, int], Says], tmp_path: Path, **sections: str) -> tuple[Packed, Loopback]:
    store = Store(tmp_path / "work")
    made = release()
    for data in PNGS.values():
        store.put_blob(data)
    with loopback_model(reply) as server:
        wanted = asking(server, **sections)
        made = replace(made, cut=replace(made.cut, recipe=wanted))
        return examined(made, wanted, store, Desk(store, wanted.models, wanted.asking))[0], server


def said(request: Request) -> str:
    """Everything in words that the model was told."""
    parts = [message["content"] for message in request["messages"]]
    return " ".join(part if isinstance(part, str) else " ".join(p.get("text", "") for p in part) for part in parts)


def has_image(request: Request) -> bool:
    return "image_url" in json.dumps(request["messages"])


def card(done: Packed) -> str:
    """The card, its tables of rows without the config that stands in for multi_select here."""
    tables = {key: rows for key, rows in done.tables.items() if key[0] != "multi_select"}
    return render_card(card_facts(replace(done, tables=tables)), TEMPLATE)


def by_a_model(done: Packed, config: str) -> set[str]:
    assert done.attacks
    (one,) = [one for one in done.attacks.configs if one.config == config]
    return {line.attack for line in one.attacks if line.model}


def test_a_model_is_asked_with_less_and_less_of_each_item(tmp_path: Path) -> None:
    done, server = ask(lambda *_: answer({"letters": ["A", "C"]}), tmp_path, battery='model = "eye"')
    assert by_a_model(done, "multi_select") == {"no_image", "options_only", "stem_only", "caption_only", "with_image"}
    assert by_a_model(done, "caption_matching") == {"no_image", "options_only", "with_image"}
    told = [(said(request), has_image(request)) for request in server.requests]
    several = [(words, image) for words, image in told if "round grains" in words]
    assert sum(image for _, image in several) == 2
    assert sum("Figure 1. SEM image" in words for words, _ in several) == 1  # caption_only, of the first figure
    assert sum(STEMS[1] in words for words, _ in several) == 3  # no_image, caption_only, with_image
    assert sum("What the options A, B, C, D say is not shown." in words for words, _ in told) == 2  # stem_only
    assert not any("Figure 1. SEM image" in words for words, image in told if image)


def test_visual_gain_is_what_the_image_adds(tmp_path: Path) -> None:
    def reply(request: Request, _: int) -> Says:
        return answer({"letters": ["A", "C"] if has_image(request) else ["A", "B"]})

    done, _ = ask(reply, tmp_path, battery='model = "eye"')
    assert done.attacks
    (one,) = [one for one in done.attacks.configs if one.config == "multi_select"]
    exact, pairs = one.visual_gain
    assert (exact.statistic, exact.with_image, exact.without_image, exact.difference) == ("exact_match", 1.0, 0.0, 1.0)
    assert (pairs.statistic, pairs.with_image, pairs.without_image) == ("pairs", 1.0, 0.5)
    text = card(done)
    assert "| exact match | 2 | 100.0 % | 0.0 % | +100.0 points" in text
    assert "| `with_image`, by eye-1 | 2 | 100.0 % " in text


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        (answer("no JSON"), "malformed"),
        (answer({"letters": ["Q"]}), "malformed"),
        (answer({"letters": []}), "abstained"),
        (answer({}, refusal="I cannot"), "refused"),
        (answer({"letters": ["A"]}, finish="length"), "truncated"),
    ],
)
def test_an_answer_that_failed_is_null_and_counted_and_in_no_estimate(says: Says, outcome: str, tmp_path: Path) -> None:
    done, _ = ask(lambda *_: says, tmp_path, battery='model = "eye"')
    assert done.attacks
    (one,) = [one for one in done.attacks.configs if one.config == "multi_select"]
    assert not [line for line in one.attacks if line.model]
    for item in one.items:
        assert item.picked.get("no_image") is None
        assert item.unanswered["no_image"] == outcome
    assert set(one.unanswered) == {"caption_only", "no_image", "options_only", "stem_only", "with_image"}
    assert one.unanswered["no_image"] == {outcome: 2}
    assert f"`no_image` got no answer to 2 items ({outcome})" in card(done)


def test_attacks_are_computed_again_from_what_the_file_says(tmp_path: Path) -> None:
    def reply(request: Request, number: int) -> Says:
        return answer("no JSON") if number % 3 == 0 else answer({"letters": ["A", "D"]})

    done, _ = ask(reply, tmp_path, battery='model = "eye"')
    assert done.attacks
    assert attacks_of(done, answers_of(done.attacks)) == done.attacks


def test_a_second_run_asks_nothing_anew(tmp_path: Path) -> None:
    first, _ = ask(lambda *_: answer({"letters": ["B"]}), tmp_path, battery='model = "eye"')
    with loopback_model(lambda *_: error(500, "nobody should ask")) as server:
        wanted = asking(server, battery='model = "eye"')
        made = release()
        store = Store(tmp_path / "work")
        desk = Desk(store, wanted.models, wanted.asking)
        again, spent = examined(replace(made, cut=replace(made.cut, recipe=wanted)), wanted, store, desk)
    assert not server.requests
    assert spent.asked == spent.reused > 0
    assert again.attacks == first.attacks


def test_a_cap_stops_the_battery_before_it_is_passed(tmp_path: Path) -> None:
    with pytest.raises(AskingStopped):
        ask(lambda *_: answer({"letters": ["B"]}), tmp_path, battery='model = "eye"', more="[asking]\nmax_tokens = 10\n")


# ---- what blocks a release


def leaky() -> tuple[Item, ...]:
    return tuple(
        Item(f"i{n}", f"p{n // 3}", "", ("short", "a much longer one", "tiny", "small"), frozenset({1})) for n in range(60)
    )


def test_an_attack_that_the_recipe_names_stops_the_release() -> None:
    found = attacked("caption_matching", leaky(), {}, 0.05)
    assert found.certificate.verdict == "failed"
    attacks = attacks_of(packed(), {}).model_copy(update={"configs": (found,)})
    with pytest.raises(Blocked) as stopped:
        refuse_blocked(attacks, ("longest_option",))
    assert stopped.value.exit_code == Exit.BLOCKED == 7
    assert "longest_option is right in 100.0 % of 60 items of caption_matching, 25.0 % by chance" in str(stopped.value)
    refuse_blocked(attacks, ("shortest_option",))
    assert "closest to a leak" in battery_line(found)


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [('["longest"]', "'longest' is not one of longest_option"), ('["no_image"]', "'no_image' needs battery.model")],
)
def test_a_recipe_that_blocks_on_an_attack_that_is_not_run_is_refused(blocks: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        read_recipe(f"tasks = []\n[battery]\nblocks = {blocks}\n", "r.toml")


# ---- the audit


def test_every_judge_scores_every_sampled_item_with_picture_and_key(tmp_path: Path) -> None:
    def reply(request: Request, _: int) -> Says:
        harsh = request["model"] == "other-1"
        return answer(GOOD | {"question_clarity": 2 if harsh else 5})

    done, server = ask(reply, tmp_path, audit='judges = ["eye", "other"]')
    assert all(has_image(request) and '"key"' in said(request).replace("key>>", '"key"') for request in server.requests)
    reviews = done.reviews
    assert reviews
    assert len(reviews.judgements) == len(server.requests) == 2 * len(population(done))
    means = {(one.judge, one.dimension): one.mean for one in reviews.means}
    assert (means["eye", "question_clarity"], means["other", "question_clarity"]) == (5.0, 2.0)
    assert {one.dimension: one.alpha for one in reviews.agreement}["scientific_accuracy"] is None  # nothing varies
    assert all(one.prompt_hash and one.note == "Clear." for one in reviews.judgements)
    text = card(done)
    assert "| question clarity | 5.00 | 2.00 |" in text
    assert "- eye: 5 of 5 items judged." in text
    assert "| adviser | m-1 | 2 | 0 | 0 |" in text


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (answer("no JSON"), "malformed"),
        (answer(GOOD | {"overall_quality": 6}), "malformed"),
        (answer(GOOD | {"overall_quality": "8/10"}), "malformed"),
        (answer({}, refusal="I cannot"), "refused"),
        (answer(GOOD, finish="length"), "truncated"),
    ],
)
def test_a_judge_that_fails_leaves_null_and_lowers_no_mean(says: Says, reason: str, tmp_path: Path) -> None:
    def reply(request: Request, _: int) -> Says:
        return says if request["model"] == "other-1" else answer(GOOD)

    done, _ = ask(reply, tmp_path, audit='judges = ["eye", "other"]')
    assert done.reviews
    silent = [one for one in done.reviews.judgements if one.judge == "other"]
    assert {(one.scores, one.reason) for one in silent} == {(None, reason)}
    means = {one.judge: one.mean for one in done.reviews.means}
    assert means == {"eye": 4.0, "other": None}
    assert [one.unanswered for one in done.reviews.coverage] == [{}, {reason: 5}]
    assert f"- other: 0 of 5 items judged, 5 {reason}." in card(done)


def test_a_server_that_errs_is_counted_as_failed(tmp_path: Path) -> None:
    def reply(request: Request, _: int) -> Says:
        return error(500, "down") if "20 nm" in said(request) and "round" in said(request) else answer(GOOD)

    done, _ = ask(reply, tmp_path, audit='judges = ["eye"]')
    assert done.reviews
    assert done.reviews.coverage[0].unanswered == {"failed": 2}


def test_the_sample_takes_each_stratum_in_turn() -> None:
    every = population(release())
    strata = {one.stratum for one in every}
    drawn = sample(every, len(strata), 0)
    assert {one.stratum for one in drawn} == strata
    assert sample(every, 100, 0) == tuple(sorted(every, key=lambda one: one.row.id))
    assert sample(every, 2, 1) == sample(every[::-1], 2, 1)


def test_judgements_of_items_outside_the_sample_do_not_count(tmp_path: Path) -> None:
    with loopback_model(lambda *_: answer(GOOD)) as server:
        wanted = asking(server, audit='judges = ["eye"]\nsample = 1')
    made = release()
    made = replace(made, cut=replace(made.cut, recipe=wanted))
    stranger = Judgement(item="cm-x", judge="eye", model="m", prompt_hash="", scores=None, reason="failed", note="")
    reviews = reviews_of(made, [stranger])
    assert [one.reason for one in reviews.judgements] == ["not-asked"]
    assert sum(one.sampled for one in reviews.strata) == 1
