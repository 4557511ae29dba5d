"""What is settled of each paper is taken up again without reading a receipt, as long as all of it lies there unchanged."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from builder import shipped
from builder.bench import Source
from builder.edges.engine import Failure, Limits, LocalEngine
from builder.edges.holding import HOLDER, held
from builder.edges.settled import FILE, ledger_of
from builder.edges.store import Receipt, Store, sha256_of
from builder.errors import CannotRead, CannotWrite
from builder.outcomes import OfPapers, PaperOutcome, Run
from builder.pipeline import code_versions, grounds_of, stages_until
from builder.records import Dropped, Specimen
from builder.run import Task, cut_one, run
from builder.stages.rights import read_policy

PAPERS = [Path(__file__).parent / "papers" / f"{name}.pdf" for name in ("pearlite-steel", "titanium-powder")]


def go_on(work: Path, until: str = "crop") -> Run:
    policy = read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
    recipe = shipped.load_recipe("csm_bench")
    given = [(paper, None) for paper in PAPERS]
    engine, told = LocalEngine(2), [].append
    return run(given, recipe, policy, Store(work), stages_until(until), engine=engine, limits=Limits(), progress=told)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("work")
    assert go_on(folder).reused == 0
    return folder


def first(work: Path, kind: str) -> Path:
    """A receipt, or a figure's crop."""
    crops = {specimen.crop.sha256 for specimen in go_on(work).records("crop", Specimen)}
    return next(path for path in sorted(work.glob(kind)) if path.suffix or path.name in crops)


def same_time(path: Path, data: bytes) -> None:
    """Other bytes of the same length, as a disk may give that lies."""
    seen = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def test_what_is_settled_is_taken_up_without_reading_a_receipt_by_commands_of_other_stages_in_turn(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on(work, "select")
    before = (work / FILE).stat().st_mtime_ns

    def read(*_: object) -> Receipt:
        raise AssertionError("a receipt was read")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "receipt", read)
        assert [go_on(work, until).reused for until in ("select", "crop", "select")] == 3 * [len(PAPERS)]
        again = go_on(work)
    assert (work / FILE).stat().st_mtime_ns == before
    assert len(again.records("crop", Specimen)) == sum(line.made for line in again.attrition if line.stage == "crop")


def test_a_paper_is_hashed_once_and_again_only_where_it_may_have_been_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"%PDF-1.7 one")
    read: list[Path] = []

    def hashed() -> str:
        with ledger_of(Store(tmp_path / "work")) as ledger:
            found = ledger.sha256_of(paper)
            ledger.keep()
            return found

    monkeypatch.setattr("builder.edges.settled.sha256_of", lambda path: read.append(path) or sha256_of(path))
    assert hashed() == hashed() == sha256_of(paper)
    assert len(read) == 2  # too new: it may be written to again within the same tick of the clock
    monkeypatch.setattr("builder.edges.settled._RECENT", -1)
    assert hashed() == hashed() == hashed() == sha256_of(paper)
    assert len(read) == 3
    same_time(paper, b"%PDF-1.7 two")
    assert hashed() == sha256_of(paper)
    paper.with_suffix(".new").write_bytes(b"%PDF-1.7 six")
    os.utime(paper.with_suffix(".new"), ns=(paper.stat().st_atime_ns, paper.stat().st_mtime_ns))
    paper.with_suffix(".new").replace(paper)
    assert hashed() == sha256_of(paper)
    assert len(read) == 5
    with closing(sqlite3.connect(tmp_path / "work" / FILE)) as connection, connection:
        connection.execute("UPDATE files SET sha256 = ?", ("../../../elsewhere",))
    assert hashed() == sha256_of(paper)


def test_versions_of_code_are_worked_out_again_where_a_byte_of_the_package_changed_and_where_their_row_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_out: list[str] = []
    package, versions = ["a" * 64], dict(code_versions())
    monkeypatch.setattr("builder.edges.settled.package_hash", lambda: package[-1])
    monkeypatch.setattr("builder.edges.settled.code_versions", lambda: worked_out.append(package[-1]) or versions)

    def known() -> int:
        with ledger_of(Store(tmp_path)) as ledger:
            assert ledger.code_versions() == versions
        return len(worked_out)

    assert [known(), known()] == [1, 1]
    package.append("b" * 64)
    assert [known(), known()] == [2, 2]
    for row in ("no JSON", "[]", "{}", json.dumps(dict.fromkeys(versions, "x")), json.dumps({**versions, "locate": 7})):
        with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
            connection.execute("UPDATE code SET versions = ?", (row,))
        before = len(worked_out)
        assert [known(), known()] == [before + 1, before + 1]


@pytest.mark.parametrize(
    ("kind", "change", "redone"),
    [
        ("receipts/*/*.jsonl", Path.unlink, 1),
        ("receipts/*/*.jsonl", os.utime, 0),
        ("blobs/*/*", lambda path: path.write_bytes(path.read_bytes()[:-1]), 1),
    ],
    ids=["receipt deleted", "receipt touched", "crop cut off"],
)
def test_a_file_that_is_not_as_it_was_is_looked_at_and_made_anew_where_it_must_be(
    work: Path, kind: str, change: Callable[[Path], object], redone: int
) -> None:
    path = first(work, kind)
    data = path.read_bytes()
    change(path)
    assert go_on(work).reused == len(PAPERS) - redone
    assert path.read_bytes() == data
    assert go_on(work).reused == len(PAPERS)


@pytest.mark.parametrize("kind", ["receipts/*/*.jsonl", "blobs/*/*"])
def test_bytes_that_changed_under_the_same_size_and_time_are_found_when_they_are_read_and_mended_by_the_next_run(
    work: Path, kind: str
) -> None:
    path = first(work, kind)
    data = path.read_bytes()
    same_time(path, data[:-9] + bytes(9))
    again = go_on(work)
    assert again.reused == len(PAPERS)
    with pytest.raises(CannotRead, match="is missing or damaged"):
        [Store(work).blob(specimen.crop.sha256) for specimen in again.records("crop", Specimen)]
    assert go_on(work).reused == len(PAPERS) - 1
    assert path.read_bytes() == data


def test_a_ledger_that_is_none_is_begun_anew_from_the_receipts(work: Path) -> None:
    (work / FILE).write_bytes(b"SQLite format 3\0" + b"torn" * 500)
    assert go_on(work).reused == len(PAPERS)
    (work / FILE).write_bytes(b"")
    assert go_on(work).reused == len(PAPERS)


def test_rows_of_the_ledger_that_say_something_else_are_not_believed(work: Path) -> None:
    for told in ("no JSON", "{}", json.dumps({"files": [], "tallies": [{"no": 1}], "paper_id": "", "refused": None})):
        with closing(sqlite3.connect(work / FILE)) as connection, connection:
            connection.execute("UPDATE papers SET told = ?", (told,))
        assert go_on(work).reused == len(PAPERS)


def test_a_link_in_place_of_the_ledger_or_of_the_lock_leads_nowhere(work: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine", encoding="utf-8")
    (work / FILE).unlink()
    (work / FILE).symlink_to(other)
    assert go_on(work).reused == len(PAPERS)
    (tmp_path / HOLDER).symlink_to(other)
    with pytest.raises(CannotWrite, match="cannot write"), held(tmp_path):
        pass
    assert other.read_text(encoding="utf-8") == "mine"


def test_a_child_writes_to_the_folders_of_receipts_and_crops_and_its_own_alone(tmp_path: Path) -> None:
    assert {path.relative_to(tmp_path).as_posix() for path in Store(tmp_path).open_to_children} == {"receipts", "blobs", "tmp"}


def test_a_journal_that_names_another_file_deletes_nothing(work: Path, tmp_path: Path) -> None:
    """SQLite, when it rolls a journal back, deletes the super-journal that its end names."""
    go_on(work)
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    name = bytes(victim)
    end = [bytes(4), name, len(name).to_bytes(4, "big"), sum(name).to_bytes(4, "big"), bytes.fromhex("d9d505f920a163d7")]
    head = bytes.fromhex("d9d505f920a163d7") + bytes(8) + (9).to_bytes(4, "big") + (512).to_bytes(4, "big") * 2
    (work / f"{FILE}-journal").write_bytes(head.ljust(512, b"\0") + b"".join(end))
    assert go_on(work).reused == len(PAPERS)
    assert victim.read_text(encoding="utf-8") == "mine"
    assert not (work / f"{FILE}-journal").exists()


@pytest.mark.parametrize("end", ["", "-journal"])
def test_a_pipe_in_place_of_the_ledger_holds_nobody_up(work: Path, end: str) -> None:
    (work / f"{FILE}{end}").unlink(missing_ok=True)
    os.mkfifo(work / f"{FILE}{end}")
    assert go_on(work).reused == len(PAPERS)


@pytest.mark.parametrize(
    "more",
    [
        "CREATE TRIGGER again AFTER INSERT ON papers BEGIN INSERT INTO papers VALUES (new.sha256 || 'x', '', ''); END",
        "DROP TABLE papers;"
        "CREATE VIEW papers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n",
    ],
)
def test_a_ledger_with_more_than_its_tables_is_begun_anew(work: Path, more: str) -> None:
    with closing(sqlite3.connect(work / FILE)) as connection, connection:
        connection.executescript(more)
    assert go_on(work).reused == len(PAPERS)


def test_a_paper_that_was_replaced_since_the_run_began_is_not_cut_under_the_hash_of_the_old_one(tmp_path: Path) -> None:
    policy = read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
    recipe = shipped.load_recipe("csm_bench")
    paper, before = PAPERS[0], sha256_of(PAPERS[1])
    task = Task(Source(paper, before, None), recipe, policy, tmp_path, 0, ("ingest", "sieve"), grounds_of(recipe, policy))
    failure = cut_one(task)
    assert isinstance(failure, Failure)
    assert failure.reason == "changed-meanwhile"
    assert failure.detail == f"pearlite-steel.pdf was {before} when the run began, and is {sha256_of(paper)}; run again"
    assert not list(tmp_path.iterdir())


def test_records_of_many_papers_are_one_sequence_that_loads_a_paper_at_a_time() -> None:
    sizes = {"a": 2, "b": 0, "c": 3}
    loads: list[str] = []

    def load(outcome: PaperOutcome) -> list[str]:
        loads.append(outcome.file)
        return [f"{outcome.file}{number}" for number in range(sizes[outcome.file])]

    found = OfPapers([PaperOutcome(name) for name in sizes], lambda outcome: sizes[outcome.file], load)
    assert list(found) == ["a0", "a1", "c0", "c1", "c2"] == [found[number] for number in range(-5, 0)]
    assert (len(found), found[-1], list(found[1:3])) == (5, "c2", ["a1", "c0"])
    loads.clear()
    assert found[0] + found[1] + found[2] + found[4] == "a0a1c0c2"
    assert loads == ["a", "c"]
    with pytest.raises(IndexError):
        found[5]
    assert not OfPapers([], lambda _: 1, load)


def test_a_paper_dropped_as_a_whole_tells_only_that() -> None:
    whole = Dropped(record_id="a.pdf", stage="ingest", reason="timeout")
    done = Run((), [PaperOutcome("b.pdf"), PaperOutcome("a.pdf", dropped=whole)])
    assert list(done.dropped) == [whole]
