"""What a table computes from itself: Overall from its groups, averages and totals of rows, the gap, shares and ranks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from builder.lint.cells import Interval, Printed, shown
from builder.lint.findings import Finding, Sheet, Told
from builder.lint.roles import Column


def mean_of(numbers: Sequence[Printed], weights: Sequence[int] | None = None) -> Interval:
    """What the mean of printed numbers may be, by weights or without."""
    by = weights or [1] * len(numbers)
    total = sum(by)
    ends = [sum(w * end for w, end in zip(by, side, strict=True)) / Fraction(total) for side in _sides(numbers)]
    return Interval(ends[0], ends[1])


def _sides(numbers: Sequence[Printed]) -> tuple[list[Fraction], list[Fraction]]:
    return [number.interval.low for number in numbers], [number.interval.high for number in numbers]


def overalls(sheet: Sheet) -> Told:
    """Each Overall against the unweighted (macro) and the size-weighted (micro) mean of its row's groups."""
    told = Told()
    for overall in sheet.of_role("overall"):
        groups = _groups(sheet, overall)
        if len(groups) < 2:
            told.notes.append(f"{overall.header}: not checked, the table has no two groups that it could be the mean of")
            continue
        _overall(sheet, overall, groups, told)
    return told


def _groups(sheet: Sheet, overall: Column) -> list[Column]:
    measure = overall.rule.measure if overall.rule else ""
    return [c for c in sheet.of_role("accuracy", "score") if c.rule and c.rule.measure == measure and c.rule.group]


def _overall(sheet: Sheet, overall: Column, groups: list[Column], told: Told) -> None:
    sizes = [sheet.about.sizes.get(column.rule.group if column.rule else "") for column in groups]
    weights = [size for size in sizes if size] if all(sizes) else None
    kinds: dict[int, tuple[bool, bool]] = {}
    to_the_digit = 0
    for row in sheet.rows():
        printed, cells = sheet.cell(row, overall), [sheet.cell(row, column) for column in groups]
        numbers = [cell for cell in cells if cell]
        if not printed or len(numbers) < len(groups) or len({number.percent for number in [printed, *numbers]}) > 1:
            continue
        macro = mean_of(numbers)
        kinds[row] = (printed.interval.meets(macro), bool(weights and printed.interval.meets(mean_of(numbers, weights))))
        to_the_digit += _half_up(numbers, printed) == printed.value
        if not any(kinds[row]):
            told.findings.extend(_no_mean(sheet, row, overall, numbers, weights))
    told.findings.extend(_mixed(sheet, overall, kinds))
    told.notes.extend(_kind(overall, kinds, to_the_digit, weights is not None))


def _half_up(numbers: Sequence[Printed], printed: Printed) -> Fraction:
    middle = sum((number.value for number in numbers), Fraction(0)) / len(numbers)
    return Fraction(shown(middle, printed.decimals))


def _no_mean(sheet: Sheet, row: int, overall: Column, numbers: list[Printed], weights: list[int] | None) -> Iterator[Finding]:
    printed = sheet.cell(row, overall)
    assert printed
    macro = shown(sum((n.value for n in numbers), Fraction(0)) / len(numbers), printed.decimals) + printed.sign
    if weights:
        weighted = sum((w * n.value for w, n in zip(weights, numbers, strict=True)), Fraction(0)) / sum(weights)
        yield sheet.finding(
            "overall-is-no-mean",
            row,
            overall,
            f"{printed.text} is neither the macro nor the micro mean of the row's groups",
            f"{macro} (macro) or {shown(weighted, printed.decimals)}{printed.sign} (micro)",
            f"of {', '.join(number.text for number in numbers)}, with sizes {', '.join(map(str, weights))}",
        )
        return
    low, high = (end(side) for end, side in zip((min, max), _sides(numbers), strict=True))
    if printed.interval.high < low or printed.interval.low > high:
        yield sheet.finding(
            "overall-outside-its-groups",
            row,
            overall,
            f"{printed.text} lies outside the row's groups",
            f"a mean of {', '.join(number.text for number in numbers)}; unweighted {macro}",
            "no weights give a mean beyond the values averaged",
        )


def _mixed(sheet: Sheet, overall: Column, kinds: dict[int, tuple[bool, bool]]) -> Iterator[Finding]:
    only_macro = [row for row, kind in kinds.items() if kind == (True, False)]
    only_micro = [row for row, kind in kinds.items() if kind == (False, True)]
    fewer = min(only_macro, only_micro, key=len)
    if only_macro and only_micro:
        name = "macro" if fewer is only_macro else "micro"
        for row in fewer:
            yield sheet.finding(
                "overall-mixed",
                row,
                overall,
                f"{sheet.source(row).cells[overall.index]} is the {name} mean, in other rows it is the other",
                "one mean for all rows, and its name in the header",
                "rows cannot be compared where Overall means two things",
            )


def _kind(overall: Column, kinds: dict[int, tuple[bool, bool]], to_the_digit: int, sized: bool) -> list[str]:
    macro, micro, n = sum(k[0] for k in kinds.values()), sum(k[1] for k in kinds.values()), len(kinds)
    if not n:
        return [f"{overall.header}: not checked, no row has it and all its groups"]
    if macro == n:
        exact = "to the last digit, half up" if to_the_digit == n else f"{to_the_digit} of {n} to the last digit, half up"
        return [f"{overall.header}: the macro mean of the printed groups in all {n} rows ({exact})"]
    if micro == n:
        return [f"{overall.header}: the micro (size-weighted) mean of the printed groups in all {n} rows"]
    advice = "" if sized else "; if it is weighted, give the groups' sizes: --size GROUP=N"
    return [f"{overall.header}: the macro mean in {macro} of {n} rows{advice}"]


def summary_rows(sheet: Sheet) -> Told:
    """Rows called Average or Total against the rows above them, column by column."""
    told = Told()
    for at, kind in enumerate(sheet.summary):
        above = [row for row in sheet.rows() if row < at]
        for column in sheet.columns if kind and len(above) > 1 else ():
            printed, numbers = sheet.cell(at, column), [sheet.cell(row, column) for row in above]
            whole = [number for number in numbers if number]
            if printed and len(whole) == len(numbers) and column.role not in {"unknown", "text", "name", "rank", "beta"}:
                told.findings.extend(_summed(sheet, at, column, printed, whole))
    return told


def _summed(sheet: Sheet, at: int, column: Column, printed: Printed, numbers: list[Printed]) -> Iterator[Finding]:
    mean, n = mean_of(numbers), len(numbers)
    if sheet.summary[at] == "average":
        weights = [sheet.n(row, "") for row in sheet.rows() if row < at] if sheet.n_column is not None else []
        sized = [weight for weight in weights if weight]
        weighted = mean_of(numbers, sized) if len(sized) == n else mean
        if not printed.interval.meets(mean) and not printed.interval.meets(weighted):
            right = shown((mean.low + mean.high) / 2, printed.decimals) + printed.sign
            yield sheet.finding(
                "average-is-not-the-mean",
                at,
                column,
                f"{printed.text} is not the mean of the {n} rows above",
                right,
                f"({' + '.join(number.text for number in numbers)}) / {n}",
            )
        return
    if column.role not in {"count", "n", "share"}:
        return
    exact = column.role != "share" and all(number.decimals == 0 for number in [printed, *numbers])
    total = Interval(mean.low * n, mean.high * n)
    middle = (total.low + total.high) / 2
    wrong = printed.value != middle if exact else not printed.interval.meets(total)
    if wrong:
        yield sheet.finding(
            "total-is-not-the-sum",
            at,
            column,
            f"{printed.text} is not the sum of the {n} rows above",
            shown(middle, printed.decimals) + printed.sign,
            " + ".join(number.text for number in numbers),
        )


def gaps(sheet: Sheet) -> Told:
    """The gap column against |SIP-F1 - SPC|; a table may print it with a sign, either way round."""
    told, column = Told(), sheet.one("gap")
    sip, spc = sheet.one("sip_f1"), sheet.one("spc")
    for row in sheet.rows() if column and sip and spc else ():
        score, partial, gap = sheet.share(row, sip), sheet.share(row, spc), sheet.share(row, column)
        number = sheet.cell(row, column) if column else None
        if not (score and partial and gap and number):
            continue
        low, high = score.low - partial.high, score.high - partial.low
        signed = [Interval(low, high), Interval(-high, -low)]
        if not any(gap.meets(one) for one in signed):
            unit = sheet.units[column.index] if column else 1
            right = shown(abs(low + high) / 2 * unit, number.decimals) + number.sign
            told.findings.append(
                sheet.finding(
                    "gap-is-not-the-difference",
                    row,
                    column,
                    f"{number.text} is not |SIP-F1 - SPC|",
                    right,
                    "the difference of the printed scores, rounding allowed for",
                )
            )
    return told


def shares(sheet: Sheet) -> Told:
    """A share column against its counts: each row's count over the total of the counts."""
    told = Told()
    for column in sheet.of_role("share"):
        counts = next(
            (c for c in sheet.of_role("count", "n") if column.rule and c.header == column.rule.of), sheet.one("count")
        )
        rows = [row for row in sheet.rows() if counts and sheet.cell(row, counts)]
        total = sum((number.value for row in rows if counts and (number := sheet.cell(row, counts))), Fraction(0))
        for row in rows if total else ():
            count, printed = (sheet.cell(row, counts) if counts else None), sheet.cell(row, column)
            unit = sheet.units.get(column.index, 1)
            if count and printed and count.value / total * unit not in printed.interval:
                right = shown(count.value / total * unit, printed.decimals) + printed.sign
                why = f"{count.text} of {shown(total, 0)}"
                told.findings.append(
                    sheet.finding("share-is-not-count-over-total", row, column, f"{printed.text} is not the share", right, why)
                )
    return told


def ranks(sheet: Sheet) -> Told:
    """A rank column against the scores it ranks by: `of`, else SIP-F1, else Overall, else the only accuracy."""
    told, column = Told(), sheet.one("rank")
    by = _ranked(sheet, column) if column else None
    if column and not by:
        told.notes.append(f"{column.header}: not checked, no column is named that it ranks by")
    for row in sheet.rows() if column and by else ():
        printed = sheet.cell(row, column) if column else None
        if not printed or not by or printed.value.denominator != 1:
            continue
        first, last = places(sheet, by, row)
        if not first <= printed.value <= last:
            right = f"{first}" if first == last else f"{first} to {last}"
            told.findings.append(
                sheet.finding(
                    "rank-is-wrong", row, column, f"rank {printed.text}", right, f"rows sorted by {by.header}, largest first"
                )
            )
    return told


def _ranked(sheet: Sheet, column: Column) -> Column | None:
    named = next((c for c in sheet.columns if column.rule and c.header == column.rule.of), None)
    return named or sheet.one("sip_f1") or sheet.one("overall") or sheet.one("accuracy")


def places(sheet: Sheet, by: Column, row: int) -> tuple[int, int]:
    """The best and the worst place a row can have, largest first: printed ties may go either way."""
    mine = sheet.cell(row, by)
    others = [number for other in sheet.rows() if other != row and (number := sheet.cell(other, by))]
    if not mine:
        return 1, len(others) + 1
    above = sum(_above(number, mine) for number in others)
    below = sum(_above(mine, number) for number in others)
    return above + 1, len(others) - below + 1


def _above(one: Printed, other: Printed) -> bool:
    """Is a printed number surely more? With as many decimals, what prints as more is more: rounding keeps the order."""
    return one.value > other.value if one.decimals == other.decimals else one.interval.low > other.interval.high


__all__ = ["gaps", "mean_of", "overalls", "places", "ranks", "shares", "summary_rows"]
