"""One benchmark family, read from TOML: what is kept, how it is cut, what is asked. An unknown key is an error."""

from __future__ import annotations

import tomllib
from typing import Literal

from pydantic import Field, ValidationError

from builder.errors import UsageError
from builder.records import Kind, Record, Scale, digest

Task = Literal["caption_matching", "description"]
Tier = Literal["open", "private"]


class Identity(Record):
    """What the family is called and how it is cited."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    summary: str
    canary: str = Field(description="GUID carried by every row, card, manifest and PNG, so that leaks can be found")
    seed: int = 0


class Papers(Record):
    """Which papers are read. Both papers of the field set a date window; None leaves it open."""

    published_from: str | None = None  # ISO date or a prefix of one
    published_until: str | None = None


class CropRule(Record):
    """How figures are rendered where their box does not show one raster, whose own pixels are taken."""

    dpi: int = Field(300, ge=72, le=1200)
    max_pixels: int = Field(40_000_000, ge=1_000_000, description="above it the dpi is lowered and recorded")
    margin: float = Field(2.0, ge=0, le=20, description="points added on each side")


class ReferenceRule(Record):
    """CSMBench III-A2: the window of the merged paragraph."""

    min_tokens: int = Field(100, ge=1)
    max_tokens: int = Field(300, ge=1)


class FieldRule(Record):
    """One field of science with its keywords; a keyword is matched as a whole word, case-insensitively."""

    keywords: tuple[str, ...]
    subfields: dict[str, tuple[str, ...]] = {}


class Keep(Record):
    """Which figures become items."""

    kinds: tuple[Kind, ...] = ("micrograph", "photo", "mixed")
    scales: tuple[Scale, ...] = ("atomic", "micro", "meso", "macro", "unknown")


class CaptionMatchingRule(Record):
    """What a caption must carry to become four options."""

    min_words: int = 8
    max_words: int = 400


class DescriptionRule(Record):
    """CSMBench III-B1."""

    prompt: str = (
        "Describe this figure in 100 to 300 words. Rely on what is visible and on the caption, and draw the "
        "scientific conclusions that the evidence supports."
    )


class Split(Record):
    """Splits are drawn by paper: never one paper in both."""

    validation_share: float = Field(0.1, ge=0, le=0.5)
    min_validation_papers: int = Field(1, ge=0)


class Recipe(Record):
    """A whole family."""

    identity: Identity
    tasks: tuple[Task, ...]
    papers: Papers = Papers()
    crop: CropRule = CropRule()
    reference: ReferenceRule = ReferenceRule()
    keep: Keep = Keep()
    caption_matching: CaptionMatchingRule = CaptionMatchingRule()
    description: DescriptionRule = DescriptionRule()
    split: Split = Split()
    fields: dict[str, FieldRule] = {}
    tier: Tier = Field("open", description="set by --tier, not by the file")

    @property
    def hash(self) -> str:
        return digest(self.model_dump(mode="json"))


def read_recipe(text: str, place: str) -> Recipe:
    """Recipe from TOML text; `place` names the file in errors. Raises UsageError with every finding."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(place, f"not TOML: {error}", "mend the syntax at that line") from error
    if "tier" in raw:
        raise UsageError(f"{place} > tier", "a recipe does not choose the tier", "remove it and use --tier open|private")
    try:
        return Recipe.model_validate(raw)
    except ValidationError as error:
        raise UsageError(place, "; ".join(_finding(e["loc"], e["msg"], e["input"]) for e in error.errors()), _REMEDY) from error


_REMEDY = "see `microtome recipes` and builder/recipes/ for keys and values that are known"


def _finding(loc: tuple[int | str, ...], message: str, value: object) -> str:
    shown = repr(value)
    return f"{'.'.join(map(str, loc))}: {message} (is {shown if len(shown) < 60 else shown[:57] + '...'})"
