"""`microtome ask` over loopback HTTP: what the model is shown, what becomes of each reply, and that nothing paid is lost."""

from __future__ import annotations

import base64
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from small_release import RECIPE, description, several
from written import pictured, write

from builder.cli import main
from builder.edges.record_lines import read_records
from builder.edges.replies import Replies
from builder.errors import Exit
from builder.recipe import read_recipe
from builder.records import pixels_digest
from builder.scoring.answers import parse_answer
from builder.scoring.asked_prompt import prompt_hash, prompt_of
from builder.scoring.described_prompt import described_prompt_hash
from builder.scoring.predictions import Prediction
from builder.spend import books_of
from tests.loopback_model import Request, Says, answer, error, hung_up, hurry, loopback_model

pytest.importorskip("openai")

ROOT = Path(__file__).parents[1]
KEY = "test-key-0123456789abcdef"
Row = dict[str, Any]
Reply = Callable[[Request, int], Says]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three questions of each kind on three open figures."""
    shown = pictured().specimens[:3]
    more = {"multi_select": tuple(map(several, shown)), "descriptions": tuple(map(description, shown))}
    undivided = read_recipe(RECIPE.replace("min_validation_papers = 1", "min_validation_papers = 0"), "small.toml")
    return write(tmp_path_factory.mktemp("asked") / "release", recipe=undivided, **more).folder


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    monkeypatch.setenv("LOOPBACK_KEY", KEY)


def rows(release: Path, config: str) -> list[Row]:
    (path,) = (release / "data" / config).glob("test-*.parquet")
    return list(pq.read_table(path, partitioning=None).to_pylist())


def ask(release: Path, out: Path, base_url: str, *more: str, config: str = "multi_select") -> int:
    named = ["--config", config, "--model", "loop", "--base-url", base_url, "--api-key-env", "LOOPBACK_KEY"]
    return main(["ask", str(release), *named, "--out", str(out), *more])


def code_of(run: Callable[[], int]) -> object:
    """Also where the reader of options has ended the process."""
    try:
        return run()
    except SystemExit as stopped:
        return stopped.code


def predictions(out: Path) -> list[Prediction]:
    return [one for _, one in read_records(str(out), Prediction)]


def text_of(request: Request) -> str:
    return str(request["messages"][0]["content"][1]["text"])


def knows_all(release: Path, config: str = "multi_select") -> Reply:
    """A model that knows the key of each question by the words of its prompt."""
    letters = "ABCDEF"
    keys = {
        prompt_of(row["question"], row["options"]): row["answer"] if config == "multi_select" else letters[row["answer"]]
        for row in rows(release, config)
    }
    return lambda request, _: answer(f"It shows.\nANSWER: {','.join(keys[text_of(request)])}\nCONFIDENCE: 0.9\nDIFFICULTY: 0.2")


@pytest.mark.parametrize("config", ["multi_select", "caption_matching"])
def test_a_model_that_knows_the_key_is_right_everywhere_whatever_order_its_answers_come_in(
    release: Path, tmp_path: Path, config: str
) -> None:
    told, late = knows_all(release, config), random.Random(7)

    def reply(request: Request, number: int) -> Says:
        time.sleep(late.random() / 50)
        return told(request, number)

    with loopback_model(reply) as server:
        assert ask(release, tmp_path / "p.jsonl", server.base_url, "--repeats", "3", config=config) == Exit.OK
    found = predictions(tmp_path / "p.jsonl")
    asked = rows(release, config)
    assert [(one.id, one.repeat) for one in found] == [(row["id"], repeat) for row in asked for repeat in range(3)]
    for one, row in zip(found, [row for row in asked for _ in range(3)], strict=True):
        read = parse_answer(one.text, "ABCD", finish_reason=one.finish_reason)
        key = set(row["answer"]) if config == "multi_select" else {"ABCD"[row["answer"]]}
        assert (read.answer, read.confidence, read.difficulty) == (key, 0.9, 0.2)
        assert (one.model, one.model_answered, one.prompt_hash) == ("loop", "loopback-1", prompt_hash())
        assert (one.prompt_tokens, one.completion_tokens, one.finish_reason) == (1000, 50, "stop")
        assert (one.image_width, one.image_height) == (32, 24)


@pytest.mark.parametrize("config", ["multi_select", "caption_matching"])
def test_a_model_sees_the_image_the_question_and_its_options_and_nothing_else(
    release: Path, tmp_path: Path, config: str
) -> None:
    with loopback_model(lambda *_: answer("ANSWER: A")) as server:
        ask(release, tmp_path / "p.jsonl", server.base_url, "--temperature", "0", "--in-flight", "1", config=config)
    for row, request in zip(rows(release, config), server.requests, strict=True):
        (image, text) = request.pop("messages")[0]["content"]
        assert request == {"model": "loop", "temperature": 0.0, "max_completion_tokens": 4096}
        assert text == {"type": "text", "text": prompt_of(row["question"], row["options"])}
        data = base64.b64decode(image["image_url"].pop("url").removeprefix("data:image/png;base64,"))
        assert image == {"type": "image_url", "image_url": {}}
        shown = Image.open(io.BytesIO(data))
        assert pixels_digest(*shown.size, shown.tobytes()) == row["pixels_sha256"]
        secrets = [row["id"], row["figure_id"], row["paper_id"], row["canary"], *row.get("rubrics", ()), row.get("reasoning")]
        captions = [figure["caption"] for figure in rows(release, "figures") if figure["caption"]]
        body = json.dumps(text) + data.decode("latin-1")
        assert not [secret for secret in (*secrets, *captions) if secret and secret in body]


def test_a_description_is_asked_for_in_the_rows_own_words_with_its_caption_and_without_its_reference(
    release: Path, tmp_path: Path
) -> None:
    with loopback_model(lambda *_: answer("Round grains.")) as server:
        assert ask(release, tmp_path / "p.jsonl", server.base_url, "--in-flight", "1", config="description") == Exit.OK
    for row, request in zip(rows(release, "description"), server.requests, strict=True):
        assert text_of(request) == f"{row['prompt']}\n\nCaption: {row['caption']}"
        assert row["reference"] not in text_of(request)
    assert {one.prompt_hash for one in predictions(tmp_path / "p.jsonl")} == {described_prompt_hash(row["prompt"])}


def test_a_busy_model_is_asked_again_and_each_item_has_one_prediction(release: Path, tmp_path: Path) -> None:
    told = knows_all(release)

    def reply(request: Request, number: int) -> Says:
        return error(429, "slow down", headers={"retry-after": "0"}) if number % 2 == 0 else told(request, number)

    with loopback_model(reply) as server:
        assert ask(release, tmp_path / "p.jsonl", server.base_url, "--in-flight", "1") == Exit.OK
    assert [one.text is not None for one in predictions(tmp_path / "p.jsonl")] == [True] * 3
    assert len(server.requests) == 6


def test_where_nobody_answers_the_run_ends_and_says_so(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.edges.gate._PATIENCE", 0.0)
    monkeypatch.setattr("builder.edges.vlm._KNOCK_AGAIN", 0.0)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    assert ask(release, tmp_path / "p.jsonl", url) == Exit.ASKING_STOPPED
    said = capsys.readouterr()
    assert "nobody answers at" in said.err
    assert "3 not asked yet" in said.out
    assert predictions(tmp_path / "p.jsonl") == []


def test_a_request_that_failed_for_good_is_a_prediction_and_is_asked_anew_by_the_next_run(
    release: Path, tmp_path: Path
) -> None:
    told, out = knows_all(release), tmp_path / "p.jsonl"
    with loopback_model(lambda r, n: error(400, "image too large") if n == 1 else told(r, n)) as server:
        assert ask(release, out, server.base_url, "--in-flight", "1") == Exit.ASKING_STOPPED
        first = predictions(out)
        failed = first[1]
        assert (failed.text, failed.status, failed.detail) == (None, "failed_request", "HTTP 400: image too large")
        assert [one.status for one in first] == [None, "failed_request", None]
        assert ask(release, out, server.base_url) == Exit.OK
    assert [one.status for one in predictions(out)] == [None, None, None]
    assert len(server.requests) == 4


def test_a_dry_run_names_options_and_no_recipe(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(release, tmp_path / "p.jsonl", "http://127.0.0.1:9", "--dry-run", "--max-tokens", "10") == Exit.ASKING_STOPPED
    said = capsys.readouterr().out
    assert "--max-tokens = 10 would stop the run" in said
    assert "no --price is given for loop" in said
    assert "model loop: no --family is named" in said
    assert "asking." not in said


def test_where_there_is_no_such_model_the_options_are_named(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with loopback_model(lambda *_: error(404, "no such model")) as server:
        assert ask(release, tmp_path / "p.jsonl", server.base_url, "--in-flight", "1") == Exit.ASKING_STOPPED
    said = capsys.readouterr().err
    assert "[--model loop] HTTP 404: no such model" in said
    assert "mend --model or --base-url: replies so far are kept" in said
    assert "recipe" not in said


def test_an_answer_without_a_message_is_counted_as_it_was_billed(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told, out = knows_all(release), tmp_path / "p.jsonl"
    empty = {"choices": [], "usage": {"prompt_tokens": 700, "completion_tokens": 30}}
    with loopback_model(lambda r, n: told(r, n) if n in (1, 4) else Says(empty)) as server:
        asked = ["--in-flight", "1", "--attempts", "2", "--limit", "2", "--price", "1000,1000"]
        assert ask(release, out, server.base_url, *asked) == Exit.ASKING_STOPPED
        assert len(server.requests) == 4  # the first item's second answer is one, the second item has none
        replies = Replies(tmp_path / "p.jsonl.work")
        assert replies.paid() == (1050 + 3 * 730, pytest.approx(1.05 + 3 * 0.73))
        assert "3.2400 USD, 3,240 tokens" in capsys.readouterr().err
        assert ask(release, out, server.base_url, *asked) == Exit.OK
    assert replies.paid() == (2 * 1050 + 3 * 730, pytest.approx(2 * 1.05 + 3 * 0.73))
    assert [one.prompt_tokens for one in predictions(out)] == [1000, 1000]
    assert not replies.open_intents()
    assert books_of(replies).in_all.prompt_tokens == 2000 + 3 * 700


def test_an_error_that_comes_as_a_success_is_no_empty_answer(release: Path, tmp_path: Path) -> None:
    with loopback_model(lambda *_: Says({"error": {"message": "no capacity"}})) as server:
        ask(release, tmp_path / "p.jsonl", server.base_url, "--attempts", "2", "--limit", "1")
    (one,) = predictions(tmp_path / "p.jsonl")
    assert (one.text, one.status) == (None, "failed_request")
    assert "no capacity" in str(one.detail)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("says", "status", "text"),
    [
        (answer("So it is clear that\nANSWER: A", finish="length"), "truncated", "So it is clear that\nANSWER: A"),
        (answer("I will not.", finish="content_filter"), "refused", "I will not."),
        (answer("", refusal="I cannot help with that."), "refused", "I cannot help with that."),
        (error(400, "not this picture", code="content_filter"), "refused", "HTTP 400: not this picture"),
        (answer(""), "empty", ""),
        (answer("Half a pair: \ud800"), "no_answer", "Half a pair: \ufffd"),
    ],
)
def test_whatever_the_model_says_is_kept_as_it_came(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], says: Says, status: str, text: str
) -> None:
    with loopback_model(lambda *_: says) as server:
        assert ask(release, tmp_path / "p.jsonl", server.base_url, "--limit", "1", "--json") == Exit.OK
    (one,) = predictions(tmp_path / "p.jsonl")
    assert one.text == text
    assert json.loads(capsys.readouterr().out) == {"predictions": 1, "not_asked": 0, "statuses": {status: 1}}


def test_a_cap_is_refused_before_it_is_passed_and_a_higher_one_goes_on_without_paying_twice(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told, out = knows_all(release), tmp_path / "p.jsonl"
    limits = ["--price", "1,10", "--max-output-tokens", "100", "--family", "gpt-4o", "--in-flight", "1", "--repeats", "4"]
    with loopback_model(told) as server:
        assert ask(release, out, server.base_url, *limits, "--max-usd", "0.008") == Exit.ASKING_STOPPED
        spent = len(server.requests) * (1000 * 1 + 50 * 10) / 1e6
        assert 0 < spent <= 0.008
        said = capsys.readouterr()
        assert "[--max-usd]" in said.err
        assert f"{12 - len(server.requests)} not asked yet" in said.out
        assert len(predictions(out)) == len(server.requests)
        assert ask(release, out, server.base_url, *limits, "--max-usd", "1") == Exit.OK
        assert len(server.requests) == 12
    assert len(predictions(out)) == 12


def test_a_killed_run_goes_on_where_it_was_and_loses_no_reply(release: Path, tmp_path: Path) -> None:
    told, out, hold = knows_all(release), tmp_path / "p.jsonl", threading.Event()

    def reply(request: Request, number: int) -> Says:
        if number == 4:  # by then four replies came and the fifth is in flight
            process.send_signal(signal.SIGKILL)
            hold.wait(5)
            return hung_up()
        return told(request, number)

    with loopback_model(reply) as server:
        named = ["--config", "multi_select", "--model", "loop", "--base-url", server.base_url, "--api-key-env", ""]
        command = ["ask", str(release), *named, "--out", str(out), "--repeats", "3", "--in-flight", "1"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen([sys.executable, "-m", "builder.cli", *command], env=environment, stderr=subprocess.DEVNULL)
        assert process.wait(60) == -signal.SIGKILL
        hold.set()
        assert not out.exists()
        kept = list(Replies(tmp_path / "p.jsonl.work").all())
        assert len(kept) == 4
        assert main(command) == Exit.OK
        assert len(server.requests) == 9 + 1  # the one in flight was asked twice, and no other
    assert len(predictions(out)) == 9


def test_a_dry_run_asks_nobody_writes_nothing_and_prints_calls_tokens_and_usd(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with loopback_model(lambda *_: answer("ANSWER: A")) as server:
        assert ask(release, tmp_path / "p.jsonl", server.base_url, "--dry-run", "--price", "2,10", "--json") == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert (told["in_all"]["calls"], told["in_all"]["pictures"], told["stops"]) == (3, 3, False)
    assert told["in_all"]["usd"] > 0
    assert not server.requests
    assert not list(tmp_path.iterdir())


def test_recorded_replies_give_the_same_predictions_without_a_server(release: Path, tmp_path: Path) -> None:
    with loopback_model(knows_all(release)) as server:
        ask(release, tmp_path / "p.jsonl", server.base_url, "--repeats", "2")
    replies = str(tmp_path / "p.jsonl.work" / "replies")
    named = ["--config", "multi_select", "--model", "loop", "--replay", replies, "--out", str(tmp_path / "again.jsonl")]
    assert main(["ask", str(release), *named, "--repeats", "2"]) == Exit.OK
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "p.jsonl").read_bytes()


@pytest.mark.parametrize("there", ["not predictions\n", '{"id": "ms-1", "model": "another", "text": "ANSWER: A"}\n'])
def test_a_file_of_somebody_else_is_left_as_it_is_and_nothing_is_asked(release: Path, tmp_path: Path, there: str) -> None:
    (tmp_path / "p.jsonl").write_text(there)
    with loopback_model(lambda *_: answer("ANSWER: A")) as server:
        assert ask(release, tmp_path / "p.jsonl", server.base_url) == Exit.CANNOT_WRITE
    assert (tmp_path / "p.jsonl").read_text() == there
    assert not server.requests


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--limit", "1", "--repeats", "2"], "4 of its 6 lines would be lost: 'ms-"),
        ([], "3 of its 6 lines would be lost"),
        (["--repeats", "2", "--temperature", "1"], "under other parameters"),
        (["--repeats", "2", "--work", "elsewhere"], "its reply is not in this work folder"),
        (["--limit", "1", "--dry-run"], "is not asked by this run"),
    ],
)
def test_answers_that_a_new_run_would_not_have_are_not_thrown_away(
    release: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    more: list[str],
    why: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "p.jsonl"
    with loopback_model(knows_all(release)) as server:
        assert ask(release, out, server.base_url, "--repeats", "2") == Exit.OK
        before = out.read_bytes()
        capsys.readouterr()
        assert ask(release, out, server.base_url, *more) == Exit.CANNOT_WRITE
        said = capsys.readouterr().err
        assert why in said
        assert f"[{out}]" in said
        assert "name another --out" in said
        assert (out.read_bytes(), len(server.requests)) == (before, 6)
        assert ask(release, out, server.base_url, "--repeats", "3") == Exit.OK  # the same run, longer: it has them all
    assert (len(predictions(out)), len(server.requests)) == (9, 9)


def test_answers_asked_in_other_words_are_not_thrown_away(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "p.jsonl"
    with loopback_model(knows_all(release)) as server:
        assert ask(release, out, server.base_url) == Exit.OK
        out.write_text(out.read_text().replace(prompt_hash(), "0" * 64))
        assert ask(release, out, server.base_url) == Exit.CANNOT_WRITE
    assert "was asked in other words" in capsys.readouterr().err


def test_rows_without_an_image_are_not_asked_and_counted(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (source,) = (release / "data" / "multi_select").glob("test-*.parquet")
    table = pq.read_table(source, partitioning=None)
    images = table["image"].to_pylist()
    column = table.column_names.index("image")
    images[0] = None
    bare = tmp_path / "bare" / "data" / "multi_select"
    bare.mkdir(parents=True)
    pq.write_table(table.set_column(column, "image", pa.array(images, table["image"].type)), bare / source.name)
    with loopback_model(lambda *_: answer("ANSWER: A")) as server:
        assert ask(tmp_path / "bare", tmp_path / "p.jsonl", server.base_url) == Exit.OK
    assert "1 items have no image" in capsys.readouterr().err
    assert [one.id for one in predictions(tmp_path / "p.jsonl")] == table["id"].to_pylist()[1:]


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--split", "validation"], Exit.CANNOT_READ, "has no multi_select validation; there are:"),
        (["--revision", "v1.0.0"], Exit.USAGE, "is a folder, which has no revisions"),
        (["--max-usd", "1"], Exit.USAGE, "add --price IN,OUT"),
        (["--in-flight", "0", "--attempts", "2"], Exit.USAGE, "--in-flight: "),
        (["--api-key-env", "sk-1234567890abcdef"], Exit.USAGE, "--api-key-env: name an environment variable in capitals"),
        (["--api-key-env", "NOT_SET_ANYWHERE"], Exit.USAGE, "NOT_SET_ANYWHERE is not set"),
        (["--api-key-env", "NOT_SET_ANYWHERE"], Exit.USAGE, 'another variable in --api-key-env, or give --api-key-env ""'),
        (["--base-url", "127.0.0.1:9101"], Exit.USAGE, "--base-url: start with http:// or https://"),
        (["--temperature", "nan"], Exit.USAGE, "--temperature: 'nan' is not a number from 0"),
        (["--temperature", "-3"], Exit.USAGE, "--temperature: '-3' is not a number from 0"),
        (["--parameter", "temperature=-3"], Exit.USAGE, "--parameter: temperature: give a number from 0"),
        (["--parameter", "top_p=NaN"], Exit.USAGE, "--parameter: top_p: is nan"),
        (["--parameter", "model=other"], Exit.USAGE, "--parameter: model: is sent from the model's own setting"),
        (["--parameter", "messages=x"], Exit.USAGE, "--parameter: messages: is made of each question"),
        (["--parameter", "response_format=x"], Exit.USAGE, "--parameter: response_format: is made of each question"),
        (["--parameter", "n=2"], Exit.USAGE, "--parameter: n: one answer is read"),
        (["--parameter", "stream=true"], Exit.USAGE, "--parameter: stream: answers are read whole"),
        (["--parameter", "max_tokens=9"], Exit.USAGE, "--parameter: max_tokens: "),
        (["--parameter", "seed=1", "--parameter", "seed=2"], Exit.USAGE, "seed is given twice"),
    ],
)
def test_what_cannot_be_asked_is_said_with_a_remedy_and_no_key_is_shown(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], code: Exit, said: str
) -> None:
    with loopback_model(lambda *_: answer("ANSWER: A")) as server:
        assert code_of(lambda: ask(release, tmp_path / "p.jsonl", server.base_url, *more)) == code
    told = capsys.readouterr().err
    assert said in told
    assert "sk-1234567890abcdef" not in told
    assert not server.requests
