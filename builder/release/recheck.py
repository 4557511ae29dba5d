"""Rights re-check: what Crossref says today of a release's papers, against what the release was made under."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from builder.records import Act, Licence, Record
from builder.release.crossref import Notice, Work
from builder.release.diff import next_version
from builder.release.rows import Row
from builder.release.withdraw import Withdrawal, in_a_shell, next_folder
from builder.stages.licence import family_of, licence_by_id
from builder.stages.rights import Policy, Terms

# Update types of Crossref's Crossmark: what they ask of a benchmark that shows the paper's figures.
GONE = frozenset({"retraction", "withdrawal", "removal"})
DOUBTED = frozenset({"partial_retraction", "expression_of_concern"})
_GONE_TITLE = re.compile(
    r"\W*(?:RETRACTED|WITHDRAWN|REMOVED|TEMPORARY REMOVAL|Retracted|Withdrawn)(?:\s+(?:ARTICLE|Article))?\s*[:.\]]"
)

Code = Literal[
    "retracted", "doubted", "corrected", "is-a-notice", "licence-narrower", "licence-wider", "licence-other", "licence-to-come",
    "not-checked",
]  # fmt: skip


class Finding(Record):
    """One thing that Crossref says otherwise than the release, and what is to be done."""

    doi: str
    code: Code
    action: Literal["withdraw", "look"] = Field(description="withdraw: it must leave the release; look: a person decides")
    problem: str
    figures: tuple[str, ...] = Field(description="ids of the paper's figures in the release")
    items: int = Field(ge=0, description="rows made from them in the other configs")


@dataclass(frozen=True)
class Shown:
    """What a release has of one paper."""

    licence: Licence
    figures: tuple[str, ...]
    items: int
    images: bool  # some row carries more than a pointer


def shown_of(rows: Iterable[Row]) -> dict[str, Shown]:
    """By DOI, lower case; papers without one cannot be asked about."""
    licences: dict[str, Licence] = {}
    figures: dict[str, list[str]] = defaultdict(list)
    items: Counter[str] = Counter()
    images: set[str] = set()
    for row in rows:
        if row.doi:
            doi = row.doi.lower()
            licences.setdefault(doi, Licence(spdx=row.licence, url=row.licence_url, source=row.licence_source))
            if row.id.startswith("fig-"):
                figures[doi].append(row.id)
            else:
                items[doi] += 1
            images |= {doi} if row.image is not None else set()
    return {doi: Shown(of, tuple(sorted(figures[doi])), items[doi], doi in images) for doi, of in sorted(licences.items())}


def recheck(shown: Mapping[str, Shown], works: Sequence[Work], policy: Policy, today: str, where: str) -> list[Finding]:
    """All findings, by DOI, what must be withdrawn first. `today` is an ISO date: licences begin at one.

    `where` the works are from, as in "at Crossref".
    """
    known = {work.doi: work for work in works}
    elsewhere: dict[str, list[Notice]] = defaultdict(list)  # what a notice says of the work that it updates
    for work in works:
        for notice in work.updates:
            elsewhere[notice.doi].append(Notice(work.doi, notice.type, notice.date, notice.source))
    found: list[Finding] = []
    for doi, paper in shown.items():
        found_work = known.get(doi)
        found += _of_notices(doi, paper, [*(found_work.updated_by if found_work else ()), *elsewhere[doi]])
        if found_work is None:
            found.append(_finding(doi, paper, "not-checked", "look", f"is not {where}"))
            continue
        found += _of_work(doi, paper, found_work, gone=any(one.code == "retracted" and one.doi == doi for one in found))
        found += _of_licence(doi, paper, found_work, policy, today)
    return sorted(found, key=lambda one: (one.action != "withdraw", one.doi, one.code, one.problem))


def _finding(doi: str, paper: Shown, code: Code, action: Literal["withdraw", "look"], problem: str) -> Finding:
    return Finding(doi=doi, code=code, action=action, problem=problem, figures=paper.figures, items=paper.items)


def _of_notices(doi: str, paper: Shown, notices: Sequence[Notice]) -> list[Finding]:
    """One finding a kind of notice; publisher and Retraction Watch often tell of the same one."""
    found = []
    by_type: dict[str, list[Notice]] = defaultdict(list)
    for notice in notices:
        by_type[notice.type].append(notice)
    for kind, mine in sorted(by_type.items()):
        told = "; ".join(sorted({_told(notice) for notice in mine}))
        if kind in GONE:
            found.append(_finding(doi, paper, "retracted", "withdraw", f"{kind}: {told}"))
        else:
            code: Code = "doubted" if kind in DOUBTED else "corrected"
            found.append(_finding(doi, paper, code, "look", f"{kind.replace('_', ' ')}: {told}"))
    return found


def _told(notice: Notice) -> str:
    source = f", by {notice.source}" if notice.source else ""
    return f"https://doi.org/{notice.doi}" + (f", {notice.date}" if notice.date else "") + source


def _of_work(doi: str, paper: Shown, work: Work, *, gone: bool) -> list[Finding]:
    found = []
    said = _GONE_TITLE.match(work.title)
    if not gone and said:
        # No more of the title: the reason of a withdrawal stands on the card.
        found.append(_finding(doi, paper, "retracted", "withdraw", f"its title begins {said[0].strip()!r}"))
    if work.updates:
        of = ", ".join(sorted({f"{notice.type} of {notice.doi}" for notice in work.updates}))
        found.append(_finding(doi, paper, "is-a-notice", "look", f"is itself a notice: {of}"))
    return found


def _of_licence(doi: str, paper: Shown, work: Work, policy: Policy, today: str) -> list[Finding]:
    """The licences of the version of record that are in force, against the one that the release was made under."""
    ours = [one for one in work.licences if one.version == "vor"] or [
        one for one in work.licences if one.version == "unspecified"
    ]
    in_force = [one for one in ours if not one.start or one.start <= today]
    found = []
    for one in ours:
        narrower = _narrower(policy.of(paper.licence.spdx), policy.of(licence_by_id(one.url).spdx))
        if one not in in_force and narrower and family_of(licence_by_id(one.url).spdx):
            problem = f"{one.url} is in force from {one.start}; the release has it under {paper.licence.spdx}"
            found.append(_finding(doi, paper, "licence-to-come", "look", problem))
    named = {licence_by_id(one.url).spdx: one for one in in_force}
    open_ones = {spdx: one for spdx, one in named.items() if family_of(spdx)}  # publishers list their own terms beside them
    if not open_ones:
        if named:
            problem = (
                f"names {', '.join(sorted(one.url for one in named.values()))}; the release has it under {paper.licence.spdx}"
            )
            found.append(_finding(doi, paper, "licence-other", "look", problem))
        return found
    for spdx, one in sorted(open_ones.items()):
        if family_of(spdx) == family_of(paper.licence.spdx):
            continue
        narrower = _narrower(policy.of(paper.licence.spdx), policy.of(spdx))
        since = f" since {one.start}" if one.start else ""
        problem = f"is under {spdx} ({one.url}){since}; the release has it under {paper.licence.spdx}"
        code: Code = "licence-narrower" if narrower else "licence-wider"
        found.append(_finding(doi, paper, code, "withdraw" if narrower and paper.images else "look", problem))
    return found


def _narrower(ours: Terms | None, theirs: Terms | None) -> bool:
    """Whether the policy lets one do less under their terms."""
    if theirs is None or ours is None:
        return theirs is None and ours is not None
    acts = [(getattr(ours, name), getattr(theirs, name)) for name in ("image", "caption", "paragraph")]
    lost = any(_lost(one, other) for one, other in acts)
    return lost or (ours.tier == "open" and theirs.tier == "pointer") or (ours.questions and not theirs.questions)


def _lost(ours: Act, theirs: Act) -> bool:
    return any(getattr(ours, name) and not getattr(theirs, name) for name in ("share", "adapt", "commercial"))


def withdrawals(findings: Sequence[Finding], release: str, version: str) -> list[str]:
    """The commands that take out what must go, each on the release that the one before it made."""
    commands, folder = [], release
    for doi in dict.fromkeys(one.doi for one in findings if one.action == "withdraw"):
        why = "; ".join(one.problem for one in findings if one.doi == doi and one.action == "withdraw")
        version = next_version(version, "minor")  # items leave
        new = next_folder(release, version)
        commands.append(in_a_shell(folder, new, version, Withdrawal("doi", doi, f"Crossref: {why}")))
        folder = new
    return commands


__all__ = ["DOUBTED", "GONE", "Finding", "Shown", "recheck", "shown_of", "withdrawals"]
