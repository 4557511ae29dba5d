"""The power fails between any two things that a run does to its disk: nothing said is lost, nothing torn is believed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from small_release import examined
from written import PNGS, pictured

from builder.asking import Prompt, Reply, Usage, question_of
from builder.documents import documents
from builder.edges.calls import Desk
from builder.edges.release_folder import write_release
from builder.edges.replies import Replies
from builder.edges.settled import FILE, Ledger
from builder.edges.store import Receipt, Store, sha256_of
from builder.recipe import Asking, ModelRule
from builder.release.package import package
from tests.simulated_disk import Data, Mark, Record, failures
from tests.small_run import PAPER_BYTES, go_on, told


@pytest.fixture(scope="module")
def shm() -> Iterator[Path]:
    """A folder in memory where there is one: hundreds of states are made in it."""
    there = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=there if os.access(there, os.W_OK) else None) as name:
        yield Path(name)


@pytest.fixture
def no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


def taken_down(work: Path, run: Callable[[], object]) -> Record:
    """What a run does, with each receipt, blob and settled paper from when on it is said to be durable."""
    record = Record(work)
    put_receipt, put_blob, put = Store.put_receipt, Store.put_blob, Ledger.put

    def receipt_put(self: Store, sha: str, receipt: Receipt) -> None:
        put_receipt(self, sha, receipt)
        record.mark(("receipt", (receipt.stage, receipt.key, receipt.output_hash)))

    def blob_put(self: Store, data: bytes) -> str:
        sha = put_blob(self, data)
        record.mark(("blob", sha))
        return sha

    def settled_put(self: Ledger, *more: Any) -> None:
        put(self, *more)
        record.mark(("ledger", (work / FILE).read_bytes()))

    with pytest.MonkeyPatch.context() as patch, record.taken():
        patch.setattr(Store, "put_receipt", receipt_put)
        patch.setattr(Store, "put_blob", blob_put)
        patch.setattr(Ledger, "put", settled_put)
        run()
    return record


@pytest.mark.usefixtures("no_sync")
@pytest.mark.parametrize("earlier", ["", "then"], ids=["a new folder", "a folder of older code"])
def test_whenever_the_power_fails_what_was_durable_is_there_and_the_next_run_comes_to_the_same(shm: Path, earlier: str) -> None:
    home = Path(tempfile.mkdtemp(dir=shm))
    paper, work = home / "paper.pdf", home / "work"
    paper.write_bytes(PAPER_BYTES)
    sha = sha256_of(paper)
    work.mkdir()
    if earlier:
        go_on(paper, work, earlier)
    began = (work / FILE).read_bytes() if earlier else None
    record = taken_down(work, lambda: go_on(paper, work))
    whole = told(go_on(paper, work), work)
    states = 0
    for failure in failures(record):
        ledgers = [began, *(what for kind, what in failure.said if kind == "ledger")][-1:]
        for ledger in dict.fromkeys([*ledgers, (work / FILE).read_bytes()]):  # a ledger that is ahead of its files, too
            left = home / f"left-{states}"
            failure.put(left)
            if ledger:
                (left / FILE).write_bytes(ledger)
            assert not [what for kind, what in failure.said if not there(Store(left), sha, kind, what)]
            assert told(go_on(paper, left), left) == whole
            states += 1
    assert states > 50


def there(store: Store, sha: str, kind: str, what: Any) -> bool:
    if kind == "receipt":
        stage, key, output = what
        found = store.receipt(sha, stage, key)
        return found is not None and found.output_hash == output
    return kind == "ledger" or store.has_blob(what)


@pytest.mark.usefixtures("no_sync")
def test_whenever_the_power_fails_a_request_that_was_paid_has_its_reply_or_its_intent_on_disk(shm: Path) -> None:
    work = Path(tempfile.mkdtemp(dir=shm))
    record = Record(work)
    with record.taken():
        ask(work, record)
    paid = [event.said for event in record.events if isinstance(event, Mark)]
    assert len(paid) == 2 * len(QUESTIONS)
    states = 0
    for states, failure in enumerate(failures(record), 1):
        left = work.with_name(f"{work.name}-{states}")
        failure.put(left)
        replies = Replies(left)
        asked, answered = ({name for kind, name in failure.said if kind == wanted} for wanted in ("asked", "answered"))
        on_disk = {name for name in asked if replies.get(name)}
        assert asked - on_disk <= {intent.hash for intent in replies.open_intents()}
        assert answered <= on_disk
        again = Record(left)
        assert not ask(left, again)
        assert {event.said[1] for event in again.events if isinstance(event, Mark)} & on_disk == set()
    assert states > 30


RULE = ModelRule(provider="openai", model="m-1", family="gpt-4o")
PROMPTS = [Prompt(stage="write", about="x", system="", user=f"What is {thing}?") for thing in "abc"]
QUESTIONS = [question_of("m", RULE, prompt, [], {"type": "object"}) for prompt in PROMPTS]


def ask(work: Path, record: Record) -> dict[str, Reply]:
    def heard(reply: Reply) -> None:
        record.mark(("answered", reply.hash))

    def make(*_: object) -> Callable[..., Reply]:
        def asked(prompt: Prompt, *_: object) -> Reply:
            (name,) = (question.hash for question in QUESTIONS if question.prompt == prompt)
            record.mark(("asked", name))
            return Reply(hash=name, model_asked="m-1", outcome="answered", text="{}", usage=Usage(), attempts=1)

        return asked

    return Desk(Store(work), {"m": RULE}, Asking(in_flight=1), make=make, heard=heard).answer(QUESTIONS)


@pytest.mark.usefixtures("no_sync")
def test_whenever_the_power_fails_a_release_stands_whole_under_its_name_or_not_at_all(shm: Path) -> None:
    home = Path(tempfile.mkdtemp(dir=shm))
    packed = examined(package(pictured()))
    record = Record(home)
    with record.taken():
        write_release(packed, home / "release", PNGS.__getitem__, documents)
        record.mark("written")
    whole = {f"release/{path.relative_to(home / 'release')}": path.read_bytes() for path in files_of(home / "release")}
    last = max(number for number, event in enumerate(record.events) if isinstance(event, Data))
    seen = set()
    for failure in failures(record, since=last):
        there = {name: content for name, content, _ in failure.files if name.startswith("release/")}
        assert there in ({}, whole)
        assert there or "written" not in failure.said
        seen.add(bool(there))
    assert seen == {False, True}


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
