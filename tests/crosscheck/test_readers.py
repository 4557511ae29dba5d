"""Two readers that nobody here wrote, on the same bytes: `olah` (PyPI) and the npm client `@huggingface/hub`.

Neither is installed by this project; without them the tests are skipped. To run them:

    python3 -m venv /tmp/olah && /tmp/olah/bin/pip install olah && npm install --prefix /tmp/npm @huggingface/hub
    OLAH=/tmp/olah/bin/olah-cli NPM_HUB=/tmp/npm/node_modules/@huggingface/hub/dist/index.mjs pytest tests/crosscheck

RELEASE=FOLDER reads that release, of version 1.0.0, instead of the tests' small one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hub_session import session
from loopback_hub import TOKEN, LoopbackHub, loopback_hub
from written import write

from builder.release.files import MANIFEST
from builder.release.rows import Manifest

OLAH, NPM_HUB = os.environ.get("OLAH"), os.environ.get("NPM_HUB")
REPO, TAG = "org/bench", "v1.0.0"
_SECONDS = 900  # for a release of some hundred megabytes
needs_olah = pytest.mark.skipif(not OLAH, reason="OLAH names no olah-cli; this file says how to get it")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("RELEASE")
    return Path(given).absolute() if given else write(tmp_path_factory.mktemp("made") / "release").folder


@pytest.fixture(scope="module")
def hub(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackHub]:
    home = tmp_path_factory.mktemp("home")
    with loopback_hub(tmp_path_factory.mktemp("hub")) as running:
        with session(running.environment(home), home) as client:
            assert client.send(release, REPO).code == 0
        yield running


def sums(release: Path) -> dict[str, str]:
    manifest = Manifest.model_validate_json((release / MANIFEST).read_bytes())
    names = [MANIFEST, *(file.path for file in manifest.files)]
    return {name: hashlib.sha256((release / name).read_bytes()).hexdigest() for name in names}


@pytest.mark.skipif(not NPM_HUB or not shutil.which("node"), reason="NPM_HUB names no client; this file says how to get it")
def test_the_npm_client_reads_the_same_bytes_and_its_commit_is_read_by_us(hub: LoopbackHub, release: Path) -> None:
    script = Path(__file__).with_name("read.mjs")
    command = ["node", str(script), str(NPM_HUB), hub.url, REPO, TAG, TOKEN]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert {path: sha for path, sha in found["files"].items() if path != ".gitattributes"} == sums(release)
    repo = hub.repository("datasets", REPO)
    assert repo.refs("heads")["main"] == found["commit"]
    assert hub.read(repo, found["commit"], "npm.txt") == b"from npm\n"
    assert hub.read(repo, found["commit"], "npm.bin") == bytes([7]) * 50000


READ = """
import hashlib, json, sys
from pathlib import Path
from huggingface_hub import snapshot_download
folder = Path(snapshot_download(sys.argv[1], repo_type="dataset", revision=sys.argv[2]))
files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".gitattributes"]
print(json.dumps({path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}))
"""


@needs_olah
def test_olah_as_a_proxy_of_the_hub_gives_the_same_bytes(hub: LoopbackHub, release: Path, tmp_path: Path) -> None:
    netloc = hub.url.removeprefix("http://")
    basic = f'hf-scheme = "http"\nhf-netloc = "{netloc}"\nhf-lfs-netloc = "{netloc}"\n'
    with olah(tmp_path, basic, offline=False) as url:
        assert read_through(url, hub, tmp_path) == sums(release)


@needs_olah
def test_olah_serves_the_hubs_own_git_repository_with_its_tag(hub: LoopbackHub, release: Path, tmp_path: Path) -> None:
    clone = tmp_path / "mirrors" / "datasets" / REPO
    bare = hub.repository("datasets", REPO).folder
    subprocess.run(
        ["git", "clone", "--quiet", str(bare), str(clone)], check=True, env={**os.environ, "GIT_LFS_SKIP_SMUDGE": "1"}
    )
    for large in (hub.folder / "lfs").iterdir():
        kept = clone / ".git" / "lfs" / "objects" / large.name[:2] / large.name[2:4] / large.name
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(large, kept)
    with olah(tmp_path, f'mirrors-path = ["{tmp_path / "mirrors"}"]\n', offline=True) as url:
        assert read_through(url, hub, tmp_path) == sums(release)


@contextmanager
def olah(folder: Path, basic: str, *, offline: bool) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = f'host = "127.0.0.1"\nport = {port}\nrepos-path = "{folder / "cache"}"\n'
    (folder / "olah.toml").write_text(f"[basic]\n{here}{basic}\n[accessibility]\noffline = {str(offline).lower()}\n")
    command = [str(OLAH), "--config", str(folder / "olah.toml"), "--log-path", str(folder / "logs")]
    with (folder / "olah.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            if process.poll() is None and answers(url):
                break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def read_through(url: str, hub: LoopbackHub, folder: Path) -> dict[str, str]:
    environment = {**os.environ, **hub.environment(folder / "home", token=None), "HF_ENDPOINT": url}
    command = [sys.executable, "-c", READ, REPO, TAG]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=_SECONDS)
    assert done.returncode == 0, done.stderr[-3000:] + (folder / "olah.log").read_text()[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))
