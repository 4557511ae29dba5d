"""Replies of models on disk, found by the hash of what was asked: what is paid for is kept and asked once.

`replies/` has at most 4,096 files however many questions there are: one for the first three digits of the hash, a reply a line,
added at the file's end and durable before the question counts as answered. A torn or foreign line counts as none. `intents/`
has a file for each call that is in flight, or that was when a run was killed.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field, ValidationError

from builder.asking import Reply, Usage
from builder.edges.store import append, bytes_of, cannot_write, write_whole
from builder.errors import CannotRead
from builder.records import Record

_DIGITS = 3  # of the hash in a file's name: with a million replies of 2 kB a file has 500 kB


class Intent(Record):
    """A call that is about to be made; while it stands without a reply, it may have been paid."""

    hash: str
    model: str
    tries: int
    tokens: int = Field(ge=0, description="most that one try can have cost: prompt by rule, completion by its limit")
    usd: float = Field(0.0, ge=0, allow_inf_nan=False, description="the same by price; 0 without prices")
    wasted: Usage = Usage()  # billed, as the provider said, for answers that were none


def recorded_in(folder: Path, name: str) -> Reply | None:
    """The reply to the question of that hash in a work folder's `replies/`: the last that was put, None without one.

    Raises CannotRead where it cannot be known: nothing that may be there is asked, and paid, again.
    """
    data, wanted, found = _content(_file(folder, name)), name.encode(), None
    at = data.find(wanted)
    while at >= 0:  # only lines that name it are read
        newline = data.find(b"\n", at)
        end = len(data) if newline < 0 else newline
        reply = _read(data[data.rfind(b"\n", 0, at) + 1 : end])
        found = reply if reply and reply.hash == name else found
        at = data.find(wanted, end + 1)
    return found


@dataclass(frozen=True)
class Replies:
    """`replies/` and `intents/` of a work folder. One process writes; its threads may do so at the same time."""

    root: Path
    _writing: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def get(self, name: str) -> Reply | None:
        """The reply, or None where there is none or a torn or foreign line. Raises CannotRead."""
        return recorded_in(self.root / "replies", name)

    def ready(self, name: str) -> None:
        """See that a reply to the question can be put down, before it is paid for. Raises CannotWrite."""
        path = _file(self.root / "replies", name)
        with self._writing:
            if not path.exists():
                write_whole(path, b"")
        append(path, b"")

    def put(self, reply: Reply) -> None:
        """Durable when this returns. Raises CannotWrite."""
        line = json.dumps(reply.model_dump(mode="json"), ensure_ascii=False).encode() + b"\n"
        with self._writing:
            path = _file(self.root / "replies", reply.hash)
            if path.exists():
                append(path, line if _ends_whole(path) else b"\n" + line)
            else:
                write_whole(path, line)

    def intend(self, intent: Intent) -> None:
        write_whole(self._intent(intent.hash), json.dumps(intent.model_dump(mode="json"), ensure_ascii=False).encode())

    def intent(self, name: str) -> Intent | None:
        try:
            found = Intent.model_validate_json(bytes_of(self._intent(name)))
        except (OSError, ValidationError):
            return None
        return found if found.hash == name else None

    def settle(self, name: str) -> None:
        self._intent(name).unlink(missing_ok=True)

    def all(self) -> Iterator[Reply]:
        """Each question's reply, by hash. Raises CannotRead."""
        for path in sorted((self.root / "replies").glob(f"{'?' * _DIGITS}.jsonl")):
            read = (reply for line in _content(path).split(b"\n") if (reply := _read(line)))
            found = {reply.hash: reply for reply in read if reply.hash[:_DIGITS] == path.stem}
            yield from (found[name] for name in sorted(found))

    def open_intents(self) -> tuple[Intent, ...]:
        """Calls whose reply is not on disk: in flight when a run was killed, or never answered."""
        found = (self.intent(path.stem) for path in sorted((self.root / "intents").glob("*.json")))
        return tuple(intent for intent in found if intent and not self.get(intent.hash))

    def paid(self) -> tuple[int, float]:
        """Tokens and USD that count against a cap: as billed, with the most that requests without an answer can have cost."""
        each = [*map(paid_for, self.all()), *map(_at_most, self.open_intents())]
        return sum(tokens for tokens, _ in each), sum(usd for _, usd in each)

    def _intent(self, name: str) -> Path:
        return self.root / "intents" / f"{name}.json"


def paid_for(reply: Reply) -> tuple[int, float]:
    """Tokens and USD that a reply cost, with the most that requests whose answer was lost can have cost."""
    if reply.source == "replay":
        return 0, 0.0
    tokens = reply.uncertain * reply.most_tokens + reply.wasted.tokens
    usd = reply.uncertain * reply.most_usd + (reply.wasted.usd or 0.0)
    if reply.outcome == "failed":
        return tokens, usd
    said = reply.usage
    if said.prompt_tokens is None or said.completion_tokens is None:
        return tokens + reply.most_tokens, usd + reply.most_usd
    return tokens + said.prompt_tokens + said.completion_tokens, usd + (said.usd or 0.0)


def _at_most(intent: Intent) -> tuple[int, float]:
    """Tokens and USD that a call without a reply can have cost."""
    known = intent.wasted
    return intent.tokens * intent.tries + known.tokens, intent.usd * intent.tries + (known.usd or 0.0)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name[:_DIGITS]}.jsonl"


def _read(line: bytes) -> Reply | None:
    try:
        return Reply.model_validate_json(line)
    except ValidationError:
        return None


def _content(path: Path) -> bytes:
    try:
        return bytes_of(path)
    except FileNotFoundError:
        return b""
    except OSError as error:
        remedy = "mend the file or its rights: replies that were paid for are in it, and without it they are asked anew"
        raise CannotRead(str(path), f"cannot be read: {error.strerror or error}", remedy) from error


def _ends_whole(path: Path) -> bool:
    with cannot_write(path), path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


__all__ = ["Intent", "Replies", "paid_for", "recorded_in"]
