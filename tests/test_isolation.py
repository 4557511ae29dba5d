"""What a child could do to its driver: each attack is one recorded outcome, the next paper is cut, nothing stays behind."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import count
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

from builder.edges.engine import Children, Failure, Limits, run_isolated
from builder.edges.fence import Fence, missing
from builder.edges.store import SCRATCH

SECONDS = 1
MEMORY = 1024
TIMEOUT = Failure("timeout", f"not done after {SECONDS} s; --timeout raises the limit")
MEMORY_GONE = Failure("out-of-memory", f"needs more than {MEMORY} MiB; --memory raises the limit")
NO_ANSWER = Failure("crashed", "the child sent what is no answer of a child")


def died(of: str) -> Failure:
    return Failure("crashed", f"the child died of {of}")


def mistake(text: str) -> Failure:
    return Failure("internal-error", text)


def for_ever() -> None:
    while True:
        time.sleep(60)


def pipes() -> list[int]:
    """Of this process: those of its own channel, and nobody else's."""
    ours = []
    for one in Path("/proc/self/fd").iterdir():
        try:
            if str(one.readlink()).startswith("pipe:"):
                ours.append(int(one.name))
        except OSError:
            continue
    return ours


def said_raw(data: bytes) -> None:
    for one in pipes():
        try:
            os.write(one, data)
        except OSError:  # the end that reads
            continue


# ---- what a child does; each ends in the outcome beside its name below


def segfault() -> None:
    ctypes.string_at(0)


def abort() -> None:
    os.abort()


def ends_in_order() -> None:
    os._exit(0)


def ends_with_a_word() -> None:
    sys.exit(3)


def hang() -> None:
    for_ever()


def hang_in_native_code() -> None:
    ctypes.CDLL(None).pause()
    for_ever()


def ignore_sigterm() -> None:
    for one in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGALRM):
        signal.signal(one, signal.SIG_IGN)
    for_ever()


def stop_itself() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
    for_ever()


def eat_memory() -> None:
    bytearray(MEMORY << 20)


def eat_native_memory() -> None:
    malloc = ctypes.CDLL(None).malloc
    malloc.restype = ctypes.c_void_p
    while (place := malloc(ctypes.c_size_t(64 << 20))) is not None:
        ctypes.memset(place, 1, 1 << 12)
    raise MemoryError


def flood_its_output() -> None:
    much = "x" * (1 << 20)
    for _ in range(200):
        for stream in (1, 2):
            os.write(stream, much.encode())
        print(much)
        ctypes.CDLL(None).puts(much.encode())


def order_the_tracker() -> None:
    """The process of the driver's that takes semaphores away when all is over."""
    tracker = resource_tracker.getfd()
    assert tracker is not None
    os.write(tracker, b"no word of it\n" * 1000)


def fork() -> None:
    os.fork()


def fork_by_vfork_and_clone() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.fork() >= 0 or libc.syscall(56 if os.uname().machine == "x86_64" else 220, 0, 0, 0, 0, 0) >= 0:
        return
    raise PermissionError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def fork_bomb() -> None:
    while True:
        os.fork()


def become_a_daemon() -> None:
    if os.fork() == 0:
        os.setsid()
        for_ever()


def start_a_program() -> None:
    os.execv("/bin/sleep", ["sleep", "600"])


def close_its_pipe() -> None:
    for one in range(3, 256):
        try:
            os.close(one)
        except OSError:
            continue


def close_its_pipe_and_stay() -> None:
    close_its_pipe()
    for_ever()


def speak_garbage() -> None:
    said_raw(b"\x00\x00\x00\x08garbage!")
    for_ever()


def begin_a_word_without_end() -> None:
    said_raw(b"\x00\x10\x00\x00half")
    for_ever()


def begin_a_word_of_a_gigabyte() -> None:
    said_raw(b"\x7f\xff\xff\xff")
    for_ever()


def begin_a_word_of_an_exabyte() -> None:
    said_raw(b"\xff\xff\xff\xff" + b"\x10" + b"\x00" * 7)
    for_ever()


def die_in_the_middle_of_a_word() -> None:
    said_raw(b"\x00\x10\x00\x00half")
    os.kill(os.getpid(), signal.SIGKILL)


def hold_the_lock_of_its_channel() -> None:
    for one in list(sys._current_frames().values()):
        frame: object = one
        while frame is not None:
            channel = getattr(frame, "f_locals", {}).get("channel")
            if channel is not None:
                channel.mutex.acquire()
                for_ever()
            frame = getattr(frame, "f_back", None)
    raise LookupError("no channel")


def answer_what_nobody_can_send() -> object:
    return threading.Lock()


def write_a_file_without_end() -> None:
    with Path(os.environ["TMPDIR"], "much").open("wb", buffering=0) as file:
        file.truncate((1 << 30) - 10)  # a hole: the disk of who runs this test is not filled
        file.seek(0, os.SEEK_END)
        while True:
            file.write(b"x" * 100)


def use_up_its_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))
    held = []
    while True:
        held.append(os.open("/dev/null", os.O_RDONLY))


def start_threads_by_the_thousand() -> None:
    threading.stack_size(64 << 20)
    while True:
        threading.Thread(target=for_ever, daemon=True).start()


def call_itself_without_end() -> None:
    call_itself_without_end()


def overflow_the_native_stack() -> None:
    kind = ctypes.CFUNCTYPE(None)
    deep: list[Callable[[], None]] = []
    deep.append(kind(lambda: deep[0]()))
    sys.setrecursionlimit(10**9)
    deep[0]()


def order_the_terminal_about() -> None:
    raise ValueError("\x1b]0;owned\x07" + "\n" * 9 + "x" * 10**6)


def limit_the_driver() -> None:
    resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (3, 3))


OUTCOMES: dict[Callable[[], object], object] = {
    segfault: died("SIGSEGV"),
    abort: died("SIGABRT"),
    ends_in_order: died("exit code 0"),
    hang: TIMEOUT,
    hang_in_native_code: TIMEOUT,
    ignore_sigterm: TIMEOUT,
    stop_itself: TIMEOUT,
    eat_memory: MEMORY_GONE,
    eat_native_memory: MEMORY_GONE,
    flood_its_output: None,
    order_the_tracker: None,
    close_its_pipe: died("exit code 9"),
    close_its_pipe_and_stay: TIMEOUT,
    speak_garbage: NO_ANSWER,
    begin_a_word_without_end: TIMEOUT,
    begin_a_word_of_a_gigabyte: NO_ANSWER,
    begin_a_word_of_an_exabyte: NO_ANSWER,
    die_in_the_middle_of_a_word: died("SIGKILL"),
    hold_the_lock_of_its_channel: TIMEOUT,
    answer_what_nobody_can_send: mistake("TypeError: cannot pickle '_thread.lock' object"),
    write_a_file_without_end: mistake("OSError: [Errno 27] File too large"),
    use_up_its_descriptors: mistake("OSError: [Errno 24] Too many open files: '/dev/null'"),
    start_threads_by_the_thousand: mistake("RuntimeError: can't start new thread"),
    call_itself_without_end: mistake("RecursionError: maximum recursion depth exceeded"),
    overflow_the_native_stack: died("SIGSEGV"),
    order_the_terminal_about: mistake("ValueError:  ]0;owned " + " " * 9 + "x" * 469),
}
BEHIND_A_FENCE: dict[Callable[[], object], object] = {
    fork: mistake("PermissionError: [Errno 1] Operation not permitted"),
    fork_by_vfork_and_clone: mistake("PermissionError: [Errno 1] Operation not permitted"),
    fork_bomb: mistake("PermissionError: [Errno 1] Operation not permitted"),
    become_a_daemon: mistake("PermissionError: [Errno 1] Operation not permitted"),
    start_a_program: mistake("PermissionError: [Errno 1] Operation not permitted"),
    limit_the_driver: mistake("PermissionError: [Errno 1] Operation not permitted"),
}
ALL = {**OUTCOMES, **({} if missing() else BEHIND_A_FENCE)}
NAMED = {one.__name__: one for one in ALL}


def attacked(name: str) -> object:
    """The child's work. What is not the name of an attack is a paper like another."""
    if name.startswith("paper"):
        return name
    return NAMED[name]()


def living(of: Callable[[int, int], bool]) -> set[int]:
    """Processes of which that holds, by parent and session, and which are no more than told to end."""
    found = set()
    for one in Path("/proc").glob("[0-9]*"):
        try:
            told = (one / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # gone meanwhile
            continue
        if told[0] != "Z" and of(int(told[1]), int(told[3])):
            found.add(int(one.name))
    return found


def children_of_this_process() -> set[int]:
    return living(lambda parent, _: parent == os.getpid())


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What came of each attack and of the paper that the same child, or the next one, was given after it."""
    work = tmp_path_factory.mktemp("isolation")
    resource_tracker.ensure_running()  # type: ignore[attr-defined] # a process of Python's own, which stays
    before = children_of_this_process()
    tasks = [name for one, number in zip(NAMED, count(), strict=False) for name in (one, f"paper {number}")]
    outcomes = list(run_isolated(attacked, tasks, jobs=2, limits=Limits(SECONDS, MEMORY), fence=Fence((), (work,))))
    assert sorted(outcome.task for outcome in outcomes) == sorted(tasks)
    left = {"left in the work folder": sorted(path.relative_to(work).as_posix() for path in work.rglob("*"))}
    return {outcome.task: outcome.result for outcome in outcomes} | left | {"left": children_of_this_process() - before}


@pytest.mark.parametrize("name", NAMED)
def test_an_attack_is_one_outcome_with_its_reason(name: str, told: dict[str, object]) -> None:
    assert told[name] == ALL[NAMED[name]]


def test_after_each_attack_the_next_paper_is_cut(told: dict[str, object]) -> None:
    papers = {name: said for name, said in told.items() if name.startswith("paper")}
    assert len(papers) == len(NAMED)
    assert all(name == said for name, said in papers.items())


def test_no_process_and_no_file_is_left_behind(told: dict[str, object]) -> None:
    assert told["left"] == set()
    assert told["left in the work folder"] == [SCRATCH]


def test_a_lost_child_says_how_long_it_had_the_paper(told: dict[str, object]) -> None:
    lost = {name: said for name, said in told.items() if isinstance(said, Failure) and said.reason in {"timeout", "crashed"}}
    assert all(said.seconds > 0 for said in lost.values())
    assert {said.seconds for said in lost.values() if said.reason == "timeout"} == {float(SECONDS)}


def wandering(place: str) -> tuple[Path, str | None, bool]:
    """Where it is and what it is told, before it goes elsewhere."""
    found = Path.cwd(), os.environ.get("TOLD"), "HOME" in os.environ
    if place:
        os.chdir(place)
        os.environ["TOLD"] = place
        del os.environ["HOME"]
    return found


def test_the_next_paper_meets_the_folder_and_the_environment_that_the_first_one_met(tmp_path: Path) -> None:
    first, second = run_isolated(wandering, [str(tmp_path), ""], jobs=1, limits=Limits(30, MEMORY))
    assert first.result == second.result == (Path.cwd(), None, True)


def leaving_a_child(where: str) -> int:
    """Where nothing keeps a child from it: a process that would outlive it."""
    if os.fork() == 0:
        Path(where).write_text(str(os.getpid()), encoding="utf-8")
        for_ever()
    while not Path(where).exists() or not Path(where).read_text(encoding="utf-8"):
        time.sleep(0.01)
    return os.getpid()


def test_where_nothing_keeps_a_child_from_starting_processes_they_end_with_it(tmp_path: Path) -> None:
    (outcome,) = run_isolated(leaving_a_child, [str(tmp_path / "pid")], jobs=1, limits=Limits(30, MEMORY))
    assert isinstance(outcome.result, int)
    while living(lambda _, session: session == outcome.result):  # ended, and perhaps not yet gone
        time.sleep(0.01)


def test_a_run_that_is_stopped_ends_its_children_at_once() -> None:
    before = children_of_this_process()
    outcomes = run_isolated(attacked, ["paper", "hang", "hang", "hang"], jobs=2, limits=Limits(600, MEMORY))
    assert next(outcomes).result == "paper"
    outcomes.close()  # type: ignore[attr-defined]
    assert children_of_this_process() - before == set()


def test_children_that_are_closed_leave_what_they_had_in_hand_without_a_result() -> None:
    before = children_of_this_process()
    children = Children(1, Limits(600, MEMORY), None)
    said: list[object] = []
    asking = threading.Thread(target=lambda: said.append(children.outcome(attacked, "hang").result))
    asking.start()
    while not children_of_this_process() - before:
        time.sleep(0.01)
    children.close()
    asking.join()
    assert isinstance(said[0], Failure)
    assert children.outcome(attacked, "paper").result == Failure("crashed", "the run ended before the paper was done")


DRIVER = """
import sys
from builder.edges.engine import Limits, run_isolated
from tests.test_isolation import spinning
list(run_isolated(spinning, [sys.argv[1]], jobs=1, limits=Limits(600, 2048)))
"""


def spinning(told: str) -> None:
    """In native code that holds Python's lock, and hears nobody: what is told first is its own number."""
    Path(told).write_text(str(os.getpid()))
    re.match(r"(a+)+$", "a" * 64 + "b")


def test_a_child_in_native_code_does_not_outlive_a_driver_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(told)], cwd=Path(__file__).parents[1])
    while not (told.exists() and told.read_text()):
        time.sleep(0.05)
    child = Path("/proc", told.read_text())
    assert child.exists()
    driver.kill()
    driver.wait()
    while child.exists() and "Z (zombie)" not in (child / "status").read_text():
        time.sleep(0.05)


STOPPED = """
import sys
from builder.edges.engine import Limits, run_isolated
from tests.test_isolation import short
(outcome,) = run_isolated(short, [sys.argv[1]], jobs=1, limits=Limits(2, 2048))
print(outcome.result)
"""


def short(told: str) -> str:
    Path(told).write_text(str(os.getpid()))
    time.sleep(0.5)
    return "done"


def test_while_the_driver_is_stopped_no_paper_runs_out_of_time(tmp_path: Path) -> None:
    told, here = tmp_path / "pid", Path(__file__).parents[1]
    driver = subprocess.Popen([sys.executable, "-c", STOPPED, str(told)], cwd=here, stdout=subprocess.PIPE)
    while not (told.exists() and told.read_text()):
        time.sleep(0.05)
    time.sleep(0.2)
    driver.send_signal(signal.SIGSTOP)
    time.sleep(3)
    driver.send_signal(signal.SIGCONT)
    assert driver.communicate()[0] == b"done\n"
