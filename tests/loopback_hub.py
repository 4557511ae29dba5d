"""A Hub on loopback for tests, by ../shared/spec/hub-protocol.md: the real clients publish to it and load from it.

What it holds lies in a folder (git repositories, large files by SHA-256), so that it outlives a killed client and its own
restart.
Clients read HF_ENDPOINT when they are imported: run them in a process of their own with `LoopbackHub.environment`. It has no
Xet storage: HF_HUB_DISABLE_XET=1 makes them upload in the way that it knows.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hub_repository import POINTER, Entry, Repository, whole_file

TOKEN = "hf_test"
_LFS_SUFFIXES = (".parquet", ".png", ".bin")
_LFS_FROM = 10_000_000
_ATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in _LFS_SUFFIXES)
_BLOCK = 1 << 16


@dataclass(frozen=True)
class User:
    name: str
    orgs: tuple[str, ...] = ("org",)
    role: str = "write"


@dataclass
class Fault:
    """What goes wrong with the next `times` requests, after `skip`, whose "METHOD path" matches `where`.

    kinds: status (answers `status`), drop (the connection ends in the middle of the body), lost (it is done, and the answer
    never comes), slow (the body is read in small pieces), stale (somebody else commits to main first),
    garbled (one byte of the answer is another).
    """

    kind: str
    where: str
    times: int = 1
    skip: int = 0
    status: int = 500
    message: str = "an error of the switch"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One line of the request log. No header is kept: a token stays with its user's name."""

    method: str
    path: str
    user: str | None
    status: int
    received: int


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str, code: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.headers = status, message, code, headers or {}


class Gone(Exception):
    """The connection ends here."""


@dataclass(frozen=True)
class Answer:
    body: bytes | Path = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def said(value: object, status: int = 200, **headers: str) -> Answer:
    return Answer(json.dumps(value).encode(), status, {"Content-Type": "application/json", **headers})


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # quoted, without the query
    query: Mapping[str, list[str]]
    user: User | None
    content_type: str
    range: str | None
    body: bytes
    base: str

    def json(self) -> Any:
        return json.loads(self.body or b"null")


class LoopbackHub:
    """The Hub's state and its answers."""

    def __init__(self, folder: Path, *, part_bytes: int = 8_000_000, page: int = 1000) -> None:
        self.folder, self.part_bytes, self.page = folder, part_bytes, page
        self.tokens = {TOKEN: User("tester"), "hf_other": User("other"), "hf_read": User("reader", role="read")}
        self.faults: list[Fault] = []
        self.log: list[Asked] = []
        self.lock = threading.RLock()
        self.url = ""

    def environment(self, home: Path, token: str | None = TOKEN) -> dict[str, str]:
        """What a client in a subprocess needs beside os.environ."""
        quiet = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        online = {"HF_HUB_OFFLINE": "0", "HF_DATASETS_OFFLINE": "0", "HF_EVALUATE_OFFLINE": "0"}
        return {"HF_ENDPOINT": self.url, "HF_HOME": str(home), "HF_TOKEN": token or "", **quiet, **online}

    # ---- what is stored

    def repository(self, kind: str, repo_id: str) -> Repository:
        return Repository(self.folder / kind / f"{repo_id}.git")

    def settings(self, repo: Repository) -> dict[str, Any]:
        path = repo.folder / "hub.json"
        return dict(json.loads(path.read_bytes())) if path.exists() else {}

    def lfs(self, oid: str) -> Path:
        return self.folder / "lfs" / oid

    def read(self, repo: Repository, commit: str, path: str) -> bytes:
        (entry,) = [entry for entry in repo.entries(commit) if entry.path == path]
        return self.lfs(entry.lfs).read_bytes() if entry.lfs else repo.get(entry.blob)

    def matching(self, kind: str, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.kind == kind and fault.times and re.search(fault.where, f"{method} {path}"):
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    return fault
        return None

    # ---- who may

    def user(self, header: str | None) -> User | None:
        if not header:
            return None
        found = self.tokens.get(header.removeprefix("Bearer "))
        if found is None:
            raise Refused(401, "Invalid credentials in Authorization header")
        return found

    def opened(self, request: Request, kind: str, repo_id: str) -> Repository:
        repo = self.repository(kind, repo_id)
        hidden = self.settings(repo).get("visibility") == "private" and not self._member(request, repo_id)
        if not repo.folder.is_dir() or hidden:
            raise Refused(404 if request.user else 401, "Repository not found", "RepoNotFound")
        return repo

    def _member(self, request: Request, repo_id: str) -> bool:
        owner = repo_id.split("/")[0]
        return request.user is not None and owner in (request.user.name, *request.user.orgs)

    def writable(self, request: Request, kind: str, repo_id: str) -> Repository:
        repo = self.opened(request, kind, repo_id)
        self._may_write(request, repo_id)
        return repo

    def _may_write(self, request: Request, repo_id: str) -> None:
        if request.user is None:
            raise Refused(401, "Invalid username or password.")
        if not self._member(request, repo_id) or request.user.role != "write":
            raise Refused(403, "You don't have the rights to write to this repository")

    def downloadable(self, request: Request, kind: str, repo_id: str) -> Repository:
        repo = self.opened(request, kind, repo_id)
        if self.settings(repo).get("gated") and not self._member(request, repo_id):
            message = f"Access to {repo_id} is restricted. You must be authenticated and have been granted access."
            raise Refused(403 if request.user else 401, message, "GatedRepo")
        return repo

    @staticmethod
    def at(repo: Repository, revision: str) -> str:
        found = repo.resolve(revision)
        if found is None:
            raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return found

    # ---- answers

    def answer(self, request: Request) -> Answer:
        for methods, pattern, handle in ROUTES:
            match = pattern.fullmatch(request.path)
            if match and request.method.replace("HEAD", "GET") in methods:
                groups = {name: unquote(value) if value else value for name, value in match.groupdict().items()}
                return handle(self, request, **groups)
        raise Refused(404, "Sorry, we can't find the page you are looking for.")

    def whoami(self, request: Request) -> Answer:
        if request.user is None:
            raise Refused(401, "Invalid username or password.")
        orgs = [{"name": name, "type": "org"} for name in request.user.orgs]
        token = {"accessToken": {"displayName": "test", "role": request.user.role}}
        return said({"type": "user", "name": request.user.name, "orgs": orgs, "auth": {"type": "access_token", **token}})

    def create(self, request: Request) -> Answer:
        asked = request.json()
        kind = f"{asked.get('type') or 'model'}s"
        owner = asked.get("organization") or (request.user.name if request.user else "")
        repo_id = f"{owner}/{asked['name']}"
        self._may_write(request, repo_id)
        url = {"url": f"{request.base}/{'' if kind == 'models' else kind + '/'}{repo_id}"}
        with self.lock:
            repo = self.repository(kind, repo_id)
            if repo.folder.is_dir():
                return said({"error": "You already created this repo", **url}, 409)
            repo = Repository.create(repo.folder)
            kept = {"gated": False, "visibility": asked.get("visibility") or "public", "sdk": asked.get("sdk")}
            whole_file(repo.folder / "hub.json", json.dumps(kept).encode())
            first = {".gitattributes": repo.put("blob", _ATTRIBUTES.encode())}
            repo.set_ref("refs/heads/main", repo.put_commit(first, None, "initial commit", owner))
        return said(url)

    def delete(self, request: Request) -> Answer:
        asked = request.json()
        repo_id = f"{asked.get('organization') or (request.user.name if request.user else '')}/{asked['name']}"
        with self.lock:
            shutil.rmtree(self.writable(request, f"{asked.get('type') or 'model'}s", repo_id).folder)
        return said({})

    def change_settings(self, request: Request, kind: str, repo: str) -> Answer:
        with self.lock:
            found = self.writable(request, kind, repo)
            asked = {key: value for key, value in request.json().items() if key in ("gated", "visibility")}
            whole_file(found.folder / "hub.json", json.dumps(self.settings(found) | asked).encode())
        return said(asked)

    def auth_check(self, request: Request, kind: str, repo: str, write: str | None) -> Answer:
        self.downloadable(request, kind, repo)
        if write:
            self.writable(request, kind, repo)
        return said({})

    def info(self, request: Request, kind: str, repo: str, rev: str | None = None) -> Answer:
        found = self.opened(request, kind, repo)
        commit = self.at(found, rev or "main")
        settings, history = self.settings(found), found.history(commit)
        stamp = [_stamp(one.seconds) for one in (history[0], history[-1])]
        return said(
            {
                "_id": hashlib.sha1(repo.encode()).hexdigest()[:24],
                "id": repo,
                "author": repo.split("/")[0],
                "sha": commit,
                "lastModified": stamp[0],
                "createdAt": stamp[1],
                "private": settings.get("visibility") == "private",
                "gated": settings.get("gated", False),
                "disabled": False,
                "downloads": 0,
                "likes": 0,
                "tags": [],
                "cardData": {},
                "siblings": [{"rfilename": entry.path, **_facts(entry, "blobId")} for entry in found.entries(commit)],
            }
            | ({"sdk": settings.get("sdk")} if kind == "spaces" else {})
        )

    def refs(self, request: Request, kind: str, repo: str) -> Answer:
        found = self.opened(request, kind, repo)

        def listed(where: str) -> list[dict[str, str]]:
            return [{"name": n, "ref": f"refs/{where}/{n}", "targetCommit": sha} for n, sha in found.refs(where).items()]

        pulls = {"pullRequests": listed("pr")} if "include_prs" in request.query else {}
        return said({"branches": listed("heads"), "tags": listed("tags"), "converts": [], **pulls})

    def commits(self, request: Request, kind: str, repo: str, rev: str) -> Answer:
        found = self.opened(request, kind, repo)
        history = found.history(self.at(found, rev))
        first, last = self._page(request, len(history))
        rows = [
            {"id": c.id, "title": c.title, "message": "", "date": _stamp(c.seconds), "authors": [{"user": c.author}]}
            for c in history[first:last]
        ]
        return said(rows, **{"X-Total-Count": str(len(history))}, **self._link(request, last, len(history)))

    def tree(self, request: Request, kind: str, repo: str, rev: str, path: str | None = None) -> Answer:
        found = self.opened(request, kind, repo)
        commit, below = self.at(found, rev), f"{path}/" if path else ""
        entries = [entry for entry in found.entries(commit) if entry.path.startswith(below)]
        if path and not entries:
            raise Refused(404, f"{path} does not exist on {rev}", "EntryNotFound")
        shown = _listing(found, commit, entries, below, request.query.get("recursive", ["false"])[0].lower() in ("true", "1"))
        if request.query.get("expand", ["false"])[0].lower() in ("true", "1"):
            head = found.commit(commit)
            shown = [row | {"lastCommit": {"id": head.id, "title": head.title, "date": _stamp(head.seconds)}} for row in shown]
        first, last = self._page(request, len(shown))
        return said(shown[first:last], **self._link(request, last, len(shown)))

    def _page(self, request: Request, total: int) -> tuple[int, int]:
        first = int(request.query.get("cursor", ["0"])[0])
        return first, min(first + self.page, total)

    @staticmethod
    def _link(request: Request, last: int, total: int) -> dict[str, str]:
        kept = "".join(f"{key}={values[0]}&" for key, values in request.query.items() if key != "cursor")
        return {"Link": f'<{request.base}{request.path}?{kept}cursor={last}>; rel="next"'} if last < total else {}

    def paths_info(self, request: Request, kind: str, repo: str, rev: str) -> Answer:
        found = self.opened(request, kind, repo)
        commit = self.at(found, rev)
        if "json" in request.content_type:
            paths = request.json().get("paths", [])
        else:
            paths = parse_qs(request.body.decode()).get("paths", [])
        entries = found.entries(commit)
        everything = {row["path"]: row for row in _listing(found, commit, entries, "", True)}
        return said([everything[path] for path in paths if path in everything])

    def preupload(self, request: Request, kind: str, repo: str, rev: str) -> Answer:
        found = self._for_commit(request, kind, repo)
        there = {entry.path: entry for entry in found.entries(self.at(found, rev))}
        files = []
        for file in request.json()["files"]:
            lfs = file["path"].endswith(_LFS_SUFFIXES) or file["size"] > _LFS_FROM
            entry = there.get(file["path"])
            oid = {"oid": entry.lfs or entry.blob} if entry else {}
            files.append({"path": file["path"], "uploadMode": "lfs" if lfs else "regular", "shouldIgnore": False, **oid})
        return said({"files": files})

    def _for_commit(self, request: Request, kind: str, repo: str) -> Repository:
        """Whoever has a token may open a pull request."""
        if "create_pr" in request.query and request.user:
            return self.opened(request, kind, repo)
        return self.writable(request, kind, repo)

    def lfs_batch(self, request: Request, kind: str | None, repo: str) -> Answer:
        self.opened(request, kind or "models", repo)
        if request.user is None:
            raise Refused(401, "Invalid username or password.")
        objects = []
        for one in request.json()["objects"]:
            needed = {} if self.lfs(one["oid"]).exists() else {"actions": self._actions(request.base, one["oid"], one["size"])}
            objects.append({"oid": one["oid"], "size": one["size"], **needed})
        return said({"transfer": "basic", "objects": objects}, **{"Content-Type": "application/vnd.git-lfs+json"})

    def _actions(self, base: str, oid: str, size: int) -> dict[str, object]:
        verify = {"href": f"{base}/lfs-verify"}
        if size <= self.part_bytes:
            return {"upload": {"href": f"{base}/lfs-put/{oid}", "header": {}}, "verify": verify}
        parts = range(1, -(-size // self.part_bytes) + 1)
        urls = {f"{n:05}": f"{base}/lfs-part/{oid}/{n}" for n in parts}
        return {
            "upload": {"href": f"{base}/lfs-whole/{oid}", "header": {"chunk_size": str(self.part_bytes), **urls}},
            "verify": verify,
        }

    def lfs_put(self, request: Request, oid: str) -> Answer:
        self._keep(oid, request.body)
        return Answer()

    def lfs_part(self, request: Request, oid: str, number: str) -> Answer:
        whole_file(self.folder / "parts" / f"{oid}.{number}", request.body)
        return Answer(headers={"ETag": f'"{hashlib.md5(request.body).hexdigest()}"'})

    def lfs_whole(self, request: Request, oid: str) -> Answer:
        parts = [self.folder / "parts" / f"{oid}.{part['partNumber']}" for part in request.json()["parts"]]
        if not all(part.exists() for part in parts):
            raise Refused(400, "a part is missing")
        self._keep(oid, b"".join(part.read_bytes() for part in parts))
        return said({})

    def _keep(self, oid: str, data: bytes) -> None:
        if hashlib.sha256(data).hexdigest() != oid:
            raise Refused(400, "the bytes are not those of the oid")
        whole_file(self.lfs(oid), data)

    def lfs_verify(self, request: Request) -> Answer:
        asked = request.json()
        if not self.lfs(asked["oid"]).exists() or self.lfs(asked["oid"]).stat().st_size != asked["size"]:
            raise Refused(404, "the object is not there")
        return said({})

    def commit(self, request: Request, kind: str, repo: str, rev: str) -> Answer:
        found = self._for_commit(request, kind, repo)
        lines = [json.loads(line) for line in request.body.splitlines() if line.strip()]
        header = lines[0]["value"]
        with self.lock:
            head = self.at(found, rev)
            if header.get("parentCommit") not in (None, head):
                raise Refused(412, "A commit has happened since. Please refresh and try again.")
            blobs = found.blobs(head)
            for line in lines[1:]:
                self._apply(found, blobs, line["key"], line["value"])
            assert request.user
            commit = found.put_commit(blobs, head, header["summary"], request.user.name)
            pull = {}
            if "create_pr" in request.query:
                number = len(found.refs("pr")) + 1
                found.set_ref(f"refs/pr/{number}", commit)
                pull = {"pullRequestUrl": f"{request.base}/{kind}/{repo}/discussions/{number}"}
            elif rev.startswith("refs/"):
                found.set_ref(rev, commit)
            elif rev in found.refs("heads"):
                found.set_ref(f"refs/heads/{rev}", commit)
            else:
                raise Refused(400, "can only commit to a branch")
        return said(
            {"success": True, "commitUrl": f"{request.base}/{kind}/{repo}/commit/{commit}", "commitOid": commit, **pull}
        )

    def _apply(self, repo: Repository, blobs: dict[str, str], key: str, value: Mapping[str, Any]) -> None:
        path = value["path"]
        if key == "file":
            blobs[path] = repo.put("blob", base64.b64decode(value["content"]))
        elif key == "lfsFile":
            if not self.lfs(value["oid"]).exists():
                raise Refused(400, f"the large file of {path} was not uploaded")
            size = self.lfs(value["oid"]).stat().st_size
            blobs[path] = repo.put("blob", POINTER.format(oid=value["oid"], size=size).encode())
        elif key == "deletedFile":
            if path not in blobs:
                raise Refused(404, "A file with this name doesn't exist", "EntryNotFound")
            del blobs[path]
        elif key == "deletedFolder":
            for name in [name for name in blobs if name.startswith(path.rstrip("/") + "/")]:
                del blobs[name]
        else:
            raise Refused(400, f"unknown operation {key}")

    def commit_of_somebody_else(self, kind: str, repo_id: str, files: Mapping[str, bytes]) -> str:
        """A commit to main by another writer: what makes a parent stale."""
        with self.lock:
            repo = self.repository(kind, repo_id)
            head = repo.refs("heads")["main"]
            blobs = repo.blobs(head) | {path: repo.put("blob", data) for path, data in files.items()}
            commit = repo.put_commit(blobs, head, "Update by somebody else", "somebody")
            repo.set_ref("refs/heads/main", commit)
        return commit

    def make_tag(self, request: Request, kind: str, repo: str, rev: str) -> Answer:
        with self.lock:
            found = self.writable(request, kind, repo)
            name = request.json()["tag"]
            if name in found.refs("tags"):
                raise Refused(409, "Tag already exists")
            found.set_ref(f"refs/tags/{name}", self.at(found, rev))
        return Answer(status=201)

    def delete_tag(self, request: Request, kind: str, repo: str, rev: str) -> Answer:
        return self._delete_ref(request, kind, repo, f"refs/tags/{rev}")

    def make_branch(self, request: Request, kind: str, repo: str, rev: str) -> Answer:
        with self.lock:
            found = self.writable(request, kind, repo)
            if rev in found.refs("heads"):
                raise Refused(409, "Reference already exists")
            start = (request.json() or {}).get("startingPoint") or "main"
            found.set_ref(f"refs/heads/{rev}", self.at(found, start))
        return Answer(status=201)

    def delete_branch(self, request: Request, kind: str, repo: str, rev: str) -> Answer:
        return self._delete_ref(request, kind, repo, f"refs/heads/{rev}")

    def _delete_ref(self, request: Request, kind: str, repo: str, name: str) -> Answer:
        with self.lock:
            found = self.writable(request, kind, repo)
            if not (found.folder / name).is_file():
                raise Refused(404, f"{name} not found", "RevisionNotFound")
            found.delete_ref(name)
        return Answer()

    def squash(self, request: Request, kind: str, repo: str, rev: str) -> Answer:
        with self.lock:
            found = self.writable(request, kind, repo)
            head, owner = self.at(found, rev), repo.split("/")[0]
            message = (request.json() or {}).get("message") or "Super-squash"
            found.set_ref(f"refs/heads/{rev}", found.put_commit(found.blobs(head), None, message, owner))
        return said({})

    def lfs_files(self, request: Request, kind: str, repo: str) -> Answer:
        found = self.writable(request, kind, repo)
        rows = {}
        for where in ("heads", "tags", "pr"):
            for name, tip in found.refs(where).items():
                for one in found.history(tip):
                    for entry in found.entries(one.id):
                        if entry.lfs and self.lfs(entry.lfs).exists():
                            rows[entry.lfs] = {
                                "fileOid": entry.lfs, "filename": entry.path, "oid": entry.blob, "size": entry.size,
                                "pushedAt": _stamp(one.seconds), "ref": f"refs/{where}/{name}",
                            }  # fmt: skip
        return said(sorted(rows.values(), key=lambda row: str(row["filename"])))

    def delete_lfs_files(self, request: Request, kind: str, repo: str) -> Answer:
        self.writable(request, kind, repo)
        for oid in request.json()["deletions"]["sha"]:
            self.lfs(oid).unlink(missing_ok=True)
        return said({})

    def file(self, request: Request, kind: str | None, repo: str, rev: str, path: str) -> Answer:
        found = self.downloadable(request, (kind or "models/").rstrip("/"), repo)
        commit = self.at(found, rev)
        here = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        entry = next((entry for entry in found.entries(commit) if entry.path == path), None)
        if entry is None:
            raise Refused(404, f"Entry not found: {path}", "EntryNotFound", here)
        if entry.lfs is None:
            return Answer(found.get(entry.blob), headers={**here, "ETag": f'"{entry.blob}"'})
        if not self.lfs(entry.lfs).exists():
            raise Refused(404, f"the large file of {path} was deleted", "EntryNotFound", here)
        linked = {"X-Linked-Etag": f'"{entry.lfs}"', "X-Linked-Size": str(entry.size)}
        return Answer(self.lfs(entry.lfs), headers={**here, **linked, "ETag": f'"{entry.lfs}"'})

    def validate_yaml(self, request: Request) -> Answer:
        import yaml

        parts = request.json()["content"].split("---\n", 2)
        try:
            meta = yaml.safe_load(parts[1]) if len(parts) == 3 else {}
        except yaml.YAMLError as error:
            return said({"errors": [{"message": str(error)}], "warnings": []}, 400)
        wrong = [] if isinstance(meta, dict) else [{"message": "the front matter is not a mapping"}]
        return said({"errors": wrong, "warnings": []}, 400 if wrong else 200)


def _garbled(answer: Answer) -> Answer:
    data = bytearray(answer.body.read_bytes() if isinstance(answer.body, Path) else answer.body)
    data[len(data) // 2] ^= 1
    return Answer(bytes(data), answer.status, answer.headers)


def _listing(repo: Repository, commit: str, entries: list[Entry], below: str, recursive: bool) -> list[dict[str, Any]]:
    """Files and folders under `below`, as the tree's route shows them."""
    rows: dict[str, dict[str, Any]] = {}
    for entry in entries:
        inner = entry.path.removeprefix(below).split("/")
        for depth in range(1, len(inner) if recursive else min(len(inner), 2)):
            path = below + "/".join(inner[:depth])
            rows[path] = {
                "type": "directory",
                "path": path,
                "size": 0,
                "oid": hashlib.sha1((commit + path).encode()).hexdigest(),
            }
        if recursive or len(inner) == 1:
            rows[entry.path] = {"type": "file", "path": entry.path, **_facts(entry, "oid")}
    return [rows[path] for path in sorted(rows)]


def _facts(entry: Entry, name: str) -> dict[str, Any]:
    lfs = {"lfs": {"oid": entry.lfs, "sha256": entry.lfs, "size": entry.size, "pointerSize": entry.pointer_size}}
    return {"size": entry.size, name: entry.blob, **(lfs if entry.lfs else {})}


def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


_T = r"/api/(?P<kind>models|datasets|spaces)/(?P<repo>[^/]+/[^/]+)"
_R = r"/(?:(?P<kind>datasets|spaces)/)?(?P<repo>[^/]+/[^/]+?)"
ROUTES: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
    (methods, re.compile(pattern), handle)
    for methods, pattern, handle in (
        ("GET", "/api/whoami-v2", LoopbackHub.whoami),
        ("POST", "/api/repos/create", LoopbackHub.create),
        ("DELETE", "/api/repos/delete", LoopbackHub.delete),
        ("POST", "/api/validate-yaml", LoopbackHub.validate_yaml),
        ("PUT", f"{_T}/settings", LoopbackHub.change_settings),
        ("GET", f"{_T}/auth-check(?P<write>/write)?", LoopbackHub.auth_check),
        ("GET", f"{_T}/refs", LoopbackHub.refs),
        ("GET", f"{_T}/commits/(?P<rev>[^/]+)", LoopbackHub.commits),
        ("GET", f"{_T}/tree/(?P<rev>[^/]+)(?:/(?P<path>.*))?", LoopbackHub.tree),
        ("GET", f"{_T}/revision/(?P<rev>[^/]+)", LoopbackHub.info),
        ("POST", f"{_T}/paths-info/(?P<rev>[^/]+)", LoopbackHub.paths_info),
        ("POST", f"{_T}/preupload/(?P<rev>[^/]+)", LoopbackHub.preupload),
        ("POST", f"{_T}/commit/(?P<rev>[^/]+)", LoopbackHub.commit),
        ("POST", f"{_T}/tag/(?P<rev>[^/]+)", LoopbackHub.make_tag),
        ("DELETE", f"{_T}/tag/(?P<rev>[^/]+)", LoopbackHub.delete_tag),
        ("POST", f"{_T}/branch/(?P<rev>[^/]+)", LoopbackHub.make_branch),
        ("DELETE", f"{_T}/branch/(?P<rev>[^/]+)", LoopbackHub.delete_branch),
        ("POST", f"{_T}/super-squash/(?P<rev>[^/]+)", LoopbackHub.squash),
        ("GET", f"{_T}/lfs-files", LoopbackHub.lfs_files),
        ("POST", f"{_T}/lfs-files/batch", LoopbackHub.delete_lfs_files),
        ("GET", _T, LoopbackHub.info),
        ("POST", f"{_R}\\.git/info/lfs/objects/batch", LoopbackHub.lfs_batch),
        ("PUT", "/lfs-put/(?P<oid>[0-9a-f]{64})", LoopbackHub.lfs_put),
        ("PUT", "/lfs-part/(?P<oid>[0-9a-f]{64})/(?P<number>[0-9]+)", LoopbackHub.lfs_part),
        ("POST", "/lfs-whole/(?P<oid>[0-9a-f]{64})", LoopbackHub.lfs_whole),
        ("POST", "/lfs-verify", LoopbackHub.lfs_verify),
        ("GET", f"{_R}/resolve/(?P<rev>[^/]+)/(?P<path>.+)", LoopbackHub.file),
    )
]


def _handler(hub: LoopbackHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            with suppress(ConnectionError, TimeoutError):  # the client was killed, or went away
                super().handle_one_request()
                return
            self.close_connection = True

        def do(self) -> None:
            parts = urlsplit(self.path)
            user, body, status = None, b"", 0
            try:
                answer = None
                refused = hub.matching("status", self.command, parts.path)
                try:
                    user = hub.user(self.headers.get("Authorization"))
                    body = self._body(parts.path)
                    if refused:
                        raise Refused(refused.status, refused.message, headers=refused.headers)
                    answer = self._answer(parts.path, parse_qs(parts.query), user, body)
                except Refused as error:
                    status = error.status
                    self._leave_nothing_unread(bool(body))
                    told = {"X-Error-Message": error.message, **({"X-Error-Code": error.code} if error.code else {})}
                    answer = said({"error": error.message}, error.status, **told, **error.headers)
                status = answer.status
                if hub.matching("lost", self.command, parts.path):
                    raise Gone
                if hub.matching("garbled", self.command, parts.path):
                    answer = _garbled(answer)
                self._send(answer)
            except Gone:
                self.close_connection = True
            finally:
                with hub.lock:
                    hub.log.append(Asked(self.command, self.path, user.name if user else None, status, len(body)))

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do  # noqa: N815 - the names that http.server calls

        def _answer(self, path: str, query: Mapping[str, list[str]], user: User | None, body: bytes) -> Answer:
            if hub.matching("stale", self.command, path):
                kind, repo = re.fullmatch(f"{_T}/.*", path).group("kind", "repo")  # type: ignore[union-attr]
                hub.commit_of_somebody_else(kind, unquote(repo), {"notes.txt": b"from somebody else\n"})
            content_type = self.headers.get("Content-Type", "")
            asked = Request(self.command, path, query, user, content_type, self.headers.get("Range"), body, hub.url)
            return hub.answer(asked)

        def _body(self, path: str) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                return b"".join(self._chunks())
            size = int(self.headers.get("Content-Length") or 0)
            if size and hub.matching("drop", self.command, path):
                self.rfile.read(size // 2)
                raise Gone
            if size and hub.matching("slow", self.command, path):
                return b"".join(self._slowly(size))
            return self.rfile.read(size)

        def _leave_nothing_unread(self, was_read: bool) -> None:
            if not was_read and int(self.headers.get("Content-Length") or 0):
                self.close_connection = True

        def _chunks(self) -> Iterator[bytes]:
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def _slowly(self, size: int) -> Iterator[bytes]:
            for _ in range(10):
                time.sleep(0.05)
                yield self.rfile.read(size // 10)
            yield self.rfile.read(size - 10 * (size // 10))

        def _send(self, answer: Answer) -> None:
            whole = answer.body.stat().st_size if isinstance(answer.body, Path) else len(answer.body)
            first, last = 0, whole - 1
            wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
            status, more = answer.status, {}
            if wanted and status == 200 and int(wanted[1]) < whole:
                first, last = int(wanted[1]), min(int(wanted[2] or last), last)
                status, more = 206, {"Content-Range": f"bytes {first}-{last}/{whole}"}
            self.send_response(status)
            ends = {"Connection": "close"} if self.close_connection else {}
            for name, value in {**answer.headers, **more, **ends, "Content-Length": str(last - first + 1)}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "HEAD":
                return
            if isinstance(answer.body, bytes):
                self.wfile.write(answer.body[first : last + 1])
                return
            with answer.body.open("rb") as file:
                file.seek(first)
                left = last - first + 1
                while left and (block := file.read(min(_BLOCK, left))):
                    self.wfile.write(block)
                    left -= len(block)

        def log_message(self, *_: object) -> None:
            """Quiet; `LoopbackHub.log` has it."""

    return Handler


@contextmanager
def loopback_hub(folder: Path, *, part_bytes: int = 8_000_000, page: int = 1000, port: int = 0) -> Iterator[LoopbackHub]:
    """A running Hub whose repositories lie in `folder`."""
    hub = LoopbackHub(folder, part_bytes=part_bytes, page=page)
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(hub))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    """Serve a folder until interrupted: python tests/loopback_hub.py FOLDER. Clients need the variables that it prints."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    with loopback_hub(given.folder, port=given.port) as hub:
        print(f"HF_ENDPOINT={hub.url} HF_TOKEN={TOKEN} HF_HUB_DISABLE_XET=1", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
