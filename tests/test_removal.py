"""Full removal of a withdrawn paper from a Hub, against the loopback Hub with the real client."""

from __future__ import annotations

import json
from pathlib import Path

from hub_session import Outcome, session
from loopback_hub import loopback_hub
from written import write

from builder.edges.hub import local_file
from builder.errors import Exit

FIRST = "E-0001"


def test_full_removal_is_printed_first_then_deletes_tags_history_and_large_files(tmp_path: Path) -> None:
    old = write(tmp_path / "old").folder
    clean = write(tmp_path / "clean", version="0.9.0", caption_matching=(), **only_the_second_paper()).folder
    new, home = tmp_path / "new", tmp_path / "home"
    home.mkdir()
    withdraw = ["withdraw", str(old), "--doi", "10.9999/a", "--out", str(new), "--version", "1.1.0", "--reason", "asked"]
    removal = [*withdraw, "--full-removal", "org/bench"]
    with loopback_hub(tmp_path / "hub") as hub, session(hub.environment(home), home) as client:
        for release in (clean, old):
            assert client.send(release, "org/bench").code == 0
        before = len(hub.log)
        plan = client.run(*removal)
        assert (plan.code, "nothing was written or sent" in plan.err) == (0, True), plan
        assert "4. delete 1 tag\n   hold the withdrawn figures: v1.0.0\n5." in plan.out
        assert "EMPTY   config multi_select: none of its" in plan.err
        assert "tags kept   v0.9.0" in plan.out
        assert not [one for one in hub.log[before:] if one.method not in ("GET", "HEAD")]
        assert not new.exists()
        done = client.run(*removal, "--send")
        assert done.code == 0, done
        again = client.run(*removal, "--send")
        assert (again.code, "unchanged" in again.err) == (0, True), again
        assert client.send(new, "org/bench").code == 0
        repo = hub.repository("datasets", "org/bench")
        assert repo.refs("tags").keys() == {"v0.9.0", "v1.1.0"}
        (commit,) = repo.history(repo.refs("heads")["main"])
        assert commit.title == "small_bench 1.1.0"
        assert repo.refs("tags")["v1.1.0"] == commit.id
        kept = {local_file(path).sha256 for folder in (clean, new) for path in folder.rglob("*.parquet")}
        assert {path.name for path in (tmp_path / "hub" / "lfs").iterdir()} == kept
        reachable = "".join(str(repo.get(blob)) for blob in repo.blobs(commit.id).values())
        assert reachable.count("10.9999/a") == 1, "in errata.json"
    (entry,) = json.loads((new / "errata.json").read_bytes())["errata"]
    assert entry["full_removal"] == {"repository": "org/bench", "tags": ["v1.0.0"]}


def test_what_an_earlier_version_withdrew_is_removed_from_the_newest_under_a_new_number(tmp_path: Path) -> None:
    nothing: dict[str, object] = dict.fromkeys(("caption_matching", "descriptions", "multi_select", "attrition", "dropped"), ())
    old = write(tmp_path / "bench-1.0.0", **nothing).folder
    withdrawn, new, home = tmp_path / "bench-1.1.0", tmp_path / "bench-1.2.0", tmp_path / "home"
    home.mkdir()
    with loopback_hub(tmp_path / "hub") as hub, session(hub.environment(home), home) as client:

        def withdraw(base: Path, out: Path, version: str, *more: str) -> Outcome:
            what = ["--doi", "10.9999/a", "--reason", "they asked", "--out", str(out), "--version", version]
            return client.run("withdraw", str(base), *what, *more)

        assert withdraw(old, withdrawn, "1.1.0").code == 0
        for release in (old, withdrawn):
            assert client.send(release, "org/bench").code == 0
        full = ("--full-removal", "org/bench")
        taken = withdraw(old, tmp_path / "fr", "1.1.0", *full)
        assert taken.code == Exit.USAGE
        assert "v1.1.0 is published in org/bench already, and a published version never changes" in taken.err
        assert (
            f"1.2.0; start from the release folder of v1.1.0, wherever you keep it: microtome withdraw {withdrawn}" in taken.err
        )
        done = withdraw(withdrawn, new, "1.2.0", *full, "--send")
        assert done.code == 0, done
        assert "   hold the withdrawn figures: v1.0.0\n   have them in their history only: v1.1.0; as the history" in done.out
        assert "publish it again under a new version" in done.out
        assert "withdrawn before; v1.0.0, v1.1.0 deleted from org/bench" in done.out
        assert client.send(new, "org/bench").code == 0
        repo = hub.repository("datasets", "org/bench")
        assert repo.refs("tags").keys() == {"v1.2.0"}
        kept = {local_file(path).sha256 for path in new.rglob("*.parquet")}
        assert {path.name for path in (tmp_path / "hub" / "lfs").iterdir()} == kept
    entries = json.loads((new / "errata.json").read_bytes())["errata"]
    assert [(one["id"], bool(one["tombstones"])) for one in entries] == [(FIRST, True), ("E-0002", False)]


def only_the_second_paper() -> dict[str, object]:
    from small_release import cut

    made = cut()
    return {"specimens": made.specimens[2:3], "descriptions": (), "multi_select": (), "attrition": (), "dropped": ()}
