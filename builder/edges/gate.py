"""The gate before one model: requests and tokens a minute, pauses that a provider asks for, and whether anybody is there."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

_WINDOW = 60.0  # seconds: limits are of requests and tokens a minute, over any minute
_LOOK = 1.0  # seconds between looks at whether the run is ending
_KNOCKS, _PATIENCE = 3, 2.0  # connections in vain, over so many seconds, after which nobody is there


@dataclass
class Sent:
    """A request that left: when, and the tokens it counts for in its minute."""

    at: float
    tokens: int


@dataclass
class Gate:
    """No request leaves before the provider's limits allow it, whichever thread asks."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    closed: bool = False
    _until: float = float("-inf")
    _sent: deque[Sent] = field(default_factory=deque)
    _reached: bool = False
    _in_vain: int = 0
    _first_in_vain: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, tokens: int = 0) -> Sent | None:
        """Until a request of so many tokens may leave; None when the gate is closed."""
        while not self.closed:
            with self._lock:
                left = self._left(tokens)
                if left <= 0:
                    self._sent.append(Sent(self.clock(), tokens))
                    return self._sent[-1]
            self.sleep(min(left, _LOOK))
        return None

    def _left(self, tokens: int) -> float:
        """Seconds until a request of so many tokens may leave, as things stand."""
        now = self.clock()
        while self._sent and self._sent[0].at <= now - _WINDOW:
            self._sent.popleft()
        left = self._until - now
        if self.requests_per_minute and len(self._sent) >= self.requests_per_minute:
            left = max(left, self._sent[-self.requests_per_minute].at + _WINDOW - now)
        if self.tokens_per_minute:
            over = sum(sent.tokens for sent in self._sent) + tokens - self.tokens_per_minute
            for sent in self._sent:  # a request larger than the limit leaves alone, once its minute is empty
                if over <= 0:
                    break
                left, over = max(left, sent.at + _WINDOW - now), over - sent.tokens
        return left

    def settle(self, sent: Sent, tokens: int) -> None:
        """What the request counts for after all."""
        with self._lock:
            sent.tokens = tokens

    def close(self) -> None:
        """The run is ending: nobody waits any more, and no request is made a second time."""
        self.closed = True

    def hold(self, seconds: float) -> None:
        with self._lock:
            self._until = max(self._until, self.clock() + seconds)

    def reached(self) -> None:
        """Somebody answered, whatever they said."""
        self._reached = True

    def nobody_there(self) -> bool:
        """Told of a connection in vain: whether that was the one too many of a provider that never answered in this run.

        One that did answer is given every attempt that the recipe allows: it may come back.
        """
        with self._lock:
            self._first_in_vain = self._first_in_vain if self._in_vain else self.clock()
            self._in_vain += 1
            long_enough = self.clock() - self._first_in_vain >= _PATIENCE
            return not self._reached and self._in_vain >= _KNOCKS and long_enough


__all__ = ["Gate", "Sent"]
