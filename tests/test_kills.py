"""A build that is killed while it asks: no reply is lost, only the calls in flight are paid twice, the release is the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kills import killed_build, written

pytest.importorskip("openai")
PAPERS = Path(__file__).parent / "papers"
KILLS = 2  # `make soak` kills each build twenty times


def test_killed_and_resumed_it_loses_no_reply_and_comes_to_the_same_release(tmp_path: Path) -> None:
    papers = [PAPERS / "pearlite-steel.pdf"]
    whole = killed_build(tmp_path / "whole", papers, 0, 0)
    killed = killed_build(tmp_path / "killed", papers, KILLS, 20261109)
    assert len(killed.kills) == KILLS
    assert killed.sound, killed
    assert (whole.twice, whole.uncertain) == (0, 0)
    assert (killed.questions, killed.release) == (whole.questions, whole.release)


@pytest.mark.skipif("MICROTOME_SOAK" not in os.environ, reason="minutes long: MICROTOME_SOAK=1 pytest, or `make soak`")
def test_killed_while_models_write_attack_and_audit_it_comes_to_the_same_release_and_rebuilds_from_its_replies(
    tmp_path: Path,
) -> None:
    papers = [PAPERS / "pearlite-steel.pdf"]
    whole = killed_build(tmp_path / "whole", papers, 0, 0, written)
    killed = killed_build(tmp_path / "killed", papers, KILLS, 20261109, written)
    assert len(killed.kills) == KILLS
    assert killed.sound, killed
    assert (killed.questions, killed.release, killed.logical_hash) == (whole.questions, whole.release, whole.logical_hash)
    assert killed.rebuilt == killed.logical_hash != ""
