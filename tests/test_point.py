"""A model points at figures: its boxes are checked and tightened, or dropped with a reason while the rules' boxes stay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from builder import shipped
from builder.asking import Reply
from builder.cli import main
from builder.edges.engine import Outcome
from builder.errors import Exit, UsageError
from builder.pages import Box, Page
from builder.recipe import PointRule, read_recipe
from builder.records import Caption, Figure
from builder.stages.image_tokens import Pixels
from builder.stages.locate import locate, placed
from builder.stages.point import PointedPage, prompt_for, read_reply, rescued, schema_for, settle, to_ask
from builder.stages.sieve import SievedPage, sieve
from builder.stages.typeset import typeset_of
from tests.loopback_model import Request, Says, answer, error, loopback_model
from tests.test_sieve import page, paragraph, text

RULE = PointRule(use="always", model="eye")
SHOWN = Pixels(768, 1024)
UPPER, LOWER = Box(80, 60, 400, 200), Box(80, 260, 400, 400)


def caption(number: int, x: float, y: float) -> Any:
    return text(f"Figure {number}. A terrace of the clean surface.", x, y, size=8, font="Sans", bold=True, block=10 + number)


PAGE = page(1, [caption(1, 80, 206), caption(2, 80, 406), *paragraph(460, 12, 2)], [UPPER, LOWER])


def pointed_page(of: Page = PAGE) -> PointedPage:
    (sieved,), _ = sieve(typeset_of([of]), "p")
    figures, _ = locate([sieved], typeset_of([of]), "p")
    return PointedPage(sieved.page, sieved.captions, tuple(figures), SHOWN)


def said(*entries: tuple[str, Sequence[float] | Box | None], units: str = "thousandths", raw: bool = False) -> Reply:
    """A reply; boxes in points of a 600 x 800 page unless `raw`."""
    scale = 1000 if units == "thousandths" else 1
    whole = (600, 800, 600, 800)
    figures = []
    for label, box in entries:
        corners = None if box is None else [v if raw else scale * v / side for v, side in zip(box, whole, strict=True)]
        llbox = None if corners is None else dict(zip(("x0", "y0", "x1", "y1"), corners, strict=True))
        figures.append({"label": label, "llbox": llbox})
    return Reply(
        hash="0" * 64, outcome="answered", value={"units": units, "figures": figures}, model_asked="m", model_answered="m-1"
    )


def reasons(*entries: tuple[str, Sequence[float] | Box | None], raw: bool = False, rule: PointRule = RULE) -> list[str]:
    return [one.rejected for one in read_reply(said(*entries, raw=raw, units=rule.units), pointed_page(), rule)]


def test_boxes_come_back_in_points_whatever_the_units() -> None:
    for units in ("thousandths", "fractions"):
        rule = RULE.model_copy(update={"units": units})
        first, second = read_reply(said(("Figure 2", LOWER), ("Figure 1", UPPER), units=units), pointed_page(), rule)
        assert first.caption.label == "Figure 1"
        assert first.box
        assert second.box
        assert first.box == pytest.approx(UPPER)
        assert second.box == pytest.approx(LOWER)


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ((100, 100, 1001, 300), "outside-page"),
        ((-1, 100, 500, 300), "outside-page"),
        ((500, 100, 100, 300), "empty-box"),
        ((100, 300, 500, 300), "empty-box"),
        ((133, 75, 140, 250), "empty-box"),
        ((0.13, 0.07, 0.66, 0.25), "ambiguous-units"),
        ((700, 75, 950, 250), "no-graphics"),
        ((100, 560, 500, 760), "no-graphics"),
        ((130, 245, 520, 275), "covers-caption"),
        (None, "not-on-page"),
    ],
)
def test_a_box_that_cannot_be_right_is_rejected_with_its_reason(box: Sequence[float] | None, reason: str) -> None:
    assert reasons(("Figure 1", box), ("Figure 2", None), raw=True) == [reason, "not-on-page"]


def test_a_box_over_a_paragraph_is_rejected_though_a_mark_stands_in_it() -> None:
    pointed = pointed_page(page(1, [caption(1, 80, 206), *paragraph(300, 12, 2)], [UPPER, Box(200, 320, 260, 340)]))
    (one,) = read_reply(said(("Figure 1", Box(60, 290, 440, 450))), pointed, RULE)
    assert one.rejected == "covers-text"


def test_fractions_outside_the_page_are_not_read_as_thousandths() -> None:
    rule = RULE.model_copy(update={"units": "fractions"})
    assert reasons(("Figure 1", (133, 75, 666, 250)), ("Figure 2", (0.13, 0.33, 0.66, 0.5)), raw=True, rule=rule) == [
        "outside-page",
        "",
    ]


@pytest.mark.parametrize("habit", ["pixels", "y first"])
def test_boxes_that_match_the_rules_only_when_read_otherwise_are_not_believed(habit: str) -> None:
    def told(box: Box) -> list[float]:
        x0, y0, x1, y1 = (1000 * v / side for v, side in zip(box, (600, 800, 600, 800), strict=True))
        return [y0, x0, y1, x1] if habit == "y first" else [0.768 * x0, 1.024 * y0, 0.768 * x1, 1.024 * y1]

    assert reasons(("Figure 1", told(UPPER)), ("Figure 2", told(LOWER)), raw=True) == ["ambiguous-units"] * 2


def test_a_caption_without_a_box_or_with_two_has_none() -> None:
    assert reasons(("Figure 1", UPPER), ("Figure 1", LOWER)) == ["two-boxes", "no-box"]


def test_two_figures_on_one_another_are_both_rejected() -> None:
    assert reasons(("Figure 1", UPPER), ("Figure 2", Box(80, 60, 400, 190))) == ["overlaps-figure", "overlaps-figure"]


@pytest.mark.parametrize("outcome", ["malformed", "refused", "truncated", "failed"])
def test_no_answer_is_a_reason_too(outcome: str) -> None:
    reply = Reply.model_validate({"hash": "0" * 64, "outcome": outcome, "model_asked": "m"})
    assert [one.rejected for one in read_reply(reply, pointed_page(), RULE)] == [f"no-answer-{outcome}"] * 2


corner = st.one_of(st.floats(), st.integers(-10, 2000).map(float))


@given(
    st.lists(
        st.tuples(st.sampled_from(["Figure 1", "Figure 2"]), st.none() | st.tuples(corner, corner, corner, corner)), max_size=4
    )
)
def test_whatever_numbers_come_back_each_caption_has_a_box_on_the_page_or_a_reason(entries: list[Any]) -> None:
    found = read_reply(said(*entries, raw=True), POINTED, RULE)
    assert [one.caption for one in found] == list(POINTED.captions)
    for one in found:
        assert bool(one.box) != bool(one.rejected)
        if one.box:
            assert 0 <= one.box.x0 < one.box.x1 <= 600
            assert 0 <= one.box.y0 < one.box.y1 <= 800


POINTED = pointed_page()


def test_the_schema_takes_a_right_reply_and_no_other_label_or_units() -> None:
    schema = Draft202012Validator(dict(schema_for(POINTED, RULE)))
    assert schema.is_valid(said(("Figure 1", UPPER), ("Figure 2", None)).value)
    assert not schema.is_valid(said(("Figure 3", UPPER)).value)
    assert not schema.is_valid(said(("Figure 1", UPPER), units="fractions").value)


def test_the_prompt_names_the_captions_the_units_and_the_recipes_note() -> None:
    prompt = prompt_for(POINTED, RULE.model_copy(update={"note": "Insets belong to their panel."}), shipped.prompt("point"))
    assert "Figure 1; Figure 2" in prompt.user
    assert "thousandths" in prompt.user
    assert prompt.user.endswith("Insets belong to their panel.")
    assert "{" not in prompt.user + prompt.system


# ---- what becomes of the figures


def settled(reply: Reply, pointed: PointedPage = POINTED, rule: PointRule = RULE) -> tuple[Figure, ...]:
    def place(caption: Caption, box: Box) -> Figure:
        return placed(caption, box, SievedPage(pointed.page, pointed.captions), typeset_of([pointed.page]), "p")

    return settle(pointed, read_reply(reply, pointed, rule), rule, "m-1", place)


def test_where_both_agree_the_rules_box_stays_and_is_sure() -> None:
    loose = Box(UPPER.x0 - 4, UPPER.y0 - 4, UPPER.x1 + 4, UPPER.y1 + 4)
    first, _ = settled(said(("Figure 1", loose), ("Figure 2", LOWER)))
    assert first.bbox == POINTED.figures[0].bbox
    assert first.placed_by == "rules, agreed by m-1"
    assert (first.confidence >= 0.9, first.doubts) == (True, ())


def test_rules_that_are_sure_keep_the_extent_of_a_figure_that_both_mean() -> None:
    sure = tuple(f.model_copy(update={"confidence": 0.9, "doubts": ()}) for f in POINTED.figures)
    most = Box(80, 60, 310, 200)
    first, _ = settled(said(("Figure 1", most), ("Figure 2", LOWER)), PointedPage(PAGE, POINTED.captions, sure, SHOWN))
    assert (first.bbox, first.placed_by, first.doubts) == (sure[0].bbox, "rules", ("model-box-of-another-extent",))
    unsure = tuple(f.model_copy(update={"confidence": 0.5}) for f in POINTED.figures)
    first, _ = settled(said(("Figure 1", most), ("Figure 2", LOWER)), PointedPage(PAGE, POINTED.captions, unsure, SHOWN))
    assert first.placed_by == "m-1"


def test_where_they_differ_the_recipe_has_given_the_model_the_word() -> None:
    half = Box(80, 60, 230, 200)
    first, second = settled(said(("Figure 1", half), ("Figure 2", LOWER)))
    assert first.bbox.iou(half) > 0.9
    assert (first.placed_by, first.doubts, first.side) == ("m-1", ("model-and-rules-differ",), "below")
    assert first.id == POINTED.figures[0].id
    assert second.placed_by == "rules, agreed by m-1"


def test_a_rejected_box_leaves_the_rules_box_with_the_reason_as_a_doubt() -> None:
    first, second = settled(said(("Figure 1", None), ("Figure 2", LOWER)))
    assert first.bbox == POINTED.figures[0].bbox
    assert first.placed_by == "rules"
    assert first.doubts[-1] == "model-box-not-on-page"


def test_a_figure_that_the_rules_missed_is_found() -> None:
    alone = PointedPage(POINTED.page, POINTED.captions, POINTED.figures[:1], SHOWN)
    _, second = settled(said(("Figure 1", UPPER), ("Figure 2", LOWER)), alone)
    assert second.bbox.iou(LOWER) > 0.9
    assert second.placed_by == "m-1"


def test_a_found_figure_may_not_lie_on_one_that_stays() -> None:
    rule = RULE.model_copy(update={"use": "low_confidence", "below": 0.1})
    alone = PointedPage(POINTED.page, POINTED.captions, POINTED.figures[:1], SHOWN)
    both = said(("Figure 1", None), ("Figure 2", Box(80, 60, 400, 190)))
    assert [f.caption.label for f in settled(both, alone, rule)] == ["Figure 1"]


def test_a_caption_that_a_model_took_in_is_cut_off() -> None:
    first, second = settled(said(("Figure 1", Box(80, 60, 400, 216)), ("Figure 2", Box(75, 255, 405, 420))))
    assert [f.placed_by for f in (first, second)] == ["rules, agreed by m-1"] * 2


def test_only_doubted_figures_are_asked_for_under_low_confidence() -> None:
    low = RULE.model_copy(update={"use": "low_confidence", "below": 0.6})
    sure = tuple(f.model_copy(update={"confidence": 0.9}) for f in POINTED.figures)
    unsure = (sure[0], sure[1].model_copy(update={"confidence": 0.5}))
    assert not to_ask(PointedPage(POINTED.page, POINTED.captions, sure, SHOWN), low)
    assert to_ask(PointedPage(POINTED.page, POINTED.captions, unsure, SHOWN), low)
    assert to_ask(PointedPage(POINTED.page, POINTED.captions, sure[:1], SHOWN), low)
    assert not to_ask(PointedPage(POINTED.page, POINTED.captions, unsure, SHOWN), RULE.model_copy(update={"use": "never"}))
    half = said(("Figure 1", Box(80, 60, 240, 200)), ("Figure 2", LOWER))
    first, second = settled(half, PointedPage(POINTED.page, POINTED.captions, unsure, SHOWN), low)
    assert first == sure[0]  # the model's other word on a figure nobody doubted is not taken
    assert second.placed_by == "rules, agreed by m-1"


def test_a_label_is_kept_once() -> None:
    figure = POINTED.figures[0]
    other = figure.model_copy(update={"caption": figure.caption.model_copy(update={"id": "p#9#Figure 1"})})
    kept, dropped = rescued([figure, other], [])
    assert kept == [figure]
    assert [(d.record_id, d.reason) for d in dropped] == [("p#9#Figure 1", "repeated-label")]


# ---- a whole run, the model on loopback

PAPERS = Path(__file__).parent / "papers"
NAME = "pearlite-steel.pdf"
TRUTH = {
    row["label"]: row
    for row in map(json.loads, (PAPERS / "truth.jsonl").read_text(encoding="utf-8").splitlines())
    if row["pdf"] == NAME and "bbox" in row
}
KEY = "test-key-0123456789abcdef"


def labels_of(request: Request) -> list[str]:
    schema = request["response_format"]["json_schema"]["schema"]
    return list(schema["properties"]["figures"]["items"]["properties"]["label"]["enum"])


def oracle(request: Request, _: int = 0) -> Says:
    """Says where the specimens' sources put the figures, a little loosely."""
    document = pymupdf.open(PAPERS / NAME)
    figures = []
    for label in labels_of(request):
        row = TRUTH[label]
        rect = document[row["page"] - 1].rect
        x0, y0, x1, y1 = row["bbox"]
        corners = ((x0 - 2) / rect.width, (y0 - 2) / rect.height, (x1 + 2) / rect.width, (y1 + 2) / rect.height)
        figures.append({"label": label, "llbox": dict(zip(("x0", "y0", "x1", "y1"), (1000 * v for v in corners), strict=True))})
    return answer({"units": "thousandths", "figures": figures}, prompt=1500, completion=60)


def recipe_file(folder: Path, base_url: str, *, model: str = "", asking: str = "") -> Path:
    path = folder / "recipe.toml"
    reach = model or f'provider = "openai"\nbase_url = "{base_url}"\napi_key_env = "LOOPBACK_KEY"\nattempts = 1'
    eye = f'[models.eye]\nmodel = "loop"\nfamily = "gpt-4o"\n{reach}'
    family = (Path(shipped.__file__).parent / "recipes" / "csm_bench.toml").read_text(encoding="utf-8")
    path.write_text("\n".join([family, eye, "[asking]", asking, '[point]\nmodel = "eye"\nuse = "always"']), encoding="utf-8")
    return path


def figures(recipe: Path, work: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, Any]], str]:
    capsys.readouterr()
    code = main(["figures", str(PAPERS / NAME), "--recipe", str(recipe), "--work", str(work), "--jobs", "1"])
    out, err = capsys.readouterr()
    return code, [json.loads(line) for line in out.splitlines()], err


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPBACK_KEY", KEY)


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers are cut in this process: a child takes seconds to start, and its isolation has tests of its own."""

    def run_here(cut: Callable[[Any], Any], tasks: Sequence[Any], **_: object) -> Iterator[Outcome[Any, Any]]:
        return (Outcome(task, cut(task)) for task in tasks)

    monkeypatch.setattr("builder.edges.engine.run_isolated", run_here)


@pytest.mark.usefixtures("one_process")
def test_a_run_asks_once_takes_the_boxes_and_a_second_run_costs_nothing_and_needs_no_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openai")
    with loopback_model(oracle) as server:
        recipe = recipe_file(tmp_path, server.base_url)
        code, first, _ = figures(recipe, tmp_path / "work", capsys)
        asked = len(server.requests)
        monkeypatch.delenv("LOOPBACK_KEY")
        again, second, _ = figures(recipe, tmp_path / "work", capsys)
    assert (code, again) == (Exit.OK, Exit.OK)
    assert asked == len({row["page"] for row in TRUTH.values()}) == len(server.requests)
    assert {line["placed_by"] for line in first} == {"rules, agreed by loopback-1"}
    assert second == first
    replayed = recipe_file(tmp_path, "", model=f'provider = "replay"\nfolder = "{tmp_path / "work" / "replies"}"')
    assert figures(replayed, tmp_path / "other", capsys)[1] == first
    empty = recipe_file(tmp_path, "", model=f'provider = "replay"\nfolder = "{tmp_path}"')
    code, _, err = figures(empty, tmp_path / "third", capsys)
    assert code == Exit.CANNOT_READ
    assert "no reply is recorded" in err


@pytest.mark.usefixtures("one_process")
def test_a_wrong_or_missing_word_of_the_model_costs_no_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("openai")
    plain = figures(Path("csm_bench"), tmp_path / "plain", capsys)[1]
    wrong: list[Callable[[Request, int], Says]] = [
        lambda *_: answer("The figures are at the top."),
        lambda *_: error(400, "no"),
        lambda request, _: answer(
            {"units": "thousandths", "figures": [{"label": n, "llbox": None} for n in labels_of(request)]}
        ),
    ]
    for number, reply in enumerate(wrong):
        with loopback_model(reply) as server:
            work = tmp_path / str(number)
            code, lines, err = figures(recipe_file(tmp_path, server.base_url), work, capsys)
            assert code == (Exit.ASKING_STOPPED if number == 1 else Exit.OK)
            assert ("got no answer" in err.splitlines()[-1]) == (number == 1)
            assert [line["bbox"] for line in lines] == [line["bbox"] for line in plain]
            assert {line["placed_by"] for line in lines} == {"rules"}
            asked = len(server.requests)
            figures(recipe_file(tmp_path, server.base_url), work, capsys)
            assert len(server.requests) == (2 * asked if number == 1 else asked)  # only what was not answered is asked anew


@pytest.mark.usefixtures("one_process")
def test_the_cap_ends_a_run_with_its_own_code_and_a_raised_one_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("openai")
    with loopback_model(oracle) as server:
        recipe = recipe_file(tmp_path, server.base_url, asking="max_tokens = 8000\nin_flight = 1")
        code, lines, err = figures(recipe, tmp_path / "work", capsys)
        assert (code, lines) == (Exit.ASKING_STOPPED, [])
        assert "of 8000 tokens are spent" in err
        before = len(server.requests)
        assert 0 < before < len({row["page"] for row in TRUTH.values()})
        code, lines, _ = figures(recipe_file(tmp_path, server.base_url), tmp_path / "work", capsys)
    assert code == Exit.OK
    assert len(lines) == len(TRUTH)
    assert len(server.requests) == len({row["page"] for row in TRUTH.values()})


def test_a_builds_report_says_what_was_billed_and_what_was_spared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("openai")
    with loopback_model(oracle) as server:
        recipe = recipe_file(tmp_path, server.base_url)
        arguments = ["--papers", str(PAPERS / NAME), "--out", str(tmp_path / "out"), "--version", "1.0.0", "--jobs", "1"]
        assert main(["build", str(recipe), *arguments]) == Exit.OK
    err = capsys.readouterr().err
    pages = len({row["page"] for row in TRUTH.values()})
    assert f"billed in this work folder: {pages} replies, {1500 * pages:,} prompt tokens" in err
    assert "by gpt-4o's rule" in err
    assert KEY not in err


# ---- recipes

START = 'tasks = []\n[identity]\nname = "x"\ntitle = "t"\nsummary = "s"\ncanary = "c"\n'
MODEL = '[models.a]\nprovider = "openai"\nmodel = "m"\n'


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('[point]\nuse = "always"', "there are none"),
        ('[point]\nuse = "sometimes"', "point.use"),
        ("[point]\npixels = 3", "point.pixels"),
        ('[models.a]\nprovider = "replay"\nmodel = "m"', "needs `folder`"),
        (MODEL + "[asking]\nmax_usd = 1.0", "needs a price for a"),
        (MODEL + 'base_url = "https://me:pass@host/v1"', "base_url"),
    ],
)
def test_a_recipe_that_cannot_ask_is_refused(lines: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_recipe(START + lines, "x.toml")


@pytest.mark.parametrize("line", ['api_key = "{}"', 'api_key_env = "{}"', 'base_url = "https://host/v1?key={}"'])
def test_a_key_pasted_into_a_recipe_is_refused_and_not_shown(line: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_recipe(START + MODEL + line.format(KEY), "x.toml")
    assert KEY not in str(refused.value)


def test_a_recipes_hash_is_of_what_rows_depend_on_and_not_of_the_way_to_a_model() -> None:
    plain, named = read_recipe(START, "x"), read_recipe(START + MODEL, "x")
    assert read_recipe(START + "[point]\nbelow = 0.5\n[asking]\nin_flight = 1", "x").hash == plain.hash
    assert read_recipe(START + MODEL + 'base_url = "http://127.0.0.1/v1"\ntimeout_s = 3', "x").hash == named.hash
    assert read_recipe(START + MODEL + "parameters = { seed = 3 }", "x").hash != named.hash
    assert read_recipe(START + MODEL + '[point]\nuse = "always"\nmodel = "a"', "x").hash != named.hash
