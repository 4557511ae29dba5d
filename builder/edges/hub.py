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
    get_hf_file_metadata,
    get_token,
    hf_hub_url,
    set_client_factory,
    snapshot_download,
)
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    XetDownloadError,
)
from huggingface_hub.hf_api import LFSFileInfo
from huggingface_hub.utils._http import default_client_factory
from huggingface_hub.utils._validators import validate_repo_id
from huggingface_hub.utils.tqdm import disable_progress_bars

from builder.errors import HubStopped, UsageError
from builder.release.plan import HubFile, LocalFile, OnHub, Parcel, Plan, RepoKind, Revision, plan

WAITS = (1.0, 2.0, 4.0, 8.0)  # seconds before the next try; the Hub's Retry-After comes before them
LONGEST_WAIT = 300.0  # seconds; a Hub that asks for more is told to the user instead
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_TIMEOUT = httpx2.Timeout(60, read=300)  # seconds; the client's own default is to wait for ever
_SAME_TITLE = 20  # commits of one title that are looked into
_CHUNK = 1 << 20
# ValueError, KeyError: an answer that is not the Hub's; RuntimeError: how the client wraps a failed upload.
_FAILURES = (httpx2.HTTPError, OSError, RuntimeError, ValueError, KeyError, XetDownloadError)

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

    @cached_property
    def _api(self) -> HfApi:
        return HfApi(token=self.token or False)

    @property
    def may_write(self) -> bool:
        return self.token is not None

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
        info = self._ask(lambda: self._api.repo_info(self.repo_id, repo_type=self.kind, revision=revision))
        return str(info.sha), bool(info.private or getattr(info, "gated", False))

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
        cause = _cause(error)
        asked = _retry_after(cause)
        if wait is None or not _passes(cause) or asked > LONGEST_WAIT:
            raise self._stopped(cause)
        time.sleep(max(asked, wait))

    def _stopped(self, error: BaseException) -> HubStopped:
        problem, remedy = _told(error, self.token is not None)
        return HubStopped(self.repo_id, problem.replace(self.token or "\0", "<token>"), remedy)


def hub_repository(repo_id: str, kind: RepoKind) -> HubRepository:
    """The repository, with the token of HF_TOKEN or of `hf auth login` where there is one. Raises UsageError."""
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise UsageError(repo_id, str(error), "name it ORG/NAME") from None
    if repo_id.count("/") != 1:
        raise UsageError(repo_id, "is not of the form ORG/NAME", "name the user or organization, a slash, and the repository")
    return HubRepository(repo_id, kind, get_token())


def _operations(made: Plan, files: Mapping[str, Path]) -> Sequence[CommitOperationAdd | CommitOperationDelete]:
    return [
        *(CommitOperationAdd(path_in_repo=path, path_or_fileobj=files[path]) for path in made.add),
        *(CommitOperationDelete(path_in_repo=path, is_folder=False) for path in made.delete),
    ]


def _cause(error: BaseException) -> BaseException:
    """What lies under the client's own wrapping of a failed upload or download."""
    while not isinstance(error, httpx2.HTTPError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _passes(error: BaseException) -> bool:
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in _PASSING
    return isinstance(error, httpx2.TransportError)


def _retry_after(error: BaseException) -> float:
    """Seconds that the Hub asked to wait; 0 where it did not, or named a date."""
    said = error.response.headers.get("Retry-After", "") if isinstance(error, HfHubHTTPError) else ""
    return float(said) if said.isdigit() else 0.0


def _told(error: BaseException, has_token: bool) -> tuple[str, str]:
    """What happened and what to do about it."""
    again = "run the same command again: it goes on where it stopped"
    if isinstance(error, OfflineModeIsEnabled):
        return "offline mode is on", "unset HF_HUB_OFFLINE, then run the same command again"
    if not isinstance(error, HfHubHTTPError):
        what = "does not answer" if isinstance(error, httpx2.TransportError) else "gave no answer of the Hub's kind"
        return f"the Hub {what} ({type(error).__name__}: {' '.join(str(error).split())[:200]})", again
    status = error.response.status_code
    said = " ".join((error.server_message or "").split())[:300]
    if status == 401:
        remedy = "run `hf auth login`, or set HF_TOKEN to a token that may write there; " + again
        return f"the Hub does not accept {'the token' if has_token else 'a request without a token'} (401: {said})", remedy
    if status in (402, 403):
        return f"the Hub refuses ({status}: {said})", "get the right or the room that it names, then " + again
    if status == 404:
        return f"is not on the Hub, or not for you ({said or 'not found'})", "check the name, the revision and the token"
    if status in _PASSING:
        wait = _retry_after(error)
        return f"the Hub is busy ({status}: {said})", f"wait {wait:.0f} s, then {again}" if wait else again
    return f"the Hub says {status}: {said}", again


__all__ = ["LONGEST_WAIT", "WAITS", "Gate", "HubRepository", "hub_repository", "local_file"]
