"""Models behind the seam, asked with the real SDK over loopback: typed outcomes, bounded retries, nothing paid twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.asking import Picture, PictureRef, Prompt, Question, content_hash, judged
from builder.edges.calls import Desk
from builder.edges.gate import Gate
from builder.edges.replies import Replies
from builder.edges.store import Store
from builder.edges.vlm import LONGEST_PAUSE, ask_of, redacted
from builder.errors import AskingStopped, CannotRead, Exit, UsageError
from builder.recipe import Asking, ModelRule, Price
from tests.loopback_model import Loopback, Request, Says, answer, error, loopback_model

pytest.importorskip("openai")

KEY = "test-key-0123456789abcdef"
PROMPT = Prompt(stage="point", about="p1", system="You locate.", user="Where?")
SCHEMA = {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}, "additionalProperties": False}
PNG = Picture(b"\x89PNG not really", "image/png", 8, 8, "a" * 64)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPBACK_KEY", KEY)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def gate(self) -> Gate:
        return Gate(lambda: self.now, self.sleep)


def rule_for(server: Loopback, **more: object) -> ModelRule:
    known = {"provider": "openai", "model": "loop", "base_url": server.base_url, "api_key_env": "LOOPBACK_KEY", "timeout_s": 5}
    return ModelRule.model_validate(known | more)


def question_of(rule: ModelRule, store: Store, user: str = "Where?", tokens: int = 100) -> Question:
    prompt = PROMPT.model_copy(update={"user": user})
    picture = PictureRef(sha256=store.put_blob(PNG.data), media_type="image/png", width=8, height=8, identity=PNG.identity)
    name = content_hash(prompt, [PNG.identity], SCHEMA, rule)
    return Question(hash=name, model="m", prompt=prompt, pictures=(picture,), answer_schema=SCHEMA, prompt_tokens=tokens)


def test_an_answer_carries_its_value_its_model_and_its_bill() -> None:
    with loopback_model(lambda *_: answer({"x": 3}, prompt=812, completion=9)) as server:
        reply = ask_of(rule_for(server, price=Price(input_usd=1.0, output_usd=10.0)))(PROMPT, [PNG], SCHEMA)
    assert (reply.outcome, reply.value, reply.finish_reason) == ("answered", {"x": 3}, "stop")
    assert (reply.model_asked, reply.model_answered) == ("loop", "loopback-1")
    assert reply.usage.billed == {"prompt_tokens": 812, "completion_tokens": 9, "total_tokens": 821}
    assert reply.usage.usd == pytest.approx((812 + 90) / 1e6)


def test_the_request_carries_picture_schema_limit_and_the_recipes_parameters() -> None:
    with loopback_model(lambda *_: answer({"x": 3})) as server:
        ask_of(rule_for(server, parameters={"temperature": 0, "seed": 7}, image_detail="low"))(PROMPT, [PNG], SCHEMA)
    (request,) = server.requests
    assert request["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "point", "schema": SCHEMA, "strict": True},
    }
    assert (request["temperature"], request["seed"], request["max_completion_tokens"]) == (0, 7, 4096)
    image, text = request["messages"][1]["content"]
    assert image["image_url"]["url"].startswith("data:image/png;base64,iVBORyBub3Q")
    assert image["image_url"]["detail"] == "low"
    assert text == {"type": "text", "text": "Where?"}
    assert server.keys == [f"Bearer {KEY}"]


@pytest.mark.parametrize(
    ("says", "outcome", "detail"),
    [
        (answer("Here you are: {}"), "malformed", "not JSON"),
        (answer('{"x": NaN}'), "malformed", "not JSON"),
        (answer('{"x": "\\ud800"}'), "malformed", "not JSON"),
        (answer([1]), "malformed", "object was wanted, not list"),
        (answer({"x": "three"}), "malformed", r"$.x: 'three' is not of type 'integer'"),
        (answer({"x": 1, "y": 2}), "malformed", "Additional properties"),
        (answer({"x": 1}, finish="length"), "truncated", "limit of output tokens"),
        (answer("", refusal="I cannot help with that."), "refused", "I cannot help with that."),
        (answer("", finish="content_filter"), "refused", "filter"),
        (error(400, "not this picture", code="content_filter"), "refused", "not this picture"),
        (Says({"choices": []}), "malformed", "not JSON"),
        (Says({}), "malformed", "not JSON"),
        (error(400, "picture too small"), "failed", "HTTP 400"),
    ],
)
def test_what_is_no_answer_is_a_typed_outcome_and_asked_once(says: Says, outcome: str, detail: str) -> None:
    with loopback_model(lambda *_: says) as server:
        reply = ask_of(rule_for(server))(PROMPT, [PNG], SCHEMA)
    assert (reply.outcome, reply.value) == (outcome, None)
    assert detail in reply.detail
    assert len(server.requests) == 1


def test_a_busy_provider_is_asked_again_after_the_time_it_named() -> None:
    clock = Clock()
    busy = [
        error(429, "slow down", headers={"retry-after": "7"}),
        error(503, "later"),
        error(429, "x", headers={"retry-after-ms": "250"}),
    ]
    with loopback_model(lambda _, n: busy[n] if n < 3 else answer({"x": 1})) as server:
        reply = ask_of(rule_for(server), clock.gate())(PROMPT, [PNG], SCHEMA)
    assert (reply.outcome, reply.attempts) == ("answered", 4)
    assert sum(clock.slept) == 7.0 + 4.0 + 0.25
    assert reply.uncertain == 1  # the 503 may have been billed


def test_attempts_are_bounded_and_long_waits_are_not_waited_for() -> None:
    clock = Clock()
    with loopback_model(lambda *_: error(500, "down")) as server:
        assert ask_of(rule_for(server, attempts=3), clock.gate())(PROMPT, [PNG], SCHEMA).outcome == "failed"
        assert len(server.requests) == 3
    with loopback_model(lambda *_: error(429, "x", headers={"retry-after": str(LONGEST_PAUSE + 1)})) as server:
        assert ask_of(rule_for(server), clock.gate())(PROMPT, [PNG], SCHEMA).outcome == "failed"
        assert len(server.requests) == 1


def test_a_closed_gate_ends_the_waiting_and_the_attempts() -> None:
    gate = Gate(lambda: 0.0, lambda _: gate.close())
    with loopback_model(lambda *_: error(503, "later")) as server:
        reply = ask_of(rule_for(server), gate)(PROMPT, [PNG], SCHEMA)
    assert (reply.outcome, len(server.requests)) == ("failed", 1)


def test_a_hung_provider_is_a_failed_reply_that_may_have_been_billed() -> None:
    release = threading.Event()

    def hang(_: Request, __: int) -> Says:
        release.wait(30)
        return answer({"x": 1})

    with loopback_model(hang) as server:
        reply = ask_of(rule_for(server, timeout_s=1, attempts=1), Clock().gate())(PROMPT, [PNG], SCHEMA)
        release.set()
    assert (reply.outcome, reply.uncertain) == ("failed", 1)
    assert "no answer within 1 s" in reply.detail


def test_nobody_listening_is_a_failed_reply_that_was_not_billed() -> None:
    with loopback_model(lambda *_: answer({})) as server:
        rule = rule_for(server, attempts=2)
    reply = ask_of(rule, Clock().gate())(PROMPT, [PNG], SCHEMA)
    assert (reply.outcome, reply.attempts, reply.uncertain) == ("failed", 2, 0)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_model_or_address_ends_the_run_without_showing_the_key(status: int) -> None:
    with (
        loopback_model(lambda *_: error(status, f"Incorrect API key provided: {KEY}")) as server,
        pytest.raises(AskingStopped) as stopped,
    ):
        ask_of(rule_for(server))(PROMPT, [PNG], SCHEMA)
    assert stopped.value.exit_code == Exit.ASKING_STOPPED
    assert KEY not in str(stopped.value)
    assert "[key]" in str(stopped.value)


def test_no_money_ends_the_run_though_it_says_429() -> None:
    with (
        loopback_model(lambda *_: error(429, "pay", code="insufficient_quota")) as server,
        pytest.raises(AskingStopped, match="pay"),
    ):
        ask_of(rule_for(server))(PROMPT, [PNG], SCHEMA)
    assert len(server.requests) == 1


@pytest.mark.parametrize("before", range(360, 400, 8))
def test_no_part_of_the_key_is_left_where_a_long_message_is_cut(before: int) -> None:
    with loopback_model(lambda *_: error(400, "x" * before + KEY)) as server:
        reply = ask_of(rule_for(server, attempts=1))(PROMPT, [PNG], SCHEMA)
    assert KEY[:4] not in reply.detail


def test_a_missing_key_is_an_error_that_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOOPBACK_KEY")
    with loopback_model(lambda *_: answer({})) as server, pytest.raises(UsageError, match="LOOPBACK_KEY is not set"):
        ask_of(rule_for(server))


def test_a_missing_sdk_is_an_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with loopback_model(lambda *_: answer({})) as server, pytest.raises(UsageError, match=r"microtome\[model\]"):
        ask_of(rule_for(server))


@given(st.text(alphabet="abcXYZ0189-_", min_size=8, max_size=40), st.text(max_size=20))
def test_a_key_is_never_left_in_a_text(key: str, around: str) -> None:
    assert key not in redacted(f"{around} {key} {around}", key).replace("[key]", "")


def test_keys_of_others_are_not_shown_either() -> None:
    assert redacted("got sk-proj-abc123 and Bearer eyJhbGciOi and AIzaSyA1234", None) == "got [key] and [key] and [key]"


def test_recorded_replies_answer_by_content_hash_and_a_missing_one_is_named(tmp_path: Path) -> None:
    rule = ModelRule(provider="replay", model="loop", folder=str(tmp_path))
    name = content_hash(PROMPT, [PNG.identity], SCHEMA, rule)
    with pytest.raises(CannotRead, match=name):
        ask_of(rule)(PROMPT, [PNG], SCHEMA)
    with loopback_model(lambda *_: answer({"x": 5})) as server:
        recorded = ask_of(rule_for(server))(PROMPT, [PNG], SCHEMA)
    (tmp_path / f"{name}.json").write_text(recorded.model_dump_json())
    assert ask_of(rule)(PROMPT, [PNG], SCHEMA).value == {"x": 5}
    (tmp_path / f"{name}.json").write_text(recorded.model_copy(update={"hash": "0" * 64}).model_dump_json())
    with pytest.raises(CannotRead, match="0000"):
        ask_of(rule)(PROMPT, [PNG], SCHEMA)


def test_the_hash_is_of_the_question_and_not_of_the_way_to_the_model() -> None:
    rule = ModelRule(provider="openai", model="loop")
    name = content_hash(PROMPT, ["a"], SCHEMA, rule)
    for same in (
        {"base_url": "http://other"},
        {"timeout_s": 9},
        {"attempts": 1},
        {"api_key_env": None},
        {"price": Price(input_usd=1, output_usd=1)},
    ):
        assert content_hash(PROMPT, ["a"], SCHEMA, rule.model_copy(update=same)) == name
    for other in ({"model": "loop2"}, {"max_output_tokens": 99}, {"parameters": {"seed": 1}}, {"image_detail": "low"}):
        assert content_hash(PROMPT, ["a"], SCHEMA, rule.model_copy(update=other)) != name
    assert content_hash(PROMPT, ["b"], SCHEMA, rule) != name
    assert content_hash(PROMPT.model_copy(update={"about": "p2"}), ["a"], SCHEMA, rule) == name


@given(st.text())
def test_whatever_a_model_says_is_judged_and_never_raised(text: str) -> None:
    outcome, value, detail = judged(text, "stop", None, SCHEMA)
    assert (outcome == "answered") == (value is not None) == (detail == "")


# ---- the desk: durable, capped, counted


def test_a_question_is_paid_once_whoever_asks_and_however_often(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with loopback_model(lambda *_: answer({"x": 1})) as server:
        rule = rule_for(server)
        questions = [question_of(rule, store, user) for user in ("a", "b", "a")]
        first = Desk(store, {"m": rule}, Asking())
        assert first.answer(questions) == {}
        again = Desk(store, {"m": rule}, Asking())
        assert again.answer(questions) == {}
    assert len(server.requests) == 2
    assert (first.spent.asked, first.spent.answered, first.spent.prompt_tokens, first.spent.completion_tokens) == (
        2,
        2,
        2000,
        100,
    )
    assert (again.spent.asked, again.spent.reused, again.spent.requests, again.spent.prompt_tokens) == (2, 2, 0, 0)
    assert not list((tmp_path / "intents").glob("*"))
    stored = Replies(tmp_path).get(questions[0].hash)
    assert stored
    assert stored.value == {"x": 1}


def test_no_more_requests_are_in_flight_than_the_recipe_allows(tmp_path: Path) -> None:
    store, lock, now, most = Store(tmp_path), threading.Lock(), [0], [0]
    full = threading.Barrier(3)

    def count(_: Request, __: int) -> Says:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        full.wait(20)
        with lock:
            now[0] -= 1
        return answer({"x": 1})

    with loopback_model(count) as server:
        rule = rule_for(server, timeout_s=30)
        Desk(store, {"m": rule}, Asking(in_flight=3)).answer([question_of(rule, store, str(n)) for n in range(9)])
    assert most == [3]
    assert len(server.requests) == 9


def test_the_cap_stops_before_the_call_that_could_pass_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with loopback_model(lambda *_: answer({"x": 1}, prompt=100, completion=20)) as server:
        rule = rule_for(server, max_output_tokens=50)
        questions = [question_of(rule, store, str(n)) for n in range(9)]
        desk = Desk(store, {"m": rule}, Asking(in_flight=1, max_tokens=500))
        with pytest.raises(AskingStopped, match="360 of 500 tokens") as stopped:
            desk.answer(questions)
        assert len(server.requests) == 3  # 360 billed; a fourth call may take 150
        assert stopped.value.exit_code == Exit.ASKING_STOPPED
        with pytest.raises(AskingStopped):
            Desk(store, {"m": rule}, Asking(in_flight=1, max_tokens=500)).answer(questions)
        assert len(server.requests) == 3  # the cap counts the work folder, not the run
        Desk(store, {"m": rule}, Asking(max_tokens=5000)).answer(questions)
    assert len(server.requests) == 9


def test_a_cap_in_usd_follows_the_recipes_prices(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with loopback_model(lambda *_: answer({"x": 1}, prompt=100, completion=50)) as server:
        rule = rule_for(server, max_output_tokens=50, price=Price(input_usd=1000.0, output_usd=2000.0))
        desk = Desk(store, {"m": rule}, Asking(in_flight=1, max_usd=0.5))
        with pytest.raises(AskingStopped, match=r"0\.4000 of 0\.5 USD"):
            desk.answer([question_of(rule, store, str(n)) for n in range(9)])
    assert len(server.requests) == 2
    assert desk.spent.usd == pytest.approx(0.4)


def test_questions_without_an_answer_are_returned_and_asked_anew_next_time(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with loopback_model(lambda _, n: error(400, "no") if n == 0 else answer({"x": 1})) as server:
        rule = rule_for(server)
        question = question_of(rule, store)
        lost = Desk(store, {"m": rule}, Asking()).answer([question])
        assert lost[question.hash].outcome == "failed"
        assert Replies(tmp_path).get(question.hash) is None
        assert Desk(store, {"m": rule}, Asking()).answer([question]) == {}
    assert len(server.requests) == 2


def test_a_provider_that_is_down_ends_the_run(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with loopback_model(lambda *_: error(400, "response_format is not supported")) as server:
        rule = rule_for(server)
        with pytest.raises(AskingStopped, match="response_format is not supported"):
            Desk(store, {"m": rule}, Asking(in_flight=1)).answer([question_of(rule, store, str(n)) for n in range(50)])
    assert len(server.requests) == 5


_ASKER = """
import sys
from pathlib import Path
from builder.asking import Question
from builder.edges.calls import Desk
from builder.edges.store import Store
from builder.recipe import Asking, ModelRule
work, rule, *questions = sys.argv[1:]
desk = Desk(Store(Path(work)), {"m": ModelRule.model_validate_json(rule)}, Asking(in_flight=2))
desk.answer([Question.model_validate_json(q) for q in questions])
"""


def test_after_kill_9_only_the_calls_in_flight_are_paid_twice_and_they_are_counted(tmp_path: Path) -> None:
    store, stuck, release = Store(tmp_path), threading.Semaphore(0), threading.Event()

    def reply(_: Request, number: int) -> Says:
        if number in (3, 4) and not release.is_set():
            stuck.release()
            release.wait(60)
        return answer({"x": number})

    with loopback_model(reply) as server:
        rule = rule_for(server, timeout_s=60)
        questions = [question_of(rule, store, str(n)) for n in range(8)]
        command = [
            sys.executable,
            "-c",
            _ASKER,
            str(tmp_path),
            rule.model_dump_json(),
            *(q.model_dump_json() for q in questions),
        ]
        asker = subprocess.Popen(command, cwd=Path(__file__).parents[1], env={**os.environ, "LOOPBACK_KEY": KEY})
        assert stuck.acquire(timeout=60)
        assert stuck.acquire(timeout=60)
        asker.send_signal(signal.SIGKILL)
        asker.wait()
        release.set()
        before = len(server.requests)
        desk = Desk(store, {"m": rule}, Asking(in_flight=2))
        desk.answer(questions)
    assert before == 5
    assert len(server.requests) == 8 + 2
    assert desk.spent.maybe_twice == 2
    assert desk.spent.reused == 3
    assert sum(reply.uncertain for reply in Replies(tmp_path).all()) == 2
    assert not list((tmp_path / "intents").glob("*"))


def test_the_key_is_in_no_file_of_the_work_folder(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with loopback_model(lambda _, n: error(500, f"oh {KEY}") if n == 0 else answer({"x": 1})) as server:
        rule = rule_for(server, attempts=1)
        questions = [question_of(rule, store, str(n)) for n in range(2)]
        lost = Desk(store, {"m": rule}, Asking(in_flight=1)).answer(questions)
    assert KEY not in json.dumps([reply.model_dump(mode="json") for reply in lost.values()])
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()
