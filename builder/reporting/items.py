"""How hard each item is, and whether it tells strong models from weak ones: a negative discrimination is a suspect key."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field

from builder.records import Record
from builder.reporting.runs import Run
from builder.scoring.results import ItemScore

LEAST_MODELS = 4  # Fisher's z of a correlation has no spread below
Z = 1.959964  # two-sided 95 %
_MISSING = 0.0  # an item that a model was never asked scores 0, as in its result.json
_SAME = 1e-12
_DIGITS = 6

Floats = npt.NDArray[np.float64]


class ItemFigures(Record):
    """One item over the models of a section."""

    id: str
    paper_id: str
    difficulty: float = Field(description="1 minus the mean score over the models")
    discrimination: float | None = Field(
        description="correlation over models of the score on this item with the mean on all others (point-biserial where "
        "scores are 0 or 1); null where either does not vary, or below four models"
    )
    low: float | None = Field(description="of its 95 % interval by Fisher's z")
    high: float | None
    models: int

    @property
    def suspect(self) -> bool:
        """Strong models fail it and weak ones do not, beyond what chance explains."""
        return self.high is not None and self.high < 0


def score_table(runs: Sequence[Run], metric: str) -> tuple[list[str], list[str], dict[str, Floats]]:
    """Ids of the items that any run has, their papers, and each model's scores, means over repeats. Absent items score 0."""
    papers: dict[str, str] = {}
    found: dict[str, dict[str, list[float]]] = {}
    for run in runs:
        mine = found.setdefault(run.model, {})
        for item in run.items:
            papers[item.id] = item.paper_id
            mine.setdefault(item.id, []).append(item.scores.get(metric, _MISSING))
    ids = sorted(papers)
    scores = {
        model: np.array([math.fsum(mine[one]) / len(mine[one]) if one in mine else _MISSING for one in ids])
        for model, mine in found.items()
    }
    return ids, [papers[one] for one in ids], scores


def item_figures(ids: Sequence[str], papers: Sequence[str], scores: Mapping[str, Floats]) -> tuple[ItemFigures, ...]:
    """Difficulty and corrected item-total correlation of each item."""
    table = np.array(list(scores.values()))  # (models, items)
    models, n = table.shape
    totals = table.sum(axis=1)
    made = []
    for i, (one, paper) in enumerate(zip(ids, papers, strict=True)):
        own = table[:, i]
        r = _correlation(own, (totals - own) / max(1, n - 1)) if models >= LEAST_MODELS and n > 1 else None
        low, high = _interval(r, models) if r is not None else (None, None)
        made.append(
            ItemFigures(
                id=one,
                paper_id=paper,
                difficulty=round(1 - float(own.mean()), _DIGITS),
                discrimination=r,
                low=low,
                high=high,
                models=models,
            )  # fmt: skip
        )
    return tuple(made)


def correlation(one: Floats, other: Floats) -> float | None:
    """Pearson's correlation; None where either does not vary."""
    return _correlation(one, other)


def _correlation(one: Floats, other: Floats) -> float | None:
    a, b = one - one.mean(), other - other.mean()
    spread = math.sqrt(float(a @ a) * float(b @ b))
    return round(max(-1.0, min(1.0, float(a @ b) / spread)), _DIGITS) if spread > _SAME else None


def _interval(r: float, models: int) -> tuple[float, float]:
    if abs(r) >= 1:
        return r, r
    z, half = math.atanh(r), Z / math.sqrt(models - 3)
    return round(math.tanh(z - half), _DIGITS), round(math.tanh(z + half), _DIGITS)


def answers_of(runs: Sequence[Run], item_id: str) -> list[tuple[str, ItemScore]]:
    """What each model answered to an item, the first time it was asked."""
    return [(run.model, item) for run in runs for item in run.items if item.id == item_id and item.repeat == 0]


__all__ = ["ItemFigures", "answers_of", "correlation", "item_figures", "score_table"]
