"""A release against the versions of it that are on the Hub: may it follow them, and does its changelog say what changed?"""

from __future__ import annotations

from builder.edges.hub import HubRepository
from builder.edges.released import ids_at, published_at
from builder.errors import Issue
from builder.release.diff import difference
from builder.release.files import CHANGELOG, ERRATA
from builder.release.plan import OnHub, newest_version, versions_below
from builder.release.validate import Opened
from builder.release.versions import benchmark_refusals, returned_ids, step_text, tombstones, version_refusals


class Versions:
    """The judge of one release that is to be published. What was read at a commit is not read again."""

    def __init__(self, repo: HubRepository, release: Opened) -> None:
        self._repo, self._release = repo, release
        self._tag = f"v{release.manifest['version']}"
        self._read: dict[str, Opened] = {}
        self._ids: dict[str, frozenset[str]] = {}

    def refusals(self, hub: OnHub) -> tuple[Issue, ...]:
        """Why it may not follow the versions that are there. Raises CannotRead, HubStopped."""
        top = newest_version(hub.tags)
        if not top:
            return ()
        newest = self._newest(hub, top)
        other = benchmark_refusals(newest.manifest, self._release.manifest, top)
        tags = versions_below(hub.tags, self._tag)
        if other or top not in tags:  # the plan refuses a version that is not the highest, whatever changed
            return other
        ids = [(tag, self._ids_of(hub.tags[tag])) for tag in tags[:-1]]
        back = returned_ids([*ids, (top, _ids_in(newest))], tombstones(newest.documents.get(ERRATA)), _ids_in(self._release))
        return (*version_refusals(difference(newest, self._release)), *back)

    def text(self, hub: OnHub, *, refused: bool = False) -> str | None:
        """What changed since the newest version below its own; None where there is none, or it is another benchmark's.

        `refused`: the version is not allowed, so none is recommended in its place.
        """
        tags = versions_below(hub.tags, self._tag)
        if not tags or hub.tagged:
            return None
        newest = self._newest(hub, tags[-1])
        if benchmark_refusals(newest.manifest, self._release.manifest, tags[-1]):
            return None
        changelog = self._release.texts.get(CHANGELOG, "")
        return step_text(difference(newest, self._release), changelog, f"{self._repo.repo_id}@{tags[-1]}", refused=refused)

    def _newest(self, hub: OnHub, tag: str) -> Opened:
        commit = hub.tags[tag]
        if commit not in self._read:
            self._read[commit] = published_at(self._repo, commit, f"{self._repo.repo_id}@{tag}")
        return self._read[commit]

    def _ids_of(self, commit: str) -> frozenset[str]:
        if commit not in self._ids:
            self._ids[commit] = ids_at(self._repo, commit)
        return self._ids[commit]


def _ids_in(release: Opened) -> frozenset[str]:
    return frozenset(str(row["id"]) for *_, row in release.rows())


__all__ = ["Versions"]
