"""Why an item is what it is, and whether its rights still hold by what Crossref says."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from small_release import packed
from written import write

from builder.cli import main
from builder.edges.crossref import fetch_works
from builder.errors import CannotRead
from builder.release.crossref import works_of

A, B, C = "10.9999/a", "10.9999/b", "10.9999/c"
BY, ND = "https://creativecommons.org/licenses/by/4.0/", "https://creativecommons.org/licenses/by-nc-nd/4.0/"
Work = dict[str, object]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("ledger") / "release").folder


def work(doi: str, **more: object) -> Work:
    """A work as the API gives it, under the licence that the release has it under."""
    url = ND if doi == C else BY
    return {"DOI": doi.upper(), "title": ["Grains"], "type": "journal-article", "license": [licence(url)], **more}


def licence(url: str, version: str = "vor", start: tuple[int, ...] = (2020, 1, 1)) -> Work:
    return {"URL": url, "content-version": version, "delay-in-days": 0, "start": {"date-parts": [list(start)]}}


def notice(kind: str) -> Work:
    return {"DOI": "10.9999/notice", "type": kind, "source": "publisher", "updated": {"date-parts": [[2026, 2, 6]]}}


def recheck(release: Path, tmp_path: Path, works: object, *more: str) -> int:
    file = tmp_path / "works.json"
    file.write_text(json.dumps(works))
    return main(["rights", str(release), "--crossref", str(file), "--on", "2026-11-21", *more])


def findings(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: Work) -> set[tuple[str, str]]:
    others = [work(doi) for doi in (A, B, C) if doi != str(changed["DOI"]).lower()]
    recheck(release, tmp_path, [changed, *others], "--json")
    told = json.loads(capsys.readouterr().out)["findings"]
    return {(one["code"], one["action"]) for one in told}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (work(A), set()),
        (work(A, **{"updated-by": [notice("retraction"), notice("retraction")]}), {("retracted", "withdraw")}),
        (work(A, **{"updated-by": [notice("withdrawal")]}), {("retracted", "withdraw")}),
        (work(A, title=["RETRACTED: Grains"]), {("retracted", "withdraw")}),
        (work(A, title=["Retracted potential in grains"]), set()),
        (work(A, **{"updated-by": [notice("correction")]}), {("corrected", "look")}),
        (work(A, **{"updated-by": [notice("expression_of_concern")]}), {("doubted", "look")}),
        (work(A, **{"update-to": [{"DOI": "10.9999/x", "type": "erratum"}]}), {("is-a-notice", "look")}),
        (work(A, license=[licence(ND)]), {("licence-narrower", "withdraw")}),
        (work(A, license=[licence(ND, "tdm"), licence(BY)]), set()),
        (work(A, license=[licence(ND, "am")]), set()),
        (work(A, license=[licence("https://example.org/terms#vor"), licence(BY)]), set()),
        (work(A, license=[licence("https://example.org/terms#vor")]), {("licence-other", "look")}),
        (work(A, license=[licence(BY), licence(ND, start=(2027, 1))]), {("licence-to-come", "look")}),
        (work(C, license=[licence(BY)]), {("licence-wider", "look")}),
    ],
)
def test_what_crossref_says_of_a_paper_is_compared_with_the_release(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: Work, found: set[tuple[str, str]]
) -> None:
    assert findings(release, tmp_path, capsys, changed) == found


def test_the_commands_that_withdraw_are_printed_each_on_the_release_before(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = [work(doi, **{"updated-by": [notice("retraction")]}) for doi in (A, B)]
    assert recheck(release, tmp_path, {"message": {"items": [*gone, work(C)]}}) == 1
    first, second = (line for line in capsys.readouterr().out.splitlines() if line.startswith("microtome withdraw"))
    assert first.startswith(
        f"microtome withdraw {release} --out {release}-1.1.0 --version 1.1.0 --doi {A} --reason 'Crossref: "
    )
    assert second.startswith(f"microtome withdraw {release}-1.1.0 --out {release}-1.2.0 --version 1.2.0 --doi {B} ")


def test_a_notice_that_is_given_with_the_works_counts_for_the_work_it_updates(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    telling = {"DOI": "10.9999/notice", "title": ["Retraction notice"], "update-to": [{"DOI": A, "type": "retraction"}]}
    assert recheck(release, tmp_path, [work(A), work(B), work(C), telling]) == 1
    assert f"[{A}] retraction: https://doi.org/10.9999/notice" in capsys.readouterr().out


def test_a_paper_that_crossref_does_not_have_is_told_and_not_checked(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert recheck(release, tmp_path, [work(A)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"3 papers: 1 checked, 2 not in \S+, 0 without a DOI; findings: 0 to withdraw, 2 to look at", out)
    assert (out.count("-> look"), out.count("(not-checked)")) == (2, 2)
    assert recheck(release, tmp_path, [work("10.1/other")]) == 3


@pytest.mark.parametrize(
    "text", [json.dumps(work(A)), json.dumps({"message": work(A)}), json.dumps([work(A)]), f"{json.dumps(work(A))}\n\n"]
)
def test_works_are_read_from_replies_lists_and_lines(text: str) -> None:
    assert [one.doi for one in works_of(text, "file")] == [A]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"message": 3}', '[{"title": "no DOI"}]', '{"DOI": 5}'])
def test_what_is_no_work_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(CannotRead, match="works.json"):
        works_of(text, "works.json")


Reply = Callable[[str, int], tuple[int, bytes]]


@contextmanager
def api(reply: Reply) -> Iterator[tuple[str, list[str]]]:
    """A loopback Crossref: `reply` is given the path and how often it was asked; yields the base URL and what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, body = reply(self.path, asked.count(self.path))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def as_crossref(path: str, times: int) -> tuple[int, bytes]:
    doi = path.partition("/works/")[2].partition("?")[0].replace("%2F", "/")
    return (404, b"Resource not found.") if doi == C else (200, json.dumps({"message": work(doi)}).encode())


def test_each_doi_is_fetched_once_with_the_asker_s_address(release: Path, tmp_path: Path) -> None:
    saved = tmp_path / "works.jsonl"
    with api(as_crossref) as (base, asked):
        command = ["rights", str(release), "--fetch", "--mailto", "me@example.org", "--base-url", base, "--save", str(saved)]
        assert main(command) == 0
    assert asked == [f"/works/10.9999%2F{name}?mailto=me%40example.org" for name in "abc"]
    assert [one.doi for one in works_of(saved.read_text(), "saved")] == [A, B]


def test_a_busy_api_is_asked_again_and_a_silent_one_given_up() -> None:
    slept: list[float] = []
    with api(lambda path, times: as_crossref(path, times) if times > 1 else (429, b"")) as (base, asked):
        assert len(list(fetch_works([A], "me@example.org", base, sleep=slept.append))) == 1
    assert len(asked) == 2
    assert len(slept) == 1
    with api(lambda path, times: (503, b"")) as (base, asked), pytest.raises(CannotRead, match="answered 503, 4 times"):
        list(fetch_works([A], "me@example.org", base, sleep=slept.append))


def test_an_asker_without_an_address_is_refused(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rights", str(release), "--fetch"]) == 2
    assert "--mailto" in capsys.readouterr().err


def why(release: Path, item: str, *more: str) -> int:
    return main(["why", item, "--release", str(release), *more])


def test_the_chain_of_an_item_goes_from_the_release_to_the_licence(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (item,) = packed().rows("multi_select")
    assert why(release, item.id) == 0
    said = capsys.readouterr().out
    names = ("release", "row", "question", "option A", "generator", "classes", "crop", "page", "pdf", "paper", "licence")
    places = [f"\n{said}".index(f"\n{name} ") for name in names]
    assert places == sorted(places)
    assert "composition: 'TiO2' made 'ZrO2' at 13 to 17" in said
    assert "evidence: '5 kV' (caption of Figure 1" in said


@pytest.mark.parametrize("config", ["figures", "caption_matching", "description", "multi_select"])
def test_every_config_has_a_chain_in_json(release: Path, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    for row in packed().rows(config):  # type: ignore[arg-type]
        assert why(release, row.id, "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert found["row"]["id"] == row.id
        assert found["pdf"]["pdf_sha256"] == row.pdf_sha256
        assert found["licence"]["licence"] == row.licence


def test_an_unknown_or_ambiguous_item_and_a_broken_release_say_so(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert why(release, "ms-0000000000000000") == 2
    assert why(release, "fig-") == 2
    assert why(tmp_path, "fig-") == 3
    said = capsys.readouterr().err
    assert "is no row of this release" in said
    assert "is the beginning of fig-" in said
