"""A table of SIP-F1 by N, TP, FP, alpha and beta against its formula, cell by cell."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from builder.lint.bounds import sip_f1_exact
from builder.lint.cells import Interval, shown
from builder.lint.findings import Finding, Sheet, Told, digits
from builder.lint.roles import Column

_STEPS = 20  # alphas are looked for in steps of 1/20, as tables print them


def by_formula(sheet: Sheet) -> Told:
    """Each SIP-F1 cell of a row with N, TP and FP; a column without alpha gets the alpha that most of its cells have."""
    told = Told()
    if not (sheet.one("keys") and sheet.one("tp") and sheet.one("fp")):
        return told
    for column in sheet.of_role("sip_f1"):
        alpha = Fraction(column.rule.alpha) if column.rule and column.rule.alpha else None
        if alpha is None and len(sheet.of_role("sip_f1")) > 1:
            alpha = _alpha_of(sheet, column)
            if alpha is None:
                told.notes.append(f"{column.header}: not checked, no alpha fits most of its cells")
                continue
            told.findings.append(_unnamed(sheet, column, alpha))
        for row in sheet.rows():
            told.findings.extend(_cell(sheet, row, column, alpha or Fraction(sheet.about.alpha)))
    return told


def _counts(sheet: Sheet, row: int) -> tuple[int, int, int, Fraction] | None:
    """N, TP, FP and beta of a row; beta may be missing where FP is 0."""
    numbers = [sheet.cell(row, column) for role in ("keys", "tp", "fp") if (column := sheet.one(role))]
    whole = [int(number.value) for number in numbers if number and number.value.denominator == 1]
    column = sheet.one("beta")
    beta = sheet.cell(row, column) if column else None
    if len(whole) < 3 or not 0 <= whole[1] <= whole[0] or whole[0] < 1 or (column and beta is None and whole[2]):
        return None
    return whole[0], whole[1], whole[2], beta.value if beta else Fraction(sheet.about.beta)


def _alpha_of(sheet: Sheet, column: Column) -> Fraction | None:
    """The alpha that more than half of a column's cells allow."""
    fits: Counter[Fraction] = Counter()
    cells = 0
    for row in sheet.rows():
        counts, share = _counts(sheet, row), sheet.share(row, column)
        if not counts or not share:
            continue
        cells += 1
        fits.update(
            alpha for k in range(_STEPS + 1) if sip_f1_exact(*counts[:3], alpha := Fraction(k, _STEPS), counts[3]) in share
        )
    best = fits.most_common(1)
    return best[0][0] if best and 2 * best[0][1] > cells else None


def _unnamed(sheet: Sheet, column: Column, alpha: Fraction) -> Finding:
    return sheet.finding(
        "header-missing",
        None,
        column,
        "has numbers and no alpha in its header",
        f"alpha = {digits(alpha)}",
        "most of its cells are SIP-F1 at that alpha, to the last digit, and at no other",
    )


def _cell(sheet: Sheet, row: int, column: Column, alpha: Fraction) -> list[Finding]:
    counts, share, printed = _counts(sheet, row), sheet.share(row, column), sheet.cell(row, column)
    if not counts or not share or not printed:
        return []
    keys, tp, fp, beta = counts
    right = sip_f1_exact(keys, tp, fp, alpha, beta)
    if right in Interval(share.low, share.high):
        return []
    told = shown(right * sheet.units[column.index], printed.decimals) + printed.sign
    why = f"SIP-F1 of N = {keys}, TP = {tp}, FP = {fp} at alpha = {digits(alpha)}, beta = {digits(beta)}"
    return [sheet.finding("not-the-formula", row, column, f"{printed.text} is not what the formula gives", told, why)]
