"""Publishing when things go wrong: each fault has its outcome, and after a rerun there is one commit and one tag."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_session import Session, outcome, session, start_sending
from loopback_hub import TOKEN, Fault, LoopbackHub, User, loopback_hub
from loopback_model import answer, loopback_model
from published import published_once
from written import write

from builder.release.files import MANIFEST

DONE, STOPPED = 0, 8
PART = r"PUT /lfs-part/"
COMMIT, TAG = r"POST .*/commit/main", r"POST .*/tag/"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackHub]:
    with loopback_hub(tmp_path_factory.mktemp("hub"), part_bytes=20_000, page=7) as running:
        yield running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def client(hub: LoopbackHub, home: Path) -> Iterator[Session]:
    with session(hub.environment(home), home) as running:
        yield running


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("one") / "release").folder


def test_a_release_goes_up_in_one_commit_and_one_tag_and_a_second_run_changes_nothing(
    hub: LoopbackHub, client: Session, release: Path
) -> None:
    assert client.send(release, "org/plain").code == DONE
    published_once(hub, "org/plain", release)
    asked = len(hub.log)
    assert client.send(release, "org/plain").code == DONE
    changing = [one for one in hub.log[asked:] if one.method not in ("GET", "HEAD") and not one.path.endswith("/repos/create")]
    assert not changing
    published_once(hub, "org/plain", release)


def test_what_the_hub_holds_is_a_git_repository_that_git_finds_sound(hub: LoopbackHub, client: Session, release: Path) -> None:
    assert client.send(release, "org/git").code == DONE
    folder = hub.repository("datasets", "org/git").folder
    done = subprocess.run(["git", "--git-dir", str(folder), "fsck", "--strict"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# The fault, what the first run ends with, and a word of what it then says.
FAULTS: dict[str, tuple[Fault, int, str]] = {
    "an error at creation": (Fault("status", "POST /api/repos/create"), DONE, ""),
    "an error while looking": (Fault("status", "GET .*/tree/", status=503), DONE, ""),
    "an error at the commit, twice": (Fault("status", COMMIT, times=2), DONE, ""),
    "too many requests, wait a second": (Fault("status", COMMIT, status=429, headers={"Retry-After": "1"}), DONE, ""),
    "too many requests, wait an hour": (
        Fault("status", COMMIT, status=429, headers={"Retry-After": "3600"}), STOPPED, "wait 3600 s",
    ),
    "a part that breaks off": (Fault("drop", PART), DONE, ""),
    "slow parts": (Fault("slow", PART, times=2), DONE, ""),
    "a lost answer to a part": (Fault("lost", PART), DONE, ""),
    "a lost answer to the creation": (Fault("lost", "POST /api/repos/create"), DONE, ""),
    "a lost answer to the commit": (Fault("lost", COMMIT), DONE, ""),
    "a lost answer to the tag": (Fault("lost", TAG), DONE, ""),
    "a commit that breaks off": (Fault("drop", COMMIT), DONE, ""),
    "an error at the tag": (Fault("status", TAG, status=502), DONE, ""),
    "a Hub that stays down at the tag": (Fault("status", TAG, times=5), STOPPED, "the Hub is busy (500"),
    "a token that expired": (
        Fault("status", COMMIT, status=401, message="Invalid credentials in Authorization header"), STOPPED, "hf auth login",
    ),
    "somebody else's commit in between": (Fault("stale", COMMIT), STOPPED, "somebody else committed meanwhile"),
    "a full quota at the upload": (
        Fault("status", "objects/batch", status=403, message="storage limit reached"), STOPPED, "storage limit reached",
    ),
    "a full quota at the commit": (
        Fault("status", COMMIT, status=403, message="storage limit reached"), STOPPED, "storage limit reached",
    ),
    "a token in the Hub's own message": (
        Fault("status", COMMIT, status=403, message=f"no rights for Bearer {TOKEN}"), STOPPED, "<token>",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_outcome_and_a_rerun_ends_with_one_commit_and_one_tag(
    name: str, hub: LoopbackHub, client: Session, release: Path
) -> None:
    fault, code, word = FAULTS[name]
    repo_id = "org/" + "-".join(name.replace(",", "").replace("'", "").split())
    hub.folder.joinpath("lfs").mkdir(exist_ok=True)
    for large in hub.folder.joinpath("lfs").iterdir():
        large.unlink()  # the Hub would spare the client what it has
    fault = Fault(**fault.__dict__)
    hub.faults[:] = [fault]
    first = client.send(release, repo_id)
    hub.faults.clear()
    assert fault.times == 0
    assert (first.code, word in first.err) == (code, True), first
    assert TOKEN not in first.out + first.err
    if code != DONE:
        assert not hub.repository("datasets", repo_id).refs("tags")
    assert client.send(release, repo_id).code == DONE
    published_once(hub, repo_id, release)


def test_a_commit_whose_run_was_broken_off_is_tagged_though_somebody_committed_on_top(
    hub: LoopbackHub, client: Session, release: Path
) -> None:
    hub.faults[:] = [Fault("status", TAG, times=5)]
    assert client.send(release, "org/on-top").code == STOPPED
    hub.faults.clear()
    later = hub.commit_of_somebody_else("datasets", "org/on-top", {"notes.txt": b"hello\n"})
    assert client.send(release, "org/on-top").code == DONE
    published_once(hub, "org/on-top", release)
    assert hub.repository("datasets", "org/on-top").refs("heads")["main"] == later


def test_a_tag_made_by_somebody_else_meanwhile_is_told_and_left(hub: LoopbackHub, client: Session, release: Path) -> None:
    hub.faults[:] = [Fault("status", TAG, times=5)]
    assert client.send(release, "org/tagged").code == STOPPED
    hub.faults.clear()
    repo = hub.repository("datasets", "org/tagged")
    first = repo.history(repo.refs("heads")["main"])[-1].id
    repo.set_ref("refs/tags/v1.0.0", first)
    told = client.send(release, "org/tagged")
    assert (told.code, "raise the version" in told.err) == (1, True)
    assert repo.refs("tags") == {"v1.0.0": first}


def test_two_publishers_at_once_leave_one_whole_version(hub: LoopbackHub, home: Path, release: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", descriptions=()).folder
    both = [start_sending(hub.environment(home), one, "org/race") for one in (release, other)]
    told = [process.communicate(timeout=120)[0] for process in both]
    codes = sorted(outcome(out.splitlines()[-1]).code for out in told)
    assert codes[0] == DONE
    assert codes[1] in (1, STOPPED), told
    repo = hub.repository("datasets", "org/race")
    (tagged,) = repo.refs("tags").values()
    whole = [hub.read(repo, tagged, MANIFEST) == (one / MANIFEST).read_bytes() for one in (release, other)]
    winner = (release, other)[whole.index(True)]
    published_once(hub, "org/race", winner)


@pytest.mark.parametrize("seed", range(4))
def test_a_publisher_killed_at_a_random_moment_is_taken_up_by_the_next(
    seed: int, hub: LoopbackHub, home: Path, client: Session, release: Path
) -> None:
    for large in hub.folder.joinpath("lfs").iterdir():
        large.unlink()
    asked, moment = len(hub.log), random.Random(seed).randrange(1, 16)
    process = start_sending(hub.environment(home), release, f"org/killed-{seed}")
    while len(hub.log) < asked + moment and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    process.communicate()
    assert client.send(release, f"org/killed-{seed}").code == DONE
    published_once(hub, f"org/killed-{seed}", release)


def test_a_pull_request_leaves_main_and_tags_alone_and_is_opened_once(hub: LoopbackHub, client: Session, release: Path) -> None:
    assert client.send(release, "org/asked").code == DONE
    repo = hub.repository("datasets", "org/asked")
    before = repo.refs("heads"), repo.refs("tags")
    newer = write(release.parent / "newer", version="1.1.0").folder
    hub.faults[:] = [Fault("lost", COMMIT)]
    assert client.propose(newer, "org/asked").out.strip() == "refs/pr/1"
    hub.faults.clear()
    assert client.propose(newer, "org/asked").out.strip() == "refs/pr/1"
    assert (repo.refs("heads"), repo.refs("tags")) == before
    assert hub.read(repo, repo.refs("pr")["1"], MANIFEST) == (newer / MANIFEST).read_bytes()


def test_a_reader_and_a_stranger_to_the_organization_may_not_publish(hub: LoopbackHub, tmp_path: Path, release: Path) -> None:
    hub.tokens["hf_outside"] = User("outside", orgs=())
    for token in ("hf_read", "hf_outside", "hf_unknown"):
        process = start_sending(hub.environment(tmp_path, token), release, "org/forbidden")
        told, _ = process.communicate(timeout=60)
        assert f'"code": {STOPPED}' in told
        assert token not in told
    assert not hub.repository("datasets", "org/forbidden").folder.exists()


def test_no_token_is_in_any_log_or_file(hub: LoopbackHub, home: Path) -> None:
    assert (home / "stderr.txt").read_text() == ""
    assert TOKEN not in repr(hub.log)
    kept = [path for root in (home, hub.folder) for path in root.rglob("*") if path.is_file()]
    assert not [path for path in kept if TOKEN.encode() in path.read_bytes()]


def test_a_published_release_is_asked_from_the_hub_as_from_its_folder(
    hub: LoopbackHub, client: Session, release: Path, tmp_path: Path
) -> None:
    assert client.send(release, "org/asked").code == DONE
    with loopback_model(lambda *_: answer("ANSWER: A")) as server:
        named = ["--config", "caption_matching", "--model", "m", "--base-url", server.base_url, "--api-key-env", ""]
        for source, out in ((["org/asked", "--revision", "v1.0.0"], "hub.jsonl"), ([str(release)], "folder.jsonl")):
            assert client.run("ask", *source, *named, "--out", str(tmp_path / out)).code == DONE
        nowhere = client.run("ask", "org/asked", "--revision", "v9.9.9", *named, "--out", str(tmp_path / "none.jsonl"))
    assert (tmp_path / "hub.jsonl").read_bytes() == (tmp_path / "folder.jsonl").read_bytes() != b""
    assert (nowhere.code, "[org/asked at v9.9.9] caption_matching test cannot be loaded" in nowhere.err) == (3, True)
