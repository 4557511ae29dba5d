"""Truth on disk: content-addressed blobs, and one file of receipts per paper, a line per stage.

A paper is one file of `receipts/` and one of `blobs/` for each picture, however many stages it goes through. The line of a
stage that is new to the file is added at its end; one that is made again takes its place, and the file is written whole (tmp +
fsync + rename). Both are durable before the next stage begins. A line carries its own sum: a torn or edited one counts as none,
and its neighbours are believed. Of two workers on one paper (one that was taken for dead wakes up) each adds whole lines, and
the last line of a stage counts; one that the other had just added when the file was written whole may be missing, and is made
again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from builder.errors import CannotRead, CannotWrite
from builder.records import digest

_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP)  # said by file systems that keep such order themselves, or not at all
_BLOCK = 2**20  # bytes of a file that is copied in memory
_NAMED = re.compile(rb'"([0-9a-f]{64})"')  # what may be a blob's name in a receipt
_LINE = re.compile(rb'\{"stage": "([a-z_]+)", ')  # how a receipt's line begins, so that one is found without reading the others


def write_whole(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write so that the file is there whole or not at all, and durable when this returns. Raises CannotWrite."""
    with cannot_write(path):
        make_durable_folder(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines([data] if isinstance(data, bytes) else data)
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


class _Unread(Exception):
    """A file that is copied cannot be read, or not to its end."""


def _blocks(path: Path) -> Iterator[bytes]:
    """What the file holds, little of it in memory at a time. Raises _Unread."""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
    except OSError as error:
        raise _Unread from error


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


SCRATCH = "tmp"  # below a work folder: what lies there belongs to children that run
_PARTS = ("read", "kept", "records", "dropped")


def _sum(stage: str, key: object, parts: Sequence[object]) -> str:
    """What a receipt's content hashes to: an edited or torn one does not match."""
    return digest([stage, key, *parts])


def _line(receipt: Receipt) -> bytes:
    """The receipt as its line of the paper's file."""
    parts = {name: getattr(receipt, name) for name in _PARTS}
    told = {"stage": receipt.stage, "key": receipt.key, "sum": _sum(receipt.stage, receipt.key, list(parts.values())), **parts}
    return json.dumps(told, ensure_ascii=False).encode()


def _read(line: bytes, stage: str) -> Receipt | None:
    """The receipt of a line; None for one that is torn, edited or no receipt."""
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    key, parts = raw.get("key"), [raw.get(name) for name in _PARTS]
    if not isinstance(key, str) or raw.get("sum") != _sum(stage, key, parts):
        return None
    return Receipt(stage, key, *(tuple(part) for part in parts if isinstance(part, list)))


def _lines(data: bytes) -> dict[str, bytes]:
    """The lines of a paper's file by their stages, whatever else they hold."""
    return {begins[1].decode(): line for line in data.split(b"\n") if (begins := _LINE.match(line))}


def _joined(lines: Mapping[str, bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines.values())


def _content(path: Path) -> bytes:
    try:
        return bytes_of(path)
    except OSError:
        return b""


def bytes_of(path: Path) -> bytes:
    """The content of a regular file of a work folder. Raises OSError for a link, and for a pipe, which would be waited for."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "is no regular file", str(path))
        return file.read()


def _cleared(path: Path) -> Path:
    """The same path, with nothing in its way: what a hostile paper put there, for other papers to stumble over, goes."""
    with suppress(OSError):  # writing will say what is wrong
        if not path.parent.is_dir():
            path.parent.unlink(missing_ok=True)
        elif _is_shut(path.parent):
            _set_aside(path.parent)
        if path.is_dir() and not path.is_symlink():
            _set_aside(path)
    return path


def _is_shut(folder: Path) -> bool:
    """A folder of ours that we may not use: children make such ones, and may not open them again."""
    told = folder.lstat()
    return stat.S_ISDIR(told.st_mode) and told.st_uid == os.geteuid() and told.st_mode & stat.S_IRWXU != stat.S_IRWXU


def _set_aside(folder: Path) -> None:
    """Done at once, however deep the folder is and whatever its rights; what cannot be removed is nobody's. Raises OSError."""
    aside = folder.rename(folder.with_name(f".tmp-{uuid.uuid4().hex}"))
    with suppress(RecursionError):
        shutil.rmtree(aside, ignore_errors=True)


def append(path: Path, data: bytes) -> None:
    """Add to the file, durable when this returns. Raises CannotWrite, which may leave a torn end."""
    with cannot_write(path):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(file, left) :]
            os.fsync(file)
        finally:
            os.close(file)


def _gone(path: Path) -> CannotRead:
    return CannotRead(str(path), "is missing or damaged", "run the same command again: it is made anew")


@dataclass(frozen=True)
class Store:
    """A work folder: `blobs/` and `receipts/`. Safe for several processes, each writing its own paper's receipts."""

    root: Path

    @property
    def open_to_children(self) -> tuple[Path, ...]:
        """The folders that those who read papers may write to: replies, ledger and log are the driver's alone."""
        return tuple(self.root.resolve() / name for name in (SCRATCH, "receipts", "blobs"))

    def put_blob(self, data: bytes) -> str:
        sha = hashlib.sha256(data).hexdigest()
        if not self.has_blob(sha):
            write_whole(_cleared(self._blob(sha)), data)
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
            data = bytes_of(self._blob(sha))
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() != sha:
            with suppress(OSError):
                self._blob(sha).unlink()  # so that no later run takes it for whole
            raise _gone(self._blob(sha))
        return data

    def blob_name(self, sha: str) -> str:
        """Where it lies, from the work folder."""
        return f"blobs/{sha[:2]}/{sha}"

    def _blob(self, sha: str) -> Path:
        return self.root / self.blob_name(sha)

    def put_receipt(self, paper_sha: str, receipt: Receipt) -> None:
        self._put_lines(paper_sha, {receipt.stage: _line(receipt)})

    def _put_lines(self, paper_sha: str, lines: Mapping[str, bytes]) -> None:
        """Put the lines into the paper's file: after those of other stages, or in place of those of the same."""
        path = _cleared(self._receipts(paper_sha))
        there = _content(path)
        known = _lines(there)
        if there.endswith(b"\n") and not path.is_symlink() and not known.keys() & lines.keys():
            append(path, _joined(lines))
        else:
            write_whole(path, _joined({**known, **lines}))

    def receipt(self, paper_sha: str, stage: str, key: str) -> Receipt | None:
        """The receipt of that stage if it was made under that key; a torn or foreign one counts as none."""
        found = _read(_lines(_content(self._receipts(paper_sha))).get(stage, b""), stage)
        return found if found and found.key == key else None

    def receipt_there(self, paper_sha: str, stage: str, key: str) -> Receipt:
        """The receipt that is known to have been made. Raises CannotRead when it is gone or torn since."""
        found = self.receipt(paper_sha, stage, key)
        if found is None:
            with suppress(OSError):
                os.utime(self._receipts(paper_sha))  # so that no later run takes the paper for settled by the file's time
            raise _gone(self._receipts(paper_sha))
        return found

    def files(self) -> dict[str, bytes]:
        """All receipts and blobs, by their paths below the root: of a folder that one paper has for itself."""
        paths = [path for kind in ("receipts", "blobs") for path in sorted((self.root / kind).rglob("*")) if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths if not path.name.startswith(".")}

    def files_of(self, paper_sha: str) -> dict[str, bytes]:
        """The paper's receipts and the blobs that they name."""
        name = self.receipts_name(paper_sha)
        told = _content(self.root / name)
        if not told:
            return {}
        named = [self.blob_name(sha) for sha in sorted({match.decode() for match in _NAMED.findall(told)})]
        return {name: told, **{blob: (self.root / blob).read_bytes() for blob in named if (self.root / blob).is_file()}}

    def take_in(self, paper_sha: str, files: Mapping[str, bytes]) -> None:
        """What another store made of that paper: its receipts, where they are whole, and blobs by what they are."""
        for name, data in files.items():
            if name == self.receipts_name(paper_sha):
                self._put_lines(paper_sha, {stage: line for stage, line in _lines(data).items() if _read(line, stage)})
            elif name.startswith("blobs/"):
                self.put_blob(data)

    def keep_failed(self, path: Path, sha: str, told: Mapping[str, str]) -> None:
        """Keep a paper that its child failed on, with what it was: `failed/<SHA-256>.pdf` and `.json`, for a report.

        A paper whose bytes are gone by now is told of without them.
        """
        words = {"file": legible(path), "sha256": sha, **told}
        write_whole(self.root / "failed" / f"{sha}.json", json.dumps(words, ensure_ascii=False, indent=1).encode())
        with suppress(_Unread):
            write_whole(self.root / "failed" / f"{sha}.pdf", _blocks(path))

    def forget_failed(self, sha: str) -> None:
        """The paper was cut after all."""
        for path in (self.root / "failed" / f"{sha}.{kind}" for kind in ("json", "pdf")):
            with cannot_write(path):
                path.unlink(missing_ok=True)

    def receipts_name(self, paper_sha: str) -> str:
        """Where the paper's receipts lie, from the work folder."""
        return f"receipts/{paper_sha[:2]}/{paper_sha}.jsonl"

    def _receipts(self, paper_sha: str) -> Path:
        return self.root / self.receipts_name(paper_sha)
