"""The gate before a model: limits a minute, pauses over all threads, and a provider that nobody finds at home."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from builder.edges.gate import Gate


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def gate(self, *, requests: int | None = None, tokens: int | None = None) -> Gate:
        return Gate(lambda: self.now, self.sleep, requests, tokens)


def test_without_limits_nobody_waits() -> None:
    clock = Clock()
    gate = clock.gate()
    for _ in range(1000):
        assert gate.wait(10**6)
    assert clock.now == 0


def test_no_more_requests_leave_in_a_minute_than_the_recipe_allows() -> None:
    clock = Clock()
    gate = clock.gate(requests=3)
    left = []
    for _ in range(8):
        gate.wait()
        left.append(clock.now)
    assert left == [0, 0, 0, 60, 60, 60, 120, 120]


def test_tokens_of_a_minute_are_counted_and_corrected_by_the_bill() -> None:
    clock = Clock()
    gate = clock.gate(tokens=1000)
    first, second = gate.wait(500), gate.wait(500)
    assert first
    assert second
    assert clock.now == 0
    gate.settle(first, 100)
    gate.wait(400)
    assert clock.now == 0
    gate.wait(100)
    assert clock.now == 60


def test_a_request_larger_than_the_limit_leaves_alone_instead_of_never() -> None:
    clock = Clock()
    gate = clock.gate(tokens=1000)
    gate.wait(10)
    assert gate.wait(5000)
    assert clock.now == 60
    gate.wait(10)
    assert clock.now == 120


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 400)), min_size=1, max_size=60),
    st.none() | st.integers(1, 5),
    st.none() | st.integers(400, 1000),
)
def test_no_minute_ever_holds_more_than_the_limits(
    asked: list[tuple[int, int]], requests: int | None, tokens: int | None
) -> None:
    clock = Clock()
    gate = clock.gate(requests=requests, tokens=tokens)
    sent = []
    for pause, size in asked:
        clock.now += pause
        gate.wait(size)
        sent.append((clock.now, size))
    for start, _ in sent:
        minute = [size for at, size in sent if start <= at < start + 60]
        assert requests is None or len(minute) <= requests
        assert tokens is None or sum(minute) <= tokens


def test_a_pause_that_one_thread_was_told_holds_all_of_them() -> None:
    clock = Clock()
    gate = clock.gate()
    told = threading.Thread(target=gate.hold, args=[7.0])
    told.start()
    told.join()
    gate.wait()
    assert clock.now == 7


def test_a_provider_that_never_answered_is_given_up_after_three_knocks_over_two_seconds() -> None:
    clock = Clock()
    gate = clock.gate()
    assert [gate.nobody_there() for _ in range(9)] == [False] * 9  # nine threads at one moment are one knock
    clock.sleep(2)
    assert gate.nobody_there()


def test_a_provider_that_answered_before_is_not_given_up_for_a_connection_in_vain() -> None:
    clock = Clock()
    gate = clock.gate()
    gate.reached()
    for _ in range(9):
        clock.sleep(1)
        assert not gate.nobody_there()


def test_a_closed_gate_lets_nobody_through() -> None:
    gate = Clock().gate()
    gate.close()
    assert gate.wait() is None
