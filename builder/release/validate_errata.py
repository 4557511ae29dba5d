"""Checks of errata.json: ids in order, versions that lead to this one, corrections that the rows show, ids that stay gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import ValidationError

from builder.errors import Issue
from builder.release.errata import Errata, erratum_id
from builder.release.files import ATTRITION, ERRATA, MANIFEST
from builder.release.revise import errata_stage
from builder.release.rows import ALPHABET, CONFIGS, Attrition
from builder.release.validate import Opened, at

_DERIVE = "derive the release again, with `microtome erratum` or `microtome withdraw`"


def errata_of(opened: Opened) -> Errata | None:
    """errata.json, where there is one of its shape."""
    try:
        return Errata.model_validate(opened.documents[ERRATA]) if ERRATA in opened.documents else None
    except ValidationError:
        return None  # the check against the schema has said so


def errata(opened: Opened) -> Iterator[Issue]:
    """errata.json against itself, the manifest, the rows and the attrition table."""
    found = errata_of(opened)
    yield from _corrected_kinds(opened, found)
    if found is not None:
        yield from _numbered(found)
        yield from _editions(found, opened)
        yield from _gone(found, opened)
        yield from _keys(found, opened)
        yield from _counts(found, opened)


def _numbered(found: Errata) -> Iterator[Issue]:
    ids = [one.id for one in found.errata]
    wanted = [erratum_id(number) for number in range(1, len(ids) + 1)]
    if ids != wanted:
        yield Issue("errata-lost", f"{ERRATA} > errata", f"are {', '.join(ids)}", f"count from E-0001 without a gap; {_DERIVE}")
    versions = [_numbers(one.version) for one in found.errata]
    known = {one.version for one in found.editions[1:]}
    for one in found.errata:
        if one.version not in known:
            problem = f"is of version {one.version}, which is no revision among the editions"
            yield Issue("errata-lost", f"{ERRATA} > {one.id}", problem, _DERIVE)
    if versions != sorted(versions):
        yield Issue("errata-lost", f"{ERRATA} > errata", "are not in the order of their versions", _DERIVE)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _editions(found: Errata, opened: Opened) -> Iterator[Issue]:
    place, manifest = f"{ERRATA} > editions", opened.manifest
    versions = [_numbers(one.version) for one in found.editions]
    if len(versions) < 2 or versions != sorted(set(versions)):
        said = ", ".join(one.version for one in found.editions) or "none"
        yield Issue("errata-lost", place, f"are {said}", f"the first version and each revision, ascending; {_DERIVE}")
    if manifest and found.editions:
        last = found.editions[-1]
        for name, have in (("version", last.version), ("signature", last.signature), ("rows", last.rows)):
            if have != manifest.get(name):
                yield Issue("errata", f"{place} > {name}", f"ends with {have}; {MANIFEST} says {manifest.get(name)}", _DERIVE)


def _gone(found: Errata, opened: Opened) -> Iterator[Issue]:
    gone = found.gone
    stones = Counter(stone.id for one in found.errata for stone in one.tombstones)
    for name, times in sorted(stones.items()):
        if times > 1:
            yield Issue("errata", f"{ERRATA} > {name}", f"has {times} tombstones", _DERIVE)
    names = set()
    for config, split, number, row in opened.rows():
        name = str(row.get("id"))
        names.add(name)
        if name in gone:
            problem = f"left with {gone[name].id} in version {gone[name].version}, and is here again"
            yield Issue(
                "id-reused", at(config, split, number, row), problem, "an id that left never comes back; take the row out"
            )
    for one in found.errata:
        for name in one.changed:
            if name not in names and name not in gone:
                yield Issue("errata", f"{ERRATA} > {one.id}", f"changed {name}, which is neither here nor gone", _DERIVE)


def _keys(found: Errata, opened: Opened) -> Iterator[Issue]:
    keys = found.keys
    for config, split, number, row in opened.rows():
        one, answer = keys.get(str(row.get("id"))), row.get("answer")
        letters = [ALPHABET[answer]] if isinstance(answer, int) and 0 <= answer < len(ALPHABET) else answer
        if one is not None and letters != list(one.after):
            problem = f"is {answer}; {one.id} corrected it to {', '.join(one.after)}"
            yield Issue("wrong-key", at(config, split, number, row, "answer"), problem, _DERIVE)


def _corrected_kinds(opened: Opened, found: Errata | None) -> Iterator[Issue]:
    """Only an erratum corrects an option."""
    keys = found.keys if found else {}
    for config, split, number, row in opened.rows():
        kinds = row.get("option_kinds")
        if isinstance(kinds, list) and "corrected" in kinds and str(row.get("id")) not in keys:
            problem = f"has a corrected option, and no erratum in {ERRATA}"
            yield Issue("wrong-key", at(config, split, number, row, "option_kinds"), problem, _DERIVE)


def _counts(found: Errata, opened: Opened) -> Iterator[Issue]:
    try:
        table = Attrition.model_validate(opened.documents.get(ATTRITION))
    except ValidationError:
        return  # the check against the schema has said so
    lines = {line.stage: sum(line.dropped.values()) for line in table.stages}
    stones = Counter(stone.config for one in found.errata for stone in one.tombstones)
    for config in CONFIGS:
        if lines.get(errata_stage(config), 0) != stones[config]:
            problem = f"counts {lines.get(errata_stage(config), 0)} rows taken out; errata.json has {stones[config]} tombstones"
            yield Issue("attrition", f"{ATTRITION} > {errata_stage(config)}", problem, _DERIVE)


__all__ = ["errata", "errata_of"]
