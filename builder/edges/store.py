"""Truth on disk: content-addressed blobs, and one receipt per paper and stage, written tmp + fsync + rename."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from builder.errors import CannotWrite
from builder.records import digest


def write_whole(path: Path, data: bytes) -> None:
    """Write so that the file is there whole or not at all. Raises CannotWrite."""
    with cannot_write(path):
        path.parent.mkdir(parents=True, exist_ok=True)
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


@dataclass(frozen=True)
class Store:
    """A work folder: `blobs/` and `receipts/`. Safe for several processes, each writing its own paper's receipts."""

    root: Path

    def put_blob(self, data: bytes) -> str:
        sha = hashlib.sha256(data).hexdigest()
        path = self._blob(sha)
        if not path.exists():
            write_whole(path, data)
        return sha

    def has_blob(self, sha: str) -> bool:
        return self._blob(sha).exists()

    def blob(self, sha: str) -> bytes:
        return self._blob(sha).read_bytes()

    def _blob(self, sha: str) -> Path:
        return self.root / "blobs" / sha[:2] / sha

    def put_receipt(self, paper_sha: str, receipt: Receipt) -> None:
        text = json.dumps(receipt.__dict__, ensure_ascii=False, sort_keys=True)
        write_whole(self._receipt(paper_sha, receipt.stage), text.encode())

    def receipt(self, paper_sha: str, stage: str, key: str) -> Receipt | None:
        """The receipt of that stage if it was made under that key; a torn or foreign file counts as none."""
        try:
            raw = json.loads(self._receipt(paper_sha, stage).read_bytes())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        if raw.get("key") != key:
            return None
        return Receipt(stage, key, *(tuple(raw[name]) for name in ("read", "kept", "records", "dropped")))

    def _receipt(self, paper_sha: str, stage: str) -> Path:
        return self.root / "receipts" / paper_sha[:2] / paper_sha / f"{stage}.json"
