"""Functions that the YAML files beside this one name: rows, image, prompt, scores and their exact mean."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).absolute().parents[1]))
from microtome_scoring.asked_rows import asked
from microtome_scoring.release_rows import release_of
from microtome_scoring.reply_scores import CAPTION_MATCHING, MULTI_SELECT, mean_score, score_reply

RELEASE = release_of(__file__)


def _config_of(ids: list[str]) -> str:
    return MULTI_SELECT if ids[0].startswith("ms-") else CAPTION_MATCHING


def askable(table: Any) -> Any:
    """The rows with an image, after a check that they are this release's."""
    config = _config_of(table["id"])
    return RELEASE.askable(config, str(table.split), table)


def image(row: dict[str, Any]) -> list[Any]:
    """The crop, in RGB."""
    return [row["image"].convert("RGB")]


def prompt(row: dict[str, Any]) -> str:
    """Question, lettered options, and the line that the parser reads."""
    return asked(row).prompt


def key(row: dict[str, Any]) -> str:
    """The letters that are right: "A,C"."""
    return ",".join(asked(row).key)


def scores(row: dict[str, Any], results: list[str]) -> dict[str, Any]:
    """A score by metric, with the paper it is clustered by, and how the reply was read."""
    item = asked(row)
    scored = score_reply(_config_of([item.id]), results[0], item.labels, item.key)
    read = {"id": item.id, "paper_id": row["paper_id"], "answer": list(scored.selected), "status": scored.read.status}
    return {name: {**read, "score": value} for name, value in scored.scores.items()}


def exact_mean(results: list[dict[str, Any]]) -> float:
    """The mean, summed exactly."""
    return mean_score(one["score"] for one in results)
