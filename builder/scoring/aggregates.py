"""What a result says of one model's answers: means overall and by group, how it answers, how sure it is, what it was billed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from builder.scoring.asked import UNKNOWN, Asked, Facet
from builder.scoring.calibration import BINS, calibration_of
from builder.scoring.caption_match import LENGTH_SCALES
from builder.scoring.dense import Seated
from builder.scoring.option_rows import Ints, OptionCounts
from builder.scoring.option_rows import Rows as Column
from builder.scoring.option_sets import Floats
from builder.scoring.resampling import Means, Resampling, Rows
from builder.scoring.responses import CODE, STATUSES
from builder.scoring.results import MISSING, Bin, Estimate, Group
from builder.scoring.strategies import STRATEGIES, Room, personality, profile_of

DISTRACTOR_RATE = "distractor_selection_rate"  # share of the distractors of a type that are selected; lower is better
ATTRIBUTE = "attribute_accuracy"  # `by_attribute` of caption_match_accuracy, by type
NOT_IN_MACRO = frozenset({UNKNOWN, "none"})


@dataclass(frozen=True)
class Answers:
    """One model's seated answers with their scores by metric, of the shape of the seated columns."""

    asked: Asked
    seated: Seated
    scores: Mapping[str, Floats]
    resampling: Resampling

    def item_means(self, values: Floats) -> Floats:
        """The mean over each item's repeats, shape (items,)."""
        return np.asarray(values.reshape(len(self.asked.ids), len(self.seated.repeats)).mean(axis=1))

    def means(self, sums: Mapping[str, Floats], sizes: Floats, facet: Facet) -> dict[str, Means]:
        """Ratios of columns of shape (items,) by the facet's values."""
        rows = Rows(self.asked.papers[facet.items], facet.of, len(facet.values), sizes[facet.items])
        return self.resampling.means({name: column[facet.items] for name, column in sums.items()}, rows)

    def overall(self, sums: Mapping[str, Floats], sizes: Floats) -> dict[str, Estimate]:
        """The ratios over all items."""
        n = len(self.asked.ids)
        everything = Facet(("",), np.arange(n), np.zeros(n, dtype=np.int64), single=True)
        return {name: self.resampling.estimates(one)[0] for name, one in self.means(sums, sizes, everything).items()}

    @property
    def per_item(self) -> dict[str, Floats]:
        """Each metric's mean over the repeats of each item."""
        return {name: self.item_means(values) for name, values in self.scores.items()}


def micro(answers: Answers) -> dict[str, Estimate]:
    """The mean over all items, by metric."""
    return answers.overall(answers.per_item, np.ones(len(answers.asked.ids)))


def received(answers: Answers) -> dict[str, Estimate]:
    """The same over the replies that came; an item without any is left out."""
    here = (answers.seated.status != CODE[MISSING]) & (answers.seated.status != CODE["failed_request"])
    share = answers.item_means(here.astype(np.float64))
    scored = {name: answers.item_means(np.where(here, values, 0.0)) for name, values in answers.scores.items()}
    over = {name: np.divide(values, share, out=np.zeros_like(values), where=share > 0) for name, values in scored.items()}
    return answers.overall(over, (share > 0).astype(np.float64))


def groups(answers: Answers) -> tuple[tuple[Group, ...], dict[str, dict[str, Estimate]]]:
    """Every group of every column, and for columns of one value an item the macro means."""
    found: list[Group] = []
    macro: dict[str, dict[str, Estimate]] = {}
    draw, per_item, ones = answers.resampling, answers.per_item, np.ones(len(answers.asked.ids))
    statuses = status_counts(answers.seated, len(answers.asked.ids))
    for column, facet in answers.asked.facets.items():
        means = answers.means(per_item, ones, facet)
        told = {name: draw.estimates(one) for name, one in means.items()} | _of_options(column, facet, answers)
        table = np.zeros((len(facet.values), len(STATUSES)), dtype=np.int64)
        np.add.at(table, facet.of, statuses[facet.items])
        for place, value in enumerate(facet.values):
            metrics = {name: estimates[place] for name, estimates in told.items()}
            found.append(Group(by=column, value=value, metrics=metrics, statuses=statuses_told(table[place])))
        if facet.single:
            macro[column] = {name: draw.macro(one.only(_in_macro(column, facet))) for name, one in means.items()}
    return tuple(found), macro


def status_counts(seated: Seated, items: int) -> Ints:
    """How many answers of each item have each status, shape (items, statuses)."""
    cells = np.bincount(seated.item * len(STATUSES) + seated.status, minlength=items * len(STATUSES))
    return cells.reshape(items, len(STATUSES))


def statuses_told(counts: Ints) -> dict[str, int]:
    """Counts by name, every status named."""
    return dict(zip(STATUSES, counts.tolist(), strict=True))


def _in_macro(column: str, facet: Facet) -> list[int]:
    """The values that a macro mean is over: of scale the four lengths (CSMBench's Overall), else all that are named."""
    return [
        place
        for place, value in enumerate(facet.values)
        if (value in LENGTH_SCALES if column == "scale" else value not in NOT_IN_MACRO)
    ]


def _of_options(column: str, facet: Facet, answers: Answers) -> dict[str, list[Estimate]]:
    """What is counted over options, not over items: distractors selected, attributes kept as printed."""
    pairs: list[tuple[Floats, Floats]] = []
    selected, item = answers.seated.selected, answers.seated.item
    if column == "distractor_type":
        for kind in facet.values:
            wrong = answers.asked.distractors[kind]
            taken = np.bitwise_count(selected & wrong[item]).astype(np.float64)
            pairs.append((answers.item_means(taken), np.bitwise_count(wrong).astype(np.float64)))
    elif column == "edit_type":
        option = np.select([selected == 1 << place for place in range(4)], range(4), default=-1)
        for kind in facet.values:
            votes, kept = answers.asked.attributes[kind]
            right = np.where(option >= 0, kept[item, option], 0).astype(np.float64)
            pairs.append((answers.item_means(right), votes.astype(np.float64)))
    else:
        return {}
    name = DISTRACTOR_RATE if column == "distractor_type" else ATTRIBUTE
    return {name: [answers.overall({name: sums}, sizes)[name] for sums, sizes in pairs]}


def profile(answers: Answers, counts: OptionCounts) -> dict[str, float | str | None]:
    """Shares of response strategies over all answers, one that is missing an abstention; the personality and how often the
    resamples bear the name that the shares give."""
    stray = (answers.seated.status == CODE["out_of_range"]).astype(np.int64)
    room = Room(answers.asked.options[answers.seated.item], stray)
    papers, resampling = answers.asked.papers[answers.seated.item], answers.resampling
    made = profile_of(counts, room, papers=cast(Column, papers), resamples=resampling.resamples, seed=resampling.seed)
    shares: dict[str, float] = made["response_profile"]
    named = personality(np.array([shares[strategy] for strategy in STRATEGIES]))
    drawn: dict[str, float] = made["personality_shares"]
    return {
        **shares,
        "personality": made["personality"],
        "stability": drawn.get(named, 0.0) if drawn else None,
        "spc_minus_sip_f1": made["spc_minus_sip_f1"],
    }


def calibration(answers: Answers, counts: OptionCounts) -> tuple[dict[str, float | None], tuple[Bin, ...]]:
    """The errors of stated confidence against exact match, over the answers that state one; its filled bins."""
    stated, resampling = answers.seated.confidence, answers.resampling
    told = np.flatnonzero(~np.isnan(stated))
    coverage = len(told) / len(stated)
    names = ("calibration_error", "low", "high", "adaptive_calibration_error", "brier_score", "mean_confidence")
    if not len(told):
        return {**dict.fromkeys(names), "coverage": coverage, "n": 0.0}, ()
    papers = answers.asked.papers[answers.seated.item[told]]
    resamples = resampling.resamples if len(np.unique(papers)) > 1 else 0
    of_those = OptionCounts(*(column[told] for column in counts))
    made = calibration_of(of_those, stated[told], papers=cast(Column, papers), resamples=resamples, seed=resampling.seed)
    ends = made["interval"] or {"low": None, "high": None}
    values = (made[names[0]], ends["low"], ends["high"], *(made[name] for name in names[3:]))
    bins = tuple(
        Bin(
            low=row["bin"] / BINS,
            high=(row["bin"] + 1) / BINS,
            n=row["n"],
            confidence=row["confidence"],
            accuracy=row["accuracy"],
        )
        for row in made["bins"]
    )
    return {**dict(zip(names, values, strict=True)), "coverage": coverage, "n": float(len(told))}, bins


def tokens(seated: Seated) -> dict[str, float | None]:
    """Sums and means over the answers that tell what was billed, and how many do."""
    told: dict[str, float | None] = {}
    for name, column in (("prompt_tokens", seated.prompt_tokens), ("completion_tokens", seated.completion_tokens)):
        known = column[column >= 0]
        told[f"{name}_sum"] = float(known.sum()) if len(known) else None
        told[f"{name}_mean"] = float(known.sum()) / len(known) if len(known) else None
        told[f"{name}_answers"] = float(len(known))
    return told


__all__ = [
    "ATTRIBUTE", "DISTRACTOR_RATE", "Answers", "calibration", "groups", "micro", "profile", "received", "status_counts",
    "statuses_told", "tokens",
]  # fmt: skip
