"""Publish again and again with a random fault or `kill -9` each time: after the rerun there is one commit and one tag.

Run by `make soak`. Resumable: what was done is in FOLDER/done.jsonl, and each run is made from its number alone.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from hub_session import Session, outcome, session, start_sending  # noqa: E402
from loopback_hub import TOKEN, Fault, LoopbackHub, loopback_hub  # noqa: E402
from published import no_tag_on_a_broken_commit, published_once  # noqa: E402
from written import write  # noqa: E402

RUNS = 200
CHECKED_AS_A_STRANGER = 10  # every so manieth rerun is the whole command, with its validation and verification
_UPLOADS = ("/preupload/", "objects/batch", "/lfs-part/", "/lfs-put/", "/lfs-whole/", "/lfs-verify")
_PLACES = ("create", "/tree/", "/refs", *_UPLOADS, "/commit/", "/tag/")


def a_fault(draw: random.Random) -> Fault:
    """One that may or may not be met by the run."""
    kind = draw.choice(("status", "status", "drop", "lost", "slow", "stale", "expired", "quota", "busy"))
    where = "/commit/" if kind == "stale" else draw.choice(_PLACES)
    times, skip = draw.choice((1, 1, 2, 30)), draw.randrange(3)
    if kind == "expired":
        return Fault("status", where, times, skip, 401, "Invalid credentials in Authorization header")
    if kind == "quota":
        return Fault("status", where, times, skip, 403, "storage limit reached")
    if kind == "busy":
        return Fault("status", where, min(times, 2), skip, 429, "too many requests", {"Retry-After": "1"})
    if kind == "status":
        return Fault("status", where, min(times, 2), skip, draw.choice((500, 502, 503)))
    return Fault(kind, where, min(times, 2), skip)


def one_run(number: int, hub: LoopbackHub, home: Path, release: Path, client: Session) -> str:
    """A broken run, the invariants, a rerun, the invariants; returns what the first run came to."""
    draw = random.Random(number)
    repo_id = f"org/run-{number}"
    for large in (hub.folder / "lfs").glob("*"):
        large.unlink()
    if (started := hub.repository("datasets", repo_id).folder).exists():  # this soak was itself stopped in that run
        started.rename(started.with_name(f"{started.name}.{time.time_ns()}"))
    asked, moment = len(hub.log), draw.randrange(1, 20) if draw.random() < 0.5 else None
    hub.faults[:] = [a_fault(draw)] if moment is None or draw.random() < 0.3 else []
    process = start_sending(hub.environment(home), release, repo_id)
    while moment is not None and len(hub.log) < asked + moment and process.poll() is None:
        time.sleep(0.001)
    if moment is not None:
        process.kill()
    told, _ = process.communicate(timeout=300)
    hub.faults.clear()
    no_tag_on_a_broken_commit(hub, repo_id, release)
    first = "killed" if process.returncode else f"exit {outcome(told.splitlines()[-1]).code}"
    whole = number % CHECKED_AS_A_STRANGER == 0
    again = client.run("publish", str(release), repo_id, "--send") if whole else client.send(release, repo_id)
    assert again.code == 0, again
    published_once(hub, repo_id, release)
    assert TOKEN not in told + again.out + again.err + repr(hub.log)
    return first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=RUNS)
    given = parser.parse_args()
    folder: Path = given.folder.absolute()
    home, record = folder / "home", folder / "done.jsonl"
    home.mkdir(parents=True, exist_ok=True)
    release = write(folder / "release").folder
    done = {line["run"]: line["first"] for line in map(json.loads, record.read_text().splitlines())} if record.exists() else {}
    with loopback_hub(folder / "hub", part_bytes=20_000, page=7) as hub, session(hub.environment(home), home) as client:
        for number in range(given.runs):
            if number not in done:
                done[number] = one_run(number, hub, home, release, client)
                with record.open("a") as file:
                    file.write(json.dumps({"run": number, "first": done[number]}) + "\n")
                print(f"run {number}: {done[number]}; then one commit, one tag", flush=True)
    print(f"{len(done)} passed, 0 failed; first runs: {dict(Counter(done.values()))}")


if __name__ == "__main__":
    main()
