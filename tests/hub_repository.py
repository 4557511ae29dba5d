"""A bare git repository on disk, written object by object: what the tests' loopback Hub keeps its revisions in."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n"


@dataclass(frozen=True)
class Entry:
    """One file at a revision; `lfs` is the SHA-256 of its bytes where git holds only a pointer."""

    path: str
    blob: str
    size: int
    lfs: str | None = None
    pointer_size: int = 0


@dataclass(frozen=True)
class Commit:
    id: str
    tree: str
    parent: str | None
    seconds: int
    title: str
    author: str


@dataclass(frozen=True)
class Repository:
    """Readable by git itself: loose objects, plain ref files. Writers hold a lock of their own."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> Repository:
        for name in ("objects", "refs/heads", "refs/tags", "refs/pr"):
            (folder / name).mkdir(parents=True)
        (folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
        (folder / "HEAD").write_text("ref: refs/heads/main\n")
        return cls(folder)

    def put(self, kind: str, data: bytes) -> str:
        whole = f"{kind} {len(data)}\0".encode() + data
        sha = hashlib.sha1(whole).hexdigest()
        path = self._object(sha)
        if not path.exists():
            whole_file(path, zlib.compress(whole))
        return sha

    def get(self, sha: str) -> bytes:
        return zlib.decompress(self._object(sha).read_bytes()).partition(b"\0")[2]

    def _object(self, sha: str) -> Path:
        return self.folder / "objects" / sha[:2] / sha[2:]

    def put_tree(self, files: Mapping[str, str]) -> str:
        """Trees of a flat mapping from path to blob."""
        here: dict[str, str] = {}
        below: dict[str, dict[str, str]] = {}
        for path, blob in files.items():
            first, _, rest = path.partition("/")
            if rest:
                below.setdefault(first, {})[rest] = blob
            else:
                here[first] = blob
        entries = [(name, b"100644", sha) for name, sha in here.items()]
        entries += [(name, b"40000", self.put_tree(inner)) for name, inner in below.items()]
        entries.sort(key=lambda entry: entry[0] + ("/" if entry[1] == b"40000" else ""))  # git's own order
        return self.put("tree", b"".join(mode + b" " + name.encode() + b"\0" + bytes.fromhex(s) for name, mode, s in entries))

    def put_commit(self, files: Mapping[str, str], parent: str | None, title: str, author: str) -> str:
        who = f"{author} <{author}@example.org> {int(time.time())} +0000"
        above = f"parent {parent}\n" if parent else ""
        text = f"tree {self.put_tree(files)}\n{above}author {who}\ncommitter {who}\n\n{title}\n"
        return self.put("commit", text.encode())

    def commit(self, sha: str) -> Commit:
        head, _, message = self.get(sha).decode().partition("\n\n")
        lines = dict(reversed([line.split(" ", 1) for line in head.splitlines()]))
        author, seconds, _ = lines["author"].rsplit(" ", 2)
        return Commit(sha, lines["tree"], lines.get("parent"), int(seconds), message.splitlines()[0], author.partition(" <")[0])

    def history(self, sha: str | None) -> list[Commit]:
        found = []
        while sha:
            found.append(self.commit(sha))
            sha = found[-1].parent
        return found

    def blobs(self, commit: str) -> dict[str, str]:
        """Every path at a commit and its blob."""
        return dict(sorted(self._walk(self.commit(commit).tree, "").items()))

    def _walk(self, tree: str, above: str) -> dict[str, str]:
        data, found = self.get(tree), {}
        while data:
            head, _, rest = data.partition(b"\0")
            mode, _, name = head.partition(b" ")
            sha, data = rest[:20].hex(), rest[20:]
            path = above + name.decode()
            found.update(self._walk(sha, path + "/") if mode == b"40000" else {path: sha})
        return found

    def entries(self, commit: str) -> list[Entry]:
        return [self._entry(path, blob) for path, blob in self.blobs(commit).items()]

    def _entry(self, path: str, blob: str) -> Entry:
        data = self.get(blob)
        if not data.startswith(POINTER.partition("\n")[0].encode()):
            return Entry(path, blob, len(data))
        said = dict(line.split(" ", 1) for line in data.decode().splitlines())
        return Entry(path, blob, int(said["size"]), said["oid"].removeprefix("sha256:"), len(data))

    def refs(self, kind: str) -> dict[str, str]:
        """Short names and commits of `heads`, `tags` or `pr`."""
        root = self.folder / "refs" / kind
        return {
            path.relative_to(root).as_posix(): path.read_text().strip() for path in sorted(root.rglob("*")) if path.is_file()
        }

    def set_ref(self, name: str, commit: str) -> None:
        whole_file(self.folder / name, f"{commit}\n".encode())

    def delete_ref(self, name: str) -> None:
        (self.folder / name).unlink()

    def resolve(self, revision: str) -> str | None:
        """The commit that a branch, a tag, `refs/...` or a hash names."""
        for name in (revision, f"refs/heads/{revision}", f"refs/tags/{revision}"):
            if name.startswith("refs/") and (self.folder / name).is_file():
                return (self.folder / name).read_text().strip()
        known = len(revision) == 40 and self._object(revision).exists()
        return revision if known else None


def whole_file(path: Path, data: bytes) -> None:
    """There whole or not at all, also for a reader in another thread."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent.parent if path.parent.name in ("heads", "tags", "pr") else path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(path)
