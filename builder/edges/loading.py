"""Load a release as a stranger would: in a process of its own, with a clean cache; one in a folder without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import builder
from builder.edges.data_files import data_files
from builder.errors import Issue

_SECONDS = 900  # at least; a small release takes seconds
_SLOWEST = 25_000  # bytes of data files a second, on a loaded machine: a row of 300 bytes takes up to 10 ms, both ways
_MOST_SECONDS = 24 * 3600
_HUB_SECONDS = 6 * 3600  # the same over a network
# A stranger has no token of ours, wherever it was kept.
_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH")
_OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
_ARROW_ALONE = {"USE_TORCH": "0", "USE_TF": "0", "USE_JAX": "0"}  # torch would want memory of the system's
_STRANGER, _FENCED = "builder.edges.stranger", "builder.edges.fenced_stranger"

Configs = Mapping[str, Mapping[str, int]]  # rows by config and split


def load_as_a_stranger(folder: Path, configs: Configs) -> list[Issue]:
    """Findings of `load_dataset` for every config and split with its rows, streaming and not, every image decoded."""
    size = sum(path.stat().st_size for name in data_files(folder) if (path := folder / name).is_file())
    return _load(_FENCED, str(folder.resolve()), "", configs, _OFFLINE, min(_SECONDS + size // _SLOWEST, _MOST_SECONDS))[0]


def load_from_the_hub(repo_id: str, commit: str, configs: Configs, token: str | None) -> tuple[list[Issue], list[str]]:
    """The same from the Hub at a commit, without a token where none is given; and the logical hash of each way of loading."""
    online = {"HF_HUB_OFFLINE": "0", "HF_DATASETS_OFFLINE": "0", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "" if token else "1"}
    more = {**online, **({"HF_TOKEN": token} if token else {})}
    issues, hashes = _load(_STRANGER, repo_id, commit, configs, more, _HUB_SECONDS)
    # A network fails now and then; what cannot be loaded cannot be loaded twice.
    return _load(_STRANGER, repo_id, commit, configs, more, _HUB_SECONDS) if issues else (issues, hashes)


def _load(
    program: str, source: str, revision: str, configs: Configs, more: Mapping[str, str], seconds: int
) -> tuple[list[Issue], list[str]]:
    with tempfile.TemporaryDirectory(prefix="microtome-load-", ignore_cleanup_errors=True) as cache:
        command = [sys.executable, "-m", program, source, revision, json.dumps(configs)]
        environment = {**_clean(cache), **more}
        try:
            done = subprocess.run(command, env=environment, cwd=cache, capture_output=True, text=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            return [_issue("load_dataset", f"did not end within {seconds} s")], []
    token = more.get("HF_TOKEN") or "\0"  # an error may quote what was asked
    lines = done.stdout.replace(token, "<token>").splitlines()
    if not lines or lines[-1] != "done":
        last = (done.stderr.replace(token, "<token>").strip().splitlines() or ["no message"])[-1]
        return [_issue("load_dataset", f"the loading process ended with code {done.returncode}: {last}")], []
    told = [json.loads(line) for line in lines[:-1] if line.startswith("{")]
    return [_of(one) for one in told if "error" in one], [one["logical_hash"] for one in told if "logical_hash" in one]


def _clean(cache: str) -> dict[str, str]:
    """This process's environment, with every cache in a folder of its own and no token."""
    kept = {name: value for name, value in os.environ.items() if name not in _TOKENS and not _is_cache(name)}
    home = str(Path(builder.__file__).parents[1])
    path = os.pathsep.join([home, *([kept["PYTHONPATH"]] if kept.get("PYTHONPATH") else [])])
    return {**kept, "PYTHONPATH": path, "HF_HOME": cache, "HF_DATASETS_DISABLE_PROGRESS_BARS": "1", **_ARROW_ALONE}


def _is_cache(name: str) -> bool:
    return name.startswith(("HF_", "HUGGINGFACE_")) and name.endswith("_CACHE")


def _of(said: Mapping[str, object]) -> Issue:
    way = "streaming" if said["streaming"] else "not streaming"
    return _issue(f"load_dataset > {said['config']} > {said['split']}", f"{said['error']} ({way})")


def _issue(place: str, problem: str) -> Issue:
    return Issue(
        "does-not-load", place, problem, "every config must load with load_dataset; mend the findings above it or rebuild"
    )


__all__ = ["Configs", "load_as_a_stranger", "load_from_the_hub"]
