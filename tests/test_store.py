"""Receipts and blobs are there whole or not at all."""

import errno
import os
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
    (path,) = (tmp_path / "receipts").rglob("sieve.json")
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
    (path,) = (tmp_path / "receipts").rglob("sieve.json")
    path.write_bytes(torn)
    assert store.receipt("ab" * 32, "sieve", "key-1") is None


def test_an_edited_receipt_counts_as_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put_receipt("ab" * 32, RECEIPT)
    (path,) = (tmp_path / "receipts").rglob("sieve.json")
    path.write_bytes(path.read_bytes().replace(b"no-caption", b"no-graphics"))
    assert store.receipt("ab" * 32, "sieve", "key-1") is None


def test_what_is_known_of_a_paper_travels_to_another_store_and_nothing_else_does(tmp_path: Path) -> None:
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    crop, other = here.put_blob(b"a crop"), here.put_blob(b"another paper's")
    receipt = Receipt("crop", "key", (), (), ({"crop": {"sha256": crop}},), ())
    here.put_receipt("ab" * 32, receipt)
    here.put_receipt("cd" * 32, receipt)
    files = here.files_of("ab" * 32)
    forged = {f"receipts/cd/{'cd' * 32}/crop.json": b"{}", "../outside": b"x", f"blobs/{other[:2]}/{other}": b"not its bytes"}
    there.take_in("ab" * 32, files | forged)
    assert there.receipt("ab" * 32, "crop", "key") == receipt
    assert there.blob(crop) == b"a crop"
    assert not there.has_blob(other)
    assert there.receipt("cd" * 32, "crop", "key") is None
    assert not (tmp_path / "outside").exists()
    assert set(files) == {name for name in there.files() if there.files()[name] != b"not its bytes"}
