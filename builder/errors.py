"""Errors that end a command with a meaningful exit code, and findings that a check collects before it speaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

_SHOWN = 200  # characters of a file's name


class Exit(IntEnum):
    """What a command's exit code says."""

    OK = 0
    FINDINGS = 1  # the thing was read; it is not right
    USAGE = 2  # the command line or the recipe is wrong
    CANNOT_READ = 3  # an input is missing, locked or not what it should be
    CANNOT_WRITE = 4  # an output cannot be written, or would overwrite other content
    NOTHING_LEFT = 5  # the run finished and no row survived
    ASKING_STOPPED = 6  # a model's provider refuses or does not answer, or the spend cap is reached; what was paid is kept
    BLOCKED = 7  # an attack that the recipe names answers the items without the image; nothing was written
    HUB_STOPPED = 8  # the Hub refuses or does not answer, or somebody else changed the repository; running again goes on
    CLUSTER_STOPPED = 9  # scheduler or workers do not answer, or are not fit to cut for this driver; running again goes on


class MicrotomeError(Exception):
    """An error a user can act on: the place, what is, what was wanted, what to do."""

    exit_code = Exit.USAGE

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        self.place, self.problem, self.remedy = place, problem, remedy
        super().__init__(f"[{place}] {problem}\n  -> {remedy}")

    def __reduce__(self) -> tuple[type[MicrotomeError], tuple[str, str, str]]:
        """Errors travel from a child process to the driver."""
        return type(self), (self.place, self.problem, self.remedy)


def unanswered(error: OSError) -> CannotRead:
    """The system's refusal where nobody nearer had an answer: a name too long, a loop of links, a folder not to be entered."""
    place = str(error.filename or "system")[:_SHOWN]
    return CannotRead(place, error.strerror or str(error), "name what can be read and written")


class UsageError(MicrotomeError):
    """The command line or a recipe is wrong."""


class CannotRead(MicrotomeError):
    """An input is missing, locked or not what it should be."""

    exit_code = Exit.CANNOT_READ


class CannotWrite(MicrotomeError):
    """An output cannot be written, or would overwrite other content."""

    exit_code = Exit.CANNOT_WRITE


class NothingLeft(MicrotomeError):
    """The run finished and no row survived; the drops table says why."""

    exit_code = Exit.NOTHING_LEFT


class AskingStopped(MicrotomeError):
    """No further question is asked: the provider refuses, does not answer, or the cap is reached. Replies so far are kept."""

    exit_code = Exit.ASKING_STOPPED


class Blocked(MicrotomeError):
    """An attack that the recipe names beats chance: no release is made of these items."""

    exit_code = Exit.BLOCKED


class HubStopped(MicrotomeError):
    """The Hub refuses, does not answer, or the repository changed meanwhile. No tag was made; running again goes on."""

    exit_code = Exit.HUB_STOPPED


class ClusterStopped(MicrotomeError):
    """The scheduler or all workers do not answer, or a worker is not fit to cut for this driver. What was done is kept."""

    exit_code = Exit.CLUSTER_STOPPED


class NotPublished(MicrotomeError):
    """What was to be published is not right, here or as the Hub gives it back. No tag was made."""

    exit_code = Exit.FINDINGS


@dataclass(frozen=True, order=True)
class Issue:
    """One finding of a check.

    >>> print(Issue("key-not-an-option", "data/x.parquet > row 3", 'answer is "E"', "use one of A, B, C, D"))
    [data/x.parquet > row 3] answer is "E" (key-not-an-option)
      -> use one of A, B, C, D
    """

    code: str  # stable, kebab-case; users filter by it
    place: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"[{self.place}] {self.problem} ({self.code})\n  -> {self.remedy}"


@dataclass
class Issues:
    """All findings of a check, collected and printed once, sorted."""

    found: list[Issue] = field(default_factory=list)

    def add(self, code: str, place: str, problem: str, remedy: str) -> None:
        self.found.append(Issue(code, place, problem, remedy))

    def extend(self, issues: Iterable[Issue]) -> None:
        self.found.extend(issues)

    def __bool__(self) -> bool:
        return bool(self.found)

    def __str__(self) -> str:
        return "\n".join(str(issue) for issue in sorted(self.found))
