"""An edit of the code redoes the stages that it touches, and what follows from them only where it comes out differently."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from builder import shipped
from builder.bench import Bench, Source
from builder.code_version import Sources
from builder.edges import ocr
from builder.edges.engine import Failure, Outcome
from builder.edges.store import Receipt, Store, sha256_of
from builder.errors import CannotRead
from builder.making import Made
from builder.pipeline import STAGES, Stage, code_versions, cut, grounds_of, package_hash, stages_until
from builder.recipe import (
    Asking,
    AuditRule,
    BatteryRule,
    CaptionMatchingRule,
    ChallengeRule,
    CropRule,
    DescriptionRule,
    FieldRule,
    Identity,
    Keep,
    ModelRule,
    MultiSelectRule,
    Ocr,
    Papers,
    PointRule,
    Recipe,
    ReferenceRule,
    Split,
)
from builder.stages.rights import read_policy
from tests.small_run import PAPER_BYTES, go_on

ROOT = Path(__file__).parents[1]
PAPER = Path(__file__).parent / "papers" / "molybdenum-flakes.pdf"

SMALL = {
    "small/__init__.py": "VERSION = 1\n",
    "small/stage.py": '''"""A stage."""

from small import far, rooms
from small.near import helps, Table as Board
from small.rooms.kitchen import cook

LIMIT = 3
OTHER = 4

@far.marked
def run(board: Board) -> int:
    from small.late import late
    return helps(LIMIT) + far.reach() + late() + board.used()

def beside():
    return OTHER

__all__ = ["run"]
''',
    "small/near.py": """import json
from small.far import reach as stretch

def helps(n): return json.dumps(n) and _deep(n)
def _deep(n): return n
def unasked(): return stretch()

class Table:
    size: int = _deep(2)
    def used(self): return self._inner()
    def _inner(self): return 1
    def unused(self): return 2
    def __len__(self): return 3

class Based(Exception):
    def any(self): return 1
""",
    "small/far.py": """def marked(f): return f
def reach(): return 1
def beyond(): return 2
REGISTER = {}
REGISTER["x"] = marked
if REGISTER:
    print(beyond)
""",
    "small/late.py": "from small.near import Based\ndef late() -> Based: return Based()\n",
    "small/rooms/__init__.py": "from small.rooms.kitchen import cook\nprint('rooms')\n",
    "small/rooms/kitchen.py": "def cook(): return 1\n",
}


def small(folder: Path, changed: Mapping[str, tuple[str, str]]) -> str:
    for name, text in SMALL.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        old, new = changed.get(name, ("", ""))
        assert old in text
        path.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return Sources(folder / "small").version([("small.stage", "run")])


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("stage", "LIMIT = 3", "LIMIT = 4"),
        ("stage", "small.near import helps,", "small.far import reach as helps\nfrom small.near import"),
        ("near", "def _deep(n): return n", "def _deep(n): return n + 1"),
        ("near", "import json", "import simplejson as json"),
        ("near", "return self._inner()", "return self._inner() + 1"),
        ("near", "def _inner(self): return 1", "def _inner(self): return 2"),
        ("near", "size: int", "size: float"),
        ("near", "return 3", "return 4"),
        ("near", "def any(self): return 1", "def any(self): return 2"),
        ("far", "def marked(f): return f", "def marked(f): return lambda: f"),
        ("far", "def reach(): return 1", "def reach(): return 2"),
        ("far", "def beyond(): return 2", "def beyond(): return 3"),
        ("far", "print(beyond)", "print(beyond())"),
        ("late", "return Based()", "return Based(1)"),
    ],
)
def test_an_edit_of_what_a_stage_reaches_is_another_version(tmp_path: Path, name: str, old: str, new: str) -> None:
    before = small(tmp_path / "before", {})
    assert small(tmp_path / "after", {f"small/{name}.py": (old, new)}) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("stage", '"""A stage."""', '"""Another sentence."""'),
        ("stage", "OTHER = 4", "OTHER = 5"),
        ("stage", "\n\ndef beside():\n    return OTHER", "\n\n# A comment.\n\ndef beside():\n    return 1"),
        ("stage", '["run"]', '["run", "beside"]'),
        ("near", "def unasked(): return stretch()", "def unasked(): return 0"),
        ("near", "def unused(self): return 2", "def unused(self): return 3"),
        ("rooms/kitchen", "return 1", "return 2"),
    ],
)
def test_an_edit_beside_what_a_stage_reaches_is_none(tmp_path: Path, name: str, old: str, new: str) -> None:
    assert small(tmp_path / "after", {f"small/{name}.py": (old, new)}) == small(tmp_path / "elsewhere" / "before", {})


@pytest.mark.parametrize(("libraries", "same"), [({"json": "2"}, False), ({"tomllib": "2"}, True)])
def test_another_version_of_a_library_counts_where_it_is_reached(tmp_path: Path, libraries: dict[str, str], same: bool) -> None:
    small(tmp_path, {})
    roots = [("small.stage", "run")]
    before = Sources(tmp_path / "small", dict.fromkeys(libraries, "1")).version(roots)
    assert (Sources(tmp_path / "small", libraries).version(roots) == before) is same


def test_stages_that_read_no_pixels_do_not_depend_on_the_imaging_library() -> None:
    def reach(stage: Stage) -> bool:
        of = [(stage.run.__module__, stage.run.__qualname__)]
        return any(text.endswith("of pillow") for _, text in Sources(ROOT / "builder", {"PIL": "of pillow"}).reached(of))

    assert {stage.name for stage in STAGES if reach(stage)} >= {"crop"}
    assert not {stage.name for stage in STAGES if reach(stage)} & {"rights", "select"}


def test_a_module_that_is_used_otherwise_than_by_its_names_counts_whole(tmp_path: Path) -> None:
    uses = {"small/stage.py": ("return helps", "vars(rooms); return helps")}
    before = small(tmp_path / "before", uses)
    assert small(tmp_path / "after", {**uses, "small/rooms/__init__.py": ("'rooms'", "'more'")}) != before
    assert small(tmp_path / "after", {**uses, "small/rooms/kitchen.py": ("1", "2")}) != before


def test_a_package_without_sources_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="its source cannot be read"):
        code_versions(tmp_path / "builder")
    (tmp_path / "broken.py").symlink_to("nowhere")
    with pytest.raises(CannotRead, match="its source cannot be read"):
        package_hash(tmp_path)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    package = tmp_path_factory.mktemp("copy") / "builder"
    shutil.copytree(ROOT / "builder", package, ignore=shutil.ignore_patterns("__pycache__", "schemas", "published_tables"))
    return package


EDITS: dict[str, tuple[dict[str, tuple[str, str]], set[str]]] = {
    "beside what stages reach": (
        {
            "stages/sieve.py": ("\n\n\ndef ", "\n\n# A reason.\n\ndef "),
            "stages/panels.py": ('"""', '"""Now: '),
            "edges/store.py": ('root / "failed" /', 'root / "Failed" /'),
            "edges/settled.py": ("INSERT OR REPLACE", "REPLACE"),
            "recipe.py": ("200, ge=1", "300, ge=1"),
            "prompts/judge.j2": ("", "Judge.\n"),
            "cli.py": ("import ", "import this\nimport "),
        },
        set(),
    ),
    "a stage, a prompt and a section of the recipe": (
        {
            "stages/panels.py": ("_POOR = -2.4", "_POOR = -2.5"),
            "prompts/advise.j2": ("", "Advise.\n"),
            "recipe.py": ("thumbnail_px: int = Field(1024", "thumbnail_px: int = Field(1025"),
        },
        {"panels", "challenge", "locate"},
    ),
    "how far a false number goes, a constant of the bench, and a render": (
        {
            "stages/distract_numbers.py": ("_CROWD = 4", "_CROWD = 5"),
            "bench.py": ("_PIXELS_TO_READ = 0.02", "_PIXELS_TO_READ = 0.03"),
            "edges/rasters.py": ("\n    return ", "\n    return 1 and "),
        },
        {"caption_matching", "multi_select", "classify", "panels", "crop"},
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_of_the_package_redoes_the_stages_that_reach_it(copied: Path, tmp_path: Path, edit: str) -> None:
    changes, expected = EDITS[edit]
    kept = {name: (copied / name).read_text(encoding="utf-8") for name in changes}
    for name, (old, new) in changes.items():
        assert old in kept[name], name
        (copied / name).write_text(kept[name].replace(old, new, 1), encoding="utf-8")
    code_versions.cache_clear()
    try:
        after = code_versions(copied)
    finally:
        for name, text in kept.items():
            (copied / name).write_text(text, encoding="utf-8")
    assert {stage for stage, version in code_versions().items() if after[stage] != version} == expected


@pytest.mark.parametrize("name", ["stages/sieve.py", "prompts/judge.j2", "release/new.py"])
def test_any_byte_of_the_package_changes_its_hash(copied: Path, name: str) -> None:
    before = package_hash.__wrapped__(copied)
    kept = (copied / name).read_bytes() if (copied / name).exists() else None
    (copied / name).write_bytes((kept or b"") + b"\n")
    after = package_hash.__wrapped__(copied)
    if kept is None:
        (copied / name).unlink()
    else:
        (copied / name).write_bytes(kept)
    assert after != before == package_hash.__wrapped__(copied)


def test_of_modules_behind_a_link_nothing_is_believed_and_an_editors_files_are_none(copied: Path, tmp_path: Path) -> None:
    before = package_hash.__wrapped__(copied)
    (copied / ".#pipeline.py").symlink_to("nowhere")
    assert package_hash.__wrapped__(copied) == before
    (copied / ".#pipeline.py").unlink()
    (copied / "more").symlink_to(tmp_path)
    assert package_hash.__wrapped__(copied) != package_hash.__wrapped__(copied)
    (copied / "more").unlink()
    assert package_hash.__wrapped__(copied) == before


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("work")
    done(work, CODE)
    return work


CODE = {stage.name: "as it was" for stage in STAGES}
UNTIL = stages_until("caption_matching")


def done(work: Path, code: Mapping[str, str], stages: tuple[Stage, ...] = UNTIL) -> tuple[set[str], dict[str, Receipt]]:
    """Stages of one paper that were run, and the receipts of all."""
    source, recipe = Source(PAPER, sha256_of(PAPER), None), shipped.load_recipe("csm_bench")
    policy = read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
    bench = Bench(source, recipe, policy, Store(work))
    receipts = cut(bench, stages, grounds_of(recipe, policy, code))
    assert receipts
    return set(bench.seconds), {receipt.stage: receipt for receipt in receipts}


def test_older_code_of_one_stage_redoes_that_stage_alone_where_it_comes_out_the_same(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "work")
    none, before = done(tmp_path / "work", CODE)
    redone, after = done(tmp_path / "work", {**CODE, "rights": "other"})
    assert (none, redone) == (set(), {"rights"})
    assert {stage for stage in before if before[stage] != after[stage]} == {"rights"}
    assert done(tmp_path / "work", {**CODE, "rights": "other"}) == (set(), after)


def test_what_follows_is_redone_where_it_comes_out_otherwise_and_nothing_before_is_touched(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "work")

    def one_less(run: Callable[[Bench], Made]) -> Callable[[Bench], Made]:
        def ran(bench: Bench) -> Made:
            whole = run(bench)
            return replace(whole, read=whole.read[1:], kept=whole.kept[1:], records=whole.records[1:])

        return ran

    stages = tuple(replace(stage, run=one_less(stage.run)) if stage.name == "rights" else stage for stage in UNTIL)
    _, before = done(tmp_path / "work", CODE)
    redone, after = done(tmp_path / "work", {**CODE, "rights": "other"}, stages)
    assert redone == {"rights", "crop", "caption_matching"} == {stage for stage in before if before[stage] != after[stage]}


USED = {"ocr": {stage.name for stage in STAGES}} | {
    section: {stage.name for stage in STAGES if section in stage.uses} for section in Recipe.model_fields if section != "ocr"
}
CHANGED: dict[str, object] = {
    "identity": Identity(name="x", title="t", summary="s", canary="c"),
    "tasks": ("description",),
    "papers": Papers(published_from="1999"),
    "crop": CropRule(dpi=200),
    "reference": ReferenceRule(min_tokens=5),
    "ocr": Ocr(use="always"),
    "keep": Keep(kinds=("photo",)),
    "caption_matching": CaptionMatchingRule(min_words=3),
    "description": DescriptionRule(prompt="Describe it."),
    "multi_select": MultiSelectRule(options=4),
    "challenge": ChallengeRule(rounds=1),
    "audit": AuditRule(sample=7),
    "battery": BatteryRule(alpha=0.01),
    "split": Split(validation_share=0.3),
    "fields": {"one": FieldRule(keywords=("steel",))},
    "models": {"one": ModelRule(provider="replay", model="one-1", folder="replies")},
    "asking": Asking(in_flight=1),
    "point": PointRule(below=0.1),
    "tier": "private",
}
SOURCES = Sources(ROOT / "builder")


@pytest.mark.parametrize("section", Recipe.model_fields)
def test_a_changed_section_of_the_recipe_redoes_the_stages_that_use_it(tmp_path: Path, section: str) -> None:
    stages = tuple(replace(stage, run=lambda _: Made(("x",), ("x",), (), ())) for stage in STAGES)
    recipe = shipped.load_recipe("csm_bench")
    changed = recipe.model_copy(update={section: CHANGED[section]})
    assert getattr(recipe, section) != getattr(changed, section)
    source, policy = Source(PAPER, "0" * 64, None), read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
    assert cut(Bench(source, recipe, policy, Store(tmp_path)), stages, grounds_of(recipe, policy, CODE))
    bench = Bench(source, changed, policy, Store(tmp_path))
    assert cut(bench, stages, grounds_of(changed, policy, CODE))
    assert set(bench.seconds) == USED[section]


def test_another_reader_of_words_redoes_what_was_read_with_it_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, policy = shipped.load_recipe("csm_bench"), read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
    reading = recipe.model_copy(update={"ocr": Ocr(use="always")})
    before = grounds_of(recipe, policy, CODE), grounds_of(reading, policy, CODE)
    monkeypatch.setattr(ocr, "version", lambda name: f"9.{len(name)}")
    after = grounds_of(recipe, policy, CODE), grounds_of(reading, policy, CODE)
    assert before[0] == after[0]
    assert not before[1].items() & after[1].items()


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_uses_the_sections_of_the_recipe_that_it_names_and_no_other(stage: Stage) -> None:
    reached = SOURCES.reached([(stage.run.__module__, stage.run.__qualname__)], [("builder.recipe", "Recipe")])
    used = {section for _, text in reached for section in re.findall(r"\brecipe\.([a-z_]+)", text)}
    assert used - {"ocr"} == {*stage.uses}


@dataclass(frozen=True)
class TooSlow:
    """An engine under which every paper passes its limit."""

    def outcomes(self, _: object, tasks: Sequence[Any], *__: object) -> Iterator[Outcome[Any, Any]]:
        return (Outcome(task, Failure("timeout", "not done after 300 s")) for task in tasks)


def test_a_paper_that_passed_a_limit_is_tried_again_by_other_code_of_its_stages_alone(tmp_path: Path) -> None:
    paper, work = tmp_path / "paper.pdf", tmp_path / "work"
    paper.write_bytes(PAPER_BYTES)
    outcomes = [go_on(paper, work, code, engine).outcomes[0] for code, engine in (("a", TooSlow()), ("a", None), ("b", None))]
    assert [(outcome.failed, outcome.reused) for outcome in outcomes] == [(True, False), (True, True), (False, False)]
