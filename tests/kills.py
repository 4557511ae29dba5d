"""Builds that are killed while they ask: at which request, how often, and what it cost."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from builder.edges.calls import Replies
from tests.loopback_model import Request, Says, answer, loopback_model

ROOT = Path(__file__).parents[1]
IN_FLIGHT = 3
_ASIDE = 0.03  # seconds within which a reply is received, written and settled: kills fall on either side of each


def _name(request: Request) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


@dataclass
class Killer:
    """A model that has its asker killed at one of its questions; every answer carries the name of its question."""

    asked: Counter[str] = field(default_factory=Counter)
    asker: subprocess.Popen[bytes] | None = None
    at: int = 0  # the request of this run, from 1, at which the asker is killed; 0: never
    before: bool = True  # killed before it is answered, or shortly after
    aside: float = 0.0
    arrived: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, command: Sequence[str], log: Path, *, at: int = 0, before: bool = True, aside: float = 0.0) -> int:
        """Run it, killed or to its end; returns its exit code."""
        self.at, self.before, self.aside, self.arrived = at, before, aside, 0
        with log.open("ab") as out:
            self.asker = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "LOOPBACK_KEY": "test-key-0123456789abcdef"},
                start_new_session=True,
                stdout=out,
                stderr=out,
            )
            return self.asker.wait()

    def kill(self) -> None:
        assert self.asker
        os.killpg(self.asker.pid, signal.SIGKILL)

    def __call__(self, request: Request, _: int) -> Says:
        with self.lock:
            self.asked[_name(request)] += 1
            self.arrived += 1
            mine = self.arrived == self.at
        if mine and self.before:
            self.kill()
        elif mine:
            threading.Timer(self.aside, self.kill).start()
        labels = request["response_format"]["json_schema"]["schema"]["properties"]["figures"]["items"]["properties"]["label"]
        figures = [{"label": label, "llbox": None} for label in labels["enum"]]
        says = answer({"units": "thousandths", "figures": figures})
        return Says({**says.body, "usage": {**says.body["usage"], "question": _name(request)}})


@dataclass(frozen=True)
class Told:
    """One kill and what stood on disk after it."""

    at: int
    when: str
    on_disk: int
    unsettled: int  # asked, and not on disk: what may be paid twice


@dataclass(frozen=True)
class Killed:
    """A build that was killed until no kill was left, then let finish."""

    kills: tuple[Told, ...]
    questions: int
    requests: int
    lost: int  # replies that were on disk once and were not later
    asked_again: int  # of questions whose reply was on disk at the kill
    uncertain: int  # requests that the run says may have been paid without an answer
    exit_code: int
    release: str

    @property
    def twice(self) -> int:
        return self.requests - self.questions

    @property
    def sound(self) -> bool:
        """No reply lost, none paid for again, no more than the calls in flight asked twice, and all of it owned up to."""
        few = all(told.unsettled <= IN_FLIGHT for told in self.kills)
        known = self.twice <= self.uncertain and self.twice <= IN_FLIGHT * len(self.kills)
        return self.exit_code == 0 and not self.lost and not self.asked_again and few and known


def killed_build(folder: Path, papers: Sequence[Path], kills: int, seed: int) -> Killed:
    """Build these papers with a model that points, killed at `kills` points drawn with `seed` or as often as it can be."""
    draw, killer = random.Random(seed), Killer()
    told: list[Told] = []
    had: set[str] = set()
    lost = asked_again = 0
    folder.mkdir(parents=True)
    with loopback_model(killer) as server:
        command = _command(folder, papers, server.base_url)
        for _ in range(kills):
            at, before, aside = draw.choice((1, 1, 2, 2, 3)), draw.random() < 0.4, draw.uniform(0, _ASIDE)
            counted = Counter(killer.asked)
            code = killer.start(command, folder / "log", at=at, before=before, aside=aside)
            asked_again += sum((killer.asked - counted)[name] for name in had)
            there = _on_disk(folder)
            lost, had = lost + len(had - there), there
            if code >= 0:  # it was done before the kill: the release is there
                break
            unsettled = len(killer.asked.keys() - had)
            told.append(Told(at, "before" if before else f"{1000 * aside:.0f} ms after", len(had), unsettled))
        counted = Counter(killer.asked)
        code = killer.start(command, folder / "log")
        asked_again += sum((killer.asked - counted)[name] for name in had)
        lost += len(had - _on_disk(folder))
    return Killed(
        kills=tuple(told),
        questions=len(killer.asked),
        requests=killer.asked.total(),
        lost=lost,
        asked_again=asked_again,
        uncertain=sum(reply.uncertain for reply in Replies(folder / "work").all()),
        exit_code=code,
        release=_sum(folder / "out"),
    )


def _command(folder: Path, papers: Sequence[Path], base_url: str) -> list[str]:
    recipe = folder / "recipe.toml"
    family = (ROOT / "builder" / "recipes" / "csm_bench.toml").read_text(encoding="utf-8")
    eye = f'[models.eye]\nprovider = "openai"\nmodel = "loop"\nbase_url = "{base_url}"\napi_key_env = "LOOPBACK_KEY"\n'
    asking = f'[asking]\nin_flight = {IN_FLIGHT}\n[point]\nmodel = "eye"\nuse = "always"\n'
    recipe.write_text("\n".join([family, eye, asking]), encoding="utf-8")
    paths = ["--papers", *map(str, papers), "--out", str(folder / "out"), "--work", str(folder / "work")]
    return [sys.executable, "-m", "builder.cli", "build", str(recipe), *paths, "--version", "1.0.0", "--jobs", "1"]


def _on_disk(folder: Path) -> set[str]:
    return {str(reply.usage.billed["question"]) for reply in Replies(folder / "work").all()}


_OF_THE_WAY = {"recipe.toml", "manifest.json"}  # they name the model's address, and each server has its own


def _sum(release: Path) -> str:
    """Hash of all files of a release but those that say where the model was."""
    whole = hashlib.sha256()
    for path in sorted(path for path in release.rglob("*") if path.is_file() and path.name not in _OF_THE_WAY):
        whole.update(path.relative_to(release).as_posix().encode() + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def timed(folder: Path, papers: Sequence[Path], kills: int, seed: int) -> tuple[Killed, float]:
    start = time.monotonic()
    return killed_build(folder, papers, kills, seed), time.monotonic() - start


__all__ = ["IN_FLIGHT", "Killed", "Told", "killed_build", "timed"]
