"""Full removal of withdrawn figures from a repository on the Hub: planned and printed first, then done step by step."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from builder.edges.data_files import data_files
from builder.edges.hub import HubRepository, hub_repository
from builder.edges.parquet import BrokenParquet, opened_parquet
from builder.errors import HubStopped, UsageError
from builder.publishing import Cargo, content_there, release_cargo
from builder.release.diff import next_version
from builder.release.errata import Errata, FullRemoval
from builder.release.files import ERRATA, MANIFEST
from builder.release.plan import is_version
from builder.release.revise import draft, emptied
from builder.release.rows import Manifest
from builder.release.withdraw import Withdrawal, in_a_shell, next_folder, withdrawn, withdrawn_before
from builder.revising import Base, Revision, read_base, refuse_place, withdraw_from

_FIGURES = "data/figures/*"


@dataclass(frozen=True)
class Removal:
    """What would be deleted where."""

    repo: HubRepository
    base: Base
    wanted: Withdrawal
    version: str
    holding: tuple[str, ...]  # tags with what is withdrawn
    following: tuple[str, ...]  # tags without it, whose history has it
    noted: tuple[str, ...]  # tags that a run which was broken off meant to delete
    kept: tuple[str, ...]  # other tags
    others: tuple[str, ...]  # refs that this leaves
    stored: int  # large files there now
    out: Path
    emptied: tuple[str, ...]  # configs and splits that lose their last row

    @property
    def tags(self) -> tuple[str, ...]:
        """All that go."""
        return tuple(sorted({*self.holding, *self.following, *self.noted}))

    @property
    def text(self) -> str:
        """Step by step, in the order in which it is done."""
        lines = [
            f"full removal from dataset {self.repo.repo_id}, which nothing brings back:",
            f"1. write {self.out}: version {self.version} without {self.wanted.by} {self.wanted.value}; errata.json notes it",
            f"2. commit version {self.version} to main, without a tag",
            f"3. delete for good, of {self.stored} large files, those that neither a kept tag nor the new version has",
            *self._told_tags(),
            "5. squash the history of main into one commit",
            f"6. yours: microtome publish {self.out} {self.repo.repo_id} --send, which checks main and makes the tag",
            f"tags kept   {', '.join(self.kept) or 'none'}",
        ]
        if self.others:
            lines.append(
                f"left        {', '.join(self.others)}: delete or close them on the Hub; their small files stay readable"
            )
        lines.append(
            "not reached: copies that were downloaded, forked, mirrored or cached; what cites a deleted tag finds nothing"
        )
        return "\n".join(lines)

    def _told_tags(self) -> Iterator[str]:
        yield f"4. delete {len(self.tags)} tag{'s' * (len(self.tags) != 1)}"
        if self.holding or not self.tags:
            yield f"   hold the withdrawn figures: {', '.join(self.holding) or 'none'}"
        if self.following:
            them = "them" if len(self.following) > 1 else "it"
            yield (
                f"   have them in their history only: {', '.join(self.following)}; as the history is squashed, "
                f"{'these go' if len(self.following) > 1 else 'this goes'} as well: publish {them} again under a new version"
            )
        if self.noted:
            yield f"   noted by the run that was broken off: {', '.join(self.noted)}"


def planned(folder: Path, out: Path, version: str, wanted: Withdrawal, repo_id: str) -> Removal:
    """The steps, from what the release and the Hub hold. Nothing is changed. Raises MicrotomeErrors."""
    refuse_place(folder, out)
    repo = hub_repository(repo_id, "dataset", sends=True)
    base = read_base(folder)
    before = draft(base.packed, version)
    there = repo.tags()
    published = {tag: commit for tag, commit in there.items() if is_version(tag)}
    _refuse_version(base, out, version, wanted, repo_id, published)
    after = withdrawn(before, replace(wanted, full_removal=FullRemoval(repository=repo_id, tags=())))
    withdrawals = (*withdrawn_before(before, wanted), after.errata[-1])
    gone = {stone.id for one in withdrawals for stone in one.tombstones if stone.config == "figures"}
    noted = set(_noted(out, repo_id))  # their files may be gone already
    holding, following = _affected(repo, published, gone, noted)
    return Removal(
        repo=repo,
        base=base,
        wanted=wanted,
        version=version,
        holding=tuple(sorted(holding)),
        following=tuple(sorted(following)),
        noted=tuple(sorted(noted)),
        kept=tuple(sorted(there.keys() - holding - following - noted)),
        others=repo.other_refs(),
        stored=len(repo.large_files()) if repo.may_write else 0,
        out=out,
        emptied=emptied(before, after),
    )


def _refuse_version(base: Base, out: Path, version: str, wanted: Withdrawal, repo_id: str, published: Iterable[str]) -> None:
    """A published version never changes, and nothing that one corrected or withdrew is undone by starting before it."""
    own = base.packed.cut.version
    newest = max([own, *(tag.removeprefix("v") for tag in published)], key=lambda said: tuple(map(int, said.split("."))))
    if newest == own:
        return
    free = next_version(newest, "minor")
    problem = f"{base.folder} is {own}, and {repo_id} has v{newest} since, whose corrections and withdrawals would be lost"
    if f"v{version}" in published:
        problem = f"v{version} is published in {repo_id} already, and a published version never changes"
    command = in_a_shell(next_folder(str(base.folder), newest), next_folder(str(out), free), free, wanted, repo_id)
    remedy = f"the next free version is {free}; start from the release folder of v{newest}, wherever you keep it: {command}"
    raise UsageError(f"--version {version}", problem, remedy)


def _noted(out: Path, repo_id: str) -> Sequence[str]:
    """Tags that a run which was broken off meant to delete, as the release that it wrote says."""
    try:
        found = Errata.model_validate_json((out / ERRATA).read_bytes())
    except (OSError, ValueError):
        return ()
    removal = found.errata[-1].full_removal if found.errata else None
    return removal.tags if removal and removal.repository == repo_id else ()


def _affected(repo: HubRepository, tags: Mapping[str, str], gone: set[str], noted: set[str]) -> tuple[set[str], set[str]]:
    """Tags whose own figures are among those gone; and others one of whose earlier commits is such a tag's or a noted one's."""
    own = {tag for tag, commit in tags.items() if tag not in noted and _holds(repo, commit, gone)}
    commits = {tags[tag] for tag in own | noted if tag in tags}
    return own, {tag for tag, commit in tags.items() if tag not in own | noted and repo.history(commit) & commits}


def _holds(repo: HubRepository, commit: str, gone: set[str]) -> bool:
    """Whether a version has one of these figures. One that cannot be read may have."""
    with tempfile.TemporaryDirectory(prefix="microtome-") as scratch:
        found = repo.download(commit, Path(scratch), token=repo.token, only=_FIGURES)
        files = [found / path for path in data_files(found) if path.startswith("data/figures/")]  # whatever they are called
        try:
            return not files or any(_has(file, gone) for file in files)
        except (BrokenParquet, KeyError):
            return True


def _has(file: Path, gone: set[str]) -> bool:
    with opened_parquet(file) as parquet:
        return any(row["id"] in gone for row in parquet.rows)


def carry_out(removal: Removal, tell: Callable[[str], None]) -> Revision:
    """All steps but the last, each of which may be repeated. Raises MicrotomeErrors; running again goes on."""
    repo, out = removal.repo, removal.out
    if not repo.may_write:
        raise HubStopped(repo.repo_id, "there is no token to delete with", "run `hf auth login`, or set HF_TOKEN")
    note = FullRemoval(repository=repo.repo_id, tags=removal.tags)
    done = withdraw_from(removal.base, out, removal.version, replace(removal.wanted, full_removal=note))
    tell(f"1. wrote {out}")
    cargo = release_cargo(out, Manifest.model_validate_json((out / MANIFEST).read_bytes()))
    tell(f"2. main at {content_there(repo, cargo)[:10]} holds {cargo.parcel.title}")
    # While history names them: the Hub lists no file for a run that goes on after the squash.
    tell(f"3. deleted {_delete_files(removal, cargo)} large files for good")
    for tag in removal.tags:
        repo.untag(tag)
        tell(f"4. deleted tag {tag}")
    repo.squash(cargo.parcel.title)
    tell("5. squashed main")
    tell(f"6. yours: microtome publish {out} {repo.repo_id} --send")
    return done


def _delete_files(removal: Removal, cargo: Cargo) -> int:
    """Large files but those of the new version and of the tags that stay; how many."""
    repo = removal.repo
    kept = {file.sha256 for file in cargo.parcel.files.values()}
    for commit in (commit for tag, commit in repo.tags().items() if tag not in removal.tags):
        kept |= {file.oid for file in repo.revision(commit).files.values()}
    files = [file for file in repo.large_files() if file.file_oid not in kept]
    if files:
        repo.delete_large_files(files)
    return len(files)


__all__ = ["Removal", "carry_out", "planned"]
