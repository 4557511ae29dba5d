"""Two versions of a real release against the loopback Hub: publish both, load both, and count the bytes that are new.

By hand: it takes minutes. `python tests/crosscheck/two_versions.py RELEASE FOLDER` makes the release again in FOLDER as
1.0.0, and as 1.1.0 with 5 % of its figures edited in all their rows and 2 % of its items retired, both by this version's
code; publishes them with the real client; loads every config of both revisions with `datasets`; and measures what a store
of content-defined chunks must take anew. Run again after an interruption, it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from hub_session import Session, session  # noqa: E402
from loopback_hub import LoopbackHub, loopback_hub  # noqa: E402
from written import rows_in  # noqa: E402

from builder.documents import documents  # noqa: E402
from builder.edges.release_folder import write_release  # noqa: E402
from builder.release.attacks import attacks_of  # noqa: E402
from builder.release.data_files import data_path  # noqa: E402
from builder.release.logical import content_hash, logical_hash  # noqa: E402
from builder.release.package import signature  # noqa: E402
from builder.release.reviews import reviews_of  # noqa: E402
from builder.release.rows import CONFIGS, ROWS, SPLITS, Packed  # noqa: E402
from builder.release.validate import Opened  # noqa: E402
from builder.release.validate_documents import packed_again  # noqa: E402

EDITED, RETIRED = 5, 2  # of a hundred figures, with all their rows; of a hundred items
LEAST, USUAL, MOST = 8 << 10, 64 << 10, 128 << 10  # bytes a chunk, as Xet cuts them
_WINDOW, _BLOCK = 64, 1 << 23
_GEAR = np.frombuffer(hashlib.shake_256(b"gear").digest(256 * 8), dtype=np.uint64)


def opened(release: Path) -> tuple[Opened, dict[str, bytes]]:
    """The release without a look at its images, and the images by their hash."""
    texts = {
        path.relative_to(release).as_posix(): path.read_text()
        for path in release.rglob("*")
        if path.suffix in (".json", ".toml")
    }
    tables: dict[Any, Any] = {}
    png: dict[str, bytes] = {}
    for config in CONFIGS:
        for split in SPLITS:
            if (release / data_path(config, split)).exists():
                rows = rows_in(release / data_path(config, split))
                for row in rows:
                    if row["image"]:
                        png[row["image_sha256"]] = row["image"].pop("bytes")
                tables[config, split] = rows
    said = {name: json.loads(text) for name, text in texts.items() if name.endswith(".json")}
    return Opened({}, said, texts, tables, {}, {}), png


def lot(name: str) -> int:
    """A number below 100 that an id keeps."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 100


def revised(config: str, table: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Metadata of some figures edited in all their rows, and some items gone, of the fullest seats: keys stay even."""
    stay = sorted(table, key=lambda row: hashlib.sha256(row["id"].encode()).digest())
    for _ in range(0 if config == "figures" else round(len(table) * RETIRED / 100)):
        seats = Counter(str(row.get("answer")) for row in stay if isinstance(row.get("answer"), int))
        stay.remove(next(row for row in stay if not seats or str(row["answer"]) == seats.most_common(1)[0][0]))
    rows = sorted(stay, key=lambda row: str(row["id"]))
    edited = [{**row, "field": "revised field"} if lot(row.get("figure_id") or row["id"]) < EDITED else row for row in rows]
    return [{**row, "content_hash": content_hash(row)} for row in edited]


def again(found: Opened, version: str, tables: dict[Any, Any]) -> Packed:
    """The release packed by this version's code, with these rows."""
    whole = packed_again(found)
    assert whole, "the release is not whole"
    rows = {key: tuple(ROWS[key[0]].model_validate(row) for row in table) for key, table in tables.items()}
    hashed, cut = logical_hash(tables), replace(whole[0].cut, version=version)
    made = {config: sum(len(table) for (name, _), table in rows.items() if name == config) for config in CONFIGS}
    stages = tuple(line.model_copy(update={"made": made.get(line.stage, line.made)}) for line in cut.attrition)  # type: ignore[call-overload]
    attrition = whole[0].attrition.model_copy(update={"stages": stages})
    identity = cut.recipe.identity
    packed = replace(
        whole[0], cut=replace(cut, attrition=stages), attrition=attrition, tables=rows, logical_hash=hashed,
        signature=signature(identity.name, version, cut.recipe.hash, cut.builder_version, hashed),
    )  # fmt: skip
    return replace(packed, attacks=attacks_of(packed, {}), reviews=reviews_of(packed, ()))


# ---- chunks


def chunks(data: bytes) -> Iterator[bytes]:
    """Content-defined chunks of 8 to 128 KiB, about 64: cut where the top 16 bits of a gear hash over 64 bytes are 0."""
    cuts = candidates(data)
    start = place = 0
    while start < len(data):
        while place < len(cuts) and cuts[place] < start + LEAST:
            place += 1
        end = min(int(cuts[place]) if place < len(cuts) else len(data), start + MOST, len(data))
        yield data[start:end]
        start = end


def candidates(data: bytes) -> np.ndarray[Any, Any]:
    """Ends of windows whose hash says so, from the start of the data."""
    raw = np.frombuffer(data, dtype=np.uint8)
    found = []
    for first in range(0, len(raw), _BLOCK):
        before = max(0, first - _WINDOW)
        hashed = _GEAR[raw[before : first + _BLOCK]]
        for step in (1, 2, 4, 8, 16, 32):  # sums of 2, 4, ... 64 terms, each shifted by its distance
            hashed[step:] += hashed[:-step] << np.uint64(step)
        ends = np.flatnonzero(hashed >> np.uint64(48) == 0) + before + 1
        found.append(ends[ends > first])
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def report(old: Path, new: Path) -> None:
    """Bytes of chunks that the old version has nowhere, by file."""
    paths = [path for path in sorted(old.rglob("*")) if path.is_file()]
    known = {hashlib.sha256(chunk).digest() for path in paths for chunk in chunks(path.read_bytes())}
    total = fresh = 0
    for path in (path for path in sorted(new.rglob("*")) if path.is_file()):
        cut = list(chunks(path.read_bytes()))
        size, more = sum(map(len, cut)), sum(len(one) for one in cut if hashlib.sha256(one).digest() not in known)
        total, fresh = total + size, fresh + more
        if more:
            print(f"  {path.relative_to(new)!s:<50}{more:>12,} of {size:>12,} bytes new, {more / size:6.1%}")
    print(f"  {'all files':<50}{fresh:>12,} of {total:>12,} bytes new, {fresh / total:6.1%}", flush=True)


# ---- the Hub

LOAD = """
import hashlib, json, sys
from datasets import get_dataset_config_names, load_dataset
found = {}
for config in get_dataset_config_names("org/bench", revision=sys.argv[1]):
    for split, rows in load_dataset("org/bench", config, revision=sys.argv[1]).items():
        found[f"{config} {split}"] = list(rows.with_format(None)["content_hash"])
print(json.dumps(found))
"""


def wanted(release: Path) -> dict[str, list[str]]:
    paths = sorted(release.glob("data/*/*.parquet"))
    return {
        f"{path.parent.name} {path.name.partition('-')[0]}": [row["content_hash"] for row in rows_in(path)] for path in paths
    }


def publish(hub: LoopbackHub, client: Session, release: Path) -> None:
    since, started = len(hub.log), time.monotonic()
    told = client.run("publish", str(release), "org/bench", "--send")
    sent = sum(one.received for one in hub.log[since:])
    print(f"publish {release.name}: exit {told.code}, {time.monotonic() - started:.0f} s, {sent:,} bytes sent", flush=True)
    print("\n".join(line for line in told.out.splitlines() if not line.startswith("           ")), told.err, flush=True)
    assert told.code == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    found, png = opened(given.release)
    versions = {"1.0.0": found.tables, "1.1.0": {key: revised(key[0], list(table)) for key, table in found.tables.items()}}  # type: ignore[arg-type]
    versions["1.1.1"] = found.tables  # ids that come back, in too small a step
    folders = {version: given.folder / version for version in versions}
    for version, tables in versions.items():
        print(
            write_release(again(found, version, dict(tables)), folders[version], png.__getitem__, documents).summary, flush=True
        )
    del found, png
    print("a content-chunked store takes anew:")
    report(folders["1.0.0"], folders["1.1.0"])
    home = given.folder / "home"
    home.mkdir(exist_ok=True)
    with loopback_hub(given.folder / "hub") as hub, session(hub.environment(home), home) as client:
        tags = hub.repository("datasets", "org/bench").refs("tags")
        for version in ("1.0.0", "1.1.0"):
            if f"v{version}" not in tags:  # else published by a run that was broken off
                publish(hub, client, folders[version])
        told = client.plan(folders["1.1.1"], "org/bench")
        print(told.out, flush=True)
        assert (told.code, "version-too-small" in told.out) == (1, True)
        for version in ("1.0.0", "1.1.0"):
            environment = {**os.environ, **hub.environment(home / version, token=None)}
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", LOAD, f"v{version}"], env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr[-2000:]
            assert json.loads(done.stdout.splitlines()[-1]) == wanted(folders[version])
            print(
                f"v{version}: load_dataset gives its own rows, {sum(map(len, wanted(folders[version]).values()))} in all",
                flush=True,
            )


if __name__ == "__main__":
    main()
