"""PDFs that are made to hurt: each ends in the outcome that is written here, and the next paper is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder import shipped
from builder.bench import Bench, Source
from builder.cutting import ingest_paper, sieve_pages
from builder.edges.engine import Limits
from builder.edges.pdf import PdfFile
from builder.edges.store import Store, sha256_of
from builder.stages.rights import read_policy
from tests.fuzz.mutated_pdfs import Line, Made, cut_each, mutant
from tests.hostile_pdfs import HOSTILE

PAPERS = Path(__file__).parent / "papers"
READ, CUT, NO_PAGES, NO_TEXT = "read, no figure", "cut into figures", "refused: no-pages", "refused: no-text"
BROKEN = "refused: broken-page"
OUTCOMES = {
    "jpeg-of-65000-pixels": CUT,  # an empty box
    "page-of-14400-inches": BROKEN,  # and there is no other
    "page-of-no-size": READ,
    "page-of-sizes-that-are-no-numbers": READ,
    "page-tree-of-5000-levels": READ,
    "page-tree-that-is-its-own-kid": "refused: broken-page-tree",
    "page-count-that-lies": "refused: broken-page-tree",
    "xref-that-names-itself": READ,
    "xref-of-two-thousand-million-entries": READ,
    "length-that-is-its-own-stream": READ,
    "form-that-draws-itself": READ,
    "nested-states": BROKEN,
    "nested-arrays": NO_TEXT,
    "encoding-that-maps-every-code": READ,
    "filter-chain-of-ten-thousand": NO_TEXT,
    "commands-to-the-reader": CUT,
    "nothing-but-a-header": "refused: not-a-pdf",
    "megabyte-of-openings": "refused: not-a-pdf",
    "page-without-words": NO_TEXT,
    "caption-of-script-and-formula": READ,
}
MUTANTS = range(1000, 1100)  # one in a hundred of what tests/fuzz/mutated_pdfs.py does by hand
REFUSED = ("not-a-pdf", "no-text", "no-pages", "empty-file", "needs-password", "broken-page-tree", "broken-page")
KNOWN = {READ, CUT, "cut, but for broken pages", *(f"refused: {reason}" for reason in REFUSED)}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Line]:
    """What came of each, cut one after the other as far as to its figures' boxes."""
    folder = tmp_path_factory.mktemp("hostile")
    papers = sorted(PAPERS.glob("*.pdf"))
    made = [Made(name, HOSTILE[name](), "hostile") for name in OUTCOMES]
    made += [Made(str(seed), *mutant(papers, seed)) for seed in MUTANTS]
    lines = cut_each(made, folder, jobs=1, limits=Limits(seconds=30, memory_mib=2048), last="locate")
    found = {str(line["name"]): line for line in lines}
    assert {path.name for path in folder.iterdir()} == {"in", "work"}
    return found


def test_what_would_hurt_a_reader_is_refused_or_read(told: dict[str, Line]) -> None:
    assert {name: told[name]["outcome"] for name in OUTCOMES} == OUTCOMES


def test_mutated_papers_are_refused_or_read(told: dict[str, Line]) -> None:
    assert [line for seed in MUTANTS if (line := told[str(seed)])["outcome"] not in KNOWN] == []


def test_a_bomb_costs_its_limit_and_no_other_paper(tmp_path: Path) -> None:
    names = ("content-bomb", "nothing-but-a-header")
    made = [Made(name, HOSTILE[name](), "hostile") for name in names]
    lines = list(cut_each(made, tmp_path, jobs=1, limits=Limits(seconds=6, memory_mib=2048)))
    assert [line["outcome"] for line in lines] == ["timeout", "refused: not-a-pdf"]
    assert [path.name for path in (tmp_path / "findings").iterdir()] == ["content-bomb.pdf"]


def test_pages_that_are_lost_as_the_reader_mends_a_file_are_accounted_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by a mutant (flipped bits): a document of one page had none after that page was read."""
    paper = PAPERS / "pearlite-steel.pdf"
    recipe, policy = shipped.load_recipe("csm_bench"), read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
    bench = Bench(Source(paper, sha256_of(paper), None), recipe, policy, Store(tmp_path))
    bench.made["ingest"] = ingest_paper(bench).records
    monkeypatch.setattr(PdfFile, "pages", 0)
    made = sieve_pages(bench)
    bench.close()
    assert len(made.read) == len(bench.pages)
    assert sorted(made.read) == sorted([*made.kept, *(drop.record_id for drop in made.dropped)])


def test_the_same_files_are_made_again() -> None:
    assert all(HOSTILE[name]() == HOSTILE[name]() for name in ("content-bomb", "page-tree-of-5000-levels", "nested-states"))
    paper = [PAPERS / "pearlite-steel.pdf"]
    assert [mutant(paper, seed) for seed in range(4)] == [mutant(paper, seed) for seed in range(4)]
