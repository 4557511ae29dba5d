"""Publishing as people do it, against the loopback Hub, and reading as strangers do: datasets, evaluate, two revisions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_session import Session, session
from loopback_hub import TOKEN, Fault, LoopbackHub, loopback_hub
from test_validate import CASES, REFUSED
from written import pictured, rows_in, write

from builder.cli import main
from builder.edges.metric_folders import metric_folders
from builder.records import digest

OK, FINDINGS, USAGE, STOPPED = 0, 1, 2, 8


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
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Version 1.0.0; 1.1.0 with one item retired; another content that calls itself 1.0.0; and one for local work only."""
    folder = tmp_path_factory.mktemp("releases")
    made = pictured()
    fewer = {"caption_matching": made.caption_matching[:-1]}
    return {
        "1.0.0": write(folder / "first").folder,
        "1.1.0": write(folder / "second", version="1.1.0", **fewer).folder,
        "other": write(folder / "other", **fewer).folder,
        "0.9.0": write(folder / "older", version="0.9.0").folder,
    }


def changing(hub: LoopbackHub, since: int) -> list[str]:
    return [f"{one.method} {one.path}" for one in hub.log[since:] if one.method not in ("GET", "HEAD")]


@pytest.fixture(scope="module")
def published(hub: LoopbackHub, client: Session, releases: dict[str, Path]) -> None:
    """org/bench with v1.0.0, then v1.1.0."""
    before = len(hub.log)
    plan = client.run("publish", str(releases["1.0.0"]), "org/bench")
    assert (plan.code, "nothing was sent" in plan.err) == (OK, True)
    assert "3 CC-BY-4.0" in plan.out
    assert "tier open" in plan.out
    assert "then tag v1.0.0" in plan.out
    assert not changing(hub, before)
    sent = client.run("publish", str(releases["1.0.0"]), "org/bench", "--send")
    assert sent.code == OK, sent
    sent = client.run("publish", str(releases["1.1.0"]), "org/bench", "--send")
    assert sent.code == OK, sent
    assert (
        "since      v1.0.0, minor: figures 1 moved to another split (fig-5510b5807a5d988d); caption_matching 1 retired"
        in sent.out
    )


LOAD = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
found = {}
for revision in ("v1.0.0", "v1.1.0"):
    for config in get_dataset_config_names("org/bench", revision=revision):
        for streaming in (False, True):
            for split, rows in load_dataset("org/bench", config, revision=revision, streaming=streaming).items():
                rows = list(rows)
                assert all(row["image"].size == (32, 24) for row in rows if row["tier"] == "open")
                found[f"{revision} {config} {split} {streaming}"] = [row["content_hash"] for row in rows]
print(json.dumps(found))
"""


@pytest.mark.usefixtures("published")
def test_each_revision_gives_its_own_rows_streaming_and_not(
    hub: LoopbackHub, releases: dict[str, Path], tmp_path: Path
) -> None:
    found = json.loads(stranger(hub, tmp_path, LOAD).splitlines()[-1])
    wanted = {}
    for version in ("1.0.0", "1.1.0"):
        for path in releases[version].glob("data/*/*.parquet"):
            rows = [row["content_hash"] for row in rows_in(path)]
            wanted |= {f"v{version} {path.parent.name} {path.name.partition('-')[0]} {way}": rows for way in (False, True)}
    assert found == wanted
    assert digest(found) != digest({key.replace("v1.0.0", "v1.1.0"): rows for key, rows in found.items()})


def stranger(hub: LoopbackHub, folder: Path, code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, **hub.environment(folder, token=None)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


@pytest.mark.usefixtures("published")
def test_a_second_publish_sends_nothing(hub: LoopbackHub, client: Session, releases: dict[str, Path]) -> None:
    before = len(hub.log)
    again = client.run("publish", str(releases["1.0.0"]), "org/bench", "--send")
    assert (again.code, "nothing to send" in again.out) == (OK, True)
    assert not changing(hub, before)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("name", "code"), [("other", "tag-exists"), ("0.9.0", "version-not-raised")])
def test_other_content_under_a_published_version_and_a_lower_version_are_refused(
    name: str, code: str, hub: LoopbackHub, client: Session, releases: dict[str, Path]
) -> None:
    before = len(hub.log)
    told = client.run("publish", str(releases[name]), "org/bench", "--send")
    assert (told.code, code in told.out) == (FINDINGS, True)
    assert not changing(hub, before)


@pytest.mark.usefixtures("published")
def test_verify_compares_a_revision_with_its_manifest_and_with_the_local_release(
    client: Session, releases: dict[str, Path]
) -> None:
    same = client.run("verify", "org/bench", "--revision", "v1.0.0", "--release", str(releases["1.0.0"]))
    assert same.code == OK, same
    assert "without a token" in same.out
    other = client.run("verify", "org/bench", "--revision", "v1.0.0", "--release", str(releases["1.1.0"]))
    assert (other.code, "differs-from-local" in other.out) == (FINDINGS, True)
    assert client.run("verify", "org/bench", "--revision", "v9.0.0").code == STOPPED
    assert client.run("verify", "org/bench/x", "--revision", "v9.0.0").code == USAGE


def test_a_hub_that_gives_back_other_bytes_gets_no_tag_until_it_gives_the_right_ones(
    hub: LoopbackHub, client: Session, releases: dict[str, Path]
) -> None:
    hub.faults[:] = [Fault("garbled", "GET .*/resolve/.*figures/test", times=1000)]
    told = client.run("publish", str(releases["1.0.0"]), "org/garbled", "--send")
    hub.faults.clear()
    assert (told.code, "no tag v1.0.0 was made" in told.err) == (FINDINGS, True), told
    assert "checksum" in told.err
    repo = hub.repository("datasets", "org/garbled")
    assert not repo.refs("tags")
    again = client.run("publish", str(releases["1.0.0"]), "org/garbled", "--send")
    assert again.code == OK, again
    assert "only the tag is missing" in again.out
    assert len(repo.history(repo.refs("heads")["main"])) == 2


@pytest.mark.usefixtures("published")
def test_a_pull_request_is_opened_without_a_tag(hub: LoopbackHub, client: Session, releases: dict[str, Path]) -> None:
    asked = client.run("publish", str(releases["1.1.0"]), "org/bench", "--pr")
    assert (asked.code, "nothing to send" in asked.out) == (OK, True), "v1.1.0 is there"
    repo = hub.repository("datasets", "org/garbled")
    asked = client.run("publish", str(releases["1.1.0"]), "org/garbled", "--pr", "--send")
    assert (asked.code, "refs/pr/1, without a tag" in asked.out) == (OK, True)
    assert repo.refs("tags").keys() == {"v1.0.0"}


def test_a_gated_release_is_gated_before_its_files_are_there_and_refused_to_strangers(
    hub: LoopbackHub, client: Session, releases: dict[str, Path]
) -> None:
    before = len(hub.log)
    sent = client.run("publish", str(releases["1.0.0"]), "org/gated", "--gated", "manual", "--send")
    assert sent.code == OK, sent
    asked = changing(hub, before)
    assert asked.index("PUT /api/datasets/org/gated/settings") < asked.index("POST /api/datasets/org/gated/commit/main")
    assert [one.status for one in hub.log[before:] if "/resolve/" in one.path and one.user is None] == [401]
    card = (releases["1.0.0"] / "README.md").read_text()
    assert "extra_gated_fields:" in card.split("---")[1]


def test_every_corrupted_release_is_refused_before_the_hub_is_asked(
    releases: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {path.stem for path in REFUSED.glob("*.txt")} == CASES.keys()
    for name, corrupt in CASES.items():
        folder = tmp_path / name
        shutil.copytree(releases["1.0.0"], folder, symlinks=True)
        corrupt(folder)
        assert main(["publish", str(folder), "org/bench", "--send"]) == FINDINGS, name
        assert "may not be published" in capsys.readouterr().err, name


def test_a_private_release_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = pictured()
    private = made.recipe.model_copy(update={"tier": "private"})
    folder = write(tmp_path / "release", recipe=private).folder
    assert main(["publish", str(folder), "org/bench", "--send"]) == FINDINGS
    assert "(private-tier)" in capsys.readouterr().out


METRIC = """
import sys, evaluate
theirs, local = evaluate.load("org/sip_f1"), evaluate.load(sys.argv[1])
rows = {"predictions": [["A", "C"], ["A"], None], "references": [["A", "B"], ["A"], ["D"]]}
assert theirs.compute(**rows) == local.compute(**rows)
print(theirs.compute(**rows)["sip_f1"])
"""


def test_a_metric_goes_into_its_space_once_and_loads_from_there_as_the_local_one(
    hub: LoopbackHub, client: Session, tmp_path: Path
) -> None:
    before = len(hub.log)
    assert client.run("publish-metrics", "org", "sip_f1").code == OK
    assert not changing(hub, before)
    sent = client.run("publish-metrics", "org", "sip_f1", "--send")
    assert sent.code == OK, sent
    (folder,) = metric_folders(("sip_f1",))
    repo = hub.repository("spaces", "org/sip_f1")
    assert repo.refs("tags") == {f"v{folder.version}": repo.refs("heads")["main"]}
    assert hub.settings(repo)["sdk"] == "gradio"
    before = len(hub.log)
    assert client.run("publish-metrics", "org", "sip_f1", "--send").code == OK
    assert not changing(hub, before)
    assert stranger(hub, tmp_path, METRIC, str(folder.path)).splitlines()[-1]


def test_no_metric_bears_a_version_that_evaluate_would_take_for_its_own() -> None:
    from builder.release.plan import metric_refusals

    assert not [issue for folder in metric_folders() for issue in metric_refusals(folder.version)]
    assert [issue.code for issue in metric_refusals("0.4.6")] == ["tag-of-evaluate"]


def test_without_a_token_the_plan_is_shown_and_nothing_is_sent(
    hub: LoopbackHub, client: Session, releases: dict[str, Path]
) -> None:
    before = len(hub.log)
    told = client.run("publish", str(releases["1.0.0"]), "org/none", "--send", HF_TOKEN="")
    assert (told.code, "HF_TOKEN" in told.err) == (STOPPED, True)
    assert "then tag v1.0.0" in told.out
    assert not changing(hub, before)


def test_no_token_was_printed_or_kept(hub: LoopbackHub, home: Path) -> None:
    assert TOKEN not in (home / "stderr.txt").read_text()
    kept = [path for root in (home, hub.folder) for path in root.rglob("*") if path.is_file()]
    assert not [path for path in kept if TOKEN.encode() in path.read_bytes()]
