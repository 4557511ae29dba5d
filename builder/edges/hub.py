"""The Hub, through huggingface_hub: the only module that talks to it. Everything here may be asked twice."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

import httpx2
from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    HfFileSystem,
    RepoFile,
    constants,
    get_hf_file_metadata,
    get_token,
    hf_hub_url,
    set_client_factory,
    snapshot_download,
)
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    XetDownloadError,
)
from huggingface_hub.hf_api import LFSFileInfo
from huggingface_hub.utils._http import default_client_factory
from huggingface_hub.utils._validators import validate_repo_id
from huggingface_hub.utils.tqdm import disable_progress_bars

from builder.edges.hub_failures import cause_of, may_pass, retry_after, told
from builder.edges.redaction import redacted
from builder.errors import HubStopped, UsageError
from builder.release.plan import HubFile, LocalFile, OnHub, Parcel, Plan, RepoKind, Revision, plan, versions_of

WAITS = (1.0, 2.0, 4.0, 8.0)  # seconds before the next try; the Hub's Retry-After comes before them
LONGEST_WAIT = 300.0  # seconds; a Hub that asks for more is told to the user instead
_TIMEOUT = httpx2.Timeout(60, read=300)  # seconds; the client's own default is to wait for ever
_SAME_TITLE = 20  # commits of one title that are looked into
_CHUNK = 1 << 20
# ValueError, KeyError: an answer that is not the Hub's; RuntimeError: how the client wraps a failed upload.
_FAILURES = (httpx2.HTTPError, OSError, RuntimeError, ValueError, KeyError, XetDownloadError)

_NAMES = "name it ORG/NAME: letters, digits, '-', '_', '.', at most 96; '-' and '.' not first, last or doubled; no .git last"
Gate = Literal["auto", "manual"]
T = TypeVar("T")


def _client() -> httpx2.Client:
    client = default_client_factory()
    client.timeout = _TIMEOUT
    return client


set_client_factory(_client)
disable_progress_bars()
logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its warnings quote upload addresses, which are signed


def local_file(path: Path) -> LocalFile:
    """A file's size and both names that the Hub may know it by, in one reading."""
    size = path.stat().st_size
    sha256, blob = hashlib.sha256(), hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            sha256.update(block)
            blob.update(block)
    return LocalFile(size, sha256.hexdigest(), blob.hexdigest())


@dataclass(frozen=True)
class HubRepository:
    """One repository, as the holder of one token sees it."""

    repo_id: str
    kind: RepoKind
    token: str | None = field(repr=False)
    sends: bool = False  # by a command that, run again, goes on where it stopped

    @cached_property
    def _api(self) -> HfApi:
        return HfApi(token=self.token or False)

    @property
    def may_write(self) -> bool:
        return self.token is not None

    def user(self) -> str | None:
        """Whose token it is; None where there is none. Raises HubStopped."""
        return str(self._ask(self._api.whoami)["name"]) if self.token else None

    # ---- looking

    def look(self, parcel: Parcel) -> OnHub:
        """What the repository holds that matters for publishing `parcel`."""
        try:
            head = self._patiently(lambda: self._api.repo_info(self.repo_id, repo_type=self.kind))
        except RepositoryNotFoundError:
            return OnHub(None, {})
        refs = self._ask(lambda: self._api.list_repo_refs(self.repo_id, repo_type=self.kind))
        tags = {tag.name: tag.target_commit for tag in refs.tags}
        history = self._history(str(head.sha))
        tagged = self.revision(tags[parcel.tag]) if parcel.tag in tags else None
        return OnHub(
            head=self.revision(str(head.sha)),
            tags=tags,
            tagged=tagged,
            same_title=() if tagged else self._same_title(parcel, str(head.sha), history),
            committed={tag: commit for commit, title in history.items() if (tag := parcel.version_in(title))},
            gated=str(head.gated) if getattr(head, "gated", None) else None,
        )

    def revision(self, commit: str) -> Revision:
        """A commit's files."""

        def listed() -> dict[str, HubFile]:
            entries = self._api.list_repo_tree(self.repo_id, recursive=True, revision=commit, repo_type=self.kind)
            files = [entry for entry in entries if isinstance(entry, RepoFile)]
            return {file.path: HubFile(file.size, file.lfs.sha256 if file.lfs else file.blob_id) for file in files}

        return Revision(commit, self._ask(listed))

    def _history(self, head: str) -> dict[str, str]:
        """Commits and their titles, newest first."""
        listed = self._ask(lambda: self._api.list_repo_commits(self.repo_id, repo_type=self.kind, revision=head))
        return {commit.commit_id: commit.title for commit in listed}

    def _same_title(self, parcel: Parcel, head: str, history: Mapping[str, str]) -> tuple[Revision, ...]:
        found = [commit for commit, title in history.items() if title == parcel.title and commit != head]
        return tuple(self.revision(commit) for commit in found[:_SAME_TITLE])

    def pull_requests(self) -> dict[str, Revision]:
        """The pull requests' newest commits, by ref."""
        refs = self._ask(lambda: self._api.list_repo_refs(self.repo_id, repo_type=self.kind, include_pull_requests=True))
        return {one.ref: self.revision(one.target_commit) for one in refs.pull_requests or []}

    def resolve(self, revision: str) -> tuple[str, bool]:
        """The commit that a tag, branch or hash names, and whether reading it takes a token. Raises HubStopped."""

        def asked() -> tuple[str, bool] | None:
            try:
                info = self._api.repo_info(self.repo_id, repo_type=self.kind, revision=revision)
            except RevisionNotFoundError:
                return None
            return str(info.sha), bool(info.private or getattr(info, "gated", False))

        found = self._ask(asked)
        if found is None:
            versions = ", ".join(versions_of(self.tags())) or "no version yet"
            problem = f"has no revision {revision}; it has {versions}"
            raise HubStopped(self.repo_id, problem, "name a tag or commit that is there")
        return found

    def download(self, commit: str, folder: Path, *, token: str | None, only: str | None = None) -> Path:
        """Every file at a commit, or those that a pattern meets, in a cache of its own under `folder`."""
        return Path(
            self._ask(
                lambda: snapshot_download(
                    self.repo_id,
                    repo_type=self.kind,
                    revision=commit,
                    cache_dir=folder,
                    token=token or False,
                    allow_patterns=only,
                )  # fmt: skip
            )
        )

    def read(self, commit: str, path: str, reader: Callable[[BinaryIO], T]) -> T:
        """What `reader` makes of a dataset's file at a commit. Only the ranges that it reads travel. Raises HubStopped."""

        def fetched() -> T:
            system = HfFileSystem(token=self.token or False, skip_instance_cache=True)
            with system.open(f"datasets/{self.repo_id}/{path}", revision=commit, block_size=_CHUNK, cache_type="none") as file:
                return reader(file)

        return self._ask(fetched)

    def opens_to_strangers(self, commit: str, path: str) -> bool:
        """Whether somebody without a token gets a file."""
        url = hf_hub_url(self.repo_id, path, repo_type=self.kind, revision=commit)
        try:
            self._patiently(lambda: get_hf_file_metadata(url, token=False))
        except (GatedRepoError, RepositoryNotFoundError):
            return False
        return True

    # ---- changing

    def create(self, *, sdk: str | None = None) -> None:
        """Make the repository if it is not there."""
        self._ask(lambda: self._api.create_repo(self.repo_id, repo_type=self.kind, exist_ok=True, space_sdk=sdk))

    def gate(self, gate: Gate) -> None:
        """Let nobody download who was not granted access, at once (`auto`) or by hand (`manual`)."""
        self._ask(lambda: self._api.update_repo_settings(self.repo_id, repo_type=self.kind, gated=gate))

    def commit(self, parcel: Parcel, made: Plan, files: Mapping[str, Path]) -> str:
        """One commit on top of the plan's parent: additions and deletions together. Returns its id.

        When the answer is lost, the Hub is asked what it holds: a commit that did happen is not made again.
        """
        operations = _operations(made, files)

        def there() -> str | None:
            now = self.look(parcel)
            found = plan(parcel, now).there
            if not found and now.head and now.head.commit != made.parent:
                raise HubStopped(
                    self.repo_id, f"somebody else committed meanwhile (main is at {now.head.commit[:10]})",
                    "nothing of ours was committed; look at their change, then run the same command again",
                )  # fmt: skip
            return found

        def sent() -> str:
            return str(
                self._api.create_commit(
                    self.repo_id, operations, commit_message=parcel.title, repo_type=self.kind, parent_commit=made.parent
                ).oid
            )

        return self._until(sent, there)

    def open_pull_request(self, parcel: Parcel, made: Plan, files: Mapping[str, Path], there: Callable[[], str | None]) -> str:
        """The same commit as a pull request; returns its ref. `there` finds one that was opened without our hearing of it."""
        operations = _operations(made, files)

        def sent() -> str:
            answer = self._api.create_commit(
                self.repo_id, operations, commit_message=parcel.title, repo_type=self.kind, parent_commit=made.parent,
                create_pr=True,
            )  # fmt: skip
            return str(answer.pr_revision)

        return self._until(sent, there)

    def tag(self, tag: str, commit: str) -> None:
        """Make the tag; one that is there is left where it is, and must point to `commit`."""
        self._ask(lambda: self._api.create_tag(self.repo_id, tag=tag, revision=commit, repo_type=self.kind, exist_ok=True))
        at, _ = self.resolve(tag)
        if at != commit:
            problem = f"the tag points to {at[:10]}, not to our commit {commit[:10]}: somebody else made it meanwhile"
            raise HubStopped(f"{self.repo_id} > {tag}", problem, "it was left as it is; raise the version and publish again")

    # ---- deleting for good

    def tags(self) -> dict[str, str]:
        """Tags and their commits."""
        refs = self._ask(lambda: self._api.list_repo_refs(self.repo_id, repo_type=self.kind))
        return {tag.name: tag.target_commit for tag in refs.tags}

    def other_refs(self) -> tuple[str, ...]:
        """Branches but main, pull requests and conversions: what keeps commits of its own."""
        refs = self._ask(lambda: self._api.list_repo_refs(self.repo_id, repo_type=self.kind, include_pull_requests=True))
        every = [*refs.branches, *refs.converts, *(refs.pull_requests or [])]
        return tuple(sorted(one.ref for one in every if one.ref != "refs/heads/main"))

    def history(self, commit: str) -> frozenset[str]:
        """A commit and all before it."""
        return frozenset(self._history(commit))

    def untag(self, tag: str) -> None:
        """Delete a tag; one that is gone already stays gone."""

        def deleted() -> None:
            with suppress(RevisionNotFoundError):
                self._api.delete_tag(self.repo_id, tag=tag, repo_type=self.kind)

        self._ask(deleted)

    def squash(self, title: str) -> None:
        """Make main one commit without a parent, of what its head holds."""
        self._ask(lambda: self._api.super_squash_history(self.repo_id, commit_message=title, repo_type=self.kind))

    def large_files(self) -> tuple[LFSFileInfo, ...]:
        """Every large file that the repository still stores, whatever commit names it."""
        return self._ask(lambda: tuple(self._api.list_lfs_files(self.repo_id, repo_type=self.kind)))

    def delete_large_files(self, files: Sequence[LFSFileInfo]) -> None:
        """For good: no commit gives them any more."""
        self._ask(lambda: self._api.permanently_delete_lfs_files(self.repo_id, files, repo_type=self.kind))

    # ---- asking so that an answer comes

    def _ask(self, call: Callable[[], T]) -> T:
        """The call's result, tried again while the Hub is busy. Raises HubStopped."""
        try:
            return self._patiently(call)
        except RepositoryNotFoundError as error:
            raise self._stopped(error) from None

    def _patiently(self, call: Callable[[], T]) -> T:
        """The same, for a caller who answers RepositoryNotFoundError."""
        for wait in (*WAITS, None):
            try:
                return call()
            except RepositoryNotFoundError:
                raise
            except _FAILURES as error:
                failure = error
            self._wait_or_stop(failure, wait)
        raise AssertionError("the last wait is None")

    def _until(self, sent: Callable[[], str], there: Callable[[], str | None]) -> str:
        """What `sent` returns, or `there` after a failure: the thing may have been done and its answer lost."""
        for wait in (*WAITS, None):
            try:
                return sent()
            except _FAILURES as error:
                failure = error
            found = there()
            if found:
                return found
            self._wait_or_stop(failure, wait)
        raise AssertionError("the last wait is None")

    def _wait_or_stop(self, error: Exception, wait: float | None) -> None:
        cause = cause_of(error)
        asked = retry_after(cause)
        if wait is None or not may_pass(cause) or asked > LONGEST_WAIT:
            raise self._stopped(cause)
        time.sleep(max(asked, wait))

    def _stopped(self, error: BaseException) -> HubStopped:
        problem, remedy = told(error, has_token=self.token is not None, sends=self.sends)
        return HubStopped(self.repo_id, redacted(problem, self.token, "<token>"), remedy)


def hub_repository(repo_id: str, kind: RepoKind, *, sends: bool = False) -> HubRepository:
    """The repository, with the token of HF_TOKEN or of `hf auth login` where there is one. Raises UsageError."""
    if repo_id.count("/") != 1:
        raise UsageError(repo_id, "is not of the form ORG/NAME", "name the user or organization, a slash, and the repository")
    try:
        validate_repo_id(repo_id)
    except HFValidationError:
        raise UsageError(repo_id, "is no name that the Hub takes", _NAMES) from None
    if not constants.ENDPOINT.startswith(("http://", "https://")):
        problem = f"is {constants.ENDPOINT!r}, which does not begin with http:// or https://"
        raise UsageError("HF_ENDPOINT", problem, "set HF_ENDPOINT to the Hub's whole address, or unset it for huggingface.co")
    return HubRepository(repo_id, kind, get_token(), sends)


def _operations(made: Plan, files: Mapping[str, Path]) -> Sequence[CommitOperationAdd | CommitOperationDelete]:
    return [
        *(CommitOperationAdd(path_in_repo=path, path_or_fileobj=files[path]) for path in made.add),
        *(CommitOperationDelete(path_in_repo=path, is_folder=False) for path in made.delete),
    ]


__all__ = ["LONGEST_WAIT", "WAITS", "Gate", "HubRepository", "hub_repository", "local_file"]
