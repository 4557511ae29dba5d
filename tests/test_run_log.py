"""The log of a work folder, and what `microtome status` tells from it while another process drives the run."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from builder.asking import Prompt, question_of
from builder.cli import main
from builder.commands.progress import Progress, WatchedDesk
from builder.edges.engine import Outcome
from builder.edges.run_log import LOG, MOST_BYTES, OLDER, RunLog, driven, events
from builder.edges.store import Store
from builder.errors import CannotRead, CannotWrite, Exit
from builder.reporting.run_events import Event
from builder.reporting.run_report import run_schema_files
from builder.reporting.run_status import Status, status_lines, status_of
from tests.loopback_model import answer, loopback_model
from tests.model_runs import KEY, recipe_of

PAPERS = Path(__file__).parent / "papers"
PAPER = PAPERS / "magnetite-annealing.pdf"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOLD = """
import sys, time
from pathlib import Path
from builder.edges.run_log import driven
with driven(Path(sys.argv[1]), "build") as log:
    log.write("run-started", command="build", recipe="csm_bench", builder_version="1.0", papers=3)
    log.write("paper-done", file="a.pdf", sha256="0", outcome="ok", reused=False, seconds=1.0)
    print("has it", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children are proven elsewhere; starting one takes longer than its work here."""
    in_this_process(monkeypatch, lambda work, task: work(task))


def in_this_process(patch: pytest.MonkeyPatch, done: Callable[[Callable[[object], object], object], object]) -> None:
    def outcomes(work: Callable[[object], object], tasks: Sequence[object], **_: object) -> Iterator[Outcome[object, object]]:
        return (Outcome(task, done(work, task)) for task in tasks)

    for name in ("builder.edges.engine.run_isolated", "builder.run.run_isolated", "builder.commands.looking.run_isolated"):
        patch.setattr(name, outcomes, raising=False)


def sieved(work: Path, *papers: Path) -> int:
    """The shortest run there is."""
    return main(["savings", *map(str, papers or (PAPER,)), "--work", str(work), "--jobs", "1"])


def lines(work: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (work / LOG).read_text(encoding="ascii").splitlines()]


def told(work: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["status", str(work)]) == Exit.OK
    return capsys.readouterr().out


def test_each_paper_is_one_line_with_its_ids_and_its_seconds_unless_it_was_reused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and then nothing")
    assert sieved(tmp_path / "work", PAPER, broken) == Exit.OK
    first = lines(tmp_path / "work")
    assert [one["event"] for one in first] == ["driver-started", "run-started", "paper-done", "paper-done", "run-ended"]
    assert len({one["run"] for one in first}) == 1
    good, bad = first[2:4]
    assert (good["file"], good["outcome"], good["reused"]) == (PAPER.name, "ok", False)
    assert (bad["file"], bad["outcome"], bad["reason"]) == ("broken.pdf", "dropped", "not-a-pdf")
    assert isinstance(good["stages"], dict)
    assert list(good["stages"]) == ["ingest", "sieve"]
    assert sieved(tmp_path / "work", PAPER, broken) == Exit.OK
    again = [one for one in lines(tmp_path / "work")[5:] if one["event"] == "paper-done"]
    assert [(one["reused"], "seconds" in one, "stages" in one) for one in again] == [(True, False, False)] * 2
    schema = json.loads(run_schema_files()["run_event.json"])
    for one in lines(tmp_path / "work"):
        jsonschema.validate(one, schema)


def test_status_says_who_drives_a_run_and_afterwards_that_it_was_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(work)], stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout
        assert driver.stdout.readline() == "has it\n"
        for _ in range(2):  # asking takes nothing from the driver
            said = told(work, capsys)
            assert f"running since {datetime.now(UTC):%Y-%m-%d}" in said
            assert f"driven by process {driver.pid} on " in said
            assert "1 of 3 done" in said
        assert main(["status", str(work), "--json"]) == Exit.OK
        plain = json.loads(capsys.readouterr().out)
        jsonschema.validate(plain, json.loads(run_schema_files()["run_status.json"]))
        assert (plain["state"], plain["outcomes"], plain["last"]["file"]) == ("running", {"ok": 1}, "a.pdf")
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()
    assert "was killed: run the same command again" in told(work, capsys)
    assert sieved(work) == Exit.OK
    assert "finished at " in told(work, capsys)


def test_a_torn_last_line_is_read_over_and_the_next_run_begins_a_line_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sieved(tmp_path) == Exit.OK
    with (tmp_path / LOG).open("a") as log:
        log.write('{"time":"2026-03-01T12:00:0')
    assert "finished at" in told(tmp_path, capsys)
    assert "1 lines could not be read" in told(tmp_path, capsys)
    assert sieved(tmp_path) == Exit.OK
    assert [one is None for one in events(tmp_path)] == [False] * 4 + [True] + [False] * 4


def test_a_driver_that_has_not_begun_to_cut_is_told_of_instead_of_the_run_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sieved(tmp_path) == Exit.OK
    with driven(tmp_path, "build"):
        said = told(tmp_path, capsys)
        assert "running since" in said
        assert "none is cut yet" in said
    assert "finished at" in told(tmp_path, capsys)


def test_what_was_given_back_is_no_longer_told_as_spent() -> None:
    def event(name: str, **facts: object) -> Event:
        return Event.model_validate({"time": NOW, "run": "r", "event": name, **facts})

    heard = [event("run-started", papers=1), event("reply", committed_tokens=900, committed_usd=0.5, outcome="failed")]
    found = status_of([*heard, event("asking-ended", committed_tokens=0, committed_usd=0.0)], None, NOW)
    assert found
    assert (found.committed_tokens, found.committed_usd) == (0, 0.0)


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: None])
def test_a_folder_in_which_nothing_was_run_is_said_to_be_no_work_folder(
    make: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(make)
    make(tmp_path / "empty")
    assert main(["status", str(tmp_path / "empty")]) == Exit.CANNOT_READ
    assert "is no work folder in which a run was logged" in capsys.readouterr().err


def test_the_log_is_not_written_through_a_link_out_of_the_work_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep", encoding="utf-8")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / LOG).symlink_to(tmp_path / "mine")
    with pytest.raises(CannotWrite):
        RunLog(tmp_path / "work")
    assert (tmp_path / "mine").read_text(encoding="utf-8") == "keep"


def test_a_long_log_makes_room_before_a_run_and_is_kept_once(tmp_path: Path) -> None:
    with (tmp_path / LOG).open("wb") as log:
        log.truncate(MOST_BYTES)
    RunLog(tmp_path).close()
    assert (tmp_path / OLDER).stat().st_size == MOST_BYTES
    assert (tmp_path / LOG).stat().st_size == 0


def test_an_error_ends_the_run_in_the_log_by_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(CannotRead), driven(tmp_path, "build"):
        raise CannotRead("--papers", "no paper could be read", "see the outcome of each file above")
    last = lines(tmp_path)[-1]
    assert (last["event"], last["outcome"], last["exit"]) == ("run-ended", "stopped", "cannot-read")


def test_what_is_asked_is_in_the_log_with_what_it_cost_and_neither_key_nor_words_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openai")
    monkeypatch.setenv("LOOPBACK_KEY", KEY)
    with loopback_model(lambda *_: answer({"x": 3}, prompt=90, completion=10)) as server:
        recipe = recipe_of(server.base_url, more="[asking]\nin_flight = 1\nmax_tokens = 500000\n")
        progress = Progress(RunLog(tmp_path), recipe, "build")
        desk = WatchedDesk(Store(tmp_path), recipe, progress)
        prompts = [Prompt(stage="write", about="p", system="", user=f"Printed words {n}") for n in range(2)]
        questions = [question_of("author", recipe.models["author"], prompt, (), {}) for prompt in prompts]
        with progress.papers(1, 1, ()):
            desk.answer(questions)
            desk.answer(questions)  # all on disk: nobody is asked, and nothing is told
    heard = lines(tmp_path)
    assert [one["event"] for one in heard] == ["run-started", "asking-started", "reply", "reply", "asking-ended"]
    assert {one["question"] for one in heard[2:4]} == {question.hash for question in questions}
    assert (heard[-1]["committed_tokens"], heard[0]["max_tokens"]) == (200, 500000)
    text = (tmp_path / LOG).read_text(encoding="ascii")
    assert KEY not in text
    assert "Printed words" not in text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_has_a_bar_with_the_outcomes_and_a_pipe_a_line_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"nothing")
    terminal, pipe = Terminal(), io.StringIO()
    monkeypatch.setattr("sys.stderr", terminal)
    assert sieved(tmp_path / "one", PAPER, broken) == Exit.OK
    assert "2/2" in terminal.getvalue()
    assert "1 dropped, 1 ok" in terminal.getvalue()
    monkeypatch.setattr("sys.stderr", pipe)
    monkeypatch.setattr("builder.commands.progress.EVERY_SECONDS", 0.0)
    assert sieved(tmp_path / "two", PAPER, broken) == Exit.OK
    assert re.search(r"^1 of 2 papers, [0-9.,]+ a minute, about .* left: 1 ok$", pipe.getvalue(), re.M)
    assert "\r" not in pipe.getvalue()


# What is told from events alone


def event(name: str, seconds: float, **facts: object) -> Event:
    return Event.model_validate({"time": NOW + timedelta(seconds=seconds), "run": "r", "event": name, **facts})


def done(seconds: float, number: int, **facts: object) -> Event:
    return event("paper-done", seconds, file=f"{number}.pdf", sha256=str(number), **{"outcome": "ok", "reused": False, **facts})


def status(*heard: Event | None, at: float, driver: str | None = "process 1") -> Status:
    found = status_of(heard, driver, NOW + timedelta(seconds=at))
    assert found
    return found


def start(papers: int, **facts: object) -> Event:
    return event("run-started", 0, command="build", recipe="x", builder_version="1", papers=papers, **facts)


def test_the_rate_is_that_of_the_last_minutes_and_leaves_out_what_was_reused() -> None:
    slow = [start(1000), *(done(0.5, n, reused=True) for n in range(400)), *(done(10.0 * n, 400 + n) for n in range(1, 61))]
    found = status(*slow, at=600)
    assert (found.done, found.reused) == (460, 400)
    assert found.per_minute == pytest.approx(6, rel=0.05)
    assert found.seconds_left == pytest.approx(540 * 10, rel=0.05)
    assert status(*slow, at=1000).per_minute is None  # nothing has come for longer than the window


def test_while_a_model_is_asked_rate_and_time_left_are_of_questions() -> None:
    heard = [start(10, max_tokens=1000, max_usd=2.0), done(1, 0), event("paper-waiting", 2, sha256="1", questions=3)]
    heard += [event("asking-started", 10, questions=30, committed_tokens=5, committed_usd=0.0)]
    heard += [
        event("reply", 10 + n, outcome="answered", prompt_tokens=10, usd=0.1, committed_tokens=10 * n) for n in range(1, 7)
    ]
    heard += [event("reply", 20, outcome="failed", committed_tokens=70, committed_usd=0.6)]
    found = status(*heard, at=20)
    assert (found.phase, found.replies, found.questions, found.unanswered, found.waiting) == ("questions", 7, 30, 1, 1)
    assert found.per_minute == pytest.approx(42)
    assert found.seconds_left == pytest.approx(23 / 0.7)
    assert (found.prompt_tokens, found.usd) == (60, 0.6)
    assert "70 tokens of 1,000, 0.6000 USD of 2.00 in this work folder" in "\n".join(status_lines(found))
    after = status(*heard, event("asking-ended", 21), done(25, 1), at=26)
    assert (after.phase, after.waiting, after.done) == ("papers", 0, 2)


def test_only_the_run_that_started_last_is_told_of() -> None:
    other = start(5).model_copy(update={"run": "earlier"})
    found = status(other, start(2), done(1, 1, outcome="failed", reason="timeout"), at=2)
    assert (found.papers, found.done, found.outcomes, found.reasons) == (2, 1, {"failed": 1}, {"timeout": 1})


def endings() -> Iterator[tuple[list[Event], str | None, str]]:
    yield [event("run-ended", 5, outcome="finished")], None, "finished"
    yield [event("run-ended", 5, outcome="stopped", exit="interrupted")], None, "stopped"
    yield [], None, "killed"
    yield [], "process 1", "running"


@pytest.mark.parametrize(("last", "driver", "state"), list(endings()), ids=lambda one: one if isinstance(one, str) else "")
def test_a_run_is_running_finished_stopped_or_killed(last: list[Event], driver: str | None, state: str) -> None:
    assert status(start(1), *last, at=9, driver=driver).state == state


def test_a_hostile_file_name_plays_no_trick_on_the_terminal() -> None:
    found = status(start(1), event("paper-done", 1, file="a\x1b[2J\n\u202efdp.exe", outcome="ok"), at=2)
    assert all(line.isprintable() for line in status_lines(found))


def test_a_line_that_is_no_event_is_counted_and_read_over() -> None:
    assert status(start(1), None, done(1, 1), None, at=2).unreadable_lines == 2
