"""What publishing would do: a local folder against what the Hub has, as a plan with its refusals; nothing is sent here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from builder.errors import Issue
from builder.release.image_sources import ImageSources
from builder.release.rows import Manifest
from builder.release.validate_files import FROM_THE_HUB

_TAG = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_SHORT = 10  # characters of a commit's hash that are shown

RepoKind = Literal["dataset", "space"]


@dataclass(frozen=True)
class LocalFile:
    """A file to publish, with both names that the Hub may know its bytes by."""

    bytes: int
    sha256: str  # the Hub's name of a large file
    blob: str  # git's name of a file: SHA-1 over its header and bytes


@dataclass(frozen=True)
class HubFile:
    """A file on the Hub; `oid` is its SHA-256 where it is a large file, and git's SHA-1 else."""

    bytes: int
    oid: str


@dataclass(frozen=True)
class Revision:
    """A commit on the Hub and its files by path."""

    commit: str
    files: Mapping[str, HubFile]


@dataclass(frozen=True)
class OnHub:
    """What a repository on the Hub holds, as far as one version is concerned."""

    head: Revision | None  # of main; None: there is no such repository
    tags: Mapping[str, str]  # names and commits
    tagged: Revision | None = None  # under the tag of this version
    same_title: tuple[Revision, ...] = ()  # commits below the head of main that bear this version's title, newest first
    committed: Mapping[str, str] = field(default_factory=dict)  # versions that commits of main call themselves, as tags
    gated: str | None = None  # how access is granted, where it is


@dataclass(frozen=True)
class Parcel:
    """What is to be published: one version and its files by path."""

    version: str
    files: Mapping[str, LocalFile]
    title: str  # of its commit

    @property
    def tag(self) -> str:
        return f"v{self.version}"

    def version_in(self, title: str) -> str | None:
        """The tag of the version that a commit of this title holds; None where it is not one of ours."""
        tag = "v" + title.removeprefix(self.title.removesuffix(self.version))
        return tag if is_version(tag) else None

    def is_held_by(self, revision: Revision) -> bool:
        """Whether a revision is exactly this, but for what the Hub itself adds to every repository."""
        there = {path for path in revision.files if path not in FROM_THE_HUB or path in self.files}
        return there == self.files.keys() and all(_same(file, revision.files[path]) for path, file in self.files.items())


@dataclass(frozen=True)
class Plan:
    """What sending would do. `there` is a commit that already holds exactly this content."""

    tag: str
    parent: str | None  # head of main that the plan was made against
    add: tuple[str, ...]
    unchanged: tuple[str, ...]
    delete: tuple[str, ...]
    bytes: int  # of the files to add
    there: str | None
    is_tagged: bool
    refusals: tuple[Issue, ...]

    @property
    def nothing_to_do(self) -> bool:
        return self.is_tagged and not self.refusals


def plan(parcel: Parcel, hub: OnHub) -> Plan:
    """The difference between `parcel` and the head of main, and whether it may and need be sent at all."""
    ours, theirs = parcel.files, hub.head.files if hub.head else {}
    add = tuple(sorted(path for path, file in ours.items() if not _same(file, theirs.get(path))))
    held = next((revision for revision in _revisions(hub) if parcel.is_held_by(revision)), None)
    return Plan(
        tag=parcel.tag,
        parent=hub.head.commit if hub.head else None,
        add=add,
        unchanged=tuple(sorted(ours.keys() - set(add))),
        delete=tuple(sorted(theirs.keys() - ours.keys() - set(FROM_THE_HUB))),
        bytes=sum(ours[path].bytes for path in add),
        there=held.commit if held else None,
        is_tagged=hub.tagged is not None,
        refusals=tuple(_refusals(parcel, hub)),
    )


def _revisions(hub: OnHub) -> list[Revision]:
    """Where the content may be already: under its tag, or committed by a run that was broken off before the tag."""
    if hub.tagged:
        return [hub.tagged]
    return [*([hub.head] if hub.head else []), *hub.same_title]


def _same(ours: LocalFile, theirs: HubFile | None) -> bool:
    return theirs is not None and theirs.oid in (ours.sha256, ours.blob)


def _refusals(parcel: Parcel, hub: OnHub) -> list[Issue]:
    if hub.tagged:
        if parcel.is_held_by(hub.tagged):
            return []
        problem = f"is on the Hub with other content (commit {hub.tagged.commit[:_SHORT]})"
        return [Issue("tag-exists", parcel.tag, problem, "a published version never changes: raise the version")]
    newest = newest_version({**hub.committed, **hub.tags})  # one that is committed may be about to be tagged
    if newest and _numbers(parcel.tag) < _numbers(newest):
        problem = f"is lower than {newest}, the newest on the Hub"
        return [Issue("version-not-raised", parcel.tag, problem, f"raise the version above {newest.removeprefix('v')}")]
    return []


def newest_version(tags: Mapping[str, str]) -> str | None:
    """The highest tag of the form vX.Y.Z; other tags are nobody's version.

    >>> newest_version({"v1.9.0": "a", "v1.10.0": "b", "draft": "c"})
    'v1.10.0'
    """
    return max((tag for tag in tags if _TAG.fullmatch(tag)), key=_numbers, default=None)


def versions_below(tags: Mapping[str, str], tag: str) -> tuple[str, ...]:
    """The tags of the form vX.Y.Z that are lower than `tag`, lowest first.

    >>> versions_below({"v1.10.0": "b", "v1.9.0": "a", "draft": "c", "v2.0.0": "d"}, "v2.0.0")
    ('v1.9.0', 'v1.10.0')
    """
    return tuple(one for one in versions_of(tags) if _numbers(one) < _numbers(tag))


def versions_of(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags of the form vX.Y.Z, lowest first."""
    return tuple(sorted(filter(is_version, tags), key=_numbers))


def is_version(tag: str) -> bool:
    """Whether a tag has the form vX.Y.Z."""
    return _TAG.fullmatch(tag) is not None


def _numbers(tag: str) -> tuple[int, ...]:
    match = _TAG.fullmatch(tag)
    return tuple(int(number) for number in match.groups()) if match else ()


def proposal_refusals(hub: OnHub) -> tuple[Issue, ...]:
    """Why nothing can be proposed as a pull request."""
    if hub.head:
        return ()
    remedy = "a pull request needs a repository; publish without --pr first"
    return (Issue("no-repository", "--pr", "there is no such repository, or it is not for you", remedy),)


def release_refusals(manifest: Manifest, findings: Sequence[Issue], *, hydrated: bool = False) -> tuple[Issue, ...]:
    """Why a release may not be published, whatever the Hub has: a private tier, or any finding of `validate`.

    `hydrated`: made of an open release by `microtome hydrate`, and so always private.
    """
    remedy = "publish the open release it was made from" if hydrated else "build it with --tier open, the default"
    private = Issue("private-tier", "manifest.json > tier", "is private: local work only", remedy)
    return (*([private] if manifest.tier == "private" else []), *findings)


def metric_refusals(version: str) -> tuple[Issue, ...]:
    """`evaluate.load` without a revision tries the tag of evaluate's own version before main: ours stay clear of those."""
    if _numbers(f"v{version}") >= (1, 0, 0):
        return ()
    problem = "may be a version of `evaluate`, whose tag it tries first"
    return (Issue("tag-of-evaluate", f"v{version}", problem, "give the metric a VERSION from 1.0.0"),)


def release_title(manifest: Manifest) -> str:
    """The title of a release's commit, by which a broken run's commit is found again."""
    return f"{manifest.benchmark} {manifest.version}"


def release_text(manifest: Manifest, sources: ImageSources) -> str:
    """Two lines on what is published: identity and tier, images by licence."""
    licences = Counter(image.licence for image in sources.images)
    shown = ", ".join(f"{n} {licence}" for licence, n in sorted(licences.items())) or "none"
    rows = "; ".join(
        f"{config} " + ", ".join(f"{n} {split}" for split, n in splits.items()) for config, splits in manifest.rows.items()
    )
    return (
        f"release    {manifest.title} {manifest.version}, tier {manifest.tier}\n"
        f"           {manifest.signature}\n"
        f"rows       {rows}\n"
        f"images     {shown}"
    )


def plan_text(repo_id: str, kind: RepoKind, made: Plan, hub: OnHub, *, proposed: bool = False, gate: str | None = None) -> str:
    """The plan, for people: what is there, what would be added, left and deleted, and why not.

    `proposed`: as a pull request; `gate`: how access is to be granted from now on, where that is asked for.
    """
    tags = ", ".join(versions_of(hub.tags)) or "none"
    missing = "no such repository" + ("" if proposed else " yet: it is created")
    there = f"main at {hub.head.commit[:_SHORT]}; versions: {tags}" if hub.head else missing
    steps = "as a pull request, without a tag" if proposed else f"one commit, then tag {made.tag}"
    lines = [f"to         {kind} {repo_id}, {steps}", f"hub        {there}"]
    if hub.gated or gate:
        lines.append(f"gated      {hub.gated or 'no'}" + (f" -> {gate}" if gate not in (None, hub.gated) else ""))
    if made.is_tagged and not made.refusals:
        lines.append(f"           {made.tag} is there with this content (commit {str(made.there)[:_SHORT]}): nothing to send")
    elif made.there and not made.refusals:
        lines.append(f"           commit {made.there[:_SHORT]} holds this content: only the tag is missing")
    else:
        lines += _changes(made)
    return "\n".join([*lines, *(f"refused    {issue}" for issue in made.refusals)])


def _changes(made: Plan) -> list[str]:
    lines = [f"add        {len(made.add)} files, {made.bytes:,} bytes", *(f"           + {path}" for path in made.add)]
    lines.append(f"unchanged  {len(made.unchanged)} files")
    lines += [f"delete     {len(made.delete)} files", *(f"           - {path}" for path in made.delete)]
    return lines


__all__ = [
    "HubFile", "LocalFile", "OnHub", "Parcel", "Plan", "RepoKind", "Revision", "is_version", "metric_refusals",
    "newest_version", "plan", "plan_text", "proposal_refusals", "release_refusals", "release_text", "release_title",
    "versions_below", "versions_of",
]  # fmt: skip
