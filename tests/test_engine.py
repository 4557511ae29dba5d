"""A paper that crashes, hangs or eats memory costs itself and no other."""

import contextlib
import ctypes
import errno
import io
import os
import pickle
import re
import signal
import socket
import subprocess
import tempfile
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.edges.engine import Children, Failure, Limits, run_isolated
from builder.edges.fence import Fence, missing, warnings
from builder.edges.messages import Unasked, received
from builder.errors import CannotWrite
from builder.scoring.chance import exact_chance


def misbehave(how: str) -> str:
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "hang":
        while True:
            time.sleep(60)
    if how == "bomb":
        return str(len(bytearray(3 * 2**30)))
    if how == "raise":
        raise ValueError("a stage's own mistake")
    if how == "full":
        raise CannotWrite("/work", "cannot write: No space left on device", "free space")
    return how.upper()


def test_every_task_has_one_outcome_whatever_happens() -> None:
    tasks = ["a", "crash", "b", "hang", "c", "bomb", "d", "raise", "e", "crash", "f"]
    outcomes = list(run_isolated(misbehave, tasks, jobs=2, limits=Limits(seconds=4, memory_mib=2048)))
    outcomes.sort(key=lambda outcome: tasks.index(outcome.task))
    assert [o.task for o in outcomes] == ["a", "crash", "crash", "b", "hang", "c", "bomb", "d", "raise", "e", "f"]
    said = [o.result.reason if isinstance(o.result, Failure) else o.result for o in outcomes]
    assert said == ["A", "crashed", "crashed", "B", "timeout", "C", "out-of-memory", "D", "internal-error", "E", "F"]


def waiting(task: tuple[str, Path]) -> str:
    """The one that waits is done when the one that marks is."""
    how, mark = task
    if how == "mark":
        mark.touch()
    while how == "wait" and not mark.exists():
        time.sleep(0.05)
    return how


def test_a_slow_paper_holds_up_no_other(tmp_path: Path) -> None:
    hows = ["wait", *map(str, range(20)), "mark"]
    outcomes = run_isolated(waiting, [(how, tmp_path / "mark") for how in hows], jobs=2, limits=Limits(60, 2048))
    said = [outcome.result for outcome in outcomes]
    assert said[:20] == hows[1:21]
    assert sorted(map(str, said[20:])) == ["mark", "wait"]


def test_a_failure_says_what_to_do() -> None:
    (outcome,) = run_isolated(misbehave, ["hang"], jobs=1, limits=Limits(seconds=1, memory_mib=2048))
    assert isinstance(outcome.result, Failure)
    assert outcome.result.detail == "not done after 1 s; --timeout raises the limit"


def test_a_full_disk_in_a_child_ends_the_run_and_blames_no_paper() -> None:
    with pytest.raises(CannotWrite, match="No space left on device"):
        list(run_isolated(misbehave, ["a", "full", "b"], jobs=1, limits=Limits(seconds=30, memory_mib=2048)))


def test_a_mistake_of_ours_says_where() -> None:
    (outcome,) = run_isolated(mistaken, [7], jobs=1, limits=Limits(seconds=30, memory_mib=2048))
    assert isinstance(outcome.result, Failure)
    assert re.match(r"builder/scoring/chance.py:[0-9]+: ZeroDivisionError: ", outcome.result.detail)


def mistaken(size: int) -> float:
    return exact_chance(6, size, size)


def trespass(how: str) -> str:
    """What a PDF that has taken its child over would try; the folder of the fence is beside the one it may not reach."""
    attempt, _, place = how.partition(" ")
    try:
        if attempt == "write":
            (Path(place) / "written").write_text("x", encoding="utf-8")
        elif attempt == "read":
            return Path(place, "secret").read_text(encoding="utf-8")
        elif attempt == "connect":
            socket.create_connection(("127.0.0.1", int(place)), timeout=2)
        elif attempt == "unix":
            socket.socket(socket.AF_UNIX)
        elif attempt == "x32":
            ctypes.CDLL(None, use_errno=True).syscall(0x40000000 | 41, 2, 1, 0)
            return errno.errorcode[ctypes.get_errno()]
        elif attempt == "fork":
            os.fork()
        elif attempt == "run":
            subprocess.run(["/bin/true"], check=True)
        elif attempt == "signal":
            os.kill(os.getppid(), signal.SIGTERM)
        elif attempt == "thread":
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(str, "done").result()
        elif attempt == "temporary":
            with tempfile.TemporaryFile() as file:
                file.write(b"x")
        elif attempt == "key":
            held = Path("/proc/self/environ").read_bytes().count(b"sk-1-of-this-test")
            return os.environ.get("SOME_API_KEY", "gone") + str(held)
        elif attempt == "mode":
            Path(place, "secret").chmod(0o777)
        elif attempt == "time":
            os.utime(Path(place, "secret"), (0, 0))
        elif attempt == "owner":
            os.chown(Path(place, "secret"), os.getuid(), os.getgid())
        elif attempt == "tag":
            os.setxattr(Path(place, "secret"), "user.tag", b"x")
        elif attempt == "truncate":
            os.truncate(Path(place, "secret"), 0)
        elif attempt == "link":
            os.link(Path(place, "secret"), Path(place).parent / "work" / "linked")
        elif attempt == "follow":
            return (Path(place).parent / "work" / "pointer" / "secret").read_text(encoding="utf-8")
        elif attempt == "point":
            (Path(place) / "another").symlink_to("/")
        elif attempt == "pipe":
            os.mkfifo(Path(place) / "pipe")
        elif attempt == "rename":
            Path(place, "secret").rename(Path(place, "renamed"))
        elif attempt == "remove":
            Path(place, "secret").unlink()
        elif attempt == "list":
            return " ".join(path.name for path in Path(place).iterdir())
        elif attempt == "flood":
            for _ in range(64):
                os.write(1, b"x" * 2**20)
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "done"


@pytest.mark.skipif(bool(missing()), reason="this machine cannot confine a process")
def test_behind_a_fence_a_child_reaches_its_papers_and_its_work_folder_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers, work, home = (tmp_path / name for name in ("papers", "work", "home"))
    for folder in (papers, work, home):
        folder.mkdir()
        (folder / "secret").write_text("words", encoding="utf-8")
    (work / "pointer").symlink_to(home)
    monkeypatch.setenv("SOME_API_KEY", "sk-1-of-this-test")
    wanted = {
        f"read {papers}": "words", f"write {work}": "done", "thread": "done", f"write {papers}": "EACCES",
        f"read {home}": "EACCES", f"write {home}": "EACCES", f"read {home}/../home": "EACCES", "unix": "EPERM", "fork": "EPERM",
        "run": "EPERM", "x32": "EPERM", "signal": "EPERM", "key": "gone0", "temporary": "done", "flood": "done",
        "connect 9": "EPERM",
        f"mode {home}": "EPERM", f"time {home}": "EPERM", f"owner {home}": "EPERM", f"tag {home}": "EPERM",
        f"truncate {home}": "EPERM", f"link {home}": "EXDEV", f"follow {home}": "EACCES", f"rename {home}": "EACCES",
        f"remove {home}": "EACCES", f"list {home}": "EACCES", f"mode {papers}": "EPERM", f"remove {papers}": "EACCES",
        f"point {work}": "EACCES", f"pipe {work}": "EACCES",
    }  # fmt: skip
    fence = Fence((papers,), (work,))
    outcomes = run_isolated(trespass, list(wanted), jobs=1, limits=Limits(seconds=30, memory_mib=2048), fence=fence)
    assert {o.task: o.result for o in outcomes} == wanted


@pytest.mark.parametrize(
    ("version", "machine", "told"),
    [
        (7, "x86_64", ()),
        (0, "x86_64", ("read and write other files (this kernel has no Landlock, which came with 5.13)",)),
        (5, "x86_64", ("do by signals to your other processes (this kernel's Landlock has no scopes, which came with 6.12)",)),
        (7, "riscv64", ("reach the network or start programs (no filter for riscv64)",)),
    ],
)
def test_what_a_machine_cannot_keep_a_child_from_is_one_line_each(
    version: int, machine: str, told: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.edges.fence._landlock_version", lambda: version)
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("sys.platform", "linux")
    assert missing() == told
    assert len(warnings()) == len(told)
    assert all(line.startswith("warning: on this machine nothing keeps") and line.endswith("\n") for line in warnings())


def test_a_child_that_ignores_being_asked_to_end_is_ended() -> None:
    (outcome,) = run_isolated(deaf, ["x"], jobs=1, limits=Limits(seconds=1, memory_mib=2048))
    assert isinstance(outcome.result, Failure)
    assert outcome.result.reason == "timeout"


def deaf(_: str) -> str:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(60)


class Order:
    """An answer that is an order to whoever reads it."""

    def __init__(self, place: str) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.place,)


def commanding(place: str) -> object:
    return [Order(place)]


def test_an_answer_of_a_child_that_gives_orders_is_not_obeyed_and_the_next_paper_is_cut(tmp_path: Path) -> None:
    tasks = [str(tmp_path / "made"), str(tmp_path / "made-too")]
    outcomes = list(run_isolated(commanding, tasks, jobs=1, limits=Limits(seconds=30, memory_mib=2048)))
    told = Failure("crashed", f"the child answered with {os.mkdir.__module__}.mkdir, which no child has to send")
    assert [outcome.result for outcome in outcomes] == [told, told]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "message", [b"", b"\x80\x04", b"cos\nsystem", b"\x80\x04\x8e" + b"\xff" * 8, b"(lp0\n" * 9, b"\x00" * 99]
)
def test_a_message_that_is_no_pickle_is_one_error(message: bytes) -> None:
    with pytest.raises(pickle.UnpicklingError):
        received(message)


def pickled(value: object) -> bytes:
    """As a child writes it, whatever a library of this process taught the module `copyreg`."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer)
    pickler.dispatch_table = {}
    pickler.dump(value)
    return buffer.getvalue()


@given(st.binary(max_size=40), st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=6)), max_size=4))
def test_any_bytes_of_a_child_are_a_value_or_no_pickle_and_nothing_is_called(
    data: bytes, changes: list[tuple[int, bytes]]
) -> None:
    for whole in (pickled([Limits(), {"a": [1, 2.5, None]}, CannotWrite("a", "b", "c"), Path("x")]), pickled(Order("/made"))):
        message = bytearray(whole + data)
        for at, put in changes:
            message[at % len(message) : at % len(message) + len(put)] = put
        with contextlib.suppress(pickle.UnpicklingError):
            received(bytes(message))
    assert not Path("/made").exists()


@pytest.mark.parametrize(
    "message",
    [b"\x80\x04]r\xff\xff\xff\x7f.", b"\x80\x05\x96" + (2**62).to_bytes(8, "little"), b"\x80\x02]j\xff\xff\xff\x7f."],
    ids=["memo", "bytearray", "nowhere"],
)
def test_a_few_bytes_of_a_child_lay_out_no_gigabytes(message: bytes) -> None:
    tracemalloc.start()
    with contextlib.suppress(pickle.UnpicklingError):
        received(message)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


@pytest.mark.parametrize("call", [(set, range(10**12)), (Children, 10**9), (frozenset, bytearray(9))], ids=repr)
def test_what_a_child_names_holds_and_does_not_make(call: tuple[object, object]) -> None:
    with contextlib.suppress(pickle.UnpicklingError):
        assert isinstance(received(pickled(Made(*call))), Unasked)


class Made:
    """An answer that would have its reader make something."""

    def __init__(self, maker: object, given: object) -> None:
        self.call = maker, (given,)

    def __reduce__(self) -> tuple[object, tuple[object]]:
        return self.call


def test_our_own_records_errors_and_plain_values_come_back_as_they_are() -> None:
    own = Limits(), CannotWrite("/work", "is full", "free space")
    for value in (*own, {"a": [1, 2.5, None, "x", (True,)]}, Path("a/b"), {1}):
        assert repr(received(pickled(value))) == repr(value)
