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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from builder.edges.replies import Replies
from tests.loopback_model import Request, Says, answer, loopback_model
from tests.model_runs import recipe_text
from tests.scripted_models import Cast, blocks_of, role_of, scores

ROOT = Path(__file__).parents[1]
IN_FLIGHT = 3
_ASIDE = 0.03  # seconds within which a reply is received, written and settled: kills fall on either side of each


def _name(request: Request) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def _points(request: Request) -> Says:
    labels = request["response_format"]["json_schema"]["schema"]["properties"]["figures"]["items"]["properties"]["label"]
    figures = [{"label": label, "llbox": None} for label in labels["enum"]]
    return answer({"units": "thousandths", "figures": figures})


def _advises_once(request: Request) -> Says:
    return scores(5 if "revised" in blocks_of(request)["question"]["stem"] else 3, "Name the panel.")(request)


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
        says = _points(request) if role_of(request) == "point" else Cast(advise=_advises_once)(request)
        return Says({**says.body, "usage": {**says.body["usage"], "question": _name(request)}})


RecipeAt = Callable[[str], str]  # a recipe by how its models are reached
_ENDPOINT = 'provider = "openai"\nbase_url = "{}"\napi_key_env = "LOOPBACK_KEY"'


def pointing(reach: str) -> str:
    """A model that points."""
    family = (ROOT / "builder" / "recipes" / "csm_bench.toml").read_text(encoding="utf-8")
    asking = f'[asking]\nin_flight = {IN_FLIGHT}\n[point]\nmodel = "eye"\nuse = "always"\n'
    return "\n".join([family, f'[models.eye]\nmodel = "loop"\n{reach}', asking])


def written(reach: str) -> str:
    """Models that write, check, advise, attack, revise and compare, and are asked by the battery and the audit."""
    more = '[battery]\nmodel = "attacker"\n[audit]\njudges = ["adviser", "checker"]\n'
    return recipe_text("", reach=reach, more=f"{more}[asking]\nin_flight = {IN_FLIGHT}\n")


# Requests after which a run may be killed: few where few are made at all.
_REACH = {pointing: (1, 1, 2, 2, 3), written: (1, 2, 3, 4, 5, 7, 10)}


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
    logical_hash: str
    rebuilt: str  # logical hash of the same release from the recorded replies alone; empty where that was not tried

    @property
    def twice(self) -> int:
        return self.requests - self.questions

    @property
    def sound(self) -> bool:
        """No reply lost, none paid for again, no more than the calls in flight asked twice, and all of it owned up to."""
        few = all(told.unsettled <= IN_FLIGHT for told in self.kills)
        known = self.twice <= self.uncertain and self.twice <= IN_FLIGHT * len(self.kills)
        return self.exit_code == 0 and not self.lost and not self.asked_again and few and known


def killed_build(folder: Path, papers: Sequence[Path], kills: int, seed: int, recipe: RecipeAt = pointing) -> Killed:
    """Build these papers by a recipe that asks, killed at `kills` points drawn with `seed` or as often as it can be."""
    draw, killer = random.Random(seed), Killer()
    reach = _REACH[recipe]
    told: list[Told] = []
    had: set[str] = set()
    lost = asked_again = 0
    folder.mkdir(parents=True)
    with loopback_model(killer) as server:
        command = _command(folder, papers, recipe(_ENDPOINT.format(server.base_url)))
        for _ in range(kills):
            at, before, aside = draw.choice(reach), draw.random() < 0.4, draw.uniform(0, _ASIDE)
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
    if code == 0 and recipe is written:
        replay = f'provider = "replay"\nfolder = "{folder / "work" / "replies"}"'
        killer.start(_command(folder, papers, recipe(replay), "replay"), folder / "log")
    return Killed(
        kills=tuple(told),
        questions=len(killer.asked),
        requests=killer.asked.total(),
        lost=lost,
        asked_again=asked_again,
        uncertain=sum(reply.uncertain for reply in Replies(folder / "work").all()),
        exit_code=code,
        release=_sum(folder / "out"),
        logical_hash=_logical(folder / "out"),
        rebuilt=_logical(folder / "replay-out"),
    )


def _command(folder: Path, papers: Sequence[Path], text: str, named: str = "") -> list[str]:
    recipe, start = folder / f"{named}recipe.toml", f"{named}-" if named else ""
    recipe.write_text(text, encoding="utf-8")
    paths = ["--papers", *map(str, papers), "--out", str(folder / f"{start}out"), "--work", str(folder / f"{start}work")]
    return [sys.executable, "-m", "builder.cli", "build", str(recipe), *paths, "--version", "1.0.0", "--jobs", "1"]


def _logical(release: Path) -> str:
    manifest = release / "manifest.json"
    return str(json.loads(manifest.read_bytes())["logical_hash"]) if manifest.exists() else ""


def _on_disk(folder: Path) -> set[str]:
    return {str(reply.usage.billed["question"]) for reply in Replies(folder / "work").all()}


_OF_THE_WAY = {"recipe.toml", "manifest.json"}  # they name the model's address, and each server has its own


def _sum(release: Path) -> str:
    """Hash of all files of a release but those that say where the model was."""
    whole = hashlib.sha256()
    for path in sorted(path for path in release.rglob("*") if path.is_file() and path.name not in _OF_THE_WAY):
        whole.update(path.relative_to(release).as_posix().encode() + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def timed(folder: Path, papers: Sequence[Path], kills: int, seed: int, recipe: RecipeAt = pointing) -> tuple[Killed, float]:
    start = time.monotonic()
    return killed_build(folder, papers, kills, seed, recipe), time.monotonic() - start


__all__ = ["IN_FLIGHT", "Killed", "RecipeAt", "Told", "killed_build", "pointing", "timed", "written"]
