"""One per cent of the soak that cuts 2,000 changed, spoilt and poisoned copies of the corpus twice, which `make soak` runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.soak.papers import CORPUS, findings, soak

PAPERS, KILLS = 20, 1
Runs = dict[str, dict[str, Any]]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no ../shared/corpus on this machine")
def test_a_killed_run_over_poisoned_papers_gives_each_an_outcome_and_the_release_of_a_straight_one(tmp_path: Path) -> None:
    assert soak(PAPERS, KILLS, tmp_path) == 0


NAMES = ("00000-copy", "00001-locked", "00002-copy", "00003-cut-off")


def sound() -> Runs:
    """Two runs over four papers, two of them cut."""
    one = {"code": 0, "kills": 0, "read": 4, "kept": 2, "logical_hash": "a"}
    drops = {"00001-locked.pdf": "needs-password", "00003-cut-off.pdf": "no-pages"}
    return {"straight": {**one, "drops": drops}, "killed": {**one, "kills": 2, "drops": dict(drops)}}


def lost(runs: Runs) -> None:
    for run in runs.values():
        del run["drops"]["00003-cut-off.pdf"]


def blamed_on_us(runs: Runs) -> None:
    for run in runs.values():
        run["drops"]["00003-cut-off.pdf"] = "internal-error"


def a_good_paper_dropped(runs: Runs) -> None:
    for run in runs.values():
        run["drops"] = {**run["drops"], "00000-copy.pdf": "no-text"}
        run["kept"] = 1


def a_locked_paper_cut(runs: Runs) -> None:
    for run in runs.values():
        del run["drops"]["00001-locked.pdf"]
        run["kept"] = 3


SPOILT: dict[str, Callable[[Runs], object]] = {
    "another release": lambda runs: runs["killed"].update(logical_hash="b"),
    "another outcome": lambda runs: runs["killed"]["drops"].update({"00003-cut-off.pdf": "no-text"}),
    "a run that failed": lambda runs: runs["killed"].update(code=4),
    "never killed": lambda runs: runs["killed"].update(kills=0),
    "a paper too few": lambda runs: runs["straight"].update(read=3),
    "a lost paper": lost,
    "a mistake of ours": blamed_on_us,
    "a good paper dropped": a_good_paper_dropped,
    "a locked paper cut": a_locked_paper_cut,
}


@pytest.mark.parametrize("how", [None, *SPOILT])
def test_the_soak_finds_what_is_spoilt_and_nothing_else(how: str | None, tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / f"{name}.pdf").touch()
    runs = sound()
    if how:
        SPOILT[how](runs)
    found = findings(tmp_path, runs["straight"], runs["killed"], len(NAMES), KILLS)
    assert bool(found) == bool(how), found
