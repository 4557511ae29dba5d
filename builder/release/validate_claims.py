"""Check what rows and tables claim against one another: attribution, links, the words of one figure, the attrition chain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from builder.errors import Issue
from builder.release.files import ATTRITION
from builder.release.revise import errata_stage
from builder.release.rows import CONFIGS, Attrition, Row
from builder.release.validate import Opened, RowDict, at, short
from builder.release.validate_documents import paper_of
from builder.release.validate_errata import errata_of
from builder.stages.generate import option_text
from builder.stages.licence import licence_by_id
from builder.stages.rights import attribution

# Whose records a stage reads; pages and captions are counted apart, so `sieve` follows nobody.
READS_FROM = {
    "locate": "sieve", "pair": "locate", "panels": "pair", "classify": "panels", "select": "classify", "rights": "select",
    "crop": "rights", "caption_matching": "crop", "description": "crop", "multi_select": "crop", "challenge": "multi_select",
    "errata_figures": "crop", "errata_caption_matching": "caption_matching", "errata_description": "description",
}  # fmt: skip
_GIVES = {"crop": "figures", "caption_matching": "caption_matching", "description": "description"}
_TAKEN_OUT = {errata_stage(config): config for config in CONFIGS}  # of the released rows: what is left of them
_LAST = ("challenge", "multi_select")  # the first of these that ran gives the rows of multi_select
_OF_THE_ROW = frozenset({"id", "tier", "changes", "content_hash"})  # an item differs from its figure in these
_REBUILD = "rebuild the release with `microtome build`"


def sources(opened: Opened) -> Iterator[Issue]:
    """Licence link, attribution and ids of each row follow from its own columns."""
    for config, split, number, row in opened.rows():
        for column, want in _claims(row):
            if row.get(column) != want:
                problem = f"is {short(repr(row.get(column)))}; the row's other columns give {short(repr(want))}"
                yield Issue("claim-differs", at(config, split, number, row, column), problem, _REBUILD)
        wrong = _wrong_link(row)
        if wrong:
            yield Issue("claim-differs", at(config, split, number, row, "source_url"), wrong, _REBUILD)


def _claims(row: RowDict) -> Iterator[tuple[str, object]]:
    """Columns and what they must hold."""
    link = licence_by_id(str(row["licence"])).url
    if link:
        yield "licence_url", link
    scheme, _, name = str(row["paper_id"]).partition(":")
    column = {"doi": "doi", "sha256": "pdf_sha256"}.get(scheme)
    if column:
        yield column, name
    if row["tier"] != "pointer":
        shared = {name: row[name] for name in Row.model_fields}
        try:
            yield "attribution", attribution(paper_of(Row.model_validate(shared)))
        except ValidationError:
            return  # the check against the schema has said so


def _wrong_link(row: RowDict) -> str | None:
    """What is wrong with a link that goes by DOI or arXiv id; papers.csv may give any other."""
    try:
        link = urlsplit(str(row["source_url"] or ""))
    except ValueError:
        return f"is {row['source_url']!r}, which is no link"
    path = unquote(link.path).lower()
    if link.netloc.lower() in {"doi.org", "dx.doi.org"} and path != f"/{row['doi']}".lower():
        return f"is {row['source_url']!r}; the row's DOI is {row['doi']!r}"
    if link.netloc.lower() == "arxiv.org" and not path.endswith(f"/{row['arxiv_id']}".lower()):
        return f"is {row['source_url']!r}; the row's arXiv id is {row['arxiv_id']!r}"
    return None


def words(opened: Opened) -> Iterator[Issue]:
    """An item says of its figure what the figure's row says; the key is its caption without the label."""
    figures = opened.by("figures", lambda row: row["id"])
    known = errata_of(opened)
    corrected = known.keys if known else {}
    for config, split, number, row in opened.rows():
        figure = None if config == "figures" else figures.get(row.get("figure_id"))
        if figure is None or figure["tier"] == "pointer":
            continue
        wanted = {name: figure[name] for name in Row.model_fields.keys() - _OF_THE_ROW}
        caption = figure["caption"]
        if config == "description" and caption is not None:
            wanted["caption"] = caption
        found = {name: row.get(name) for name in wanted}
        if config == "caption_matching" and isinstance(caption, str) and str(row.get("id")) not in corrected:
            wanted["options"], found["options"] = option_text(caption), _key(row)
        for name in sorted(wanted):
            if found[name] != wanted[name]:
                problem = f"is {short(repr(found[name]))}; the figure's row gives {short(repr(wanted[name]))}"
                yield Issue("differs-from-figure", at(config, split, number, row, name), problem, _REBUILD)


def _key(row: RowDict) -> object:
    options, answer = row["options"], row["answer"]
    return options[answer] if isinstance(options, list) and isinstance(answer, int) and 0 <= answer < len(options) else None


def chain(opened: Opened) -> Iterator[Issue]:
    """Each stage reads what the one before it made; the last give the rows; the dropped records are those counted."""
    try:
        table = Attrition.model_validate(opened.documents.get(ATTRITION))
    except ValidationError:
        return  # the check against the schema has said so
    stages = {line.stage: line for line in table.stages}
    last = next((stage for stage in _LAST if stage in stages), None)
    rows: Counter[str] = Counter()
    for (config_of, _), found in opened.tables.items():
        rows[config_of] += len(found)
    for line in table.stages:
        place = f"{ATTRITION} > {line.stage}"
        before = stages.get(READS_FROM.get(line.stage, (last or "") if line.stage == errata_stage("multi_select") else ""))
        if before and before.made != line.read - _refused(table, line.stage):
            yield Issue("attrition", place, f"reads {line.read}; {before.stage} made {before.made}", _REBUILD)
        config = _GIVES.get(line.stage) or ("multi_select" if line.stage == last else None)
        corrected = _TAKEN_OUT.get(line.stage)
        gives = corrected or (config if errata_stage(str(config)) not in stages else None)
        if gives and line.made != rows[gives]:
            yield Issue("attrition", place, f"made {line.made}; {gives} has {rows[gives]} rows", _REBUILD)
        listed = Counter(drop.reason for drop in table.drops if drop.stage == line.stage)
        if listed != Counter(line.dropped):
            problem = f"counts {dict(sorted(line.dropped.items()))} dropped; drops lists {dict(sorted(listed.items()))}"
            yield Issue("attrition", place, problem, f"one entry in drops for each dropped record; {_REBUILD}")
    for stage in sorted({drop.stage for drop in table.drops} - stages.keys()):
        yield Issue("attrition", f"{ATTRITION} > drops", f"names stage {stage!r}, which has no line", _REBUILD)


def _refused(table: Attrition, stage: str) -> int:
    """Items that the stage made and refused itself: it reads and drops them beside what it was given."""
    return sum(drop.stage == stage and f"/{stage}/" in drop.record_id for drop in table.drops)


CLAIM_CHECKS = (sources, words, chain)

__all__ = ["CLAIM_CHECKS", "chain", "sources", "words"]
