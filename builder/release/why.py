"""Why an item is what it is: the chain from the release over question, crop and page to the paper and its licence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from builder.errors import CannotRead, UsageError
from builder.release.files import ERRATA
from builder.release.rows import ALPHABET, CONFIGS
from builder.release.validate import Opened, RowDict

_RELEASE = ("benchmark", "version", "tier", "signature", "logical_hash", "recipe_hash", "builder_version")
_GENERATOR = ("generator", "generator_version", "model", "prompt_hash", "tokenizer")
_CLASSES = ("kind", "scale", "techniques", "field", "modality", "skill", "bloom_level")
_PAPER = ("paper_id", "title", "creators", "doi", "arxiv_id", "year", "publisher", "copyright_notice", "source_url")
_LICENCE = ("licence", "licence_url", "licence_source", "licence_page", "licence_evidence")
_CROP = (
    "crop_method", "crop_reason", "dpi", "image_width", "image_height", "image_bbox", "native_width", "native_height",
    "native_colours", "pixels_sha256", "image_sha256",
)  # fmt: skip
_ITEM = ("id", "tier", "content_hash")
_MOST = 8  # ids that an ambiguous one is shown with

Chain = dict[str, Any]  # JSON: what `--json` prints


def chain(opened: Opened, wanted: str) -> Chain:
    """The chain of a row, by its id or the beginning of one. Raises UsageError for an unknown or ambiguous one."""
    config, split, number, row = _row(opened, wanted)
    figure = _figure(opened, row)
    rests_on: Any = figure.get("evidence") or []
    return {
        "release": {name: opened.manifest.get(name) for name in _RELEASE},
        "row": {"config": config, "split": split, "row": number, **_some(row, _ITEM), "figure_id": figure["id"]},
        "question": {"question": row.get("question") or row.get("prompt"), **_some(row, ("reference", "reasoning"))},
        "options": list(_options(row)),
        "generator": _some(row, _GENERATOR),
        "reviews": row.get("reviews") or [],
        "classes": _some(row, _CLASSES),
        "classes_rest_on": {str(one["name"]): one["text"] for one in rests_on},
        "crop": {**_some(figure, _CROP), "changes": row.get("changes")},
        "page": {"page": figure["page"], "label": figure["label"], "bbox": figure["bbox"], "caption": figure.get("caption")},
        "pdf": {"pdf_sha256": figure["pdf_sha256"]},
        "paper": _some(row, _PAPER),
        "licence": {**_some(row, _LICENCE), "withheld": figure.get("withheld"), "attribution": row.get("attribution")},
    }


def _row(opened: Opened, wanted: str) -> tuple[str, str, int, RowDict]:
    found = [place for place in opened.rows() if str(place[3]["id"]).startswith(wanted)] if wanted else []
    exact = [place for place in found if place[3]["id"] == wanted]
    if len(exact) == 1 or len(found) == 1:
        return (exact or found)[0]
    if found:
        ids = sorted({str(row["id"]) for _, _, _, row in found})
        more = f" and {len(ids) - _MOST} more" if len(ids) > _MOST else ""
        raise UsageError(wanted, f"is the beginning of {', '.join(ids[:_MOST])}{more}", "give the whole id")
    told = wanted and wanted in opened.texts.get(ERRATA, "")
    problem = f"is no row of this release any more; {ERRATA} tells of it" if told else "is no row of this release"
    raise UsageError(wanted or "ITEM", problem, f"name an id of the configs {', '.join(CONFIGS)}, such as fig-0123456789abcdef")


def _figure(opened: Opened, row: RowDict) -> RowDict:
    wanted = row.get("figure_id", row["id"])
    found = [one for config, _, _, one in opened.rows() if config == "figures" and one["id"] == wanted]
    if not found:
        raise CannotRead(str(row["id"]), f"is of {wanted}, which no row of figures has", "see `microtome validate`")
    return found[0]


def _some(row: Mapping[str, object], names: Sequence[str]) -> Chain:
    return {name: row[name] for name in names if name in row}


def _options(row: RowDict) -> Iterator[Chain]:
    """Each option with what made it false and the words that decide it."""
    answer: Any = row.get("answer")
    options: Any = row.get("options") or []
    columns: Any = {name: row.get(name) or [] for name in ("design", "option_kinds", "edits", "rubrics", "evidence")}
    for number, (letter, text) in enumerate(zip(ALPHABET, options, strict=False)):
        cells = {name: cells[number] for name, cells in columns.items() if number < len(cells)}
        right = number == answer if isinstance(answer, int) else letter in (answer or [])
        yield {"option": letter, "right": right, "text": text, **cells}


def chain_text(found: Chain) -> str:
    """The chain in lines, from the release down to the licence."""
    return "\n".join(_lines(found))


def _lines(found: Chain) -> Iterator[str]:
    row, page, crop = found["row"], found["page"], found["crop"]
    yield f"release    {found['release']['signature']}"
    yield from _pairs(found["release"], ("tier", "logical_hash", "recipe_hash"))
    yield f"row        {row['id']}: {row['config']}/{row['split']}, row {row['row']}, {row['tier']}"
    yield from _pairs(row, ("content_hash",))
    if found["question"]["question"]:
        yield f"question   {found['question']['question']}"
        yield from _pairs(found["question"], ("reference", "reasoning"))
    for option in found["options"]:
        yield from _option(option)
    if found["generator"]:
        yield "generator  " + ", ".join(f"{name} {value}" for name, value in found["generator"].items() if value)
    for review in found["reviews"]:
        scores = ", ".join(f"{name} {score:g}" for name, score in zip(review["criteria"], review["scores"], strict=True))
        yield f"review     {review['role']}, round {review['round']}, {review['model']}: {review['outcome']} {scores}".rstrip()
        yield f"           question {review['prompt_hash']}" + (f"; {review['note']}" if review["note"] else "")
    yield "classes    " + ", ".join(f"{name} {_plain(value)}" for name, value in found["classes"].items() if value)
    for name, text in found["classes_rest_on"].items():
        yield f"           {name} by: {_plain(text)}"
    yield f"crop       {crop['crop_method']}, {crop['dpi']} dpi, {crop['image_width']} x {crop['image_height']} pixels" + (
        f", not native: {crop['crop_reason']}" if crop["crop_reason"] else ""
    )
    yield from _pairs(crop, ("image_bbox", "pixels_sha256", "image_sha256", "changes"))
    yield f"page       {page['page']}, {page['label']} of figure {row['figure_id']}, box {_plain(page['bbox'])} in points"
    yield from _pairs(page, ("caption",))
    yield f"pdf        SHA-256 {found['pdf']['pdf_sha256']}"
    if "file" in found["pdf"]:
        yield f"           {found['pdf']['file'] or 'no file that was given has this hash'}"
    yield from _paper(found["paper"])
    yield from _licence(found["licence"])


def _option(option: Chain) -> Iterator[str]:
    kind = option.get("option_kinds") or option.get("design") or ""
    yield f"option {option['option']}   {'right' if option['right'] else 'wrong'}, {kind}: {option['text']}"
    for edit in option.get("edits") or []:
        made = f"{edit['original']!r} made {edit['replacement']!r}"
        yield f"           {edit['type']}: {made} at {edit['start']} to {edit['end']}"
    for span in option.get("evidence") or []:
        where = f"{span['source']} of {span['of']}" + (f", panel {span['panel']}" if span["panel"] else "")
        yield f"           evidence: {span['text']!r} ({where}, {span['start']} to {span['end']})"
    if option.get("rubrics"):
        yield f"           why: {option['rubrics']}"


def _paper(paper: Chain) -> Iterator[str]:
    yield f"paper      {paper['title'] or 'title withheld'} ({paper['year'] or 'year unknown'})"
    yield from _pairs(paper, ("creators", "paper_id", "doi", "arxiv_id", "publisher", "source_url"))


def _licence(licence: Chain) -> Iterator[str]:
    yield f"licence    {licence['licence']}" + (f" ({licence['licence_url']})" if licence["licence_url"] else "")
    page = f", page {licence['licence_page']}" if licence["licence_page"] else ""
    source = "not recorded" if licence["licence_source"] == "none" else licence["licence_source"]
    yield f"           source: {source}{page}"
    yield from _pairs(licence, ("licence_evidence", "withheld", "attribution"))


def _pairs(of: Chain, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if of.get(name):
            yield f"           {name}: {_plain(of[name])}"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else " ".join(str(value).split())


__all__ = ["Chain", "chain", "chain_text"]
