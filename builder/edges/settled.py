"""What is settled of each paper, in one file of the work folder: a run that goes on reads it, and no receipt and no paper."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from builder.edges.store import Store, cannot_write, sha256_of
from builder.errors import CannotWrite
from builder.pipeline import STAGES, Tally, code_versions, package_hash
from builder.records import Dropped

FILE = "settled.sqlite"
_TABLES = (  # a row for each set of stages: `figures` and `build` take turns on one work folder
    "CREATE TABLE IF NOT EXISTS papers "
    "(sha256 TEXT, stages TEXT, told TEXT NOT NULL, PRIMARY KEY (sha256, stages)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, seen TEXT NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS code (package TEXT PRIMARY KEY, versions TEXT NOT NULL) WITHOUT ROWID",
)
_SCHEMA = {command.replace("IF NOT EXISTS ", "") for command in _TABLES}
# Of a driver that was killed while it wrote; one that is forged could delete other files.
_BESIDE = ("-journal", "-wal", "-shm")
_AT_A_TIME = 100  # hashes that a kill can cost
_SHA256 = re.compile("[0-9a-f]{64}")
_RECENT = 5_000_000_000  # ns: a file may be written again within the same tick of its clock; the coarsest have two seconds


@dataclass(frozen=True)
class Settled:
    """One paper's stages, its id and disagreements where it was read, and why it was refused at ingest where it was."""

    tallies: tuple[Tally, ...]
    paper_id: str
    refused: Dropped | None
    disagreements: tuple[str, ...] = ()


class Ledger:
    """The settled papers of a work folder. Only its driver writes; what is lost of it is read from the receipts again."""

    def __init__(self, store: Store, connection: sqlite3.Connection) -> None:
        self._store, self._connection = store, connection
        self._files: dict[bytes, tuple[str, str]] = {}  # read in this run, by path: stamp and hash

    def get(self, sha: str, stages: Sequence[str]) -> Settled | None:
        """What these stages settled, if every receipt and crop lies there as it did then, by size and time of its last change.

        A file whose bytes were changed under the same size and time is found when it is read, by its hash.
        """
        try:
            of = "SELECT told FROM papers WHERE sha256 = ? AND stages = ?"
            row = self._connection.execute(of, (sha, " ".join(stages))).fetchone()
            return self._read(json.loads(row[0])) if row else None
        except (sqlite3.DatabaseError, ValueError, LookupError, TypeError, RecursionError):
            return None  # damaged since: receipts tell the same

    def sha256_of(self, path: Path) -> str:
        """SHA-256 of a file: as it was read before where its size, times and place on disk are the same, else read now.

        Raises OSError. `keep` makes what was read durable.
        """
        seen = _stamp(path)
        try:
            row = self._connection.execute(
                "SELECT seen, sha256 FROM files WHERE path = ?", (bytes(path.absolute()),)
            ).fetchone()
        except sqlite3.DatabaseError:
            row = None
        if row and row[0] == json.dumps(seen) and _is_hash(row[1]):  # it becomes part of paths
            return str(row[1])
        sha = sha256_of(path)
        if time.time_ns() - max(seen[1:3]) > _RECENT and _stamp(path) == seen:
            self._files[bytes(path.absolute())] = (json.dumps(seen), sha)
            if len(self._files) >= _AT_A_TIME:
                self.keep()
        return sha

    def keep(self) -> None:
        """Make the hashes that were read durable. Raises CannotWrite."""
        rows = [(path, *told) for path, told in self._files.items()]
        with _written(self._store.root), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows)
        self._files.clear()

    def code_versions(self) -> dict[str, str]:
        """As the pipeline's, from an earlier run where the package is the same. Raises CannotRead, CannotWrite."""
        package = package_hash()
        try:
            row = self._connection.execute("SELECT versions FROM code WHERE package = ?", (package,)).fetchone()
            told = json.loads(row[0]) if row else {}
        except (sqlite3.DatabaseError, ValueError, TypeError, RecursionError):
            told = {}
        if isinstance(told, dict) and told.keys() == {stage.name for stage in STAGES} and all(map(_is_hash, told.values())):
            return told
        versions = dict(code_versions())
        with _written(self._store.root), self._connection:
            self._connection.execute("DELETE FROM code")
            self._connection.execute("INSERT INTO code VALUES (?, ?)", (package, json.dumps(versions)))
        return versions

    def _read(self, told: dict[str, Any]) -> Settled | None:
        if any(_seen(self._store.root / name) != seen for name, *seen in told["files"]):
            return None
        refused = Dropped.model_validate(told["refused"]) if told["refused"] else None
        tallies = tuple(Tally(**tally) for tally in told["tallies"])
        return Settled(tallies, str(told["paper_id"]), refused, tuple(map(str, told["disagreements"])))

    def put(self, sha: str, stages: Sequence[str], settled: Settled, blobs: Iterable[str]) -> None:
        """Keep what these stages settled, durable when this returns. Raises CannotWrite."""
        names = [self._store.receipts_name(sha), *map(self._store.blob_name, dict.fromkeys(blobs))]
        files = [[name, *_seen(self._store.root / name)] for name in names]
        told = json.dumps(
            {
                "tallies": [asdict(tally) for tally in settled.tallies],
                "paper_id": settled.paper_id,
                "refused": settled.refused.model_dump(mode="json") if settled.refused else None,
                "disagreements": settled.disagreements,
                "files": files,
            },
            ensure_ascii=False,
        )
        with _written(self._store.root), self._connection:
            self._connection.execute("INSERT OR REPLACE INTO papers VALUES (?, ?, ?)", (sha, " ".join(stages), told))


@contextmanager
def ledger_of(store: Store) -> Iterator[Ledger]:
    """The folder's ledger, begun anew where it is none. Raises CannotWrite."""
    with cannot_write(store.root), _written(store.root):
        store.root.mkdir(parents=True, exist_ok=True)
        left = [path for end in _BESIDE if (path := store.root / f"{FILE}{end}").exists() or path.is_symlink()]
        for path in left:
            path.unlink()
        # A link would lead out of the work folder; and what was half written goes with its journal: receipts tell the same.
        if left or (store.root / FILE).is_symlink() or not (store.root / FILE).is_file():
            (store.root / FILE).unlink(missing_ok=True)
        connection = _opened(store.root / FILE)
    try:
        yield Ledger(store, connection)
    finally:
        connection.close()


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")  # somebody else may have written the file
        for command in _TABLES:
            connection.execute(command)
        if {row[0] for row in connection.execute("SELECT sql FROM sqlite_master")} != _SCHEMA:
            raise sqlite3.DatabaseError("holds something else than the ledger's tables")
        return connection
    except sqlite3.DatabaseError as error:
        connection.close()
        if isinstance(error, sqlite3.OperationalError):
            raise
        path.unlink()  # torn: receipts tell the same, more slowly
        return _opened(path)


@contextmanager
def _written(root: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        remedy = "free space, or name a folder that can be written; a damaged file may be removed, receipts tell the same"
        raise CannotWrite(str(root / FILE), f"cannot write: {error}", remedy) from error


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _stamp(path: Path) -> list[int]:
    """What changes when a file is written to, whoever sets its clock: raises OSError."""
    there = path.stat()
    return [there.st_size, there.st_mtime_ns, there.st_ctime_ns, there.st_dev, there.st_ino]


def _seen(path: Path) -> list[int]:
    try:
        there = path.stat()
    except OSError:
        return []
    return [there.st_size, there.st_mtime_ns]


__all__ = ["FILE", "Ledger", "Settled", "ledger_of"]
