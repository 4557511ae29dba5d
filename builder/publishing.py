"""Carry a release or a metric to the Hub: plan, commit once, check what the Hub gives back, tag. Each step may be repeated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from builder.edges.hub import Gate, HubRepository, local_file
from builder.edges.metric_folders import MetricFolder
from builder.errors import Issue, NotPublished
from builder.release.files import MANIFEST
from builder.release.plan import OnHub, Parcel, Plan, plan, release_title
from builder.release.rows import Manifest

Check = Callable[[str], Sequence[Issue]]  # findings on a commit of the Hub
Judge = Callable[[OnHub], Sequence[Issue]]  # why the content may not follow what the Hub has


@dataclass(frozen=True)
class Cargo:
    """A parcel and where its files lie."""

    parcel: Parcel
    paths: Mapping[str, Path]


def release_cargo(folder: Path, manifest: Manifest) -> Cargo:
    """The files that a release's manifest names, and the manifest."""
    paths = {name: folder / name for name in sorted([MANIFEST, *(file.path for file in manifest.files)])}
    return _cargo(manifest.version, paths, release_title(manifest))


def metric_cargo(folder: MetricFolder) -> Cargo:
    """The files of a metric's folder, but what Python leaves behind."""
    found = (path for path in folder.path.iterdir() if path.is_file() and path.suffix != ".pyc")
    return _cargo(folder.version, {path.name: path for path in sorted(found)}, f"{folder.name} {folder.version}")


def same_files(repo: HubRepository, cargo: Cargo, commit: str) -> list[Issue]:
    """A finding where the Hub's listing at `commit` is not the cargo."""
    if cargo.parcel.is_held_by(repo.revision(commit)):
        return []
    return [Issue("files-differ", repo.repo_id, "lists other files than were sent", "run the same command again")]


def _cargo(version: str, paths: Mapping[str, Path], title: str) -> Cargo:
    return Cargo(Parcel(version, {name: local_file(path) for name, path in paths.items()}, title), paths)


def send(
    repo: HubRepository,
    cargo: Cargo,
    check: Check,
    *,
    gate: Gate | None = None,
    sdk: str | None = None,
    judge: Judge | None = None,
) -> str:
    """Create, gate, commit, check and tag, as far as each is still to be done; returns the commit.

    Raises NotPublished when the Hub has another content under this version, or gives back what is not right; HubStopped.
    """
    repo.create(sdk=sdk)
    if gate:
        repo.gate(gate)  # before the first byte is there
    made = _allowed(repo, cargo, judge)
    commit = made.there or repo.commit(cargo.parcel, made, cargo.paths)
    issues = check(commit)
    if issues:
        told = "\n".join(str(issue) for issue in issues)
        raise NotPublished(
            f"{repo.repo_id} at {commit[:10]}",
            f"what the Hub gives back is not right, so no tag {made.tag} was made:\n{told}",
            "if the Hub was at fault, run the same command again: it checks that commit anew; else mend it and publish again",
        )
    if not made.is_tagged:
        repo.tag(made.tag, commit)
    return commit


def content_there(repo: HubRepository, cargo: Cargo, judge: Judge | None = None) -> str:
    """The commit of main that holds the cargo, made where there is none; no tag is."""
    repo.create()
    made = _allowed(repo, cargo, judge)
    return made.there or repo.commit(cargo.parcel, made, cargo.paths)


def propose(repo: HubRepository, cargo: Cargo, judge: Judge | None = None) -> str:
    """The same content as a pull request, without a tag; returns its ref. One that is open with this content is left."""
    made = _allowed(repo, cargo, judge)

    def there() -> str | None:
        return next((ref for ref, revision in repo.pull_requests().items() if cargo.parcel.is_held_by(revision)), None)

    return there() or repo.open_pull_request(cargo.parcel, made, cargo.paths, there)


def planned(repo: HubRepository, cargo: Cargo, judge: Judge | None = None) -> tuple[OnHub, Plan]:
    """What the Hub has, and the plan against it, with what `judge` has to say where the version is not there yet."""
    hub = repo.look(cargo.parcel)
    made = plan(cargo.parcel, hub)
    if judge and not made.nothing_to_do:
        made = replace(made, refusals=(*judge(hub), *made.refusals))
    return hub, made


def _allowed(repo: HubRepository, cargo: Cargo, judge: Judge | None) -> Plan:
    """The plan that is carried out: judged by the same look at the Hub that its parent is from."""
    _, made = planned(repo, cargo, judge)
    for issue in made.refusals:
        raise NotPublished(f"{repo.repo_id} > {issue.place}", issue.problem, issue.remedy)
    return made


__all__ = [
    "Cargo",
    "Check",
    "Judge",
    "content_there",
    "metric_cargo",
    "planned",
    "propose",
    "release_cargo",
    "same_files",
    "send",
]
