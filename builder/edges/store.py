"""Truth on disk: content-addressed blobs, and one receipt per paper and stage, written tmp + fsync + rename."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from builder.errors import CannotRead, CannotWrite
from builder.records import digest

_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP)  # said by file systems that keep such order themselves, or not at all
_NAMED = re.compile(rb'"([0-9a-f]{64})"')  # what may be a blob's name in a receipt


def write_whole(path: Path, data: bytes) -> None:
    """Write so that the file is there whole or not at all, and durable when this returns. Raises CannotWrite."""
    with cannot_write(path):
        make_durable_folder(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        make_durable(path.parent)


def make_durable_folder(folder: Path) -> None:
    """The folder with those above it, made where they are not there. Raises OSError."""
    if not folder.is_dir():
        make_durable_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        make_durable(folder.parent)


def make_durable(folder: Path) -> None:
    """What was made, named or renamed in the folder outlives a loss of power. Raises OSError."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:  # it may be written to and not read
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(handle)


@contextmanager
def cannot_write(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write into one sentence with a remedy."""
    try:
        yield
    except OSError as error:
        remedy = {
            errno.ENOSPC: "free space on that disk, or name another folder; running again goes on where it stopped",
            errno.EDQUOT: "free space within the quota, or name another folder; running again goes on where it stopped",
        }.get(error.errno or 0, "name a folder that can be written")
        raise CannotWrite(str(path), f"cannot write: {error.strerror or error}", remedy) from error


def legible(path: Path) -> str:
    """The file's name as text that can be stored: bytes that are no UTF-8 stand as question marks."""
    return path.name.encode("utf-8", "replace").decode("utf-8")


def sha256_of(path: Path) -> str:
    """SHA-256 of a regular file of any size. Raises OSError; a pipe or a device would be read without end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Receipt:
    """What one stage made of one paper. `key` names everything the result depends on."""

    stage: str
    key: str
    read: tuple[str, ...]  # ids of the records it was given
    kept: tuple[str, ...]  # those of them that it passed on
    records: tuple[dict[str, object], ...]  # what it handed on, as JSON
    dropped: tuple[dict[str, object], ...]

    @property
    def output_hash(self) -> str:
        return digest([self.records, self.kept])


def _sum(stage: str, key: str, parts: Sequence[object]) -> str:
    """What a receipt's content hashes to: an edited or torn one does not match."""
    return digest([stage, key, *parts])


@dataclass(frozen=True)
class Store:
    """A work folder: `blobs/` and `receipts/`. Safe for several processes, each writing its own paper's receipts."""

    root: Path

    def put_blob(self, data: bytes) -> str:
        sha = hashlib.sha256(data).hexdigest()
        if not self.has_blob(sha):
            write_whole(self._blob(sha), data)
        return sha

    def has_blob(self, sha: str) -> bool:
        """Whether the blob is there and is what its name says: a torn one counts as absent, and is made again."""
        try:
            return sha256_of(self._blob(sha)) == sha
        except OSError:
            return False

    def blob(self, sha: str) -> bytes:
        """The blob's bytes. Raises CannotRead when it is gone or torn since it was written."""
        try:
            data = self._blob(sha).read_bytes()
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() != sha:
            raise self._damaged(self._blob(sha))
        return data

    def _damaged(self, path: Path) -> CannotRead:
        """The error; the file goes, so that no later run takes it for whole."""
        with suppress(OSError):
            path.unlink()
        return CannotRead(str(path), "is missing or damaged", "run the same command again: it is made anew")

    def blob_name(self, sha: str) -> str:
        """Where it lies, from the work folder."""
        return f"blobs/{sha[:2]}/{sha}"

    def _blob(self, sha: str) -> Path:
        return self.root / self.blob_name(sha)

    def put_receipt(self, paper_sha: str, receipt: Receipt) -> None:
        parts = [receipt.read, receipt.kept, receipt.records, receipt.dropped]
        whole = {**receipt.__dict__, "sum": _sum(receipt.stage, receipt.key, parts)}
        write_whole(self._receipt(paper_sha, receipt.stage), json.dumps(whole, ensure_ascii=False, sort_keys=True).encode())

    def receipt(self, paper_sha: str, stage: str, key: str) -> Receipt | None:
        """The receipt of that stage if it was made under that key; a torn or foreign file counts as none."""
        try:
            raw = json.loads(self._receipt(paper_sha, stage).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(raw, dict) or raw.get("key") != key:
            return None
        parts = [raw.get(name) for name in ("read", "kept", "records", "dropped")]
        if raw.get("sum") != _sum(stage, key, parts):
            return None
        return Receipt(stage, key, *(tuple(part) for part in parts if isinstance(part, list)))

    def receipt_there(self, paper_sha: str, stage: str, key: str) -> Receipt:
        """The receipt that is known to have been made. Raises CannotRead when it is gone or torn since."""
        found = self.receipt(paper_sha, stage, key)
        if found is None:
            raise self._damaged(self._receipt(paper_sha, stage))
        return found

    def files(self) -> dict[str, bytes]:
        """All receipts and blobs, by their paths below the root: of a folder that one paper has for itself."""
        paths = [path for kind in ("receipts", "blobs") for path in sorted((self.root / kind).rglob("*")) if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths if not path.name.startswith(".")}

    def files_of(self, paper_sha: str) -> dict[str, bytes]:
        """The paper's receipts and the blobs that they name."""
        receipts = sorted(self._receipt(paper_sha, "").parent.glob("*.json"))
        found = {path: path.read_bytes() for path in receipts}
        named = {match.decode() for data in found.values() for match in _NAMED.findall(data)}
        found |= {self._blob(sha): self._blob(sha).read_bytes() for sha in sorted(named) if self._blob(sha).is_file()}
        return {path.relative_to(self.root).as_posix(): data for path, data in found.items()}

    def take_in(self, paper_sha: str, files: Mapping[str, bytes]) -> None:
        """What another store made of that paper. Blobs go by what they are; no other name than a receipt's is written."""
        for name, data in files.items():
            stage = re.fullmatch(rf"receipts/{paper_sha[:2]}/{paper_sha}/([a-z_]+)\.json", name)
            if stage:
                write_whole(self._receipt(paper_sha, stage[1]), data)
            elif name.startswith("blobs/"):
                self.put_blob(data)

    def keep_failed(self, path: Path, sha: str, told: Mapping[str, str]) -> None:
        """Keep a paper that its child failed on, with what it was: `failed/<SHA-256>.pdf` and `.json`, for a report.

        A paper whose bytes are gone by now is told of without them.
        """
        words = {"file": legible(path), "sha256": sha, **told}
        write_whole(self.root / "failed" / f"{sha}.json", json.dumps(words, ensure_ascii=False, indent=1).encode())
        try:
            data = path.read_bytes()
        except OSError:
            return
        write_whole(self.root / "failed" / f"{sha}.pdf", data)

    def forget_failed(self, sha: str) -> None:
        """The paper was cut after all."""
        for kind in ("json", "pdf"):
            (self.root / "failed" / f"{sha}.{kind}").unlink(missing_ok=True)

    def receipt_name(self, paper_sha: str, stage: str) -> str:
        """Where it lies, from the work folder."""
        return f"receipts/{paper_sha[:2]}/{paper_sha}/{stage}.json"

    def _receipt(self, paper_sha: str, stage: str) -> Path:
        return self.root / self.receipt_name(paper_sha, stage)
