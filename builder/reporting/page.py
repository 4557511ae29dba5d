"""The page: one HTML file that opens offline, runs nothing, loads nothing, and reads with or without its pictures."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from builder.release.card import escaped, yaml_text
from builder.reporting.facts import Report, Section
from builder.reporting.figures import Figure, bars, figures
from builder.reporting.gallery import Exhibit
from builder.reporting.tables import (
    Table,
    answers_table,
    csv_text,
    group_table,
    items_table,
    latex_text,
    leaderboard_table,
    overall_table,
    pairs_table,
)

_DRAWN = frozenset({"kind", "scale", "field"})  # columns that a figure shows, with its table


@dataclass(frozen=True)
class SectionView:
    """A section as the page shows it."""

    section: Section
    leaderboard: Table
    bars: tuple[Markup, ...]
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]
    gallery: tuple[Exhibit, ...]


def views(report: Report, galleries: Mapping[str, tuple[Exhibit, ...]]) -> tuple[SectionView, ...]:
    """Every section with its tables and figures. `galleries` by the section's name."""
    return tuple(_view(section, galleries.get(section.name, ())) for section in report.sections)


def _view(section: Section, gallery: tuple[Exhibit, ...]) -> SectionView:
    drawn = figures(section)
    means = [(one.model, section.estimate(one)) for one in section.standings]
    shown = {figure.table.name for figure in drawn}
    others = [group_table(section, by) for by in section.columns() if by not in _DRAWN or f"by-{by}" not in shown]
    tables = (overall_table(section), answers_table(section), pairs_table(section), *others)
    return SectionView(section, leaderboard_table(section), bars(means), tuple(t for t in tables if t.rows), drawn, gallery)


def files(shown: Sequence[SectionView]) -> dict[str, str]:
    """Each table as CSV and LaTeX, by path."""
    made: dict[str, str] = {}
    for view in shown:
        whole = {table.name: table for table in (view.leaderboard, *view.tables, *(figure.table for figure in view.figures))}
        if "items" in whole:
            whole["items"] = items_table(view.section)
        for name, table in whole.items():
            made[f"tables/{view.section.name}/{name}.csv"] = csv_text(table)
            made[f"tables/{view.section.name}/{name}.tex"] = latex_text(table)
    return made


def rendered(template: str, style: str, **facts: object) -> str:
    """The template with everything escaped that is not a drawing of ours. The policy allows this one style sheet, no script."""
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True)
    environment.filters.update(web=web_address)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return environment.from_string(template).render(style=Markup(style), policy=policy, **facts)


def markdown(template: str, **facts: object) -> str:
    """A README with everything from outside escaped by the filters `text`, `yaml` and `code`."""
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    environment.filters.update(text=escaped, yaml=yaml_text, code=lambda text: " ".join(str(text).replace("`", "'").split()))
    return environment.from_string(template).render(**facts)


def web_address(url: str | None) -> str:
    """The address where it is one that a link may have; else nothing: a paper may print javascript: as well.

    >>> web_address("javascript:alert(1)")
    ''
    """
    return url if url and url.startswith(("https://", "http://")) else ""


__all__ = ["SectionView", "files", "markdown", "rendered", "views", "web_address"]
