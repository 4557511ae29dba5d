"""Kill builds at many random points, resume them, and print what it cost: python -m tests.soak.kills KILLS FOLDER RECIPE.

RECIPE is `pointing`, where a model points at figures, or `written`, where models write, attack and judge.
A round that is done stands in FOLDER/rounds.jsonl; running again goes on after it.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.kills import IN_FLIGHT, RecipeAt, pointing, timed, written

PAPERS = sorted((Path(__file__).parents[1] / "papers").glob("*.pdf"))[-4:-1]  # three are enough questions for twenty kills
A_ROUND = 20  # kills of one work folder
RECIPES: dict[str, RecipeAt] = {"pointing": pointing, "written": written}
_COLUMNS = {"round": 5, "kills": 7, "questions": 11, "requests": 10, "twice": 7, "at most": 9, "lost": 6, "again": 7}


def soak(kills: int, folder: Path, recipe: RecipeAt) -> int:
    """Rounds of up to 20 kills until so many are told; 0 if every round was sound and every release the unkilled one's."""
    folder.mkdir(parents=True, exist_ok=True)
    book = folder / "rounds.jsonl"
    rounds = [json.loads(line) for line in book.read_text(encoding="utf-8").splitlines()] if book.exists() else []
    print("".join(f"{name:>{width}}" for name, width in _COLUMNS.items()) + "  release", flush=True)
    for row in rounds:
        _show(row, rounds)
    while sum(row["kills"] for row in rounds) < kills:
        seed = len(rounds)  # round 0 is not killed: what the others are compared with
        here = folder / f"round-{seed}"
        shutil.rmtree(here, ignore_errors=True)
        left = kills - sum(row["kills"] for row in rounds)
        done, seconds = timed(here, PAPERS, min(A_ROUND, left) if seed else 0, seed, recipe)
        shutil.rmtree(here)
        plain = {k: v for k, v in dataclasses.asdict(done).items() if k != "kills"}
        points = [dataclasses.asdict(told) for told in done.kills]
        row = plain | {"kills": len(points), "points": points, "sound": done.sound, "seconds": round(seconds)}
        rounds.append(row)
        with book.open("a", encoding="utf-8") as out:
            out.write(json.dumps(row) + "\n")
        _show(row, rounds)
    sound = all(row["sound"] and row["release"] == rounds[0]["release"] for row in rounds)
    return 0 if sound else 1


def _show(row: dict[str, Any], rounds: list[dict[str, Any]]) -> None:
    same = "the same" if row["release"] == rounds[0]["release"] else "ANOTHER"
    twice, most = row["requests"] - row["questions"], IN_FLIGHT * row["kills"]
    counts = (rounds.index(row), row["kills"], row["questions"], row["requests"], twice, most, row["lost"], row["asked_again"])
    cells = "".join(f"{count:>{width}}" for count, width in zip(counts, _COLUMNS.values(), strict=True))
    print(f"{cells}  {same}, {row['seconds']} s", flush=True)


if __name__ == "__main__":
    sys.exit(soak(int(sys.argv[1]), Path(sys.argv[2]), RECIPES[sys.argv[3]]))
