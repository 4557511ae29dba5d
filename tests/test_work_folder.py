"""A work folder: one driver at a time, and the papers that killed their child kept beside what is known of it."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from builder.cli import main
from builder.edges.engine import Failure, Outcome
from builder.edges.holding import HOLDER, held
from builder.edges.run_log import LOG
from builder.edges.store import SCRATCH
from builder.errors import CannotWrite, Exit

PAPERS = Path(__file__).parent / "papers"
HOLD = """
import sys, time
from pathlib import Path
from builder.edges.holding import held
with held(Path(sys.argv[1])):
    print("has it", flush=True)
    time.sleep(60)
"""


def test_the_second_driver_is_refused_and_told_of_the_first_and_a_killed_one_holds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(work)], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout
        assert first.stdout.readline() == "has it\n"
        arguments = ["figures", str(PAPERS / "pearlite-steel.pdf"), "--work", str(work)]
        assert main(arguments) == Exit.CANNOT_WRITE
        told = capsys.readouterr().err
        assert f"is in use by process {first.pid} on " in told
        assert "name another --work" in told
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert (work / HOLDER).read_text(encoding="utf-8")
    with held(work):
        pass
    assert not (work / HOLDER).read_text(encoding="utf-8")


def test_what_the_children_of_a_killed_driver_left_is_cleared_by_the_next_run(tmp_path: Path) -> None:
    (tmp_path / SCRATCH / "a" / "deep").mkdir(parents=True)
    (tmp_path / SCRATCH / "a" / "deep" / "half").write_bytes(b"x")
    with held(tmp_path):
        assert not (tmp_path / SCRATCH).exists()


def test_what_was_never_finished_is_cleared_after_an_hour_and_nothing_outside(tmp_path: Path) -> None:
    work, outside = tmp_path / "work", tmp_path / "outside"
    old, new = work / "blobs" / "ab" / ".tmp-old", work / "replies" / ".tmp-new"
    for path in (old, new, work / "blobs" / "ab" / "kept", outside / ".tmp-mine"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        if path != new:
            os.utime(path, (0, 0))
    (work / "receipts").mkdir()
    (work / "receipts" / "cd").symlink_to(outside)
    aside = work / "receipts" / "ef" / ".tmp-aside"
    (aside / "deep").mkdir(parents=True)
    os.utime(aside, (0, 0))
    with held(work):
        left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
        assert not aside.exists()
    assert left == {"work/replies/.tmp-new", "work/blobs/ab/kept", "work/driver.json", "outside/.tmp-mine"}


def test_where_a_link_stands_for_the_temporary_files_nothing_is_cleared_but_the_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").write_bytes(b"x")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / SCRATCH).symlink_to(tmp_path / "elsewhere")
    with held(tmp_path / "work"):
        assert not (tmp_path / "work" / SCRATCH).is_symlink()
    assert (tmp_path / "elsewhere" / "kept").exists()


def test_ctrl_c_while_children_start_is_one_sentence(tmp_path: Path) -> None:
    arguments = ["figures", str(PAPERS / "pearlite-steel.pdf"), "--work", str(tmp_path / "work"), "--jobs", "1"]
    command = [sys.executable, "-m", "builder.cli", *arguments]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True) as driver:
        while driver.poll() is None and not any(b"spawn_main" in command for command in commands(driver.pid)):
            time.sleep(0.02)
        os.killpg(driver.pid, signal.SIGINT)  # as a terminal does: to all that belong to it
        assert driver.stderr
        said = driver.stderr.read()
    assert driver.returncode == 130
    assert "Traceback" not in said
    assert said.endswith("microtome: stopped; what was done is kept, run the same command again to go on\n")


def commands(group: int) -> Iterator[bytes]:
    """Command lines of the processes of that group."""
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getpgid(int(path.name)) == group:
                yield (path / "cmdline").read_bytes()


@pytest.mark.parametrize("what", ["folder", "pipe"])
def test_what_stands_for_the_log_and_is_none_is_one_sentence(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / LOG
    path.mkdir() if what == "folder" else os.mkfifo(path)
    assert main(["figures", str(PAPERS / "pearlite-steel.pdf"), "--work", str(tmp_path)]) == Exit.CANNOT_WRITE
    assert f"{path}] cannot write: " in capsys.readouterr().err


def test_a_full_disk_at_the_first_word_is_one_sentence_that_names_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(CannotWrite, match=f"{HOLDER}.*No space left") as caught, held(tmp_path):
        pass
    assert "free space" in str(caught.value)


@pytest.mark.parametrize("name", ["receipts", "blobs"])
def test_a_file_in_place_of_a_folder_of_the_work_folder_is_named_before_any_paper_is_cut(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).touch()
    assert main(["figures", str(PAPERS / "pearlite-steel.pdf"), "--work", str(tmp_path)]) == Exit.CANNOT_WRITE
    assert f"{tmp_path / name}] cannot write: File exists" in capsys.readouterr().err


def test_a_paper_of_gigabytes_is_dropped_before_it_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    huge = tmp_path / "huge.pdf"
    with huge.open("wb") as file:
        file.truncate(2**31 + 1)
    assert main(["figures", str(huge), "--work", str(tmp_path / "work")]) == Exit.CANNOT_READ
    assert "huge.pdf: too-large (2,147,483,649 bytes; at most 2,147,483,648 are read)" in capsys.readouterr().err
    assert not (tmp_path / "work" / "failed").exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(CannotWrite, match="cannot write"), held(tmp_path / "file" / "work"):
        pass


def test_a_paper_that_killed_its_child_is_kept_with_the_reason_until_it_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = Path(__file__).parent / "papers" / "pearlite-steel.pdf"
    arguments = ["savings", str(paper), "--work", str(tmp_path), "--jobs", "1"]
    with monkeypatch.context() as patch:
        died = Failure("crashed", "the child died of SIGSEGV")
        patch.setattr("builder.edges.engine.run_isolated", lambda _, tasks, **__: (Outcome(task, died) for task in tasks))
        assert main(arguments) == Exit.CANNOT_READ
    (told,) = (tmp_path / "failed").glob("*.json")
    assert json.loads(told.read_bytes())["detail"] == "the child died of SIGSEGV"
    assert told.with_suffix(".pdf").read_bytes() == paper.read_bytes()
    assert main(arguments) == Exit.OK
    assert not list((tmp_path / "failed").iterdir())
