"""Full removal of withdrawn figures from a repository on the Hub: planned and printed first, then done step by step."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from builder.edges.hub import HubRepository, hub_repository
from builder.edges.parquet import BrokenParquet, read_parquet
from builder.errors import HubStopped
from builder.publishing import Cargo, content_there, release_cargo
from builder.release.errata import Errata, FullRemoval
from builder.release.files import ERRATA, MANIFEST
from builder.release.plan import is_version
from builder.release.revise import draft
from builder.release.rows import Manifest
from builder.release.withdraw import Withdrawal, withdrawn
from builder.revising import Base, Revision, read_base, refuse_place, withdraw_from

_FIGURES = "data/figures/*"


@dataclass(frozen=True)
class Removal:
    """What would be deleted where."""

    repo: HubRepository
    base: Base
    wanted: Withdrawal
    version: str
    tags: tuple[str, ...]  # that hold what is withdrawn, or come after one that does
    kept: tuple[str, ...]  # other tags
    others: tuple[str, ...]  # refs that this leaves
    stored: int  # large files there now
    out: Path

    @property
    def text(self) -> str:
        """Step by step, in the order in which it is done."""
        tags = ", ".join(self.tags) or "none"
        lines = [
            f"full removal from dataset {self.repo.repo_id}, which nothing brings back:",
            f"1. write {self.out}: version {self.version} without {self.wanted.by} {self.wanted.value}; errata.json notes it",
            f"2. commit version {self.version} to main, without a tag",
            f"3. delete for good, of {self.stored} large files, those that neither a kept tag nor the new version has",
            f"4. delete the tags that hold the withdrawn figures: {tags}",
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


def planned(folder: Path, out: Path, version: str, wanted: Withdrawal, repo_id: str) -> Removal:
    """The steps, from what the release and the Hub hold. Nothing is changed. Raises MicrotomeErrors."""
    refuse_place(folder, out)
    repo = hub_repository(repo_id, "dataset", sends=True)
    base = read_base(folder)
    (*_, one) = withdrawn(draft(base.packed, version), wanted).errata
    gone = {stone.id for stone in one.tombstones if stone.config == "figures"}
    there = repo.tags()
    noted = set(_noted(out, repo_id))  # their files may be gone already
    affected = _affected(repo, {tag: commit for tag, commit in there.items() if is_version(tag)}, gone, noted)
    return Removal(
        repo=repo,
        base=base,
        wanted=wanted,
        version=version,
        tags=tuple(sorted(affected)),
        kept=tuple(sorted(there.keys() - affected)),
        others=repo.other_refs(),
        stored=len(repo.large_files()) if repo.may_write else 0,
        out=out,
    )


def _noted(out: Path, repo_id: str) -> Sequence[str]:
    """Tags that a run which was broken off meant to delete, as the release that it wrote says."""
    try:
        found = Errata.model_validate_json((out / ERRATA).read_bytes())
    except (OSError, ValueError):
        return ()
    removal = found.errata[-1].full_removal if found.errata else None
    return removal.tags if removal and removal.repository == repo_id else ()


def _affected(repo: HubRepository, tags: Mapping[str, str], gone: set[str], noted: set[str]) -> set[str]:
    """Tags whose own figures are among those gone, or one of whose earlier commits is such a tag's; those noted with them."""
    own = noted | {tag for tag, commit in tags.items() if tag not in noted and _holds(repo, commit, gone)}
    commits = {tags[tag] for tag in own if tag in tags}
    return own | {tag for tag, commit in tags.items() if tag not in own and repo.history(commit) & commits}


def _holds(repo: HubRepository, commit: str, gone: set[str]) -> bool:
    """Whether a version has one of these figures. One that cannot be read may have."""
    with tempfile.TemporaryDirectory(prefix="microtome-") as scratch:
        found = repo.download(commit, Path(scratch), token=repo.token, only=_FIGURES)
        files = sorted(found.glob("data/figures/*.parquet"))
        try:
            return not files or any(row["id"] in gone for file in files for row in read_parquet(file)[2])
        except (BrokenParquet, KeyError):
            return True


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
