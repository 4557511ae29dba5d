"""Asking that cannot go on: said in words that help, with its own exit code, and never with the key."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.cli import main
from builder.edges.calls import Desk
from builder.edges.replies import Replies
from builder.edges.store import Store
from builder.edges.vlm import ask_of
from builder.errors import AskingStopped, CannotRead, Exit, MicrotomeError, UsageError
from builder.recipe import Asking, ModelRule
from tests.loopback_model import Request, Says, answer, error, loopback_model
from tests.test_point import KEY, NAME, PAPERS, TRUTH, figures, oracle, recipe_file
from tests.test_point import one_process as one_process
from tests.test_vlm import PNG, PROMPT, SCHEMA, Clock, question_of, rule_for

pytest.importorskip("openai")
PAGES = len({row["page"] for row in TRUTH.values()})


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPBACK_KEY", KEY)


def dead_port() -> str:
    with loopback_model(lambda *_: answer({})) as server:
        return server.base_url


def test_a_folder_of_replies_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "replies-of-may"
    with pytest.raises(CannotRead, match="replies-of-may] there is no such folder"):
        ask_of(ModelRule(provider="replay", model="loop", folder=str(missing)))(PROMPT, [PNG], SCHEMA)


@pytest.mark.parametrize(
    ("status", "message", "remedy"),
    [
        (401, "Incorrect API key", "mend the key in LOOPBACK_KEY"),
        (403, "no access", "mend the key in LOOPBACK_KEY"),
        (404, "The model `loop` does not exist", 'is there a model "loop" at http'),
    ],
)
def test_a_refusal_says_what_the_provider_said_and_what_to_mend(status: int, message: str, remedy: str) -> None:
    with loopback_model(lambda *_: error(status, message)) as server, pytest.raises(AskingStopped) as stopped:
        ask_of(rule_for(server))(PROMPT, [PNG], SCHEMA)
    assert f"HTTP {status}: {message}" in str(stopped.value)
    assert remedy in str(stopped.value)
    assert "{" not in str(stopped.value)


@pytest.mark.parametrize("body", [{"detail": "no such model"}, "no such model", b"no such model", {"message": "no such model"}])
def test_other_servers_envelopes_are_read_too(body: object) -> None:
    with loopback_model(lambda *_: Says(body, 404)) as server, pytest.raises(AskingStopped, match="no such model"):
        ask_of(rule_for(server))(PROMPT, [PNG], SCHEMA)


def test_an_endpoint_that_needs_no_key_is_asked_without_one() -> None:
    with loopback_model(lambda *_: answer({"x": 1})) as server:
        assert ask_of(rule_for(server, api_key_env=""))(PROMPT, [PNG], SCHEMA).outcome == "answered"


def test_a_dead_provider_ends_the_run_after_three_knocks(tmp_path: Path) -> None:
    clock, store = Clock(), Store(tmp_path)
    rule = ModelRule(provider="openai", model="m", base_url=dead_port(), api_key_env="LOOPBACK_KEY")
    desk = Desk(store, {"m": rule}, Asking(in_flight=1), make=lambda rule, _: ask_of(rule, gate))
    gate = clock.gate()
    with pytest.raises(AskingStopped, match="nobody answers at http://127"):
        desk.answer([question_of(rule, store, str(n)) for n in range(50)])
    assert sum(clock.slept) == 2.0
    assert not list((tmp_path / "intents").glob("*"))  # nothing can have been paid


def test_a_run_that_is_to_be_finished_asks_no_more_and_says_what_is_missing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with loopback_model(lambda *_: answer({"x": 1}, prompt=100, completion=20)) as server:
        rule = rule_for(server, max_output_tokens=50)
        questions = [question_of(rule, store, str(n)) for n in range(9)]
        desk = Desk(store, {"m": rule}, Asking(in_flight=1, max_tokens=500, on_stop="finish"))
        lost = desk.answer(questions)
        assert len(server.requests) == 3
        assert {reply.outcome for reply in lost.values()} == {"failed"}
        assert (len(lost), desk.spent.unanswered) == (6, 6)
        assert "of 500 tokens" in desk.stopped
        assert len(desk.answer(questions)) == 6
    assert len(server.requests) == 3
    assert desk.spent.unanswered == 6


@pytest.mark.usefixtures("one_process")
def test_a_dead_provider_has_its_exit_code_and_a_finished_run_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = dead_port()
    code, lines, err = figures(recipe_file(tmp_path, at, asking='on_stop = "finish"'), tmp_path / "a", capsys)
    assert (code, len(lines)) == (Exit.ASKING_STOPPED, len(TRUTH))  # whether all were asked or the third knock ended it
    assert f"{PAGES} of {PAGES} questions" in err.splitlines()[-1]
    refusing: list[Callable[[Request, int], Says]] = [lambda *_: error(401, "who are you?")]
    with loopback_model(refusing[0]) as server:
        code, lines, err = figures(recipe_file(tmp_path, server.base_url), tmp_path / "b", capsys)
        assert (code, lines) == (Exit.ASKING_STOPPED, [])
        code, lines, err = figures(recipe_file(tmp_path, server.base_url, asking='on_stop = "finish"'), tmp_path / "b", capsys)
    assert (code, len(lines)) == (Exit.ASKING_STOPPED, len(TRUTH))
    assert "who are you?" in err.splitlines()[-1]
    assert f"{PAGES} of {PAGES} questions" in err.splitlines()[-1]
    with loopback_model(oracle) as server:
        assert figures(recipe_file(tmp_path, server.base_url), tmp_path / "b", capsys)[0] == Exit.OK


# ---- the key


def echoing(request: Request, number: int) -> Says:
    """Every way to fail that says the key back, then an answer that does."""
    said = f"your key {KEY}, Bearer {KEY}"
    ways: list[Says] = [
        error(400, said),
        error(429, said, headers={"retry-after": "0"}),
        error(500, said),
        Says(said.encode(), 500),
        Says(said.encode()),
        Says({"error": said}, 503),
        answer(said),
        answer({"x": 1}, refusal=said),
        answer({"units": said, "figures": []}),
        error(400, said, code="content_filter"),
    ]
    return ways[number % len(ways)]


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("last", [None, 401, 404])
def test_the_key_is_in_no_file_and_in_nothing_printed_or_logged_whatever_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, last: int | None
) -> None:
    caplog.set_level(logging.DEBUG)
    out = tmp_path / "out"

    def reply(request: Request, number: int) -> Says:
        return error(last, f"{KEY} is wrong") if last and number > 2 else echoing(request, number)

    with loopback_model(reply) as server:
        recipe = recipe_file(tmp_path, server.base_url)
        arguments = ["--papers", str(PAPERS / NAME), "--out", str(out), "--version", "1.0.0", "--jobs", "1"]
        for _ in range(3):
            main(["build", str(recipe), *arguments])
        assert server.keys[0] == f"Bearer {KEY}"
    said = capsys.readouterr()
    assert KEY not in said.out + said.err
    assert KEY not in caplog.text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def test_the_key_is_in_no_traceback_and_no_record_of_a_failure(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with loopback_model(echoing) as server:
        rule = rule_for(server, attempts=1)
        for number in range(10):
            try:
                lost = Desk(store, {"m": rule}, Asking(in_flight=1)).answer([question_of(rule, store, str(number))])
                assert KEY not in json.dumps([reply.model_dump(mode="json") for reply in lost.values()])
            except MicrotomeError:
                assert KEY not in traceback.format_exc()
    assert len(list(Replies(tmp_path).all())) == 4
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_an_unset_key_is_named_with_three_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOOPBACK_KEY")
    rule = ModelRule(provider="openai", model="m", api_key_env="LOOPBACK_KEY")
    with pytest.raises(UsageError, match=r"LOOPBACK_KEY is not set\n  -> export LOOPBACK_KEY, name another"):
        ask_of(rule)
