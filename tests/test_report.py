"""From results to a page: what may stand side by side, every number with its signature, nothing from outside that runs."""

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from small_release import HOSTILE
from synthetic_run import MODELS, WRONG_KEYS, write_run
from written import write

from builder.cli import main
from builder.edges.result_folders import read_runs
from builder.reporting.charts import radar, scatter
from builder.reporting.compare import compared
from builder.reporting.facts import Report, report
from builder.reporting.items import item_figures
from builder.reporting.page import web_address
from builder.reporting.runs import comparable
from builder.reporting.tables import latex, leaderboard_table
from builder.scoring import paired_comparison

ROOT = Path(__file__).parents[1]
SOME = tuple(MODELS)[:6]
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results")
    write_run(out, items=60, papers=15, models=SOME, resamples=50)
    write_run(out, "caption_matching", items=40, papers=15, models=SOME[:3], resamples=50)
    return out


@pytest.fixture(scope="module")
def told(results: Path) -> Report:
    return report(comparable(read_runs([results])), "0")


@pytest.fixture(scope="module")
def page(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page") / "report"
    assert main(["report", str(results), "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of papers with markup in their titles, asked of a model with markup in its name, reported with its images."""
    folder = tmp_path_factory.mktemp("hostile")
    write(folder / "release")
    rows = [("cm-", 3), ("ms-", 1)]
    lines = {prefix: [] for prefix, _ in rows}
    import pyarrow.parquet as pq

    for path in sorted((folder / "release" / "data").glob("*/test-*.parquet")):
        for row in pq.read_table(path, columns=["id"]).to_pylist():
            if row["id"][:3] in lines:
                for model in (SCRIPT, "plain/model"):
                    text = f"ANSWER: C {SCRIPT}\nANSWER: C"
                    lines[row["id"][:3]].append(json.dumps({"id": row["id"], "model": model, "text": text}))
    for prefix, found in lines.items():
        assert found
        (folder / f"{prefix}.jsonl").write_text("\n".join(found))
        score = [
            "score",
            str(folder / f"{prefix}.jsonl"),
            "--release",
            str(folder / "release"),
            "--out",
            str(folder / "results"),
        ]
        assert main(score) == 0
    made = ["report", str(folder / "results"), "--out", str(folder / "report"), "--release", str(folder / "release")]
    assert main([*made, "--title", SCRIPT]) == 0
    return folder


class Outline(HTMLParser):
    """Headings, tags and ids of a page, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


# ---- what may stand side by side


def test_results_of_one_task_and_another_metric_version_stand_in_sections_that_say_why(results: Path, tmp_path: Path) -> None:
    (folder,) = write_run(tmp_path / "old", items=60, papers=15, models=SOME[:1], resamples=50)
    text = (folder / "result.json").read_text().replace('"sip_f1": "1.0.0"', '"sip_f1": "0.9.0"')
    (folder / "result.json").write_text(text)
    made = report(comparable(read_runs([results, tmp_path])), "0")
    apart = [section for section in made.sections if section.signed.config == "multi_select"]
    assert [len(section.standings) for section in apart] in ([1, 6], [6, 1])
    assert all("0.9.0" in " ".join(section.apart) for section in apart)
    assert {"sip_f1:0.9.0" in section.signature for section in apart} == {True, False}


def test_another_release_version_is_never_in_the_same_section(results: Path, tmp_path: Path) -> None:
    write_run(tmp_path, items=60, papers=15, models=SOME[:1], version="1.1.0", resamples=50)
    made = report(comparable(read_runs([results, tmp_path])), "0")
    assert sorted({section.signed.version for section in made.sections}) == ["1.0.0", "1.1.0"]
    assert any("logical_hash" in line for section in made.sections for line in section.apart)


def test_a_model_given_twice_is_refused(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "again", items=60, papers=15, models=SOME[:1], resamples=50)
    assert main(["report", str(results), str(tmp_path / "again"), "--out", str(tmp_path / "out")]) == 2
    assert "under the same signature" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_named_twice_is_read_once(results: Path) -> None:
    assert len(read_runs([results, results / SOME[0]])) == len(read_runs([results]))


# ---- numbers


def test_pairs_are_those_of_paired_comparison_but_for_more_sign_flips() -> None:
    draw = np.random.default_rng(1)
    papers = [f"p{i % 12}" for i in range(60)]
    scores = {name: draw.random(60) * skill for name, skill in (("a", 1.0), ("b", 0.8), ("c", 0.75))}
    for pair in compared(scores, papers):
        alone = paired_comparison(scores[pair.a], scores[pair.b], papers)
        assert pair.difference == pytest.approx(alone["difference"], abs=1e-6)
        assert (pair.low, pair.high) == pytest.approx((alone["interval"]["low"], alone["interval"]["high"]), abs=1e-6)
        assert pair.p_value == pytest.approx(alone["p_value"], abs=0.04)
        assert pair.p_adjusted is not None
        assert pair.p_adjusted >= pair.p_value


def test_one_paper_alone_is_not_tested() -> None:
    (pair,) = compared({"a": np.array([1.0, 0.0]), "b": np.array([0.0, 0.0])}, ["p", "p"])
    assert (pair.difference, pair.p_value, pair.detectable) == (0.5, None, None)


def test_the_order_is_that_of_the_scores_and_the_gap_is_to_the_one_above(told: Report) -> None:
    for section in told.sections:
        values = [section.estimate(one).value for one in section.standings]
        assert values == sorted(values, reverse=True)
        for upper, lower in zip(section.standings, section.standings[1:], strict=False):
            assert lower.above is not None
            assert (lower.above.a, lower.above.b) == (upper.model, lower.model)
            gap = (section.estimate(upper).value or 0) - (section.estimate(lower).value or 0)
            assert lower.above.difference == pytest.approx(gap, abs=2e-6)


def test_wrong_keys_are_found_by_their_negative_discrimination() -> None:
    skill = np.linspace(0.1, 0.9, 18)
    draw = np.random.default_rng(3)
    table = (draw.random((18, 40)) < skill[:, None]).astype(float)
    table[:, :WRONG_KEYS] = 1 - (skill[:, None] > 0.4)
    scores = {f"m{i}": row for i, row in enumerate(table)}
    found = item_figures([f"i{n:02d}" for n in range(40)], ["p"] * 40, scores)
    assert {f"i{n:02d}" for n in range(WRONG_KEYS)} <= {item.id for item in found if item.suspect}
    assert sum(item.suspect for item in found) <= WRONG_KEYS + 2


def test_items_of_few_models_have_no_discrimination(told: Report) -> None:
    three = next(section for section in told.sections if len(section.standings) == 3)
    assert {item.discrimination for item in three.items} == {None}


# ---- files


def test_every_table_carries_its_signature_in_csv_and_latex(page: Path) -> None:
    tables = sorted((page / "tables").rglob("*.csv"))
    assert {path.stem for path in tables} >= {
        "leaderboard",
        "pairs",
        "items",
        "strategies",
        "calibration",
        "by-scale",
        "by-field",
    }
    for path in tables:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert all(row["signature"].startswith("made_up_bench|v1.0.0|rows:") for row in rows)
        tex = path.with_suffix(".tex").read_text()
        assert r"\toprule" in tex
        assert r"made\_up\_bench\textbar{}v1.0.0" in tex


def test_report_json_is_valid_by_the_schema_that_is_shipped(page: Path) -> None:
    schema = json.loads((ROOT / "builder" / "schemas" / "report.json").read_text(encoding="utf-8"))
    given = json.loads((page / "report.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    assert list(validator.iter_errors(given)) == []
    given["sections"][0]["standings"][0]["rank"] = "first"
    assert [list(error.path) for error in validator.iter_errors(given)] == [["sections", 0, "standings", 0, "rank"]]


def test_report_json_reads_back_as_the_report(page: Path, told: Report) -> None:
    again = Report.model_validate_json((page / "report.json").read_bytes())
    assert [section.signature for section in again.sections] == [section.signature for section in told.sections]
    assert again.sections[0].pairs == told.sections[0].pairs


def test_the_same_results_give_the_same_bytes(results: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert main(["report", str(results / SOME[0]), "--out", str(tmp_path / name)]) == 0
    for path in (tmp_path / "one").rglob("*"):
        if path.is_file():
            assert (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes() == path.read_bytes()


def test_a_folder_of_something_else_is_left_as_it_is(results: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    assert main(["report", str(results), "--out", str(tmp_path)]) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("broken", ["{", '{"signature": 1}', ""])
def test_a_broken_result_is_named(broken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "result.json").write_text(broken)
    assert main(["report", str(tmp_path), "--out", str(tmp_path / "out")]) == 3
    assert "result.json] is not a result" in capsys.readouterr().err


def test_latex_prints_what_it_is_given() -> None:
    assert latex("50 % of a_b & \\input{x}\n$") == r"50 \% of a\_b \& \textbackslash{}input\{x\} \$"


# ---- the page


def test_the_page_loads_and_runs_nothing(page: Path) -> None:
    text = (page / "index.html").read_text()
    outline = Outline(text)
    assert not {"script", "link", "iframe", "object", "embed", "form", "base"} & {name for name, _ in outline.tags}
    policy = next(one["content"] for one in outline.named("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not [
        attributes for _, attributes in outline.tags if "style" in attributes or any(k.startswith("on") for k in attributes)
    ]
    assert not re.findall(r"url\(|@import|https?://", text)


def test_headings_are_in_order_ids_once_and_every_drawing_is_named(page: Path) -> None:
    outline = Outline((page / "index.html").read_text())
    levels = [int(name[1]) for name, _ in outline.tags if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    drawings = [one for one in outline.named("svg") if one.get("aria-hidden") != "true"]
    assert len(drawings) > 30
    assert all(one.get("role") == "img" and one.get("aria-label") for one in drawings)
    assert all(one.get("tabindex") == "0" for one in outline.named("div") if "scroll" in (one.get("class") or ""))


def test_every_figure_of_the_two_papers_is_drawn(page: Path) -> None:
    text = (page / "index.html").read_text()
    drawn = ("radar-field", "histogram", "strategies", "reliability", "confidence", "tokens", "by-scale", "by-kind", "items")
    for name in (*drawn, "scale-correlations"):
        assert re.search(rf'id="multi_select-test-\d-{name}"', text), name


def test_markup_in_names_titles_and_options_is_shown_not_run(hostile: Path) -> None:
    text = (hostile / "report" / "index.html").read_text()
    outline = Outline(text)
    assert not outline.named("script")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert HOSTILE.split()[0] not in text
    assert not [one for one in outline.named("a") if not re.match(r"#|https?://", one["href"] or "")]


def test_the_gallery_shows_key_answers_evidence_source_and_licence(hostile: Path) -> None:
    text = (hostile / "report" / "index.html").read_text()
    outline = Outline(text)
    assert len(outline.named("article")) == len(outline.named("img")) >= 2
    assert all((one["src"] or "").startswith("data:image/") and one["alt"] for one in outline.named("img"))
    assert "https://creativecommons.org/licenses/by/4.0/" in text
    assert "scaled to" in text
    assert "Key." in text
    assert "Evidence: caption of Figure 1" in text
    assert "11111111-2222-3333-4444-555555555555" in text  # the canary


def test_closed_figures_are_not_in_the_gallery(hostile: Path) -> None:
    assert "must not be shown" not in (hostile / "report" / "index.html").read_text()


def test_another_release_than_was_scored_is_refused(
    results: Path, hostile: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ["report", str(results), "--out", str(tmp_path / "out"), "--release", str(hostile / "release")]
    assert main(made) == 2
    assert "name the release that the predictions were scored on" in capsys.readouterr().err


def test_only_web_addresses_become_links() -> None:
    assert [web_address(url) for url in ("https://a.b", "javascript:alert(1)", None, " data:x")] == ["https://a.b", "", "", ""]


def test_drawings_escape_their_words_and_do_not_divide_by_nothing() -> None:
    assert SCRIPT not in radar([0.5, None, 0.1], [0.5, None, 0.2], SCRIPT)
    from builder.reporting.charts import Point

    assert "nan" not in scatter([Point("1", SCRIPT, 5.0, 0.5)], (SCRIPT, "y"), "one")


def test_the_leaderboard_table_says_what_could_have_been_found(told: Report) -> None:
    table = leaderboard_table(told.sections[-1])
    assert table.head[4:9] == ("n", "ok", "gap to the one above", "p (Holm)", "detectable gap")
    first = told.sections[-1].standings[0].result
    assert table.rows[0][5] == f"{first.statuses['ok']} of {first.items}"
    assert "power 0.8" in table.note
