"""`microtome build` from the command line: resumed, repeatable, and plain about what it will not do."""

import json
import shutil
from pathlib import Path

import pytest

from builder.cli import main
from builder.edges.holding import HOLDER
from builder.edges.run_log import LOG
from builder.edges.settled import FILE
from builder.errors import Exit

PAPERS = Path(__file__).parent / "papers"


def build(out: Path, *more: str, papers: Path = PAPERS, recipe: str = "csm_bench") -> int:
    return main(["build", recipe, "--papers", str(papers), "--out", str(out), "--version", "1.0.0", *more])


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "release"
    assert build(out) == Exit.OK
    return out


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_read_is_kept_and_dropped_at_every_stage(release: Path) -> None:
    table = json.loads((release / "attrition.json").read_text())
    rows = table["stages"]
    assert {row["stage"] for row in rows} >= {"ingest", "sieve", "locate", "pair", "classify", "select", "rights", "crop"}
    for row in rows:
        assert row["read"] == row["kept"] + sum(row["dropped"].values()), row["stage"]


def times(work: Path) -> dict[Path, int]:
    """When each file of a work folder was written last, but for those that tell of the driver and of its run."""
    told = {HOLDER, LOG, FILE, "run_report.json", "run_report.html"}
    return {path: path.stat().st_mtime_ns for path in work.rglob("*") if path.name not in told}


def test_a_second_run_redoes_nothing_and_changes_nothing(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = times(release.with_name("release.work"))
    content = files(release)
    assert build(release) == Exit.OK
    papers = len(list(PAPERS.glob("*.pdf")))
    assert f"{papers} papers, {papers} of them unchanged" in capsys.readouterr().err
    assert times(release.with_name("release.work")) == before
    assert files(release) == content


def test_two_builds_in_different_folders_are_the_same_bytes(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(PAPERS, copy, ignore=shutil.ignore_patterns("sources"))
    assert build(tmp_path / "again", "--jobs", "1", papers=copy) == Exit.OK
    assert files(tmp_path / "again") == files(release)


def test_a_run_goes_on_where_it_stopped(release: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(release.with_name("release.work"), work)
    lost = sorted(work.rglob("pair.json"))[:3]
    for path in lost:
        path.unlink()
    untouched = {p: when for p, when in times(work).items() if p.parent not in {q.parent for q in lost} and p.is_file()}
    assert build(tmp_path / "release", "--work", str(work)) == Exit.OK
    assert all(path.is_file() for path in lost)
    after = times(work)
    assert {p: after[p] for p in untouched} == untouched
    assert files(tmp_path / "release") == files(release)


def receipts(work: Path) -> dict[tuple[str, str], str]:
    """The line of each paper and stage."""
    lines = [(path.stem, line) for path in work.rglob("receipts/*/*.jsonl") for line in path.read_text("utf-8").splitlines()]
    return {(paper, json.loads(line)["stage"]): line for paper, line in lines}


def test_a_changed_recipe_redoes_only_what_it_touches(release: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(release.with_name("release.work"), work)
    recipe = Path(__file__).parents[1] / "builder" / "recipes" / "csm_bench.toml"
    changed = tmp_path / "changed.toml"
    changed.write_text(recipe.read_text(encoding="utf-8").replace("max_tokens = 300", "max_tokens = 400"), encoding="utf-8")
    before = receipts(work)
    assert build(tmp_path / "release", "--work", str(work), recipe=str(changed)) == Exit.OK
    touched = {stage for (paper, stage), line in receipts(work).items() if before[paper, stage] != line}
    assert "pair" in touched
    assert not touched & {"ingest", "sieve", "locate"}


def test_a_release_of_the_same_version_with_other_content_is_not_overwritten(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "release"
    shutil.copytree(release, out)
    assert build(out, "--tier", "private") == Exit.CANNOT_WRITE
    assert "other content" in capsys.readouterr().err
    assert files(out) == files(release)


def test_a_private_release_says_so(release: Path, tmp_path: Path) -> None:
    shutil.copytree(release.with_name("release.work"), tmp_path / "private.work")
    assert build(tmp_path / "private", "--tier", "private") == Exit.OK
    assert (tmp_path / "private" / "PRIVATE_DO_NOT_PUBLISH").is_file()
    assert json.loads((tmp_path / "private" / "manifest.json").read_text())["tier"] == "private"


REFUSALS = {
    "no such recipe": (["build", "nosuch", "--papers", str(PAPERS), "--out", "o", "--version", "1.0.0"], Exit.USAGE),
    "is not a version": (["build", "csm_bench", "--papers", str(PAPERS), "--out", "o", "--version", "1"], Exit.USAGE),
    "does not exist": (["build", "csm_bench", "--papers", "nowhere", "--out", "o", "--version", "1.0.0"], Exit.CANNOT_READ),
    "no PDF": (["build", "csm_bench", "--papers", "empty", "--out", "o", "--version", "1.0.0"], Exit.CANNOT_READ),
    "cannot write": (
        ["build", "csm_bench", "--papers", str(PAPERS), "--out", "file/o", "--version", "1.0.0"],
        Exit.CANNOT_WRITE,
    ),
}


@pytest.mark.parametrize("said", REFUSALS)
def test_bad_input_gets_a_sentence_and_its_exit_code(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("not a folder")
    arguments, code = REFUSALS[said]
    assert main(arguments) == code
    error = capsys.readouterr().err
    assert said in error
    assert "->" in error
    assert "Traceback" not in error
    assert not (tmp_path / "o").exists()


def test_papers_that_are_not_pdfs_are_recorded_and_none_readable_is_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "empty.pdf").write_bytes(b"")
    (tmp_path / "papers" / "words.pdf").write_bytes(b"these are words")
    assert build(tmp_path / "out", papers=tmp_path / "papers") == Exit.CANNOT_READ
    error = capsys.readouterr().err
    assert "empty.pdf: empty-file" in error
    assert "words.pdf: not-a-pdf" in error
    assert not (tmp_path / "out").exists()


def test_one_paper_in_two_files_of_one_name_is_one_paper(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paper = (PAPERS / "copper-vacancies.pdf").read_bytes()
    for folder, data in {"a": paper, "b": paper + b"\n%x\n", "c": paper}.items():
        (tmp_path / "papers" / folder).mkdir(parents=True)
        (tmp_path / "papers" / folder / "x.pdf").write_bytes(data)
    assert build(tmp_path / "out", papers=tmp_path / "papers") == Exit.OK
    error = capsys.readouterr().err
    assert "1 duplicate-file" in error
    assert "1 duplicate-paper" in error
    assert json.loads((tmp_path / "out" / "attrition.json").read_text())["stages"][0]["kept"] == 1


def test_a_damaged_crop_is_made_again(release: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(release.with_name("release.work"), work)
    blob = next(p for p in sorted((work / "blobs").rglob("*")) if p.is_file())
    blob.write_bytes(blob.read_bytes() + b"x")
    assert build(tmp_path / "release", "--work", str(work)) == Exit.OK
    assert files(tmp_path / "release") == files(release)


def test_an_output_that_holds_something_else_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    assert build(tmp_path / "out") == Exit.CANNOT_WRITE
    assert "a folder with other files" in capsys.readouterr().err
    assert not (tmp_path / "out.work").exists()
