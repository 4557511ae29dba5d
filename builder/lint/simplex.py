"""The largest mean of one score that mixtures of answers can have while other means stay in a box: a linear programme, exact.

Simplex on rational numbers, so that its verdict is a proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Point = tuple[Fraction, ...]


def largest(
    points: Sequence[Point], goal: Sequence[Fraction], low: Sequence[Fraction], high: Sequence[Fraction]
) -> Fraction | None:
    """Max of sum w·goal over weights w >= 0 of sum 1 with low <= sum w·points <= high; None where no such weights are.

    `points`: one tuple of d numbers each kind of answer; `goal`: one number each; `low`, `high`: d numbers.
    """
    d = len(low)
    rows: list[list[Fraction]] = []
    for axis in range(d):
        values = [point[axis] for point in points]
        rows.append([*values, *_unit(d * 2, axis, -1), low[axis]])  # minus a surplus is the lower end
        rows.append([*values, *_unit(d * 2, d + axis, 1), high[axis]])
    one, zero = Fraction(1), Fraction(0)
    rows.append([*([one] * len(points)), *([zero] * (d * 2)), one])
    width = len(points) + 2 * d
    rows = [[-x for x in row] if row[-1] < 0 else row for row in rows]
    tableau = [[*row[:-1], *_unit(len(rows), i, 1), row[-1]] for i, row in enumerate(rows)]
    basis = [width + i for i in range(len(rows))]
    artificial = [zero] * width + [-one] * len(rows)
    if _climb(tableau, basis, artificial, width + len(rows)) < 0:
        return None
    _drive_out(tableau, basis, width)
    return _climb(tableau, basis, [*goal, *([zero] * (2 * d + len(rows)))], width)


def _unit(length: int, at: int, value: int) -> list[Fraction]:
    return [Fraction(value) if i == at else Fraction(0) for i in range(length)]


def _climb(tableau: list[list[Fraction]], basis: list[int], cost: Sequence[Fraction], usable: int) -> Fraction:
    """Pivots until no column of the first `usable` improves; the value reached. The feasible set is bounded."""
    reached, stalled = None, False
    while True:
        paid = [(cost[b], row) for b, row in zip(basis, tableau, strict=True) if cost[b]]
        value = sum((p * row[-1] for p, row in paid), Fraction(0))
        stalled, reached = value == reached, value
        inside = set(basis)
        gains = ((cost[j] - sum(p * row[j] for p, row in paid), j) for j in range(usable) if j not in inside)
        better = ((gain, j) for gain, j in gains if gain > 0)
        # the steepest column is fast and may go in circles where the value stands still; the first one (Bland) never does
        entering = next(better, None) if stalled else max(better, key=lambda one: (one[0], -one[1]), default=None)
        if entering is None:
            return value
        ratios = [(row[-1] / row[entering[1]], basis[i], i) for i, row in enumerate(tableau) if row[entering[1]] > 0]
        _pivot(tableau, basis, min(ratios)[2], entering[1])


def _drive_out(tableau: list[list[Fraction]], basis: list[int], width: int) -> None:
    """Artificial columns that stayed in the basis at zero make room; a row without a real column says nothing and goes."""
    for i in reversed(range(len(basis))):
        if basis[i] >= width:
            column = next((j for j in range(width) if tableau[i][j]), None)
            if column is None:
                del tableau[i], basis[i]
            else:
                _pivot(tableau, basis, i, column)


def _pivot(tableau: list[list[Fraction]], basis: list[int], i: int, j: int) -> None:
    by = tableau[i][j]
    tableau[i] = [x / by if x else x for x in tableau[i]]
    support = [(k, x) for k, x in enumerate(tableau[i]) if x]
    for other, row in enumerate(tableau):
        factor = row[j]
        if other != i and factor:
            for k, x in support:
                row[k] -= factor * x
    basis[i] = j
