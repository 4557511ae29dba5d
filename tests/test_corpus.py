"""The main job on real papers and malformed PDFs, where ../shared/corpus is present; nothing of it enters the repo."""

import contextlib
import importlib.util
import io
import json
import re
from pathlib import Path

import pytest

from builder.cli import main
from builder.errors import Exit

SHARED = Path(__file__).parents[2] / "shared"
CORPUS = SHARED / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("corpus") / "release"
    arguments = ["build", "csm_bench", "--papers", str(CORPUS / "papers"), "--out", str(out), "--version", "1.0.0"]
    assert main(arguments) == Exit.OK
    return out


@pytest.fixture(scope="module")
def predictions(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("figures") / "predictions.jsonl"
    with path.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        assert main(["figures", str(CORPUS / "papers"), "--work", str(built.with_name("release.work"))]) == Exit.OK
    return path


def test_every_paper_has_an_outcome_and_every_record_is_accounted_for(built: Path) -> None:
    rows = json.loads((built / "attrition.json").read_text())["stages"]
    assert rows[0]["read"] == 58
    for row in rows:
        assert row["read"] == row["kept"] + sum(row["dropped"].values()), row["stage"]


def test_the_release_of_58_papers_validates(built: Path) -> None:
    assert main(["validate", str(built)]) == Exit.OK


def test_no_derivatives_papers_give_pointers_and_no_words(built: Path) -> None:
    import csv

    import pyarrow.parquet as pq

    with (CORPUS / "manifest.csv").open(encoding="utf-8") as file:
        withheld = {row["doi"].lower() for row in csv.DictReader(file) if row["licence"] == "CC BY-NC-ND"}
    assert len(withheld) == 11
    seen = 0
    for path in (built / "data").rglob("*.parquet"):
        for row in pq.read_table(path).to_pylist():
            if (row["doi"] or "").lower() in withheld:
                seen += 1
                assert path.parent.name == "figures"
                assert row["tier"] == "pointer"
                assert row["image"] is None
                assert not any(row[name] for name in ("caption", "mentions", "reference", "title", "creators", "evidence"))
    assert seen > 0


def score(predictions: Path, *names: str) -> str:
    spec = importlib.util.spec_from_file_location("score_figures", SHARED / "tools" / "score_figures.py")
    assert spec
    assert spec.loader
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        if "boxes" in names:
            scorer.score_boxes(scorer.read(predictions), CORPUS / "groundtruth" / "figures.jsonl")
        if "jats" in names:
            scorer.score_jats(scorer.read(predictions), CORPUS / "groundtruth")
        if "labels" in names:
            scorer.score_labels(scorer.read(predictions), CORPUS / "labels.jsonl")
    return printed.getvalue()


def figure(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    assert found, text
    return float(found[1])


def test_hand_placed_boxes_are_found(predictions: Path) -> None:
    assert figure(r"IoU 0\.8: .*F1 ([\d.]+)", score(predictions, "boxes")) >= 0.90


def test_captions_and_mentions_agree_with_the_publishers_xml(predictions: Path) -> None:
    said = score(predictions, "jats")
    assert figure(r"captions right: .* = ([\d.]+)", said) >= 0.90
    assert figure(r"mention paragraphs found: .*? = ([\d.]+)", said) >= 0.85


def test_labelled_figures_are_found_in_all_layouts(predictions: Path) -> None:
    assert figure(r"labelled figures found: .* = ([\d.]+)", score(predictions, "labels")) >= 0.95


def test_every_malformed_file_ends_as_an_outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((CORPUS / "malformed").glob("*.pdf"))
    arguments = ["--papers", *map(str, files), "--out", str(tmp_path / "out"), "--version", "1.0.0", "--timeout", "60"]
    assert main(["build", "csm_bench", *arguments]) in {Exit.OK, Exit.NOTHING_LEFT}
    error = capsys.readouterr().err
    assert f"{len(files)} papers" in error
    table = next(line for line in error.splitlines() if line.startswith("ingest"))
    assert int(table.split()[2]) == len(files)
