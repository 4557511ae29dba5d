"""The version that a release must bear, from what changed since the newest published one, and ids that must not come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from builder.errors import Issue
from builder.release.diff import SINCE, ConfigDiff, ReleaseDiff, next_version, since_entry
from builder.release.files import ERRATA

_SHOWN = 5  # ids that a finding quotes


def version_refusals(diff: ReleaseDiff) -> tuple[Issue, ...]:
    """Why a release must not follow the one before it under the version that it bears."""
    if diff.step_is_enough:
        return ()
    problem = f"is a {diff.stepped} step from {diff.before}, and what changed is {diff.level}: {_reasons(diff)}"
    return (
        Issue("version-too-small", f"v{diff.after}", problem, f"build it as --version {next_version(diff.before, diff.level)}"),
    )


def benchmark_refusals(before: Mapping[str, object], after: Mapping[str, object], tag: str) -> tuple[Issue, ...]:
    """Why a release must not follow another benchmark's; both are given by their manifests."""
    if before["benchmark"] == after["benchmark"]:
        return ()
    problem = f"is {after['benchmark']}, and {tag} there is {before['benchmark']}"
    return (Issue("other-benchmark", "manifest.json > benchmark", problem, "name a repository of its own"),)


def returned_ids(versions: Sequence[tuple[str, Set[str]]], gone: Set[str], ids: Set[str]) -> tuple[Issue, ...]:
    """Ids of a new release that a published one had and a later one had not: retired for good, never used again.

    `versions` are tags and ids of the published releases, lowest first; `gone` are ids that the newest errata.json buries.
    """
    newest = versions[-1][0] if versions else "there"
    remedy = f"make it again from the newest published version ({newest}), or leave these items out or give them other ids"
    back = ids - (versions[-1][1] if versions else frozenset())
    issues = []
    for tag, had in (*reversed(versions[:-1]), (ERRATA, gone)):
        found = sorted(back & had)
        back -= had
        if found:
            where = "are in its tombstones" if had is gone else "were there and retired later"
            problem = f"{len(found)} ids {where}, and are back: {_quoted(found)}"
            issues.append(Issue("id-comes-back", tag, problem, remedy))
    return tuple(issues)


def tombstones(errata: object) -> frozenset[str]:
    """Ids that an errata.json of any version says are gone; none where there is no such file."""
    found = errata.get("errata") if isinstance(errata, dict) else None
    stones = [stone for one in _dicts(found) for stone in _dicts(one.get("tombstones"))]
    return frozenset(str(stone["id"]) for stone in stones if "id" in stone)


def _dicts(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def changelog_since(changelog: str, diff: ReleaseDiff, earlier: str) -> str:
    """The changelog of a release, then what changed, then all that the earlier release's changelog says of itself and before.

    What was written so already is replaced.
    """
    own = changelog.partition(SINCE)[0]
    closing = own.rpartition("\n\n")[2]  # a sentence on all versions, said once
    history = earlier.replace(f"\n{closing}", "").partition("\n## ")[2]
    return f"{own}\n{since_entry(diff)}" + (f"\n## {history}" if history else "")


def step_text(diff: ReleaseDiff, changelog: str, source: str, *, refused: bool = False) -> str:
    """Two lines of the plan: what changed since `source`, and whether the changelog says so.

    `refused`: no lower version would do either.
    """
    bigger = not refused and diff.step_is_enough and next_version(diff.before, diff.level) != diff.after
    told = f"; {next_version(diff.before, diff.level)} would do" if bigger else ""
    entry = (
        f"says what changed since {diff.before}"
        if f"\n## {diff.before}\n" in changelog
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


__all__ = [
    "benchmark_refusals", "changelog_since", "returned_ids", "step_text", "tombstones",
    "version_refusals",
]  # fmt: skip
