"""The version that a release must bear, from what changed since the newest published one, and ids that must not come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from builder.errors import Issue
from builder.release.diff import ConfigDiff, ReleaseDiff, since_entry

_SHOWN = 5  # ids that a finding quotes


def right_version(diff: ReleaseDiff) -> str:
    """The lowest version that says what changed.

    Major: a key, an image or a question is another; minor: items came or went; patch: anything else.
    """
    major, minor, patch = map(int, diff.before.split("."))
    steps = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0)}
    return ".".join(map(str, steps.get(diff.level, (major, minor, patch + 1))))


def version_refusals(diff: ReleaseDiff) -> tuple[Issue, ...]:
    """Why a release must not follow the one before it under the version that it bears."""
    if diff.step_is_enough:
        return ()
    problem = f"is a {diff.stepped} step from {diff.before}, and what changed is {diff.level}: {_reasons(diff)}"
    return (Issue("version-too-small", f"v{diff.after}", problem, f"build it as --version {right_version(diff)}"),)


def benchmark_refusals(before: Mapping[str, object], after: Mapping[str, object], tag: str) -> tuple[Issue, ...]:
    """Why a release must not follow another benchmark's; both are given by their manifests."""
    if before["benchmark"] == after["benchmark"]:
        return ()
    problem = f"is {after['benchmark']}, and {tag} there is {before['benchmark']}"
    return (Issue("other-benchmark", "manifest.json > benchmark", problem, "name a repository of its own"),)


def returned_ids(versions: Sequence[tuple[str, Set[str]]], ids: Set[str]) -> tuple[Issue, ...]:
    """Ids of a new release that a published one had and a later one had not: retired for good, never used again.

    `versions` are tags and ids of the published releases, lowest first.
    """
    newest = versions[-1][1] if versions else frozenset()
    back = ids - newest
    issues = []
    for tag, had in reversed(versions[:-1]):
        found = sorted(back & had)
        back -= had
        if found:
            problem = f"{len(found)} were in {tag} and retired later, and are back: {_quoted(found)}"
            issues.append(Issue("id-comes-back", "ids", problem, "leave these items out, or give them other ids"))
    return tuple(issues)


def step_text(diff: ReleaseDiff, changelog: str, source: str) -> str:
    """Two lines of the plan: what changed since `source`, and whether the changelog says so."""
    bigger = diff.step_is_enough and right_version(diff) != diff.after
    told = f"; {right_version(diff)} would do" if bigger else ""
    entry = (
        f"says what changed since {diff.before}"
        if since_entry(diff) in changelog
        else f"does not say what changed since {diff.before}: `microtome diff {source} RELEASE --write` writes it there"
    )
    return f"since      v{diff.before}, {diff.level}: {_reasons(diff)}{told}\nchangelog  {entry}"


def _reasons(diff: ReleaseDiff) -> str:
    """What asks for the level, by config."""
    told = [f"{config.config} {', '.join(_why(config))}" for config in diff.configs if config.level == diff.level != "none"]
    return "; ".join(told) or ("other files differ" if diff.texts else "nothing changed")


def _why(config: ConfigDiff) -> list[str]:
    if config.level == "major":
        changed = [item for item in config.changed if item.level == "major"]
        columns = sorted({change.column for item in changed for change in item.changes if change.asked})
        return [f"{len(changed)} with another {' or '.join(columns)} ({_quoted([item.id for item in changed])})"]
    if config.level == "minor":
        counts = (("added", config.added), ("retired", config.retired), ("moved to another split", config.moved))
        return [f"{len(ids)} {what} ({_quoted(ids)})" for what, ids in counts if ids]
    return [f"{len(config.changed)} with other metadata"]


def _quoted(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_SHOWN]) + (", ..." if len(ids) > _SHOWN else "")


__all__ = ["benchmark_refusals", "returned_ids", "right_version", "step_text", "version_refusals"]
