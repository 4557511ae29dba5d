"""The tables of a report, once: the page shows them, CSV and LaTeX write them, each with the signature of its numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from builder.reporting.compare import ALPHA, POWER, Pair
from builder.reporting.facts import Section, Standing, group_of, shares_of
from builder.reporting.runs import signature_of
from builder.scoring.option_sets import LEVEL
from builder.scoring.results import OK, Estimate, coverage_of
from builder.scoring.strategies import STRATEGIES

NOTHING = "\N{EN DASH}"  # in a cell without a value
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run at the start of a cell
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", NOTHING: "--", "\N{MINUS SIGN}": "$-$", "<": "$<$", ">": "$>$",
    "|": r"\textbar{}", "\N{GREEK SMALL LETTER ALPHA}": r"$\alpha$",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Words in cells; the first `texts` columns are text, the others numbers."""

    name: str
    title: str
    signature: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: int = 1
    note: str = ""


def number(value: float | None, digits: int = 3) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def with_interval(one: Estimate) -> str:
    """A mean and, where there is one, its interval."""
    if one.low is None or one.high is None:
        return number(one.value)
    return f"{number(one.value)} [{number(one.low)}, {number(one.high)}]"


def p_text(value: float | None) -> str:
    return NOTHING if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


def leaderboard_table(section: Section) -> Table:
    """Models by the section's metric; the gap to the one above, its test and the gap that could have been found."""
    others = [metric for metric in sorted(section.standings[0].result.micro) if metric != section.metric]
    head = (
        "rank",
        "model",
        section.metric,
        f"{LEVEL:.0%} interval",
        "n",
        "ok",
        "gap to the one above",
        "p (Holm)",
        "detectable gap",
    )
    rows = tuple((*_standing(section, one), *(number(_micro(one, metric)) for metric in others)) for one in section.standings)
    note = (
        "ok: answers that could be read, of all asked; what failed or is missing scores 0. Intervals: bootstrap over papers. "
        f"Tests: sign flips of papers, adjusted by Holm over all {len(section.pairs)} pairs. "
        f"Detectable gap: the smallest true difference found with power {POWER} at family-wise level {ALPHA}; a smaller gap "
        "says nothing about which model is better."
    )
    return Table("leaderboard", "Leaderboard", section.signature, (*head, *others), rows, 2, note)


def _standing(section: Section, one: Standing) -> tuple[str, ...]:
    mine, above = section.estimate(one), one.above
    interval = NOTHING if mine.low is None else f"[{number(mine.low)}, {number(mine.high)}]"
    gap = (number(above.difference), p_text(above.p_adjusted), number(above.detectable)) if above else (NOTHING,) * 3
    return (
        str(one.rank),
        one.model,
        number(mine.value),
        interval,
        str(mine.n),
        coverage_of(one.result.statuses).cells()[0],
        *gap,
    )


def _micro(one: Standing, metric: str) -> float | None:
    found = one.result.micro.get(metric)
    return found.value if found else None


def answers_table(section: Section) -> Table:
    """What became of every answer: parsed, unanswered, refused, missing."""
    statuses = sorted({status for one in section.standings for status in one.result.statuses} - {OK})
    rows = tuple(
        (one.model, str(one.result.items), str(one.result.repeats), coverage_of(one.result.statuses).cells()[0],
         *(str(one.result.statuses.get(status, 0)) for status in statuses))
        for one in section.standings
    )  # fmt: skip
    head = ("model", "items", "repeats", "ok of asked", *statuses)
    note = "Answers by status of the parser. Nothing is dropped: what is not a readable answer scores 0 and is counted here."
    return Table("answers", "Answers by status", section.signature, head, rows, 1, note)


def overall_table(section: Section) -> Table:
    """Macro and micro means, named."""
    columns = tuple(dict.fromkeys(by for one in section.standings for by in one.result.macro))
    rows = tuple(
        (one.model, with_interval(section.estimate(one)), *(_macro(one, by, section.metric) for by in columns))
        for one in section.standings
    )
    head = ("model", "micro (all items)", *(f"macro over {by}" for by in columns))
    note = (
        "Micro: mean over items. Macro over a column: unweighted mean over its values. The two differ; cite the one you mean."
    )
    return Table("overall", f"Overall {section.metric}: micro and macro", section.signature, head, rows, 1, note)


def _macro(one: Standing, by: str, metric: str) -> str:
    found = one.result.macro.get(by, {}).get(metric)
    return with_interval(found) if found else NOTHING


def pairs_table(section: Section) -> Table:
    head = ("model a", "model b", "a minus b", f"{LEVEL:.0%} interval", "p", "p (Holm)", "detectable gap", "n", "papers")
    rows = tuple(_pair(pair) for pair in section.pairs)
    return Table("pairs", "Every pair of models", section.signature, head, rows, 2)


def _pair(pair: Pair) -> tuple[str, ...]:
    interval = NOTHING if pair.low is None else f"[{number(pair.low)}, {number(pair.high)}]"
    told = (number(pair.difference), interval, p_text(pair.p_value), p_text(pair.p_adjusted), number(pair.detectable))
    return (pair.a, pair.b, *told, str(pair.n), str(pair.papers))


def group_table(section: Section, by: str) -> Table:
    """The section's metric by the values of a column, with interval and n in each cell."""
    values = section.values(by)
    rows = tuple((one.model, *(_cell(one, by, value, section.metric) for value in values)) for one in section.standings)
    title = f"{section.metric} by {by.replace('_', ' ')}"
    return Table(f"by-{by}", title, section.signature, ("model", *values), rows)


def _cell(one: Standing, by: str, value: str, metric: str) -> str:
    group = group_of(one.result, by, value)
    found = group.metrics.get(metric) if group else None
    return f"{with_interval(found)} n={found.n}" if found else NOTHING


def strategies_table(section: Section) -> Table:
    """Shares of response strategies, and the personality with how stable it is."""
    rows = tuple(
        (one.model, _word(one.result.profile.get("personality")), _word(one.result.profile.get("stability")),
         *(number(shares_of(one.result.profile).get(name)) for name in STRATEGIES))
        for one in section.standings
    )  # fmt: skip
    head = ("model", "personality", "stability", *(name.replace("_", " ") for name in STRATEGIES))
    note = (
        "Stability: share of bootstrap samples of papers that bear the same name; below 0.9, or below ten papers, no name is "
        "given."
    )
    return Table("strategies", "Response strategies", signature_of(section.signed, "response_profile"), head, rows, 2, note)


def _word(value: float | str | None) -> str:
    return value if isinstance(value, str) else number(value, 2)


def calibration_table(section: Section) -> Table:
    names = tuple(dict.fromkeys(name for one in section.standings for name in one.result.calibration))
    rows = tuple((one.model, *(number(one.result.calibration.get(name)) for name in names)) for one in section.standings)
    head = ("model", *(name.replace("_", " ") for name in names))
    return Table("calibration", "Calibration", signature_of(section.signed, "calibration_error"), head, rows)


def means_table(section: Section) -> Table:
    """What the models said of themselves and what they used."""
    head = ("rank", "model", "confidence", "perceived difficulty", "completion tokens", section.metric)
    rows = tuple(
        (str(one.rank), one.model, number(one.confidence), number(one.difficulty), number(one.completion_tokens, 0),
         number(section.estimate(one).value))
        for one in section.standings
    )  # fmt: skip
    return Table("means", "Confidence, difficulty and tokens: means of an answer", section.signature, head, rows, 2)


def correlations_table(section: Section) -> Table:
    rows = tuple((one.metric, one.one, one.other, number(one.correlation), str(one.models)) for one in section.correlations)
    head = ("metric", "scale", "other scale", "correlation", "models")
    return Table("scale-correlations", "Correlation of models' means between scales", section.signature, head, rows, 3)


def items_table(section: Section) -> Table:
    """Every item, those with the lowest discrimination first."""
    ordered = sorted(section.items, key=lambda item: (2.0 if item.discrimination is None else item.discrimination, item.id))
    rows = tuple(
        (item.id, item.paper_id, number(item.difficulty), number(item.discrimination), number(item.low), number(item.high),
         "suspect key" if item.suspect else "")
        for item in ordered
    )  # fmt: skip
    head = ("item", "paper", "difficulty", "discrimination", "low", "high", "remark")
    return Table("items", "Items: difficulty and discrimination", section.signature, head, rows, 2)


def csv_text(table: Table) -> str:
    """The table with its signature in the last column. A cell that would be a formula gets an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow((*table.head, "signature"))
    for row in table.rows:
        writer.writerow((*(_plain(cell) for cell in row), _plain(table.signature)))
    return buffer.getvalue()


def _plain(cell: str) -> str:
    # a lone carriage return is left unquoted before Python 3.13, and begins a row for whoever reads it
    told = cell.replace("\N{MINUS SIGN}", "-").replace(NOTHING, "").replace("\r", " ").replace("\0", "")
    formula = told.startswith(_FORMULA) and not told.removeprefix("-").replace(".", "", 1).isdecimal()
    return f"'{told}" if formula else told


def latex_text(table: Table) -> str:
    """A booktabs table; its caption and a comment carry the signature."""
    columns = "l" * table.texts + "r" * (len(table.head) - table.texts)
    body = "\n".join(f"{_cells(row)} \\\\" for row in table.rows)
    return (
        f"% needs \\usepackage{{booktabs}}\n% {' '.join(table.signature.split())}\n\\begin{{table}}\n\\centering\n"
        f"\\caption{{{latex(table.title)}. \\texttt{{{latex(table.signature)}}}}}\n\\label{{tab:{table.name}}}\n"
        f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n{_cells(table.head)} \\\\\n\\midrule\n{body}\n\\bottomrule\n"
        "\\end{tabular}\n\\end{table}\n"
    )


def _cells(row: Sequence[str]) -> str:
    return " & ".join(map(latex, row))


def latex(text: str) -> str:
    """Text that TeX prints as it is: one line, no command.

    >>> latex("a_b & 5 %")
    'a\\\\_b \\\\& 5 \\\\%'
    """
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))


__all__ = [
    "NOTHING", "Table", "answers_table", "calibration_table", "correlations_table", "csv_text", "group_table", "items_table",
    "latex", "latex_text", "leaderboard_table", "means_table", "number", "overall_table", "p_text", "pairs_table",
    "strategies_table", "with_interval",
]  # fmt: skip
