"""Build a release again from its rows, recipe, attrition and manifest, to compare every text beside them with what it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from pydantic import ValidationError

from builder.errors import Issue, UsageError
from builder.recipe import Recipe, read_recipe
from builder.records import Evidence, Licence, Paper
from builder.release.attacks import answers_of, attacks_of
from builder.release.data_files import shards_of
from builder.release.diff import SINCE
from builder.release.errata import Errata
from builder.release.examined import Attacks, Reviews
from builder.release.files import ATTACKS, ATTRITION, CARD, CHANGELOG, ERRATA, MANIFEST, RECIPE, REVIEWS
from builder.release.hydration import HYDRATION, Hydration
from builder.release.logical import logical_hash
from builder.release.package import packed_rows
from builder.release.reviews import reviews_of
from builder.release.rows import ROWS, Attrition, Cut, Manifest, Packed, Row
from builder.release.shelf import Shelved
from builder.release.validate import Opened, Table, short
from builder.release.validate_files import REQUIRED

_MOST = 12  # differing lines of one text that are told: a text that differs in more was written anew
_REMEDY = "rebuild the release with `microtome build`, or validate it with the version of microtome that built it"


def packed_again(opened: Opened) -> tuple[Packed, Manifest] | None:
    """The release as it was packed; None where rows, recipe, attrition or manifest are not whole, as other checks have said."""
    whole = logical_hash({(str(c), str(s)): table for (c, s), table in opened.tables.items()})
    if opened.misshapen or not opened.tables or whole != opened.manifest.get("logical_hash"):
        return None
    try:
        manifest = Manifest.model_validate(opened.manifest)
        attrition = Attrition.model_validate(opened.documents.get(ATTRITION))
        recipe = read_recipe(opened.texts.get(RECIPE, ""), RECIPE).model_copy(update={"tier": manifest.tier})
        errata = Errata.model_validate(opened.documents[ERRATA]) if ERRATA in opened.files else None
        tables = {key: _records(table, ROWS[key[0]]) for key, table in opened.tables.items()}
        cut = cut_of(recipe, manifest.version, manifest.builder_version, (row for rows in tables.values() for row in rows))
    except (ValidationError, UsageError, KeyError):  # KeyError: a document that has not its shape
        return None
    packed = packed_rows(cut, tables, attrition, manifest.left_out)
    counts = {key: len(shards_of(opened.files, *key)) for key in tables}
    packed = replace(packed, signature=manifest.signature, errata=errata, shards=counts)
    examined = _examined_again(packed, opened)
    return (examined, manifest) if examined else None


def _records(table: Table, kind: type[Row]) -> Sequence[Row]:
    """The rows as records; those on a shelf are read from there as they are asked for. Raises ValidationError, then or now."""
    if isinstance(table, Shelved):
        return table.read_as(kind.model_validate_json)
    return tuple(map(kind.model_validate, table))


def _examined_again(packed: Packed, opened: Opened) -> Packed | None:
    """With attacks and reviews: free attacks and every table from the rows, what models said from the files.

    None where a key is not among its options, or a file has not its shape, as other checks have said.
    """
    attacks, reviews = opened.documents.get(ATTACKS), opened.documents.get(REVIEWS)
    try:
        answers = answers_of(Attacks.model_validate(attacks)) if attacks is not None else {}
        said = opened.documents.get(HYDRATION)
        packed = replace(packed, hydration=Hydration.model_validate(said)) if said is not None else packed
        judgements = Reviews.model_validate(reviews).judgements if reviews is not None else ()
        return replace(packed, attacks=attacks_of(packed, answers), reviews=reviews_of(packed, judgements))
    except ValueError:  # pydantic's ValidationError among them
        return None


def cut_of(recipe: Recipe, version: str, builder_version: str, rows: Iterable[Row]) -> Cut:
    """What rows tell of the run that made them: recipe, versions and papers, nothing of its stages."""
    return Cut(recipe, version, builder_version, papers_shown(rows), (), (), (), (), (), ())


def papers_shown(rows: Iterable[Row]) -> tuple[Paper, ...]:
    """What the rows say of their papers; those with an image say all that the card and the citations show."""
    return tuple({row.paper_id: paper_of(row) for row in rows if row.image}.values())


def paper_of(row: Row) -> Paper:
    """The paper of a row, as far as the row tells."""
    return Paper(
        id=row.paper_id,
        file="",
        sha256=row.pdf_sha256,
        pages=1,
        title=row.title,
        authors=row.creators,
        doi=row.doi,
        arxiv_id=row.arxiv_id,
        published=f"{row.year:04}" if row.year else None,
        publisher=row.publisher,
        copyright_notice=row.copyright_notice,
        licence=_licence_of(row),
        source_url=row.source_url,
    )


def _licence_of(row: Row) -> Licence:
    said = row.licence_evidence is not None and row.licence_page is not None
    evidence = Evidence(text=str(row.licence_evidence), page=int(row.licence_page or 1)) if said else None
    return Licence(spdx=row.licence, url=row.licence_url, evidence=evidence, source=row.licence_source)


def texts_differ(opened: Opened, wanted: Mapping[str, str]) -> Iterator[Issue]:
    """Every text of the release, line by line, against what its rows give; and no other file than these."""
    for path in sorted(wanted.keys() - opened.files.keys() - set(REQUIRED)):
        yield Issue("missing-file", path, "is not there", f"a release with these rows carries it; {_REMEDY}")
    data = {path for config, split in opened.tables for path in shards_of(opened.files, config, split)}
    listed = {file["path"] for file in opened.manifest["files"]}  # type: ignore[attr-defined]
    for path in sorted((listed & opened.files.keys()) - wanted.keys() - data - {MANIFEST}):
        yield Issue("extra-file", path, "no release with these rows has it", "take it out of the folder")
    for path in sorted(wanted.keys() & opened.texts.keys()):
        if opened.texts[path] != wanted[path] and not _goes_on(path, opened.texts[path], wanted[path]):
            yield from _lines(path, opened.texts[path], wanted[path])


def _goes_on(path: str, have: str, want: str) -> bool:
    """Whether it is a changelog that goes on with what changed since an earlier release, which these rows do not tell."""
    return path == CHANGELOG and have.startswith(want + SINCE)


def _lines(path: str, have: str, want: str) -> Iterator[Issue]:
    code = "card-differs" if path == CARD else "text-differs"
    pairs = zip_longest(have.split("\n"), want.split("\n"))
    differing = [(n, a, b) for n, (a, b) in enumerate(pairs, 1) if a != b]
    for number, a, b in differing[:_MOST]:
        problem = f"is {short(repr(a)) if a is not None else 'not there'}"
        wanted = f"the rows give {short(repr(b)) if b is not None else 'no such line'}"
        yield Issue(code, f"{path} > line {number}", problem, f"{wanted}; {_REMEDY}")


__all__ = ["cut_of", "packed_again", "paper_of", "papers_shown", "texts_differ"]
