"""A disk that is full or may not be written to ends the run with a sentence; with room again the next run comes to the same."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from small_release import examined
from written import PNGS, pictured

from builder.cli import main
from builder.documents import documents
from builder.edges.engine import Outcome
from builder.edges.release_folder import write_release
from builder.errors import CannotWrite, Exit
from builder.release.package import package
from tests.small_run import PAPER_BYTES, go_on, told

PAPERS = Path(__file__).parent / "papers"
PAPER = "molybdenum-flakes.pdf"


NO_END = 10**6


@contextmanager
def room_for(changes: int, below: Path) -> Iterator[list[str]]:
    """A disk that takes so many more changes and is full from then on; of what is written last, half is there.

    Given are the changes that were asked for.
    """
    asked: list[str] = []

    def spend(path: object) -> None:
        if Path(str(path)).is_relative_to(below):
            asked.append(str(path))
            if len(asked) > changes:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def spending(real: Callable[..., Any], index: int = 0) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:
            if real is not os_open or given[1] & os.O_CREAT:
                spend(given[index])
            return real(*given, **named)

        return called

    def synced(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        try:
            spend(path)
        except OSError:
            if path.is_file():
                os.truncate(path, path.stat().st_size // 2)
            raise

    os_open = os.open
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", spending(os.open))
        patch.setattr(os, "mkdir", spending(os.mkdir))
        patch.setattr(os, "replace", spending(os.replace, 1))
        patch.setattr(os, "rename", spending(os.rename, 1))
        patch.setattr(os, "fsync", synced)
        yield asked


def test_wherever_the_disk_is_full_the_run_ends_with_a_sentence_and_the_next_one_comes_to_the_same(tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").write_bytes(PAPER_BYTES)
    with room_for(NO_END, tmp_path / "work") as asked:
        whole = told(go_on(tmp_path / "paper.pdf", tmp_path / "work"), tmp_path / "work")
    assert len(asked) > 20
    for changes in range(len(asked)):
        work = tmp_path / f"work-{changes}"
        with pytest.raises(CannotWrite, match="No space left on device") as full, room_for(changes, work):
            go_on(tmp_path / "paper.pdf", work)
        assert "free space" in full.value.remedy
        assert not list(work.rglob(".tmp-*"))
        assert told(go_on(tmp_path / "paper.pdf", work), work) == whole


def test_wherever_the_disk_is_full_a_release_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    packed = examined(package(pictured()))

    def put(folder: Path) -> str:
        return write_release(packed, folder / "release", PNGS.__getitem__, documents).signature

    with room_for(NO_END, tmp_path) as asked:
        whole = put(tmp_path)
    for changes in (0, 1, len(asked) // 3, len(asked) // 2, len(asked) - 2):  # the last but one gives the folder its name
        folder = tmp_path / f"disk-{changes}"
        folder.mkdir()
        with pytest.raises(CannotWrite, match="No space left on device"), room_for(changes, folder):
            put(folder)
        assert not list(folder.iterdir())
    assert put(folder) == whole


@contextmanager
def disk(at: Path, kib: int) -> Iterator[Callable[[str], None]]:
    """A disk of that size; told options, it is mounted anew with them."""
    at.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "none", at], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk can be mounted here: {error}")
    try:
        yield lambda options: void(subprocess.run(["mount", "-o", f"remount,{options}", at], check=True))
    finally:
        subprocess.run(["umount", at], check=True)


def void(_: object) -> None: ...


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers are cut in this process: a child takes seconds to start, and its isolation has tests of its own."""

    def run_here(cut: Callable[[Any], Any], tasks: Sequence[Any], **_: object) -> Iterator[Outcome[Any, Any]]:
        return (Outcome(task, cut(task)) for task in tasks)

    monkeypatch.setattr("builder.edges.engine.run_isolated", run_here)


def build(recipe: Path, papers: Path, folder: Path) -> int:
    paths = ["--papers", str(papers), "--out", str(folder / "out"), "--work", str(folder / "work")]
    return main(["build", str(recipe), *paths, "--version", "1.0.0", "--jobs", "1"])


@pytest.mark.usefixtures("one_process")
def test_a_disk_that_runs_full_again_and_again_gives_the_same_release_from_papers_that_cannot_be_written_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "described.toml"
    family = (PAPERS.parents[1] / "builder" / "recipes" / "csm_bench.toml").read_text(encoding="utf-8")
    recipe.write_text(re.sub(r"(?m)^tasks = .*$", 'tasks = ["description"]', family), encoding="utf-8")
    with disk(tmp_path / "papers", 1000) as papers, disk(tmp_path / "disk", 32) as grown:
        shutil.copy(PAPERS / PAPER, tmp_path / "papers")
        papers("ro")
        for kib in (1700, 4000):
            assert build(recipe, tmp_path / "papers", tmp_path / "disk") == Exit.CANNOT_WRITE
            said = capsys.readouterr().err
            assert "No space left on device" in said or "database or disk is full" in said
            assert "Traceback" not in said
            assert not (tmp_path / "disk" / "out").exists()
            grown(f"size={kib}k")
        grown("size=64m")
        assert build(recipe, tmp_path / "papers", tmp_path / "disk") == Exit.OK
        logical = [json.loads((tmp_path / "disk" / "out" / "manifest.json").read_bytes())["logical_hash"]]
        grown("ro")
        capsys.readouterr()
        assert build(recipe, tmp_path / "papers", tmp_path / "disk") == Exit.CANNOT_WRITE
        assert "Read-only file system" in capsys.readouterr().err
        assert build(recipe, tmp_path / "papers", tmp_path / "other") == Exit.OK
        logical.append(json.loads((tmp_path / "other" / "out" / "manifest.json").read_bytes())["logical_hash"])
    assert len(set(logical)) == 1
