"""Receipts and blobs are there whole or not at all."""

import errno
import hashlib
import json
import os
import subprocess
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from builder.edges.store import Receipt, Store, write_whole
from builder.errors import CannotRead, CannotWrite, Exit

RECEIPT = Receipt("sieve", "key-1", ("p1", "p2"), ("p1",), ({"id": "c"},), ({"record_id": "p2", "reason": "no-caption"},))


def test_a_receipt_comes_back_only_under_its_key(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put_receipt("ab" * 32, RECEIPT)
    assert store.receipt("ab" * 32, "sieve", "key-1") == RECEIPT
    assert store.receipt("ab" * 32, "sieve", "key-2") is None
    assert store.receipt("ab" * 32, "locate", "key-1") is None


def test_a_torn_receipt_counts_as_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put_receipt("ab" * 32, RECEIPT)
    (path,) = (tmp_path / "receipts").rglob("*.jsonl")
    path.write_bytes(path.read_bytes()[:40])
    assert store.receipt("ab" * 32, "sieve", "key-1") is None


def test_a_blob_is_named_by_its_content(tmp_path: Path) -> None:
    store = Store(tmp_path)
    sha = store.put_blob(b"pixels")
    assert store.has_blob(sha)
    assert store.blob(sha) == b"pixels"
    assert store.put_blob(b"pixels") == sha


def test_a_full_disk_is_one_sentence_with_a_remedy_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWrite, match="No space left on device") as caught:
        write_whole(tmp_path / "x", b"data")
    assert "free space" in str(caught.value)
    assert caught.value.exit_code == Exit.CANNOT_WRITE
    assert not list(tmp_path.iterdir())


def test_a_torn_blob_counts_as_absent_and_is_never_handed_out(tmp_path: Path) -> None:
    store = Store(tmp_path)
    sha = store.put_blob(b"pixels")
    path = tmp_path / "blobs" / sha[:2] / sha
    path.write_bytes(b"pixels!")
    assert not store.has_blob(sha)
    with pytest.raises(CannotRead, match="missing or damaged"):
        store.blob(sha)
    store.put_blob(b"pixels")
    assert store.blob(sha) == b"pixels"


@pytest.mark.parametrize("torn", [b"", b"[]", b"\xff\xfe", b"{}", b'{"key": "key-1"}', b'{"key": "key-1", "read": 3}'])
def test_a_receipt_of_any_other_shape_counts_as_none(tmp_path: Path, torn: bytes) -> None:
    store = Store(tmp_path)
    store.put_receipt("ab" * 32, RECEIPT)
    (path,) = (tmp_path / "receipts").rglob("*.jsonl")
    path.write_bytes(torn)
    assert store.receipt("ab" * 32, "sieve", "key-1") is None


LATER = replace(RECEIPT, stage="locate", key="key-2")


def test_a_paper_is_one_file_whatever_its_stages_and_however_often_they_are_made(tmp_path: Path) -> None:
    store, again = Store(tmp_path), replace(RECEIPT, key="key-3")
    for receipt in (RECEIPT, LATER, again, LATER):
        store.put_receipt("ab" * 32, receipt)
    (path,) = (path for path in (tmp_path / "receipts").rglob("*") if path.is_file())
    assert path.read_bytes().count(b"\n") == 2
    assert (store.receipt("ab" * 32, "sieve", "key-3"), store.receipt("ab" * 32, "locate", "key-2")) == (again, LATER)
    assert store.receipt("ab" * 32, "sieve", "key-1") is None


@pytest.mark.parametrize(
    "torn",
    [
        lambda data: data[:-30],
        lambda data: data[:-1],
        lambda data: data + b'{"stage": "locate", "key"',
        lambda data: data.replace(b'"locate", "key": "key-2"', b'"locate", "key": "key-9"'),
        lambda data: data.replace(b'"locate"', b'"sieve"'),
        lambda data: data[: data.index(b"\n") + 1] + bytes(4096),
    ],
    ids=["cut off", "no end", "half a line more", "edited", "two of one name", "zeros"],
)
def test_beside_a_torn_receipt_the_others_are_believed_and_the_next_one_mends_the_file(
    tmp_path: Path, torn: Callable[[bytes], bytes]
) -> None:
    store = Store(tmp_path)
    store.put_receipt("ab" * 32, RECEIPT)
    store.put_receipt("ab" * 32, LATER)
    path = tmp_path / store.receipts_name("ab" * 32)
    whole = path.read_bytes()
    path.write_bytes(torn(whole))
    assert store.receipt("ab" * 32, "locate", "key-9") is None
    assert store.receipt("ab" * 32, "sieve", "key-1") in (RECEIPT, None)
    for receipt in (RECEIPT, LATER):
        if store.receipt("ab" * 32, receipt.stage, receipt.key) is None:
            store.put_receipt("ab" * 32, receipt)
    assert store.receipt("ab" * 32, "sieve", "key-1") == RECEIPT
    assert store.receipt("ab" * 32, "locate", "key-2") == LATER


def test_two_workers_on_one_paper_leave_nothing_torn_and_what_is_missing_is_made_again(tmp_path: Path) -> None:
    """One was taken for dead, and goes on while the other, which was sent in its place, works."""
    store, names = Store(tmp_path), [f"stage_{letter}" for letter in "abcdefgh"]

    def work(who: str) -> None:
        for name in names:
            store.put_receipt("ab" * 32, Receipt(name, "key", (who,), (), ({"text": who * 20_000},), ()))

    with ThreadPoolExecutor(2) as both:
        list(both.map(work, ["first", "second"]))
    there = {name: found for name in names if (found := store.receipt("ab" * 32, name, "key"))}
    lines = (tmp_path / store.receipts_name("ab" * 32)).read_bytes().splitlines()
    assert there.keys() == {json.loads(line)["stage"] for line in lines}
    assert {found.read for found in there.values()} <= {("first",), ("second",)}
    work("third")
    assert all(
        store.receipt("ab" * 32, name, "key") == Receipt(name, "key", ("third",), (), ({"text": "third" * 20_000},), ())
        for name in names
    )


def test_a_link_in_place_of_a_papers_receipts_leads_nowhere(tmp_path: Path) -> None:
    store, other = Store(tmp_path / "work"), tmp_path / "other"
    other.write_bytes(b"mine\n")
    path = store.root / store.receipts_name("ab" * 32)
    path.parent.mkdir(parents=True)
    path.symlink_to(other)
    store.put_receipt("ab" * 32, RECEIPT)
    assert (store.receipt("ab" * 32, "sieve", "key-1"), other.read_bytes()) == (RECEIPT, b"mine\n")


def put_in_the_way(path: Path, what: str) -> None:
    (path if "folder of" in what else path.parent.parent).mkdir(parents=True)
    if "folder of" in what:
        inner = os.open(path, os.O_RDONLY)
        for _ in range(2000 if "thousands" in what else 1):  # one by one: all their names are longer than a path may be
            os.mkdir("deep", dir_fd=inner)
            inner, outer = os.open("deep", os.O_RDONLY, dir_fd=inner), inner
            os.close(outer)
        os.close(inner)
    elif what == "shut folder":
        path.parent.mkdir(mode=0)
    elif what == "pipe":
        path.parent.mkdir()
        os.mkfifo(path)
    elif what == "file for its folder":
        path.parent.write_bytes(b"")
    else:
        path.parent.symlink_to("nowhere")


@pytest.mark.parametrize(
    "what", ["folder of one", "folder of thousands", "shut folder", "pipe", "file for its folder", "link to nowhere"]
)
def test_what_a_hostile_paper_put_in_the_way_of_others_is_cleared(tmp_path: Path, what: str) -> None:
    store, sha = Store(tmp_path), hashlib.sha256(b"pixels").hexdigest()
    for path in (tmp_path / store.receipts_name("ab" * 32), tmp_path / store.blob_name(sha)):
        put_in_the_way(path, what)
    assert store.receipt("ab" * 32, "sieve", "key-1") is None
    assert not store.has_blob(sha)
    with pytest.raises(CannotRead, match="missing or damaged"):
        store.blob(sha)
    store.put_receipt("ab" * 32, RECEIPT)
    store.put_blob(b"pixels")
    assert (store.receipt("ab" * 32, "sieve", "key-1"), store.blob(sha)) == (RECEIPT, b"pixels")
    subprocess.run(["rm", "-rf", str(tmp_path)], check=True)  # Python cannot: folders in folders by the thousand


def test_an_edited_receipt_counts_as_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put_receipt("ab" * 32, RECEIPT)
    (path,) = (tmp_path / "receipts").rglob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(b"no-caption", b"no-graphics"))
    assert store.receipt("ab" * 32, "sieve", "key-1") is None


def test_what_is_known_of_a_paper_travels_to_another_store_and_nothing_else_does(tmp_path: Path) -> None:
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    crop, other = here.put_blob(b"a crop"), here.put_blob(b"another paper's")
    receipt = Receipt("crop", "key", (), (), ({"crop": {"sha256": crop}},), ())
    here.put_receipt("ab" * 32, receipt)
    here.put_receipt("cd" * 32, receipt)
    files = here.files_of("ab" * 32)
    foreign = {here.receipts_name("cd" * 32): files[here.receipts_name("ab" * 32)]}
    forged = {**foreign, "../outside": b"x", f"blobs/{other[:2]}/{other}": b"not its bytes"}
    there.take_in("ab" * 32, files | forged)
    assert there.receipt("ab" * 32, "crop", "key") == receipt
    assert there.blob(crop) == b"a crop"
    assert not there.has_blob(other)
    assert there.receipt("cd" * 32, "crop", "key") is None
    assert not (tmp_path / "outside").exists()
    there.take_in("ab" * 32, {here.receipts_name("ab" * 32): b'{"stage": "crop", "key": "key"}\n'})
    assert there.receipt("ab" * 32, "crop", "key") == receipt
    assert set(files) == {name for name in there.files() if there.files()[name] != b"not its bytes"}


def test_a_paper_that_failed_is_kept_without_being_held_in_memory(tmp_path: Path) -> None:
    paper = tmp_path / "huge.pdf"
    with paper.open("wb") as file:
        file.truncate(64 * 2**20)
    tracemalloc.start()
    try:
        Store(tmp_path / "work").keep_failed(paper, "ab" * 32, {"reason": "crashed"})
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * 2**20
    assert (tmp_path / "work" / "failed" / f"{'ab' * 32}.pdf").stat().st_size == 64 * 2**20
    Store(tmp_path / "work").keep_failed(tmp_path / "gone.pdf", "cd" * 32, {"reason": "crashed"})
    assert sorted(path.name[:2] + path.suffix for path in (tmp_path / "work" / "failed").iterdir()) == [
        "ab.json",
        "ab.pdf",
        "cd.json",
    ]
