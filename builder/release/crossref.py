"""Works as the Crossref REST API describes them: licences by version, and notices that update them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from builder.errors import CannotRead

_REMEDY = "give what https://api.crossref.org/works/DOI returns: one reply, a list of them, or one a line"


@dataclass(frozen=True)
class CrossrefLicence:
    """`license` of a work. Crossref's versions: vor (of record), am (accepted manuscript), tdm (text mining), unspecified."""

    url: str
    version: str
    start: str | None  # ISO date or its prefix


@dataclass(frozen=True)
class Notice:
    """An entry of `updated-by` (the DOI is the notice's) or of `update-to` (the DOI is the updated work's)."""

    doi: str
    type: str  # as Crossmark names it, with underscores
    date: str | None
    source: str | None  # publisher or retraction-watch


@dataclass(frozen=True)
class Work:
    """What is asked of one work."""

    doi: str  # lower case
    title: str
    licences: tuple[CrossrefLicence, ...]
    updated_by: tuple[Notice, ...]
    updates: tuple[Notice, ...]


def works_of(text: str, place: str) -> list[Work]:
    """Works of an API reply, of a list of replies or works, or of JSON lines. Raises CannotRead."""
    try:
        raws = [json.loads(text)]
    except (ValueError, RecursionError):
        raws = list(_lines(text, place))
    works = [_work(raw, place) for whole in raws for raw in _unwrapped(whole)]
    if not works:
        raise CannotRead(place, "holds no work", _REMEDY)
    return works


def _lines(text: str, place: str) -> Iterator[object]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                raise CannotRead(f"{place} > line {number}", f"is not JSON: {error}", _REMEDY) from None


def _unwrapped(raw: object) -> Iterator[object]:
    """Works out of the envelopes of the API: {message: work} and {message: {items: [work, ...]}}."""
    if isinstance(raw, list):
        for one in raw:
            yield from _unwrapped(one)
    elif isinstance(raw, dict) and "message" in raw:
        yield from _unwrapped(raw["message"])
    elif isinstance(raw, dict) and "DOI" not in raw and isinstance(raw.get("items"), list):
        yield from _unwrapped(raw["items"])
    else:
        yield raw


def _work(raw: object, place: str) -> Work:
    doi = raw.get("DOI") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(doi, str):
        raise CannotRead(place, f"has something that is no work: {json.dumps(raw, ensure_ascii=False)[:80]}", _REMEDY)
    titles = raw.get("title")
    title = titles[0] if isinstance(titles, list) and titles else titles
    return Work(
        doi=doi.lower(),
        title=title.strip() if isinstance(title, str) else "",
        licences=tuple(_licence(one) for one in _dicts(raw.get("license")) if isinstance(one.get("URL"), str)),
        updated_by=tuple(_notice(one) for one in _dicts(raw.get("updated-by")) if isinstance(one.get("DOI"), str)),
        updates=tuple(_notice(one) for one in _dicts(raw.get("update-to")) if isinstance(one.get("DOI"), str)),
    )


def _dicts(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _licence(raw: dict[str, object]) -> CrossrefLicence:
    return CrossrefLicence(str(raw["URL"]), str(raw.get("content-version") or "unspecified"), _date(raw.get("start")))


def _notice(raw: dict[str, object]) -> Notice:
    kind = str(raw.get("type") or "update").strip().lower().replace("-", "_").replace(" ", "_")
    source = raw.get("source")
    return Notice(str(raw["DOI"]).lower(), kind, _date(raw.get("updated")), source if isinstance(source, str) else None)


def _date(raw: object) -> str | None:
    """ISO date, or its year or year-month, of {date-parts: [[2010, 2, 6]]}."""
    parts = raw.get("date-parts") if isinstance(raw, dict) else None
    first = parts[0] if isinstance(parts, list) and parts else None
    if not isinstance(first, list) or not first or not all(isinstance(part, int) for part in first[:3]):
        return None
    return "-".join(f"{part:04}" if place == 0 else f"{part:02}" for place, part in enumerate(first[:3]))


__all__ = ["CrossrefLicence", "Notice", "Work", "works_of"]
