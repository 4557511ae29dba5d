"""A disk whose power may fail: what a program does to a folder is taken down, and each state that a failure may leave is made.

Pessimistic, as POSIX lets a file system be: what was written outlives a failure from fsync on; that a file or folder was made,
renamed or removed, from fsync of the folder around it on. Until then each such change may be there or not, whatever the others
are, and of data that was written before there may be nothing or a part.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest

_ALL_SUBSETS = 3  # pending changes, of which every combination is tried; of more, none, all, each alone and all but each


@dataclass(frozen=True)
class Change:
    """In a folder: a name comes to stand for a file (its number) or a folder (None), or for nothing any more."""

    folder: str
    name: str
    stands_for: int | None = None
    gone: bool = False
    makes_folder: bool = False
    moves: str = ""  # a folder, with all that is in it, which was there under this name


@dataclass(frozen=True)
class Data:
    file: int
    content: bytes
    mtime_ns: int
    durable: bool


@dataclass(frozen=True)
class Synced:
    folder: str


@dataclass(frozen=True)
class Mark:
    """What the program was told or has told others by now."""

    said: Any


Event = Change | Data | Synced | Mark


@dataclass
class Record:
    """The events below `root`, in order."""

    root: Path
    events: list[Event] = field(default_factory=list)
    begun: int = 0  # events that led to what was there before
    _files: dict[int, int] = field(default_factory=dict)  # numbers of files by their inodes
    _count: int = 0

    def mark(self, said: object) -> None:
        self.events.append(Mark(said))

    @contextmanager
    def taken(self) -> Iterator[None]:
        """While this lasts. SQLite writes past Python: its file is none of these."""
        self._begin()
        real_open, real_replace, real_mkdir, real_unlink = os.open, os.replace, os.mkdir, os.unlink
        real_io, real_rename = io.open, os.rename

        def created(path: Any, inode: int) -> None:
            if self._mine(path) and inode not in self._files:
                self._count += 1
                self._files[inode] = self._count
                self._change(path, stands_for=self._count)

        def opened(path: Any, flags: int, *more: Any, **named: Any) -> int:
            handle = real_open(path, flags, *more, **named)
            if flags & os.O_CREAT:
                created(path, os.fstat(handle).st_ino)
            return handle

        def file_opened(path: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
            file = real_io(path, mode, *more, **named)
            if not isinstance(path, int) and set(mode) & set("wxa"):
                created(path, os.fstat(file.fileno()).st_ino)
            return file

        def renamed(source: Any, target: Any, **named: Any) -> None:
            if Path(source).is_file():
                replaced(source, target, **named)
                return
            real_rename(source, target, **named)
            if self._mine(target):
                self._change(target, moves=self._name(source))

        def synced(handle: int) -> None:
            path = Path(f"/proc/self/fd/{handle}").readlink()
            if path.is_dir() and path.is_relative_to(self.root):
                self.events.append(Synced(self._name(path)))
            elif self._mine(path):
                self._data(path, durable=True)

        def replaced(source: Any, target: Any, **named: Any) -> None:
            if self._mine(target):
                self._data(Path(source), durable=False)
                if Path(target).exists():
                    self._files.pop(Path(target).stat().st_ino, None)  # the number of a file that is gone may be given again
            number = self._files.get(Path(source).stat().st_ino)
            real_replace(source, target, **named)
            if self._mine(target):
                self._change(source, gone=True)
                self._change(target, stands_for=number)

        def made(path: Any, *more: Any, **named: Any) -> None:
            real_mkdir(path, *more, **named)
            if self._mine(path):
                self._change(path, makes_folder=True)

        def unlinked(path: Any, **named: Any) -> None:
            inode = os.lstat(path).st_ino
            real_unlink(path, **named)
            if self._mine(path):
                self._files.pop(inode, None)
                self._change(path, gone=True)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "open", opened)
            patch.setattr(io, "open", file_opened)
            patch.setattr(os, "rename", renamed)
            patch.setattr(os, "fsync", synced)
            patch.setattr(os, "replace", replaced)
            patch.setattr(os, "mkdir", made)
            patch.setattr(os, "unlink", unlinked)
            yield

    def _begin(self) -> None:
        """What is there already has been there for long."""
        for path in sorted(self.root.rglob("*")):
            if path.is_dir():
                self._change(path, makes_folder=True)
            elif self._mine(path):
                self._count += 1
                self._files[path.stat().st_ino] = self._count
                self._change(path, stands_for=self._count)
                self._data(path, durable=True)
        self.events += [Synced(self._name(path)) for path in (self.root, *self.root.rglob("*")) if path.is_dir()]
        self.begun = len(self.events)

    def _mine(self, path: Any) -> bool:
        return Path(path).is_relative_to(self.root) and "sqlite" not in Path(path).name and Path(path) != self.root

    def _name(self, path: Any) -> str:
        return Path(path).relative_to(self.root).as_posix()

    def _change(self, path: Any, **what: Any) -> None:
        self.events.append(Change(self._name(Path(path).parent), self._name(path), **what))

    def _data(self, path: Path, *, durable: bool) -> None:
        """What is in the file by now; nothing new where it is as it was when it was last made durable."""
        seen, content = path.stat(), path.read_bytes()
        told = [event for event in self.events if isinstance(event, Data) and event.file == self._files.get(seen.st_ino)]
        if not told or told[-1].content != content or (durable and not told[-1].durable):
            number = self._files[seen.st_ino]
            if not told or told[-1].content != content:
                self.events.append(Data(number, content, seen.st_mtime_ns, durable=False))
            if durable:
                self.events.append(Data(number, content, seen.st_mtime_ns, durable=True))


@dataclass(frozen=True)
class Failure:
    """The power fails: what was said until then, and the files that are left."""

    said: tuple[Any, ...]
    files: tuple[tuple[str, bytes, int], ...]  # name, content, time of the last change

    def put(self, folder: Path) -> None:
        folder.mkdir()
        for name, content, mtime_ns in self.files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            os.utime(path, ns=(mtime_ns, mtime_ns))


def failures(record: Record, since: int = 0) -> Iterator[Failure]:
    """Every state that a failure after each event may leave; one that is told twice in a row is told once."""
    before: set[Failure] = set()
    for count in range(since or record.begun, len(record.events) + 1):
        found = set(_left(record.events[:count]))
        yield from sorted(found - before, key=repr)
        before = found


def _left(events: Sequence[Event]) -> Iterator[Failure]:
    lasting: list[Change] = []
    pending: list[Change] = []
    safe: dict[int, Data] = {}
    fresh: dict[int, Data] = {}
    for event in events:
        if isinstance(event, Change):
            pending.append(event)
        elif isinstance(event, Synced):
            lasting += [change for change in pending if change.folder == event.folder]
            pending = [change for change in pending if change.folder != event.folder]
        elif isinstance(event, Data):
            (safe if event.durable else fresh)[event.file] = event
            if event.durable:
                fresh.pop(event.file, None)
    said = tuple(event.said for event in events if isinstance(event, Mark))
    for some in _some(pending):
        names: dict[str, Change] = {}
        for change in (*lasting, *some):
            names |= _moved(names, change) if change.moves else {change.name: change}
        for part in (0.0, 0.5, 1.0) if fresh else (1.0,):
            yield Failure(said, tuple(sorted(_files(names, safe, fresh, part))))


def _moved(names: dict[str, Change], move: Change) -> dict[str, Change]:
    """What is in the folder under its new name. The old one may stand as well: nothing is made of it."""
    inside = {name: change for name, change in names.items() if name.startswith(f"{move.moves}/")}
    there = {f"{move.name}{name.removeprefix(move.moves)}": change for name, change in inside.items()}
    return {move.name: replace(move, moves="", makes_folder=True), **there}


def _some(pending: Sequence[Change]) -> Iterator[Sequence[Change]]:
    if len(pending) <= _ALL_SUBSETS:
        yield from chain.from_iterable(combinations(pending, size) for size in range(len(pending) + 1))
        return
    yield from ([], pending)
    for index, one in enumerate(pending):
        yield from ([one], [*pending[:index], *pending[index + 1 :]])


def _files(
    names: dict[str, Change], safe: dict[int, Data], fresh: dict[int, Data], part: float
) -> Iterator[tuple[str, bytes, int]]:
    folders = {"."} | {name for name, change in names.items() if change.makes_folder and not change.gone}
    for name, change in names.items():
        above = [parent.as_posix() for parent in Path(name).parents]
        if change.gone or change.makes_folder or change.stands_for is None or not folders.issuperset(above):
            continue
        known = safe.get(change.stands_for)
        content = known.content if known else b""
        new = fresh.get(change.stands_for)
        if new and part:
            kept = len(content) if new.content.startswith(content) else 0  # what was there before something was added to it
            content = new.content[: kept + int((len(new.content) - kept) * part)]
        yield name, content, (new or known or Data(0, b"", 0, False)).mtime_ns


__all__ = ["Failure", "Record", "failures"]
