"""The whole model path over loopback: questions written, checked, challenged and revised; every fault a documented outcome."""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builder.cli import main
from builder.edges.engine import Outcome
from builder.edges.replies import Replies
from builder.errors import Exit
from builder.records import MultiSelect, Specimen
from tests.loopback_model import Request, Says, answer, error, hung_up, loopback_model, torn
from tests.model_runs import KEY, asked, drops, items, made, recipe_of, recipe_text
from tests.receipts import receipts_of
from tests.scripted_models import Cast, author, blocks_of, guesses, knows, pictures_of, role_of, scores, words_of

pytest.importorskip("openai")

PAPER = Path(__file__).parent / "papers" / "pearlite-steel.pdf"


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder in which everything before the questions is done."""
    work = tmp_path_factory.mktemp("cut")
    made(recipe_of("http://127.0.0.1:1/v1"), work, PAPER, lambda stage: stage.name not in {"multi_select", "challenge"})
    return work


@pytest.fixture
def work(cut: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(cut, tmp_path / "work"))


def test_items_carry_who_wrote_and_who_reviewed_them(work: Path) -> None:
    with loopback_model(Cast()) as server:
        done = made(recipe_of(server.base_url), work, PAPER)
    (line,) = (line for line in done.attrition if line.stage == "multi_select")
    figures = asked(server)["write"]
    assert (line.read, line.kept, line.made) == (figures + 1, figures, 2 * figures)  # one figure's rights allow no questions
    assert asked(server) == {"write": figures, "self_check": 2 * figures, "advise": 2 * figures, "unseen": 2 * figures}
    found = items(done)
    assert len(found) == 2 * figures
    replies = Replies(work)
    for item in found:
        assert (item.generator, item.model, item.bloom_level, item.skill) == ("model", "loopback-1", 4, "EU")
        assert item.id.startswith(f"{item.figure_id}/multi_select/")
        assert [(r.role, r.round, r.outcome) for r in item.reviews] == [
            ("self-check", 0, "passed"),
            ("adviser", 0, "passed"),
            ("attacker", 0, "passed"),
        ]
        assert set(item.reviews[1].scores.values()) == {5.0}
        for name in (item.prompt_hash, *(review.prompt_hash for review in item.reviews)):
            assert name
            assert replies.get(name)
        for option in item.options:
            (span,) = option.evidence
            assert span.start == 0
    assert {o.evidence[0].source for item in found for o in item.options} == {"caption", "paragraph"}


def test_only_the_attacker_sees_no_image_and_nobody_who_answers_sees_the_key(work: Path) -> None:
    with loopback_model(Cast()) as server:
        made(recipe_of(server.base_url), work, PAPER)
    for request in server.requests:
        role, blocks = role_of(request), blocks_of(request)
        assert len(pictures_of(request)) == (0 if role == "unseen" else 1)
        if role == "unseen":
            assert set(blocks) == {"question"}
        if role in {"unseen", "self_check"}:
            assert set(blocks["question"]) == {"stem", "options"}
        if role == "write":
            assert "Steel is etched." in request["messages"][0]["content"]
        assert "{{" not in words_of(request)
        assert KEY not in json.dumps(request)


def test_an_item_is_revised_until_its_adviser_is_content(work: Path) -> None:
    def adviser(request: Request) -> Says:
        content = "revised" in blocks_of(request)["question"]["stem"]
        return scores(5 if content else 3, "Name the contrast.")(request)

    with loopback_model(Cast(advise=adviser)) as server:
        done = made(recipe_of(server.base_url), work, PAPER)
    for item in items(done):
        assert "revised" in item.stem
        assert [(r.role, r.round, r.outcome) for r in item.reviews] == [
            ("self-check", 0, "passed"),
            ("adviser", 0, "failed"),
            ("attacker", 0, "passed"),
            ("same-question", 1, "passed"),
            ("self-check", 1, "passed"),
            ("adviser", 1, "passed"),
            ("attacker", 1, "passed"),
        ]
        reply = Replies(work).get(str(item.prompt_hash))
        assert reply
        assert reply.value
        assert "question" in reply.value  # named by the revision, no longer by the first writing
    told = [blocks_of(request)["findings"] for request in server.requests if role_of(request) == "revise"]
    assert all("Name the contrast." in findings and "clarity: 3 of 5" in findings for findings in told)


def test_an_item_that_is_answered_without_its_image_is_revised_and_given_up_as_attacked(work: Path) -> None:
    with loopback_model(Cast(unseen=knows)) as server:
        done = made(recipe_of(server.base_url), work, PAPER)
    assert items(done) == ()
    assert set(drops(done, "challenge")) == {"attacked"}
    figures = asked(server)["write"]
    assert asked(server)["revise"] == 2 * 2 * figures  # two rounds of each item
    (line,) = (line for line in done.attrition if line.stage == "challenge")
    assert line.read == sum(line.dropped.values()) == 2 * figures


def test_a_revision_that_asks_something_else_is_refused_and_its_author_told(work: Path) -> None:
    other = lambda _: answer({"reason": "It asks for a colour.", "same": False})  # noqa: E731
    with loopback_model(Cast(advise=scores(2, "Ask better."), same_question=other)) as server:
        done = made(recipe_of(server.base_url), work, PAPER)
    assert set(drops(done, "challenge")) == {"given-up"}
    told = [blocks_of(request)["findings"] for request in server.requests if role_of(request) == "revise"]
    assert any("It asks for a colour." in finding for findings in told for finding in findings)
    assert asked(server)["advise"] == 2 * asked(server)["write"]  # an item that stands as it was is not assessed again
    drop = next(drop for drop in done.dropped if drop.stage == "challenge")
    assert "clarity" not in drop.detail
    assert "Ask better." in drop.detail
    assert "It asks for a colour." in drop.detail


def test_a_key_that_its_own_author_does_not_find_again_is_dropped_under_the_items_id(work: Path) -> None:
    with loopback_model(Cast(self_check=guesses)) as server:
        done = made(recipe_of(server.base_url), work, PAPER)
    (line,) = (line for line in done.attrition if line.stage == "multi_select")
    figures = asked(server)["write"]
    assert (line.read, line.kept, line.made) == (1 + figures + 2 * figures, 0, 0)
    assert line.dropped == {"all-refused": figures, "self-check-differs": 2 * figures, "rights": 1}
    assert all("/multi_select/" in d.record_id for d in done.dropped if d.reason == "self-check-differs")


def test_without_adviser_and_attacker_there_is_no_challenge(work: Path) -> None:
    with loopback_model(Cast()) as server:
        done = made(recipe_of(server.base_url, roles=("author",)), work, PAPER)
    assert set(asked(server)) == {"write", "self_check"}
    assert [review.role for review in items(done)[0].reviews] == ["self-check"]


def test_items_by_rules_are_challenged_too_and_dropped_where_they_fail_as_nobody_revises_them(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = [{"source": "caption", "of": "Figure 2", "start": 0, "end": 6, "text": "FIGURE"}]
    kinds = [("as-printed", True), ("number", False), ("method", False), ("sibling", False)]
    options = [
        {
            "text": f"It {'holds' if right else 'fails'} as {kind}",
            "correct": right,
            "kind": kind,
            "rubric": "r",
            "evidence": evidence,
        }
        for kind, right in kinds
    ]

    def by_rules(specimen: Specimen, *_: object) -> tuple[MultiSelect, ...]:
        item = {"id": f"{specimen.id}/multi_select/0", "figure_id": specimen.id, "stem": "Which holds?", "options": options}
        more = {"bloom_level": 1, "skill": "EU", "modality": "SEM", "reasoning": "As printed.", "generator": "rules"}
        return (MultiSelect.model_validate(item | more),)

    monkeypatch.setattr("builder.questioning.multi_select", by_rules)
    seen: list[str] = []

    def attack(request: Request) -> Says:
        seen.append(role_of(request))
        return knows(request) if len(seen) == 1 else guesses(request)

    with loopback_model(Cast(unseen=attack)) as server:
        recipe = recipe_of(server.base_url)
        rules = recipe.multi_select.model_copy(update={"generator": "rules", "author": None})
        challenge = recipe.challenge.model_copy(update={"checker": None})
        done = made(recipe.model_copy(update={"multi_select": rules, "challenge": challenge}), work, PAPER)
        # figures of one caption and options are one question to the attacker, whichever of them asks
        assert set(asked(server)) == {"advise", "unseen"}
    assert len(items(done)) + drops(done, "challenge")["attacked"] == asked(server)["advise"]
    assert drops(done, "challenge")["attacked"] >= 1
    assert all([r.role for r in item.reviews] == ["adviser", "attacker"] for item in items(done))


# ---- faults


FAULTS: dict[str, tuple[Callable[[Request], Says], str]] = {
    "text": (lambda _: answer("Here is what I think."), "malformed"),
    "half a JSON": (lambda _: answer('{"questions": ['), "malformed"),
    "wrong schema": (lambda _: answer({"items": []}), "malformed"),
    "cut": (lambda _: answer("{", finish="length"), "truncated"),
    "refusal": (lambda _: answer("", refusal="I cannot help with that."), "refused"),
    "filter": (lambda _: answer("", finish="content_filter"), "refused"),
    "400": (lambda _: error(400, "no"), "failed"),
}


def fault(name: str) -> Callable[[Request], Says]:
    return FAULTS[name][0]


EVERY = [("write", name) for name in FAULTS]
EVERY += [(role, name) for role in ("self_check", "advise", "unseen", "revise", "same_question") for name in ("text", "400")]


@pytest.mark.parametrize(("role", "name"), [*EVERY, ("unseen", "refusal"), ("revise", "cut")])
def test_every_fault_of_every_role_ends_as_a_drop_with_its_reason(role: str, name: str, work: Path) -> None:
    """One figure's questions get the fault; the other figures are as they would be."""
    outcome = FAULTS[name][1]
    seen: list[str] = []

    def cast(request: Request, number: int) -> Says:
        mine = Cast(advise=scores(3, "Better.") if role in {"revise", "same_question"} else scores(5))
        about = json.dumps(blocks_of(request).get("figure") or blocks_of(request).get("question") or blocks_of(request))
        if role_of(request) == role and (not seen or seen[0] == about):
            seen[:1] = [about]
            return fault(name)(request)
        return mine(request, number)

    with loopback_model(cast) as server:
        done = made(recipe_of(server.base_url), work, PAPER)
        told = Counter(drop.reason for drop in done.dropped if drop.stage in {"multi_select", "challenge"})
        wanted = {
            "write": f"no-answer-{outcome}",
            "self_check": "self-check-no-answer",
            "advise": "no-answer",
            "unseen": "no-answer",
            "revise": "no-answer" if outcome == "failed" else "given-up",
            "same_question": "no-answer",
        }[role]
        assert told[wanted] >= 1
        count = len(server.requests)
        made(recipe_of(server.base_url), work, PAPER)
    # what was answered, however badly, is not asked again; what was lost is
    assert (len(server.requests) > count) == (outcome == "failed")


@pytest.mark.parametrize("fault", [error(429, "x", headers={"retry-after": "0"}), error(500, "x"), hung_up(), torn(answer({}))])
def test_a_passing_fault_of_the_line_changes_nothing_that_is_made(fault: Says, work: Path, tmp_path: Path) -> None:
    with loopback_model(Cast()) as server:
        plain = made(recipe_of(server.base_url), Path(shutil.copytree(work, tmp_path / "plain")), PAPER)
    tried: Counter[str] = Counter()

    def flaky(request: Request, number: int) -> Says:
        tried[json.dumps(request, sort_keys=True)] += 1
        return fault if tried[json.dumps(request, sort_keys=True)] == 1 else Cast()(request, number)

    with loopback_model(flaky) as server:
        done = made(recipe_of(server.base_url), work, PAPER)
    assert [list(one.receipts()) for one in done.outcomes] == [list(one.receipts()) for one in plain.outcomes]
    assert set(tried.values()) == {2}


def test_a_cut_answer_is_asked_for_once_more_as_one_question(work: Path) -> None:
    def cast(request: Request, number: int) -> Says:
        long = role_of(request) == "write" and "Write up to 3 questions" in words_of(request)
        return answer("{", finish="length") if long else Cast()(request, number)

    with loopback_model(cast) as server:
        done = made(recipe_of(server.base_url), work, PAPER)
    assert asked(server)["write"] == 2 * len(items(done))
    assert len({item.figure_id for item in items(done)}) == len(items(done)) > 1


def test_a_reply_that_comes_too_late_is_asked_for_again(work: Path) -> None:
    release = threading.Event()

    def slow(request: Request, number: int) -> Says:
        if number == 0:
            release.wait(60)
        return Cast()(request, number)

    with loopback_model(slow) as server:
        reach = f'provider = "openai"\nbase_url = "{server.base_url}"\napi_key_env = "LOOPBACK_KEY"\ntimeout_s = 2'
        done = made(recipe_of("", reach=reach), work, PAPER)
        release.set()
    assert items(done)
    assert not drops(done, "challenge")
    uncertain = [reply.uncertain for reply in Replies(work).all()]
    assert sum(uncertain) >= 1  # the late one may have been billed as well


def test_a_lost_reply_keeps_the_run_open_and_the_next_run_makes_what_it_would_have_made(work: Path, tmp_path: Path) -> None:
    with loopback_model(Cast()) as server:
        plain = made(recipe_of(server.base_url), Path(shutil.copytree(work, tmp_path / "plain")), PAPER)
    down = [True]

    def cast(request: Request, number: int) -> Says:
        return error(400, "no") if down[0] and role_of(request) == "advise" and number % 2 else Cast()(request, number)

    with loopback_model(cast) as server:
        first = made(recipe_of(server.base_url), work, PAPER)
        assert drops(first, "challenge")["no-answer"] >= 1
        assert list(receipts_of(work, "multi_select"))
        assert not list(receipts_of(work, "challenge"))
        down[0] = False
        again = made(recipe_of(server.base_url), work, PAPER)
    assert items(again) == items(plain)


# ---- replay


def test_a_build_from_recorded_replies_is_the_same_and_needs_no_model(work: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(work, tmp_path / "other"))
    with loopback_model(Cast(advise=scores(4, "Good enough."))) as server:
        first = made(recipe_of(server.base_url), work, PAPER)
    again = made(recipe_of("", reach=f'provider = "replay"\nfolder = "{work / "replies"}"'), other, PAPER)
    assert [list(one.receipts()) for one in again.outcomes] == [list(one.receipts()) for one in first.outcomes]
    assert items(first)
    assert again.spent.usd == again.spent.requests == 0


def test_a_release_built_again_from_recorded_replies_has_the_same_logical_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "builder.edges.engine.run_isolated", lambda cut, tasks, **_: (Outcome(task, cut(task)) for task in tasks)
    )
    monkeypatch.setenv("LOOPBACK_KEY", KEY)

    def built(name: str, text: str) -> dict[str, Any]:
        (tmp_path / f"{name}.toml").write_text(text)
        place = ["--papers", str(PAPER), "--out", str(tmp_path / name), "--work", str(tmp_path / f"{name}.work")]
        assert main(["build", str(tmp_path / f"{name}.toml"), *place, "--version", "1.0.0", "--jobs", "1"]) == Exit.OK
        files = sorted(path.relative_to(tmp_path / name) for path in (tmp_path / name).rglob("*.parquet"))
        return {"files": files, **json.loads((tmp_path / name / "manifest.json").read_text())}

    def one_refused(request: Request) -> Says:
        value = json.loads(author(request, count=3).body["choices"][0]["message"]["content"])
        value["questions"][1]["options"][5]["text"] = "All of the above"
        return answer(value)

    with loopback_model(Cast(write=one_refused)) as server:
        first = built("first", recipe_text(server.base_url))
    monkeypatch.delenv("LOOPBACK_KEY")
    again = built("again", recipe_text("", reach=f'provider = "replay"\nfolder = "{tmp_path / "first.work" / "replies"}"'))
    assert again["logical_hash"] == first["logical_hash"]
    assert again["signature"] == first["signature"]
    assert main(["validate", str(tmp_path / "again")]) == Exit.OK
    table = json.loads((tmp_path / "again" / "attrition.json").read_text())
    line = next(line for line in table["stages"] if line["stage"] == "multi_select")
    assert line["dropped"]["catch-all-option"] == asked(server)["write"]
