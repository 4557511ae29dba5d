"""What must hold of a repository on the loopback Hub once a version is published, however often a publisher broke off."""

from __future__ import annotations

from pathlib import Path

from loopback_hub import LoopbackHub

from builder.release.files import MANIFEST
from builder.release.rows import Manifest


def published_once(hub: LoopbackHub, repo_id: str, release: Path) -> None:
    """One commit of that version, holding the release and nothing else, and one tag on it."""
    repo = hub.repository("datasets", repo_id)
    manifest = Manifest.model_validate_json((release / MANIFEST).read_bytes())
    history = repo.history(repo.refs("heads")["main"])
    (commit,) = [one for one in history if one.title == f"{manifest.benchmark} {manifest.version}"]
    assert repo.refs("tags") == {f"v{manifest.version}": commit.id}
    holds_release(hub, repo_id, commit.id, release)


def no_tag_on_a_broken_commit(hub: LoopbackHub, repo_id: str, release: Path) -> None:
    """Whatever is tagged is whole, also right after a kill."""
    repo = hub.repository("datasets", repo_id)
    if repo.folder.is_dir():
        for commit in repo.refs("tags").values():
            holds_release(hub, repo_id, commit, release)


def holds_release(hub: LoopbackHub, repo_id: str, commit: str, release: Path) -> None:
    """The release's files and nothing else, byte for byte, but for what the Hub adds."""
    repo = hub.repository("datasets", repo_id)
    manifest = Manifest.model_validate_json((release / MANIFEST).read_bytes())
    wanted = {MANIFEST, *(file.path for file in manifest.files)}
    assert repo.blobs(commit).keys() - {".gitattributes"} == wanted
    for path in wanted:
        assert hub.read(repo, commit, path) == (release / path).read_bytes(), path
