"""Load a release as a stranger would: in a process of its own, with a clean cache, offline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from builder.errors import Issue

_SECONDS = 900  # for a release of gigabytes; a small one takes seconds
# Run, not imported: `datasets` reads its cache's place at import. An error not named here ends the process and is reported.
_STRANGER = """
import json, sys
from datasets import load_dataset
from datasets.exceptions import DatasetsError
from pyarrow import ArrowException
folder, configs = sys.argv[1], json.loads(sys.argv[2])
for config, splits in configs.items():
    for split, rows in splits.items():
        for streaming in (False, True):
            say = {"config": config, "split": split, "streaming": streaming}
            try:
                seen = 0
                for row in load_dataset(folder, config, split=split, streaming=streaming):
                    seen += 1
                    if row["tier"] != "pointer":
                        row["image"].load()
                if seen != rows:
                    print(json.dumps(say | {"error": f"gives {seen} rows"}))
            except (DatasetsError, ArrowException, OSError, ValueError, TypeError, KeyError) as error:
                print(json.dumps(say | {"error": f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"}))
print("done")
"""


def load_as_a_stranger(folder: Path, configs: Mapping[str, Mapping[str, int]]) -> list[Issue]:
    """Findings of `load_dataset` for every config and split with its rows, streaming and not, every image decoded."""
    with tempfile.TemporaryDirectory(prefix="microtome-load-") as cache:
        environment = {
            **os.environ,
            "HF_HOME": cache,
            "HF_DATASETS_CACHE": f"{cache}/datasets",
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_OFFLINE": "1",
            "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        }
        command = [sys.executable, "-c", _STRANGER, str(folder.resolve()), json.dumps(configs)]
        try:
            done = subprocess.run(command, env=environment, cwd=cache, capture_output=True, text=True, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            return [_issue("load_dataset", f"did not end within {_SECONDS} s")]
    lines = done.stdout.splitlines()
    if not lines or lines[-1] != "done":
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return [_issue("load_dataset", f"the loading process ended with code {done.returncode}: {last}")]
    return [_of(json.loads(line)) for line in lines[:-1] if line.startswith("{")]


def _of(said: Mapping[str, object]) -> Issue:
    way = "streaming" if said["streaming"] else "not streaming"
    return _issue(f"load_dataset > {said['config']} > {said['split']}", f"{said['error']} ({way})")


def _issue(place: str, problem: str) -> Issue:
    return Issue(
        "does-not-load", place, problem, "every config must load with load_dataset; mend the findings above it or rebuild"
    )


__all__ = ["load_as_a_stranger"]
