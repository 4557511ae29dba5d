"""The papers that a subset of a release obliges one to cite."""

from pathlib import Path

import pytest
from written import write

from builder.cli import main
from builder.errors import UsageError
from builder.release.subset import condition


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("cited") / "release").folder


@pytest.mark.parametrize(
    ("where", "papers"),
    [((), 3), (("technique=AFM",), 1), (("technique=afm", "scale=atomic"), 1), (("tier=pointer",), 1), (("bloom_level=1",), 1)],
)
def test_the_papers_of_the_rows_are_printed_once(
    release: Path, where: tuple[str, ...], papers: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cite", str(release), *(part for one in where for part in ("--where", one))]) == 0
    assert capsys.readouterr().out.count("@article{") == papers


def test_a_condition_that_no_row_meets_says_so(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cite", str(release), "--where", "technique=SHPM"]) == 5
    assert "has no row where technique=SHPM" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"), [("technique", "COLUMN=VALUE"), ("colour=red", "no column colour"), ("=AFM", "COLUMN=VALUE")]
)
def test_a_condition_on_no_column_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        condition(text)
