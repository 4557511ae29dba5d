"""Verify a published release as a stranger meets it: its files, every config loaded, every image decoded, its logical hash."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from builder.edges.hub import HubRepository, local_file
from builder.edges.loading import load_from_the_hub
from builder.errors import Issue
from builder.release.files import MANIFEST
from builder.release.plan import is_version
from builder.release.rows import Manifest
from builder.release.validate import FileFact, Opened
from builder.release.validate_files import checksums

_REPUBLISH = "cite the commit that was verified, and publish the right content under a higher version"


@dataclass(frozen=True)
class Verification:
    """What the Hub gives at a revision, and what is wrong with it."""

    commit: str
    manifest: Manifest | None  # None: there is none that can be read
    issues: tuple[Issue, ...]
    strangers: bool  # read without a token


def verify(repo: HubRepository, revision: str, local: Manifest | None) -> Verification:
    """Everything at `revision` in clean caches, without a token where the repository is public. Raises HubStopped."""
    commit, closed = repo.resolve(revision)
    token = repo.token if closed else None
    issues: list[Issue] = []
    if closed and repo.opens_to_strangers(commit, MANIFEST):
        problem = "is gated, and a download without a token is answered"
        issues.append(
            Issue("not-gated", repo.repo_id, problem, "look at the repository's settings before anybody is told of it")
        )
    with tempfile.TemporaryDirectory(prefix="microtome-verify-", ignore_cleanup_errors=True) as scratch:
        folder = repo.download(commit, Path(scratch), token=token)
        manifest, found = _manifest(folder)
        if manifest:
            found += _files(folder, manifest)
    if manifest:
        found += _claims(manifest, revision, local)
    if manifest and not found:
        found = _rows(repo.repo_id, commit, manifest, token)
    return Verification(commit, manifest, (*issues, *found), not closed)


def _manifest(folder: Path) -> tuple[Manifest | None, list[Issue]]:
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes()), []
    except FileNotFoundError:
        return None, [Issue("missing-file", MANIFEST, "is not there", "name a repository that microtome published")]
    except ValidationError as error:
        return None, [Issue("bad-json", MANIFEST, f"is not a manifest: {error.error_count()} errors", _REPUBLISH)]


def _files(folder: Path, manifest: Manifest) -> list[Issue]:
    """Each file against the manifest's size and hash."""
    there = {path.relative_to(folder).as_posix(): local_file(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    facts = {path: FileFact(file.bytes, file.sha256) for path, file in there.items()}
    opened = Opened(facts, {MANIFEST: manifest.model_dump(mode="json")}, {}, {}, {}, {})
    listed = {file.path for file in manifest.files}
    missing = [Issue("missing-file", path, "is not there", _REPUBLISH) for path in sorted(listed - there.keys())]
    return [*missing, *(issue for issue in checksums(opened) if issue.code != "missing-file")]


def _claims(manifest: Manifest, revision: str, local: Manifest | None) -> list[Issue]:
    """The tag's own version, and the local release's identity."""
    issues = []
    if is_version(revision) and revision != f"v{manifest.version}":
        problem = f"names version {manifest.version}"
        issues.append(
            Issue("tag-version", f"{revision} > {MANIFEST}", problem, "a tag vX.Y.Z holds version X.Y.Z: " + _REPUBLISH)
        )
    if local and local.signature != manifest.signature:
        problem = f"says {manifest.signature}; the local release {local.signature}"
        issues.append(Issue("differs-from-local", f"{MANIFEST} > signature", problem, "one of the two is not this version"))
    elif local and local != manifest:
        problem = "has the same rows as the local release and other files"
        issues.append(Issue("differs-from-local", MANIFEST, problem, "compare the two manifests' files"))
    return issues


def _rows(repo_id: str, commit: str, manifest: Manifest, token: str | None) -> list[Issue]:
    issues, hashes = load_from_the_hub(repo_id, commit, manifest.rows, token)
    if not issues:
        for way, found in zip(("not streaming", "streaming"), hashes, strict=True):
            if found != manifest.logical_hash:
                problem = f"the rows loaded {way} give {found[:16]}; the manifest says {manifest.logical_hash[:16]}"
                issues.append(Issue("logical-hash", f"{MANIFEST} > logical_hash", problem, _REPUBLISH))
    return issues


__all__ = ["Verification", "verify"]
