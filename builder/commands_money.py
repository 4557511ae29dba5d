"""What asking models costs, before and after, and what a run that asked says at its end."""

from __future__ import annotations

import sys

from builder.errors import Exit
from builder.run import Run


def asking_ended(done: Run) -> Exit:
    """The exit code of a run that is otherwise whole; its last line where questions stayed without an answer."""
    if not done.spent.unanswered:
        return Exit.OK
    why = " ".join(done.stopped.split("\n")[:1]) + ": " if done.stopped else ""
    lost = f"{done.spent.unanswered} of {done.spent.asked} questions to a model got no answer"
    print(f"microtome: {why}{lost}; what was made without them stays, and the next run asks again", file=sys.stderr)
    return Exit.ASKING_STOPPED


__all__ = ["asking_ended"]
