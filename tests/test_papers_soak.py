"""One per cent of the soak that cuts 2,000 changed, spoilt and poisoned copies of the corpus twice, which `make soak` runs."""

from pathlib import Path

import pytest

from tests.soak.papers import CORPUS, soak

PAPERS, KILLS = 20, 1


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no ../shared/corpus on this machine")
def test_a_killed_run_over_poisoned_papers_gives_each_an_outcome_and_the_release_of_a_straight_one(tmp_path: Path) -> None:
    assert soak(PAPERS, KILLS, tmp_path) == 0
