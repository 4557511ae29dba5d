"""A paper that crashes, hangs or eats memory costs itself and no other."""

import os
import signal
import time

import pytest

from builder.edges.engine import Failure, Limits, run_isolated
from builder.errors import CannotWrite


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


def test_every_task_has_one_outcome_in_order_whatever_happens() -> None:
    tasks = ["a", "crash", "b", "hang", "c", "bomb", "d", "raise", "e", "crash", "f"]
    outcomes = list(run_isolated(misbehave, tasks, jobs=2, limits=Limits(seconds=4, memory_mib=2048)))
    assert [o.task for o in outcomes] == tasks
    said = [o.result.reason if isinstance(o.result, Failure) else o.result for o in outcomes]
    assert said == ["A", "crashed", "B", "timeout", "C", "out-of-memory", "D", "internal-error", "E", "crashed", "F"]


def test_a_failure_says_what_to_do() -> None:
    (outcome,) = run_isolated(misbehave, ["hang"], jobs=1, limits=Limits(seconds=1, memory_mib=2048))
    assert isinstance(outcome.result, Failure)
    assert outcome.result.detail == "not done after 1 s; --timeout raises the limit"


def test_a_full_disk_in_a_child_ends_the_run_and_blames_no_paper() -> None:
    with pytest.raises(CannotWrite, match="No space left on device"):
        list(run_isolated(misbehave, ["a", "full", "b"], jobs=1, limits=Limits(seconds=30, memory_mib=2048)))
