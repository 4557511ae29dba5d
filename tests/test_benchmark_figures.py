"""The table of figure finders counts each labelled figure once and says what a line costs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from builder.pages import Box

BENCHMARK = Path(__file__).parent / "benchmarks" / "figures.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("figures_benchmark", BENCHMARK)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["figures_benchmark"] = module
    spec.loader.exec_module(module)
    return module


SCORER = SimpleNamespace(key=str.lower, iou=lambda a, b: Box(*a).iou(Box(*b)))
TRUTH = [
    {"pdf": "a.pdf", "scored_pages": [1]},
    {"pdf": "a.pdf", "page": 1, "label": "Figure 1", "bbox": [0, 0, 10, 10]},
    {"pdf": "a.pdf", "page": 1, "label": "Figure 2", "bbox": [0, 20, 10, 30]},
]


def found(page: int, label: str, box: list[float]) -> dict[str, object]:
    return {"pdf": "a.pdf", "page": page, "label": label, "bbox": box}


def test_a_false_figure_counts_only_on_pages_labelled_completely(bench: ModuleType) -> None:
    right = found(1, "FIGURE 1", [0, 0, 10, 9])
    assert bench.f1_of([right, found(2, "Figure 7", [0, 0, 5, 5])], TRUTH, SCORER, 0.8) == pytest.approx(2 / 3)
    assert bench.f1_of([right, found(1, "Figure 7", [0, 0, 5, 5])], TRUTH, SCORER, 0.8) == pytest.approx(2 / 4)


def test_a_prediction_serves_one_figure(bench: ModuleType) -> None:
    twice = [TRUTH[1], TRUTH[1]]
    assert bench.share_found([found(1, "Figure 1", [0, 0, 10, 10])], twice, SCORER, 0.9) == 0.5


def test_a_line_of_the_table_has_a_cell_for_every_column(bench: ModuleType) -> None:
    floor = bench.Line("floor", bench.Spent(2.0, 150.0), 8.0, None, None)
    head, rule, line = bench.table([floor], papers=2, pages=20).splitlines()
    assert head.count("|") == rule.count("|") == line.count("|")
    assert "| 100 | 8 | 150 |" in line


def test_a_peer_that_is_not_there_is_named(bench: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")  # no java
    with pytest.raises(bench.MissingPeer, match="pdffigures2"):
        bench._run_pdffigures2(sys.executable, [], tmp_path)
