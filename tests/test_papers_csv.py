"""Where papers come from: files, folders and papers.csv, with every finding named."""

import os
from pathlib import Path

import pytest

from builder.edges.papers import COLUMNS, find_papers
from builder.edges.store import sha256_of
from builder.errors import CannotRead, Exit
from builder.run import _sources as sources_of

LOOP = "Too many levels of symbolic links"
HEAD = ",".join(COLUMNS) + "\n"


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"%PDF-")


def test_a_folder_gives_its_pdfs_by_name_whatever_their_case(tmp_path: Path) -> None:
    put(tmp_path, "b.pdf", "a.PDF", "deep/c.pdf", "notes.txt")
    assert [p.relative_to(tmp_path).as_posix() for p, _ in find_papers([tmp_path])] == ["a.PDF", "b.pdf", "deep/c.pdf"]


def test_what_is_named_as_a_pdf_in_a_folder_is_named_also_behind_links_and_where_it_is_none(tmp_path: Path) -> None:
    papers, elsewhere = tmp_path / "papers", tmp_path / "elsewhere"
    papers.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.pdf").write_bytes(b"%PDF-1")
    (papers / "linked").symlink_to(elsewhere)
    (papers / "again").symlink_to(papers)  # a walk without end
    (papers / "gone.pdf").symlink_to(tmp_path / "nowhere")
    (papers / "loop.pdf").symlink_to(papers / "loop.pdf")
    os.mkfifo(papers / "pipe.pdf")
    found = find_papers([papers])
    assert [path.relative_to(papers).as_posix() for path, _ in found] == ["gone.pdf", "linked/a.pdf", "loop.pdf", "pipe.pdf"]
    outcomes = [
        (source and source.name, drop and drop.dropped and drop.dropped.detail) for source, drop in sources_of(found, sha256_of)
    ]
    assert outcomes == [(None, "No such file or directory"), ("a.pdf", None), (None, LOOP), (None, "is no regular file")]


def test_a_name_that_is_no_text_stands_with_question_marks(tmp_path: Path) -> None:
    path = Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9.pdf"))
    path.write_bytes(b"%PDF-1")
    ((source, _),) = sources_of(find_papers([path]), sha256_of)
    assert source
    assert source.name == "caf?.pdf"
    assert source.name.encode()


def test_a_paper_named_twice_comes_once_with_its_row(tmp_path: Path) -> None:
    put(tmp_path, "a.pdf", "b.pdf")
    table = tmp_path / "papers.csv"
    table.write_text(HEAD + "b.pdf,10.1000/b,,CC-BY-4.0,,\n", encoding="utf-8")
    found = find_papers([tmp_path, tmp_path / "a.pdf", table])
    assert [(p.name, row.doi if row else None) for p, row in found] == [("a.pdf", None), ("b.pdf", "10.1000/b")]


def test_empty_cells_are_unknown_and_a_byte_order_mark_is_no_column(tmp_path: Path) -> None:
    put(tmp_path, "a.pdf")
    (tmp_path / "papers.csv").write_text("\ufeff" + HEAD + "a.pdf,,,,,\n", encoding="utf-8")
    ((_, row),) = find_papers([tmp_path / "papers.csv"])
    assert row is not None
    assert (row.doi, row.licence, row.source_url) == (None, None, None)


def test_every_finding_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    put(tmp_path, "in/a.pdf", "out.pdf")
    table = tmp_path / "in" / "papers.csv"
    table.write_text(HEAD + "gone.pdf,,,,,\n../out.pdf,,,,,\n,10.1/x,,,,\na.pdf,,,,,,extra\n", encoding="utf-8")
    with pytest.raises(CannotRead) as caught:
        find_papers([tmp_path / "empty", tmp_path / "missing.pdf", table])
    assert caught.value.exit_code == Exit.CANNOT_READ
    for finding in (
        "empty holds no PDF",
        "missing.pdf does not exist",
        "row 2: gone.pdf does not exist",
        "row 3: ../out.pdf lies outside",
        "row 4: file is empty",
        "row 5: more cells than columns",
    ):
        assert finding in str(caught.value)


@pytest.mark.parametrize(
    ("head", "finding"),
    [
        ("file,doi\n", "column licence is missing"),
        (HEAD.replace("doi", "DOI"), 'column "DOI" is not known'),
        (HEAD.strip() + ",doi\n", "column doi stands twice"),
        (HEAD, "no rows"),
    ],
)
def test_wrong_columns_are_named(tmp_path: Path, head: str, finding: str) -> None:
    (tmp_path / "papers.csv").write_text(head, encoding="utf-8")
    with pytest.raises(CannotRead, match=finding):
        find_papers([tmp_path / "papers.csv"])


def test_a_csv_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "papers.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CannotRead, match="cannot be read as CSV"):
        find_papers([tmp_path / "papers.csv"])


def test_a_file_on_two_rows_and_a_source_that_is_no_web_address_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.4")
    head = "file,doi,arxiv_id,licence,rights_holder,source_url\n"
    (tmp_path / "papers.csv").write_text(
        head + "a.pdf,,,,,\na.pdf,10.1/x,,,,\nb.pdf,,,,,javascript:alert(1)\n", encoding="utf-8"
    )
    with pytest.raises(CannotRead) as caught:
        find_papers([tmp_path / "papers.csv"])
    assert "a.pdf stands on 2 rows" in str(caught.value)
    assert "javascript:alert(1) is not an http(s) address" in str(caught.value)
