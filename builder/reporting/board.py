"""A leaderboard: one row a result, pinned to release, metric and parser; what cannot be compared stands in separate tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from builder.errors import UsageError
from builder.records import Record
from builder.reporting.runs import key_of, primary, same_task, signature_of
from builder.reporting.tables import NOTHING, Table, number, with_interval
from builder.scoring.results import COVERAGE_HEAD, Estimate, Result, Signature, coverage_of, differences

_SHOWN = 5 + len(COVERAGE_HEAD)  # columns in a terminal: up to the coverage
MACRO = ("scale",)  # columns whose macro mean is shown: CSMBench's Overall; the file has all


class BoardRow(Record):
    """One line of a leaderboard's file."""

    signature: Signature
    items: int
    answered: int = Field(description="as in result.json: items with at least one line of predictions, whatever it says")
    repeats: int
    statuses: dict[str, int] = Field(description="answers by status of the parser")
    micro: dict[str, Estimate] = Field(description="mean over all items, by metric")
    macro: dict[str, dict[str, Estimate]] = Field(description="by column, then metric")
    personality: str | None = Field(description="by response strategies; null where the config has none")


@dataclass(frozen=True)
class Standings:
    """Rows that differ in the model alone, the best first, and what keeps them apart from others of their task."""

    rows: tuple[BoardRow, ...]
    metric: str
    apart: tuple[str, ...]

    @property
    def signed(self) -> Signature:
        return self.rows[0].signature

    @property
    def signature(self) -> str:
        return signature_of(self.signed, self.metric)


def row_of(result: Result) -> BoardRow:
    """What a leaderboard keeps of a result."""
    personality = result.profile.get("personality")
    return BoardRow(
        signature=result.signature,
        items=result.items,
        answered=result.answered,
        repeats=result.repeats,
        statuses=result.statuses,
        micro=result.micro,
        macro=result.macro,
        personality=personality if isinstance(personality, str) else None,
    )


def added(rows: Sequence[BoardRow], new: Sequence[tuple[str, BoardRow]]) -> tuple[tuple[BoardRow, ...], tuple[str, ...]]:
    """The rows with the new ones, each given with its place, and the places of those that were there already, alike.

    Raises UsageError for a model that stands under the same signature with other numbers: neither is overwritten.
    """
    made, alike = list(rows), []
    for place, row in new:
        standing = next((one for one in made if _named(one) == _named(row)), None)
        if standing is None:
            made.append(row)
        elif standing.model_copy(update={"signature": row.signature}) == row:  # the program's version may differ
            alike.append(place)
        else:
            raise UsageError(
                place,
                f"is {row.signature.model!r}, there already under this signature with other numbers: {_apart(standing, row)}",
                "give the other run a model name of its own, or take the old line out of the file",
            )
    return tuple(sorted(made, key=lambda row: (*_task(row.signature), *_named(row)))), tuple(alike)


def _named(row: BoardRow) -> tuple[str, str]:
    return key_of(row.signature), row.signature.model


def _apart(old: BoardRow, new: BoardRow) -> str:
    for metric, estimate in old.micro.items():
        if metric not in new.micro or new.micro[metric] != estimate:
            there = with_interval(new.micro[metric]) if metric in new.micro else "none"
            return f"{metric} {with_interval(estimate)} there, {there} here"
    return f"{coverage_of(old.statuses)} there; {coverage_of(new.statuses)} here"


def _task(signature: Signature) -> tuple[str, str, str, str]:
    return signature.benchmark, signature.config, signature.split, signature.version


def standings(rows: Sequence[BoardRow]) -> tuple[Standings, ...]:
    """The rows in tables that may be read from top to bottom."""
    groups: dict[str, list[BoardRow]] = {}
    for row in rows:
        groups.setdefault(key_of(row.signature), []).append(row)
    made = []
    for group in groups.values():
        signed = group[0].signature
        others = [other[0].signature for other in groups.values() if other is not group]
        apart = dict.fromkeys(line for other in others if same_task(other, signed) for line in differences(signed, other))
        metric = primary(signed.config, group[0].micro)
        ordered = sorted(group, key=lambda row: (-_value(row, metric), row.signature.model))
        made.append(Standings(tuple(ordered), metric, tuple(apart)))
    return tuple(sorted(made, key=lambda one: (*_task(one.signed), key_of(one.signed))))


def _value(row: BoardRow, metric: str) -> float:
    found = row.micro.get(metric)
    return -1.0 if found is None or found.value is None else found.value


def board_table(one: Standings) -> Table:
    """Rank, model, the metric with its interval, n, macro means, other metrics."""
    others = [metric for metric in sorted(one.rows[0].micro) if metric != one.metric]
    columns = tuple(by for by in MACRO if any(one.metric in row.macro.get(by, {}) for row in one.rows))
    head = ("rank", "model", one.metric, "95% interval", "n", *COVERAGE_HEAD, *(f"macro over {by}" for by in columns), *others)
    rows = tuple(
        (str(1 + sum(_value(other, one.metric) > _value(row, one.metric) for other in one.rows)), row.signature.model,
         *_means(row, one.metric), *coverage_of(row.statuses).cells(),
         *(number(row.macro.get(by, {}).get(one.metric, _NONE).value) for by in columns),
         *(number(row.micro.get(metric, _NONE).value) for metric in others))
        for row in one.rows
    )  # fmt: skip
    note = (
        "ok: answers that could be read, of all asked; what failed or is missing scores 0. Intervals are of each mean, not of "
        "gaps: whether two models differ is tested on their items by microtome report."
    )
    return Table("board", "Leaderboard", one.signature, head, rows, 2, note)


def _means(row: BoardRow, metric: str) -> tuple[str, str, str]:
    mine = row.micro.get(metric, _NONE)
    interval = NOTHING if mine.low is None else f"[{number(mine.low)}, {number(mine.high)}]"
    return number(mine.value), interval, str(mine.n)


_NONE = Estimate(value=None, low=None, high=None, n=0, papers=0)


def board_text(boards: Sequence[Standings]) -> str:
    """The tables as text for a terminal."""
    return "\n\n".join(map(_text, boards))


def _text(one: Standings) -> str:
    table = board_table(one)
    cells = [table.head[:_SHOWN], *(row[:_SHOWN] for row in table.rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(_SHOWN)]
    lines = ["  ".join(_padded(cell, widths[i], i) for i, cell in enumerate(row)).rstrip() for row in cells]
    notes = [f"not comparable with another table of this task: {line}" for line in one.apart]
    return "\n".join([one.signature, *notes, *lines])


def _padded(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 1 else cell.rjust(width)


__all__ = ["BoardRow", "Standings", "added", "board_table", "board_text", "row_of", "standings"]
