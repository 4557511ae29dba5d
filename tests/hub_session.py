"""A client's process that tests talk to: it imports the real clients once, with HF_ENDPOINT at the loopback Hub.

Reads JSON lines and answers each with one: {"argv": [...]} runs the `microtome` command; {"send": [release, repo]} publishes
without the stranger's check, {"propose": [release, repo]} opens a pull request: what the faults are tried on.
{"plan": [release, repo]} prints what `publish` has to say of the version, without validating the release first.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from unittest.mock import patch

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


def outcome(line: str) -> Outcome:
    return Outcome(**json.loads(line))


class Session:
    """The test's end of the process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, *argv: str, **environment: str) -> Outcome:
        """One `microtome` command, with these variables set while it runs."""
        return self._said({"argv": argv, "environment": environment})

    def send(self, release: Path, repo_id: str) -> Outcome:
        return self._said({"send": [str(release), repo_id]})

    def propose(self, release: Path, repo_id: str) -> Outcome:
        return self._said({"propose": [str(release), repo_id]})

    def plan(self, release: Path, repo_id: str) -> Outcome:
        return self._said({"plan": [str(release), repo_id]})

    def _said(self, asked: Mapping[str, Any]) -> Outcome:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the client's process ended; its traceback is on stderr"
        return outcome(line)


@contextmanager
def session(environment: Mapping[str, str], folder: Path) -> Iterator[Session]:
    """A running client; what it lets through to stderr lies in `folder`/stderr.txt."""
    with (folder / "stderr.txt").open("w") as errors, _started(environment, folder, errors) as process:
        yield Session(process)
        assert process.stdin
        process.stdin.close()
        process.wait(60)


def _started(environment: Mapping[str, str], folder: Path, errors: TextIO) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__],
        cwd=folder,
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


def start_sending(environment: Mapping[str, str], release: Path, repo_id: str) -> subprocess.Popen[str]:
    """A process that publishes once without the stranger's check, and may be killed; its last line is its outcome."""
    return subprocess.Popen(
        [sys.executable, __file__, json.dumps({"send": [str(release), repo_id]})],
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.argv[1:] or sys.stdin:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = _done(json.loads(line))
        print(json.dumps({"code": code, "out": out.getvalue(), "err": err.getvalue()}), file=answers, flush=True)


def _done(asked: Mapping[str, Any]) -> int:
    from builder.edges import hub

    if "argv" in asked:
        from builder.cli import main as microtome

        with patch.dict(os.environ, asked["environment"]):
            return microtome(asked["argv"])
    from builder.edges.released import release_at
    from builder.errors import MicrotomeError
    from builder.publishing import planned, propose, release_cargo, send
    from builder.release.rows import Manifest
    from builder.versioning import Versions

    hub.WAITS = (0.1, 0.1, 0.1, 0.1)
    (release, repo_id) = asked.get("send") or asked.get("propose") or asked["plan"]
    manifest = Manifest.model_validate_json((Path(release) / "manifest.json").read_bytes())
    repo, cargo = hub.hub_repository(repo_id, "dataset", sends=True), release_cargo(Path(release), manifest)
    try:
        if "plan" in asked:
            versions = Versions(repo, release_at(release))
            found, made = planned(repo, cargo, versions.refusals)
            print(versions.text(found, refused=bool(made.refusals)), *made.refusals, sep="\n")
            return 1 if made.refusals else 0
        print(send(repo, cargo, lambda _: ()) if "send" in asked else propose(repo, cargo))
    except MicrotomeError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    main()
