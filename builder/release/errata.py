"""What errata.json holds: every correction and withdrawal of a benchmark, the rows that are gone, and its versions so far."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from builder.records import Record

ErratumKind = Literal["key-corrected", "item-retired", "image-replaced", "withdrawn"]
ErratumId = Annotated[str, Field(pattern=r"^E-[0-9]{4,}$")]
Version = Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
# A DOI, an arXiv id or a row's id: a withdrawal's reason that has one stands in errata.json only.
_NAME = re.compile(r"\b10\.\d{4,9}/|arxiv|\b\d{4}\.\d{4,5}\b|\b(?:fig|cm|de|ms)-[0-9a-f]{16}", re.IGNORECASE)


class Tombstone(Record):
    """What is left of a row that was retired or withdrawn: its id, which never comes back."""

    id: str = Field(pattern=r"^(fig|cm|de|ms)-[0-9a-f]{16}$")
    config: str
    split: str
    figure_id: str


class FullRemoval(Record):
    """A repository from which old versions were deleted for good, and not only from the newest version."""

    repository: str = Field(description="on the Hub: org/name")
    tags: tuple[str, ...] = Field(description="deleted there")


class Erratum(Record):
    """One correction or withdrawal."""

    id: ErratumId = Field(description="counted on over all versions, never reused")
    version: Version = Field(description="first version that has it")
    date: str | None = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="as given; null where none was")
    kind: ErratumKind
    subject: str = Field(description='what was named: a row\'s id; or "doi", "figure", "publisher" or "licence" and its value')
    reason: str
    before: tuple[str, ...] = Field(description="letters of the old key, or pixels_sha256 of the old image; else empty")
    after: tuple[str, ...] = Field(description="letters of the new key, or pixels_sha256 of the new image; else empty")
    changed: tuple[str, ...] = Field(description="ids of the rows that were changed and stay")
    tombstones: tuple[Tombstone, ...] = Field(description="of the rows that left, by id")
    full_removal: FullRemoval | None = Field(description="null: old tags are as they were")


class Edition(Record):
    """One version of the benchmark."""

    version: Version
    signature: str
    rows: dict[str, dict[str, int]] = Field(description="rows by config and split")
    unchanged: dict[str, int] = Field(
        description="by config: rows that ask the same as in the version before; empty for the first"
    )


class Errata(Record):
    """errata.json. Entries are added and never taken out or changed; a release without corrections has no such file."""

    canary: str
    editions: tuple[Edition, ...] = Field(description="the first version and every revision of it, oldest first")
    errata: tuple[Erratum, ...] = Field(description="oldest first")

    @property
    def gone(self) -> dict[str, Erratum]:
        """By the id of a row that is gone, the erratum that took it out."""
        return {stone.id: one for one in self.errata for stone in one.tombstones}

    @property
    def keys(self) -> dict[str, Erratum]:
        """By item, the newest correction of its key."""
        return {one.subject: one for one in self.errata if one.kind == "key-corrected"}

    def told(self, one: Erratum) -> str | None:
        """The reason, for card and changelog; None where it names what was withdrawn, or may quote rows withdrawn since."""
        if one.kind == "withdrawn":
            return None if self._names(one.reason) else one.reason
        gone, stones = self.gone, {stone.id: stone for one in self.errata for stone in one.tombstones}
        figures = {name for name, by in gone.items() if by.kind == "withdrawn" and stones[name].config == "figures"}
        rows = [name for name in (*one.changed, *(stone.id for stone in one.tombstones)) if name in gone]
        since = any(gone[name].kind == "withdrawn" or stones[name].figure_id in figures for name in rows)
        return None if since else one.reason

    def _names(self, reason: str) -> bool:
        """Whether a reason has an identifier in it, or what a withdrawal named."""
        subjects = [one.subject.partition(" ") for one in self.errata if one.kind == "withdrawn"]
        values = [value.casefold() for by, _, value in subjects if by != "licence"]
        return bool(_NAME.search(reason)) or any(value in reason.casefold() for value in values)


def erratum_id(number: int) -> str:
    """The id of the n-th erratum, from 1.

    >>> erratum_id(7)
    'E-0007'
    """
    return f"E-{number:04}"


def in_words(one: Erratum) -> str:
    """What was done, in words that name no paper.

    >>> in_words(Erratum(id="E-0001", version="2.0.0", date=None, kind="key-corrected", subject="ms-0", reason="r",
    ...     before=("A",), after=("A", "C"), changed=("ms-0",), tombstones=(), full_removal=None))
    'key of ms-0 corrected from A to A, C'
    """
    if one.kind == "key-corrected":
        return f"key of {one.subject} corrected from {', '.join(one.before)} to {', '.join(one.after)}"
    if one.kind == "image-replaced":
        return f"image of {one.subject} replaced, in {len(one.changed)} rows"
    figures = sum(stone.config == "figures" for stone in one.tombstones)
    items = len(one.tombstones) - figures
    several = f"{items} item{'s' * (items != 1)}"
    rows = f"{figures} figure{'s' * (figures != 1)} and {several}" if figures else several
    if one.kind == "item-retired":
        return f"{one.subject} retired ({rows})"
    removed = (
        f"; {', '.join(one.full_removal.tags) or 'no tag'} deleted from {one.full_removal.repository}"
        if one.full_removal
        else ""
    )
    return f"{rows} withdrawn{removed}" if one.tombstones else f"withdrawn before{removed}"


__all__ = ["Edition", "Errata", "Erratum", "ErratumKind", "FullRemoval", "Tombstone", "erratum_id", "in_words"]
