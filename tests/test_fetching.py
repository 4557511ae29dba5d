"""Papers by URL: fetched once through fsspec, and one that does not come is a drop with its reason."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest

from builder.edges import fetching
from builder.edges.fetching import NotFetched, fetched, url_of, why_missing
from builder.edges.papers import COLUMNS, find_papers
from builder.edges.store import sha256_of
from builder.errors import CannotRead
from builder.run import _sources as sources_of

HEAD = ",".join(COLUMNS) + "\n"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A server of the folder tmp_path/web."""
    (tmp_path / "web").mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path / "web")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_paper_is_fetched_once_and_named_by_the_urls_last_part(tmp_path: Path, web: str) -> None:
    (tmp_path / "web" / "a b.pdf").write_bytes(b"%PDF-1")
    url = f"{web}/a%20b.pdf?download=1"
    ((path, row),) = find_papers([url], tmp_path / "kept")
    assert (path.name, path.read_bytes(), row, url_of(path)) == ("a_b.pdf", b"%PDF-1", None, url)
    (tmp_path / "web" / "a b.pdf").unlink()
    assert find_papers([url], tmp_path / "kept") == [(path, None)]


def test_a_row_may_name_a_url_which_is_then_its_source(tmp_path: Path, web: str) -> None:
    (tmp_path / "web" / "a.pdf").write_bytes(b"%PDF-1")
    table = tmp_path / "papers.csv"
    table.write_text(HEAD + f"{web}/a.pdf,10.1000/a,,CC-BY-4.0,,\n", encoding="utf-8")
    ((path, row),) = find_papers([table], tmp_path / "kept")
    assert row
    assert (path.read_bytes(), row.doi, row.source_url) == (b"%PDF-1", "10.1000/a", f"{web}/a.pdf")


def test_a_paper_of_an_object_store_is_read_by_its_protocol_and_no_other_machine_is_sent_there_in_vain(tmp_path: Path) -> None:
    with fsspec.open("memory://papers/a.pdf", "wb") as file:
        file.write(b"%PDF-2")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-3")
    found = find_papers(["memory://papers/a.pdf", f"file://{tmp_path}/b.pdf"], tmp_path / "kept")
    assert [(path.read_bytes(), url_of(path)) for path, _ in found] == [(b"%PDF-2", ""), (b"%PDF-3", "")]


def test_one_that_does_not_come_is_a_drop_with_its_reason_and_the_others_stay(tmp_path: Path, web: str) -> None:
    (tmp_path / "web" / "a.pdf").write_bytes(b"%PDF-1")
    found = find_papers([f"{web}/gone.pdf", f"{web}/a.pdf"], tmp_path / "kept")
    (_, gone), (source, _) = sources_of(found, sha256_of)
    assert gone
    assert gone.dropped
    assert gone.dropped.reason == "unreadable-file"
    assert f"{web}/gone.pdf" in gone.dropped.detail == why_missing(found[0][0])
    assert source


def test_why_one_did_not_come_is_the_server_s_word(tmp_path: Path, web: str) -> None:
    ((path, _),) = find_papers([f"{web}/gone.pdf"], tmp_path / "kept")
    assert why_missing(path) == f"{web}/gone.pdf: the server answered 404 Not Found"


def test_what_a_url_opens_doors_with_is_written_nowhere(tmp_path: Path, web: str) -> None:
    (tmp_path / "web" / "a.pdf").write_bytes(b"%PDF-1")
    signed = "?X-Amz-Signature=SECRET1&id=7&token=SECRET2"
    table = tmp_path / "papers.csv"
    table.write_text(HEAD + f"{web}/a.pdf{signed},10.1000/a,,CC-BY-4.0,,\n", encoding="utf-8")
    ((path, row), (gone, _)) = find_papers([table, f"{web.replace('//', '//me:SECRET3@')}/gone.pdf{signed}"], tmp_path / "kept")
    assert row
    assert row.source_url == f"{web}/a.pdf?X-Amz-Signature=[key]&id=7&token=[key]"
    assert url_of(path) == ""
    assert "id=7" in why_missing(gone)
    written = [file for file in (tmp_path / "kept").rglob("*") if file.is_file()]
    assert len(written) == 2
    assert not any(b"SECRET" in file.read_bytes() or "SECRET" in str(file) for file in written)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("zip://x.pdf::https://a.b/c.zip", "is of no protocol that papers come by"),
        ("github://a:b@main/x.pdf", "is of no protocol that papers come by"),
        ("https://a.b/x.pdf::file:///x", "chains protocols"),
    ],
)
def test_protocols_that_wrap_or_run_something_are_refused(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match=said):
        find_papers([url], tmp_path)


def test_a_command_that_reads_files_only_says_so() -> None:
    with pytest.raises(CannotRead, match="this command reads files only"):
        find_papers(["https://a.b/c.pdf"])


def test_a_server_that_fails_is_tried_again_and_then_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def broken(url: str) -> bytes:
        tries.append(url)
        raise ConnectionResetError("reset")

    monkeypatch.setattr(fetching, "_PAUSE", 0.0)
    monkeypatch.setattr(fetching, "_read", broken)
    with pytest.raises(NotFetched, match=r"https://a\.b/c\.pdf: reset"):
        fetched("https://a.b/c.pdf")
    assert len(tries) == 3


def test_one_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_read", lambda _: b"12345")
    monkeypatch.setattr(fetching, "_LARGEST", 4)
    with pytest.raises(NotFetched, match="is larger than"):
        fetched("https://a.b/c.pdf")
