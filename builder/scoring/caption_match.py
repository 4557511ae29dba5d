"""Accuracy on four-way caption matching (CSMBench III-B2), by scale and by edited attribute: pure functions on labels.

`metrics_hub/caption_match_accuracy/caption_match.py` is this file, byte for byte.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TypedDict, TypeVar

METRIC = "caption_match_accuracy"
VERSION = "1.0.0"
LABELS = ("A", "B", "C", "D")
LENGTH_SCALES = ("atomic", "micro", "meso", "macro")  # CSMBench III-A: Overall is the unweighted mean over these four
SCALES = (*LENGTH_SCALES, "none", "unknown")


class Share(TypedDict):
    """A share in [0, 1] and how many it is a share of."""

    accuracy: float
    n: int


class Result(TypedDict):
    """Every aggregate under its own name; None where the question cannot be asked."""

    caption_match_accuracy: float
    micro: float
    macro: float | None
    macro_scales: list[str]
    by_scale: dict[str, Share]
    by_attribute: dict[str, Share]
    n: int
    unanswered: int
    not_a_label: int
    parameters: dict[str, list[str]]
    metric: str
    version: str


One = TypeVar("One")
Edit = Mapping[str, object]  # at least `type` and `start`, as in column `edits` of a release


def caption_match_accuracy(
    predictions: Sequence[str | None],
    references: Sequence[str],
    scales: Sequence[str] | None = None,
    edits: Sequence[Sequence[Sequence[Edit]]] | None = None,
) -> Result:
    """Share of answers that name the printed caption, in [0, 1]; higher is better, four options make chance 0.25.

    `predictions` and `references` are labels A to D. None and "" are unanswered: wrong, and counted. Any other text is wrong
    and counted as not_a_label; nothing is guessed from it. `macro` is the mean over the length scales present
    (CSMBench's Overall), `micro` the mean over items; items of scale none or unknown count in `micro` only. `edits` lists
    the typed edits per item and option: `by_attribute` is, per type, the share of answers whose option leaves that attribute as
    printed.
    Raises ValueError when lengths differ, when there is nothing to score, for a reference that is not a label, a scale
    there is not, and a prediction that is no string.

    >>> result = caption_match_accuracy(["A", "", "C"], ["A", "B", "D"], scales=["atomic", "atomic", "meso"])
    >>> result["micro"], result["macro"], result["unanswered"]
    (0.3333333333333333, 0.25, 1)
    """
    predictions, references = check_labels(predictions, references)
    scales = None if scales is None else _listed("scales", scales)
    edits = None if edits is None else _listed("edits", edits)
    _check(len(references), scales, edits)
    right = [prediction == reference for prediction, reference in zip(predictions, references, strict=True)]
    by_scale = _grouped(scales, right) if scales is not None else {}
    present = [scale for scale in LENGTH_SCALES if scale in by_scale]
    micro = sum(right) / len(right)
    return {
        "caption_match_accuracy": micro,
        "micro": micro,
        "macro": sum(by_scale[scale]["accuracy"] for scale in present) / len(present) if present else None,
        "macro_scales": present,
        "by_scale": by_scale,
        "by_attribute": _by_attribute(predictions, edits) if edits is not None else {},
        "n": len(right),
        "unanswered": sum(not prediction for prediction in predictions),
        "not_a_label": sum(bool(prediction) and prediction not in LABELS for prediction in predictions),
        "parameters": {"labels": list(LABELS), "length_scales": list(LENGTH_SCALES)},
        "metric": METRIC,
        "version": VERSION,
    }


def _check(n: int, scales: Sequence[str] | None, edits: Sequence[Sequence[Sequence[Edit]]] | None) -> None:
    for name, given in (("scales", scales), ("edits", edits)):
        if given is not None and len(given) != n:
            raise ValueError(f"{len(given)} {name} for {n} references; pass one for each, in the same order")
    for row, scale in enumerate(scales or ()):
        if scale not in SCALES:
            raise ValueError(f"scale {row} is {scale!r}; use one of {', '.join(SCALES)}")
    for row, options in enumerate(edits or ()):
        if len(options) != len(LABELS):
            raise ValueError(
                f"edits of item {row} are for {len(options)} options; pass one list for each of {', '.join(LABELS)}"
            )
        for edit in (edit for option in options for edit in option):
            if not isinstance(edit, Mapping) or not isinstance(edit.get("type"), str) or not isinstance(edit.get("start"), int):
                raise ValueError(
                    f"an edit of item {row} is {edit!r}; pass at least its type, a string, and start, a whole number"
                )


def check_labels(predictions: Iterable[str | None], references: Iterable[str]) -> tuple[list[str | None], list[str]]:
    """Both columns as lists.

    Raises ValueError for a prediction that is no string, a reference that is not a label, and columns that do not fit.
    """
    predictions, references = _listed("predictions", predictions), _listed("references", references)
    if not references:
        raise ValueError("there is nothing to score: pass at least one reference")
    if len(predictions) != len(references):
        raise ValueError(
            f"{len(predictions)} predictions for {len(references)} references; pass one for each, in the same order"
        )
    for row, prediction in enumerate(predictions):
        if prediction is not None and not isinstance(prediction, str):
            raise ValueError(f"prediction {row} is {prediction!r}; pass one of {', '.join(LABELS)}, or None for no answer")
    for row, reference in enumerate(references):
        if reference not in LABELS:
            raise ValueError(f"reference {row} is {reference!r}; use one of {', '.join(LABELS)}")
    return predictions, references


def _listed(name: str, rows: Iterable[One]) -> list[One]:
    if rows is None or isinstance(rows, str | bytes | Mapping | Set) or not isinstance(rows, Iterable):
        raise ValueError(f"{name} is {rows!r}; pass a list with one row for each item")
    arrow = getattr(rows, "to_pylist", None)  # Arrow's own scalars are no strings
    return list(arrow() if arrow else rows)


def _grouped(groups: Sequence[str], right: Sequence[bool]) -> dict[str, Share]:
    found: defaultdict[str, list[bool]] = defaultdict(list)
    for group, one in zip(groups, right, strict=True):
        found[group].append(one)
    return {group: {"accuracy": sum(found[group]) / len(found[group]), "n": len(found[group])} for group in sorted(found)}


def _by_attribute(predictions: Sequence[str | None], edits: Sequence[Sequence[Sequence[Edit]]]) -> dict[str, Share]:
    """One vote per item and attribute; two edited numbers are two attributes. An answer without a label is right in none."""
    types: list[str] = []
    kept: list[bool] = []
    for prediction, options in zip(predictions, edits, strict=True):
        chosen = {_place(edit) for edit in options[LABELS.index(prediction)]} if prediction in LABELS else None
        for place in sorted({_place(edit) for option in options for edit in option}):
            types.append(place[0])
            kept.append(chosen is not None and place not in chosen)
    return _grouped(types, kept)


def _place(edit: Edit) -> tuple[str, int]:
    return str(edit["type"]), int(str(edit["start"]))
