"""run_report.json and run_report.html of a build: what they count, and that they open anywhere and run nothing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from PIL import Image
from test_run_log import in_this_process

from builder import shipped
from builder.cli import main
from builder.edges.engine import Failure
from builder.errors import Exit
from builder.records import StageCount
from builder.reporting.flow import flow
from builder.reporting.gallery import Shown
from builder.reporting.run_page import run_page
from builder.reporting.run_report import (
    FACTS,
    PAGE,
    DropTold,
    Example,
    PaperTold,
    RunReport,
    StageTold,
    run_schema_files,
)
from builder.spend import Books, Spend

PAPERS = Path(__file__).parent / "papers"
ND = PAPERS / "magnetite-annealing.pdf"  # none may adapt it: no question is made of its crops
HOSTILE = '<script>alert(1)</script> "q" <img src=https://example.org/x onerror=alert(2)> & {{ 7 * 7 }}'
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync", "disable-background-networking")
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


@dataclass(frozen=True)
class Built:
    work: Path
    release: Path

    @property
    def report(self) -> RunReport:
        return RunReport.model_validate_json((self.work / FACTS).read_bytes())

    @property
    def page(self) -> str:
        return (self.work / PAGE).read_text(encoding="utf-8")


def build(folder: Path, *papers: Path, more: Sequence[str] = ()) -> int:
    return main(
        ["build", "csm_bench", "--papers", *map(str, papers), "--out", str(folder / "release"), "--work", str(folder / "work")]
        + ["--version", "1.0.0", "--jobs", "1", *more]
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("told")
    broken = folder / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and then nothing")
    with pytest.MonkeyPatch.context() as patch:
        in_this_process(patch, lambda work, task: work(task))
        assert build(folder, ND, broken) == Exit.OK
        assert build(folder, ND, broken, more=["--show-dropped"]) == Exit.OK  # and tells what the first run measured
    return Built(folder / "work", folder / "release")


def test_the_report_fits_its_schema_and_its_counts_are_those_of_the_release(built: Built) -> None:
    jsonschema.validate(json.loads((built.work / FACTS).read_bytes()), json.loads(run_schema_files()["run_report.json"]))
    report = built.report
    assert report.outcomes == {"ok": 1, "dropped": 1}
    assert report.reasons == {"not-a-pdf": 1}
    attrition = json.loads((built.release / "attrition.json").read_bytes())
    names = StageCount.model_fields
    assert [{k: v for k, v in one.model_dump().items() if k in names} for one in report.stages] == attrition["stages"]
    assert sum(drop.count for drop in report.drops) == len(attrition["drops"])


def test_papers_that_were_reused_are_told_with_what_they_took_when_they_were_cut(built: Built) -> None:
    report = built.report
    assert report.reused == 2
    slowest = {one.file: one for one in report.slowest}
    assert set(slowest) == {ND.name, "broken.pdf"}
    assert slowest[ND.name].run != report.run
    assert set(slowest[ND.name].stages) == {one.stage for one in report.stages}
    crop = next(one for one in report.stages if one.stage == "crop")
    assert crop.papers_timed == 1
    assert crop.seconds == pytest.approx(sum(one.stages.get("crop", 0) for one in report.slowest), abs=0.01)


def test_a_drop_that_has_a_crop_is_shown_with_it_and_with_what_its_licence_forbids(built: Built) -> None:
    (drop,) = [one for one in built.report.drops if one.stage == "caption_matching" and one.reason == "rights"]
    shown = [one for one in drop.examples if one.file == ND.name]
    assert shown
    assert all(one.crop_sha256 and not one.may_share and one.label and one.page for one in shown)
    assert built.page.count("data:image/jpeg;base64,") >= len(shown)
    assert "not to be passed on" in built.page
    assert "For you alone, not to be published" in built.page


def test_what_was_dropped_before_it_was_cropped_is_looked_at_where_that_is_asked_for(built: Built) -> None:
    early = [one for drop in built.report.drops if drop.stage in ("sieve", "select") for one in drop.examples]
    assert early
    assert all(one.crop_sha256 and one.page and one.licence is None and not one.may_share for one in early)
    for one in early:
        with Image.open(built.work / "blobs" / str(one.crop_sha256)[:2] / str(one.crop_sha256)) as picture:
            assert 200 < max(picture.size) <= 325


def test_a_build_that_is_stopped_leaves_its_report_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hung = Failure("timeout", "not done after 300 s; --timeout raises the limit", 300.0)
    in_this_process(monkeypatch, lambda _, __: hung)
    assert build(tmp_path, ND) == Exit.CANNOT_READ
    report = Built(tmp_path / "work", tmp_path / "release").report
    assert (report.state, report.exit, report.release) == ("stopped", "cannot-read", None)
    assert (report.outcomes, report.reasons) == ({"failed": 1}, {"timeout": 1})
    assert report.slowest[0].stages == {"timeout": 300.0}


def test_a_paper_that_crashed_has_the_seconds_that_it_took_until_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    died = Failure("crashed", "the child died of SIGSEGV", 7.25)
    in_this_process(monkeypatch, lambda _, __: died)
    assert build(tmp_path, ND) == Exit.CANNOT_READ
    (paper,) = Built(tmp_path / "work", tmp_path / "release").report.slowest
    assert (paper.reason, paper.seconds, paper.stages) == ("crashed", 7.25, {"crashed": 7.25})


def hostile() -> RunReport:
    """A report whose every word from outside is an attack."""
    stage = StageTold(
        stage="locate",
        unit="captions",
        read=5,
        kept=3,
        made=3,
        dropped={HOSTILE: 2},
        branch="figures",
        seconds=1,
        papers_timed=1,
    )
    example = Example(
        record_id=HOSTILE,
        file=HOSTILE,
        detail=HOSTILE,
        crop_sha256="0",
        label=HOSTILE,
        page=1,
        licence=HOSTILE,
        may_share=False,
    )
    spend = Spend(HOSTILE, HOSTILE, 1, 0, 0, 1, 10, 5, 1, 0.5, 0)
    took = {"locate": 1.0, HOSTILE: 2.0}
    return RunReport(
        run="r", command="build", builder_version="1", recipe=HOSTILE, recipe_hash="0", version="1.0.0", tier="open",
        started=datetime(2026, 3, 1, tzinfo=UTC), seconds=3, state="finished", exit=None, release=HOSTILE, signature=HOSTILE,
        rows={HOSTILE: {"test": 1}}, papers=1, done=1, reused=0, outcomes={"failed": 1}, reasons={HOSTILE: 1}, stages=(stage,),
        slowest=(PaperTold(file=HOSTILE, sha256="0", outcome="failed", reason=HOSTILE, seconds=3, stages=took, run="r"),),
        drops=(DropTold(stage="locate", unit="captions", reason=HOSTILE, count=2, read=5, examples=(example,)),),
        spent_usd=0.5, spending=Books((spend,), 0, 15, 0.5), max_tokens=100, max_usd=1.0,
    )  # fmt: skip


def page_of(report: RunReport) -> str:
    style = shipped.page_part("report.css") + shipped.page_part("run.css")
    template = shipped.page_part("parts.html.j2") + shipped.page_part("run.html.j2")
    return run_page(report, {"0": Shown(PIXEL, 1, 1)}, template, style)


def test_no_word_of_a_paper_becomes_markup_and_the_page_may_run_and_load_nothing() -> None:
    page = page_of(hostile())
    assert "<script" not in page
    assert "<img src=https" not in page
    assert "{{ 7 * 7 }}" in page
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in unescape(page)
    assert set(re.findall(r'(?:src|href)="([^"]{1,12})', page)) <= {PIXEL[:12], "#attrition", "#slowest", "#drops", "#spending"}


def test_tokens_and_money_stand_by_stage_and_model() -> None:
    page = page_of(hostile())
    assert "15 tokens and 0.5000 USD of 100 tokens and 1.00 USD" in page


# The flow

STAGES = (
    StageCount(stage="ingest", unit="papers", read=10, kept=8, made=8, dropped={"encrypted": 1, "no-text": 1}),
    StageCount(stage="sieve", unit="pages", read=100, kept=25, made=30, dropped={"no-caption": 75}),
    StageCount(stage="locate", unit="captions", read=30, kept=30, made=30),
    StageCount(stage="pair", unit="figures", read=30, kept=15, made=15, dropped={"no-label": 15}),
    StageCount(stage="panels", unit="figures", read=15, kept=15, made=15),
)


def boxes(drawn: str, class_: str) -> list[tuple[str, float]]:
    """What each box says, and its height."""
    found = ElementTree.fromstring(drawn).iter("rect")
    return [(one[0].text or "", float(one.get("height", ""))) for one in found if one.get("class") == class_]


def test_a_bar_is_as_tall_as_its_share_of_what_its_unit_began_with() -> None:
    kept = dict(boxes(flow(STAGES, "told"), "c0"))
    whole = kept["locate: 30 captions read, 30 kept"]
    assert kept["sieve: 100 pages read, 25 kept"] == pytest.approx(0.25 * whole)
    assert kept["pair: 30 figures read, 15 kept"] == pytest.approx(0.5 * whole)
    assert kept["panels: 15 figures read, 15 kept"] == pytest.approx(0.5 * whole)  # the scale goes on within a unit
    assert kept["15 records handed on"] == pytest.approx(0.5 * whole)


def test_what_is_dropped_is_shown_by_reason_in_proportion() -> None:
    drawn = flow(STAGES, "told")
    parts = dict(boxes(drawn, "c3 edge") + boxes(drawn, "c2 edge"))
    assert parts["ingest: 1 encrypted"] == parts["ingest: 1 no-text"]
    assert parts["sieve: 75 no-caption"] == pytest.approx(dict(boxes(drawn, "c3"))["sieve: 75 pages dropped"])


@pytest.mark.parametrize("read", [0, 1, 10**7])
def test_nothing_at_all_and_ten_million_records_can_be_drawn(read: int) -> None:
    one = StageCount(stage="ingest", unit="papers", read=read, kept=0, made=0, dropped={"encrypted": read} if read else {})
    drawn = ElementTree.fromstring(flow((one,), "told"))
    assert drawn.get("role") == "img"
    assert drawn.get("aria-label") == "told"


# In a browser

sync_api = pytest.importorskip("playwright.sync_api", reason="the page is not opened: pip install playwright")


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    if CHROMIUM is None:
        pytest.skip("the page is not opened: no Chromium on PATH; apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[f"--{flag}" for flag in FLAGS])
        yield opened
        opened.close()


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (360, "dark")])
def test_the_page_opens_offline_fits_the_screen_and_asks_nobody(
    built: Built, browser: sync_api.Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    (tmp_path / "hostile.html").write_text(page_of(hostile()), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    for path in (built.work / PAGE, tmp_path / "hostile.html"):
        page, requests, complaints = context.new_page(), [], []
        page.on("request", lambda request, all_=requests: all_.append(request.url))
        page.on("console", lambda told, all_=complaints: all_.append(told.text) if told.type in ("error", "warning") else None)
        page.goto(path.as_uri())
        assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
        assert complaints == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.get_by_role("heading", level=2).all_inner_texts() == [
            "Attrition", "Slowest papers", "Drops by reason", "Tokens and money"
        ]  # fmt: skip
        assert page.locator("svg[role=img][aria-label]").count() >= 2
        assert page.locator("img").evaluate_all("all => all.length > 0 && all.every(one => one.naturalWidth > 0 && one.alt)")
        regions = page.locator("[role=region]")
        assert len(set(regions.evaluate_all("all => all.map(one => one.ariaLabel)"))) == regions.count()
    context.close()
