"""Stored answers under the keys of two releases: what a correction does to a score, over items that ask the same in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from builder.records import Record
from builder.release.diff import SHOWN
from builder.release.rows import ALPHABET
from builder.release.validate import Opened
from builder.scoring import caption_match, option_sets
from builder.scoring.answers import PARSER_VERSION, parse_answer
from builder.scoring.option_rows import count_options
from builder.scoring.option_sets import Floats
from builder.scoring.predictions import Prediction

METRICS = {
    "multi_select": {
        "sip_f1": option_sets.sip_f1_scores,
        "spc": option_sets.spc_scores,
        "exact_set_match": option_sets.exact_match_scores,
        "option_f1": option_sets.f1_scores,
    },
    "caption_matching": {caption_match.METRIC: option_sets.exact_match_scores},
}
VERSIONS = {"multi_select": option_sets.VERSION, "caption_matching": caption_match.VERSION}

Row = Mapping[str, object]


class Edition(Record):
    """One of the two releases."""

    version: str
    logical_hash: str
    items: int = Field(ge=0, description="of the config and split that were asked, or of that config and split now")


class Moved(Record):
    """One metric under both keys."""

    metric: str
    metric_version: str
    as_asked: float = Field(description="mean over all items of the old release's split, by its keys")
    old: float | None = Field(description="mean over the items that ask the same in both, by the old keys; null without any")
    new: float | None = Field(description="the same answers by the new keys")
    difference: float | None
    low: float | None = Field(description="of the difference's 95 % interval over papers; null below two papers")
    high: float | None
    gained: tuple[str, ...] = Field(description="items whose score rose")
    lost: tuple[str, ...] = Field(description="items whose score fell")


class Rescored(Record):
    """One model's answers to one config and split."""

    benchmark: str
    config: str
    split: str
    model: str
    parser: str = Field(description="version of the answer parser")
    repeats: int = Field(ge=1)
    before: Edition
    after: Edition
    answered: int = Field(ge=0, description="items of the old split with an answer; the others score 0, as in `score`")
    compared: int = Field(ge=0, description="items that ask the same in both")
    new_key: tuple[str, ...] = Field(description="compared items whose key is another")
    not_comparable: dict[str, tuple[str, ...]] = Field(description="items that show something else now, and which columns")
    retired: tuple[str, ...] = Field(description="items that left")
    added: tuple[str, ...] = Field(description="items that came, and that nobody was asked")
    metrics: tuple[Moved, ...]

    @property
    def signature(self) -> str:
        """What the figures hang on, in one line."""
        releases = "|".join(f"{one.version}:{one.logical_hash[:16]}" for one in (self.before, self.after))
        metrics = ",".join(f"{one.metric}:{one.metric_version}" for one in self.metrics)
        return f"{self.benchmark}|{self.config}|{self.split}|{releases}|{metrics}|parser:{self.parser}|{self.model}"


@dataclass(frozen=True)
class _Items:
    """The items of a config, and those of the split that was asked."""

    release: Opened
    rows: Mapping[str, Row]
    asked: tuple[str, ...]


def rescore(answers: Sequence[Prediction], before: Opened, after: Opened) -> tuple[Rescored, ...]:
    """One record a model, config and split that was answered. Every answer's id must be an item of `before`, once a repeat."""
    places = {str(row["id"]): (config, split) for config, split, _, row in before.rows()}
    groups: dict[tuple[str, str, str], list[Prediction]] = {}
    for answer in answers:
        groups.setdefault((answer.model, *places[answer.id]), []).append(answer)
    return tuple(
        _rescored(model, config, split, groups[model, config, split], before, after) for model, config, split in sorted(groups)
    )


def _rescored(model: str, config: str, split: str, answers: list[Prediction], before: Opened, after: Opened) -> Rescored:
    old, new = _items(before, config, split), _items(after, config, split)
    stay = [name for name in old.asked if name in new.rows]
    shown = {name: _shown_otherwise(old.rows[name], new.rows[name]) for name in stay}
    same = [name for name in stay if not shown[name]]
    repeats = len({answer.repeat for answer in answers})
    chosen = _selections(answers, old.rows)
    return Rescored(
        benchmark=str(before.manifest["benchmark"]),
        config=config,
        split=split,
        model=model,
        parser=PARSER_VERSION,
        repeats=repeats,
        before=_edition(old),
        after=_edition(new),
        answered=len(chosen),
        compared=len(same),
        new_key=tuple(name for name in same if _key(old.rows[name]) != _key(new.rows[name])),
        not_comparable={name: columns for name, columns in shown.items() if columns},
        retired=tuple(name for name in old.asked if name not in new.rows),
        added=tuple(name for name in new.asked if name not in old.rows),
        metrics=tuple(_moved(name, config, chosen, repeats, old, new, same) for name in METRICS[config]),
    )


def _items(release: Opened, config: str, split: str) -> _Items:
    rows = {str(row["id"]): (part, row) for name, part, _, row in release.rows() if name == config}
    asked = tuple(sorted(name for name, (part, _) in rows.items() if part == split))
    return _Items(release, {name: row for name, (_, row) in rows.items()}, asked)


def _edition(items: _Items) -> Edition:
    manifest = items.release.manifest
    return Edition(version=str(manifest["version"]), logical_hash=str(manifest.get("logical_hash", "")), items=len(items.asked))


def _shown_otherwise(old: Row, new: Row) -> tuple[str, ...]:
    return tuple(sorted(column for column in SHOWN if old.get(column) != new.get(column)))


def _key(row: Row) -> tuple[str, ...]:
    answer = row["answer"]
    return (ALPHABET[answer],) if isinstance(answer, int) else tuple(sorted(map(str, answer)))  # type: ignore[call-overload]


def _selections(answers: Sequence[Prediction], rows: Mapping[str, Row]) -> dict[str, list[list[str]]]:
    """What each answer selects, by item."""
    found: dict[str, list[list[str]]] = {}
    for answer in answers:
        labels = ALPHABET[: len(rows[answer.id]["options"])]  # type: ignore[arg-type]
        found.setdefault(answer.id, []).append(sorted(_selected(answer, labels)))
    return found


def _selected(answer: Prediction, labels: Sequence[str]) -> frozenset[str]:
    """Parsed by this version, unless it was elsewhere; with a label that the item has not, it selects nothing, as a text."""
    if answer.status is None and (answer.text is not None or answer.answer is None):
        return parse_answer(answer.text, labels, finish_reason=answer.finish_reason).answer
    chosen = frozenset(answer.answer or ())
    return chosen if answer.status in (None, "ok") and chosen <= set(labels) else frozenset()


def _moved(
    metric: str, config: str, chosen: Mapping[str, list[list[str]]], repeats: int, old: _Items, new: _Items, same: list[str]
) -> Moved:
    one = _scores(metric, config, chosen, repeats, {name: old.rows[name] for name in same})
    other = _scores(metric, config, chosen, repeats, {name: new.rows[name] for name in same})
    low, high = _interval(other - one, [str(old.rows[name]["paper_id"]) for name in same])
    return Moved(
        metric=metric,
        metric_version=VERSIONS[config],
        as_asked=option_sets.mean(_scores(metric, config, chosen, repeats, {name: old.rows[name] for name in old.asked})),
        old=option_sets.mean(one) if same else None,
        new=option_sets.mean(other) if same else None,
        difference=option_sets.mean(other - one) if same else None,
        low=low,
        high=high,
        gained=tuple(name for name, a, b in zip(same, one, other, strict=True) if b > a),
        lost=tuple(name for name, a, b in zip(same, one, other, strict=True) if b < a),
    )


def _scores(metric: str, config: str, chosen: Mapping[str, list[list[str]]], repeats: int, rows: Mapping[str, Row]) -> Floats:
    """The mean over repeats of each item, shape (items,); a repeat without an answer scores 0."""
    given = [
        (place, selected, _key(row)) for place, (name, row) in enumerate(rows.items()) for selected in chosen.get(name, ())
    ]
    total = np.zeros(len(rows), dtype=np.float64)
    if given:
        counts = count_options([selected for _, selected, _ in given], [list(key) for *_, key in given])
        np.add.at(total, [place for place, *_ in given], METRICS[config][metric](counts))
    return total / repeats


def _interval(gaps: Floats, papers: Sequence[str]) -> tuple[float | None, float | None]:
    if len(set(papers)) < 2:
        return None, None
    found = option_sets.interval(gaps, papers)
    return found["low"], found["high"]


def rescored_text(found: Rescored) -> str:
    """The figures for a terminal, with what they hang on."""
    one, other = found.before, found.after
    lines = [
        found.signature,
        f"{found.answered} of {one.items} items of {one.version} answered, {found.repeats} times each; {found.compared} ask "
        f"the same in {other.version}, {len(found.new_key)} of them with another key",
        f"{'metric':<24}{'as asked':>9}{'old':>9}{'new':>9}{'change':>9}  95 % interval      gained  lost",
    ]
    lines += [_line(moved) for moved in found.metrics]
    told = {
        "another key": found.new_key,
        "shown otherwise, not compared": tuple(f"{name} ({', '.join(c)})" for name, c in found.not_comparable.items()),
        "retired": found.retired,
        "added, never asked": found.added,
    }
    return "\n".join([*lines, *(f"{what}: {', '.join(ids)}" for what, ids in told.items() if ids)])


def _line(moved: Moved) -> str:
    interval = f"[{_signed(moved.low)}, {_signed(moved.high)}]" if moved.low is not None else "one paper alone"
    figures = "".join(f"{_figure(value):>9}" for value in (moved.as_asked, moved.old, moved.new))
    return (
        f"{moved.metric:<24}{figures}{_signed(moved.difference):>9}  {interval:<18} {len(moved.gained):>6}{len(moved.lost):>6}"
    )


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.4f}"


__all__ = ["METRICS", "Edition", "Moved", "Rescored", "rescore", "rescored_text"]
