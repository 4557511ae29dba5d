"""A paper that crashes, hangs or eats memory costs itself and no other."""

import os
import signal
import time

from builder.edges.engine import Failure, Limits, run_isolated


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
