"""The rows and files of a release, field by field: the JSON Schemas are generated from these types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from builder.recipe import Recipe, Task
from builder.records import (
    CaptionMatching,
    Description,
    Dropped,
    Edit,
    Kind,
    MultiSelect,
    OptionKind,
    Paper,
    Record,
    Scale,
    Skill,
    Specimen,
    StageCount,
)
from builder.release.errata import Errata
from builder.release.examined import Attacks, Reviews
from builder.release.shelf import Joined

if TYPE_CHECKING:
    from builder.release.hydration import Hydration

Config = Literal["figures", "caption_matching", "description", "multi_select"]
SplitName = Literal["validation", "test"]
RowTier = Literal["open", "pointer", "private"]
ReleaseTier = Literal["open", "private"]
LicenceSource = Literal["pdf", "papers.csv", "none"]

CONFIGS: tuple[Config, ...] = ("figures", "caption_matching", "description", "multi_select")
SPLITS: tuple[SplitName, ...] = ("validation", "test")
LETTERS = ("A", "B", "C", "D")  # of caption matching; multi_select goes on with the alphabet
ALPHABET = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
# Names of a release's files: below its folder, not hidden, the same on every file system.
_INSIDE = r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*$"
GENERATOR = "rules"
GENERATOR_VERSION = "2"
QUESTION = "Which caption matches the figure? Exactly one of the four was printed with it; answer with its letter."
# What an item asks whose key an erratum moved off the printed caption.
QUESTION_CORRECTED = "Which caption matches the figure? Exactly one of the four does; answer with its letter."
SELECT_ALL = "One or several options are right, never all of them; answer with the letters of all that are."
# The card carries this sentence word for word (code marks aside); `validate` looks for it.
LEAKAGE_NOTE = (
    "The configs figures and description show the true captions of the figures asked about in caption_matching "
    "and multi_select: never give them to a model under test."
)
PRIVATE_MARKER = "PRIVATE_DO_NOT_PUBLISH"  # a file of this name, the card's banner and the manifest's tier say the same
PRIVATE_BANNER = "PRIVATE: local work only; must not be published."

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Texts = tuple[str, ...]


class ImageCell(Record):
    """The image column without its bytes, which stand beside `path` in the Parquet file."""

    path: str = Field(description='"<figure id>.png"')


class Named(Record):
    """One class and the words or marks it rests on."""

    name: str = Field(description='"kind", "scale", "techniques", ...')
    text: str


class Sureness(Record):
    """One class and how sure the rules are of it."""

    name: str
    value: float = Field(ge=0, le=1)


class Row(Record):
    """What every row carries: what is shown, where it comes from, under which licence. Pointer rows: facts and hashes only."""

    id: str = Field(pattern=r"^(fig|cm|de|ms)-[0-9a-f]{16}$", description="stable: from the lineage, not from the content")
    tier: RowTier = Field(description="open: all; pointer: where to find it, no image and no text; private: never published")
    image: ImageCell | None = Field(description="PNG crop; null on pointer rows")
    image_sha256: Sha256 = Field(description="SHA-256 of the PNG file; on pointer rows, of the crop that is withheld")
    pixels_sha256: Sha256 = Field(description="SHA-256 of width, height and raw RGB: what a re-encoding keeps")
    paper_id: str = Field(description='"doi:...", "arxiv:..." or "sha256:..."')
    doi: str | None = Field(description="of the paper, lower case")
    arxiv_id: str | None = Field(description="of the paper, with its version where printed")
    pdf_sha256: Sha256 = Field(description="SHA-256 of the PDF that was read")
    page: int = Field(ge=1, description="page of the PDF, from 1")
    label: str = Field(description='normal label: "Figure 2"')
    kind: Kind = Field(description="what the figure is made of")
    scale: Scale = Field(description="length scale by CSMBench's definitions; none = a chart or drawing")
    techniques: Texts = Field(description="imaging techniques of the pictures")
    field: str | None = Field(description="field of science by keywords")
    title: str | None = Field(description="of the paper")
    creators: Texts = Field(description="authors of the paper; empty where none could be read: source_url then stands for them")
    copyright_notice: str | None = Field(description="as printed")
    publisher: str | None = Field(description="by DOI prefix")
    year: int | None = Field(description="of publication")
    licence: str = Field(description='SPDX id or "LicenseRef-..." of the image and its text, "unknown" where none is printed')
    licence_url: str | None = Field(description="of the licence text")
    licence_evidence: str | None = Field(description="the sentence that names the licence, as the paper prints it")
    licence_page: int | None = Field(ge=1, description="page of the PDF, from 1, that prints the sentence")
    licence_source: LicenceSource = Field(description="who gave the licence: the PDF, papers.csv, or nobody")
    source_url: str | None = Field(description="of the paper")
    attribution: str | None = Field(description="the line to print beside the image")
    changes: str | None = Field(description='what was changed: "cropped from page 3, 300 dpi"')
    content_hash: Sha256 = Field(description="SHA-256 of the row's canonical JSON without this field and image_sha256")
    canary: str = Field(description="GUID by which leaks into training data are found")


class PanelRow(Record):
    """One panel of a figure; boxes and lengths are facts, its words follow the caption's rights."""

    letter: str | None = Field(description="as printed, without brackets; null where there is none")
    bbox: tuple[float, float, float, float] = Field(description="as bbox of the figure")
    caption: str | None = Field(description="the panel's own words of the caption; null on pointer rows")
    letter_source: Literal["text", "ocr", "caption", "none"] = Field(description="where the letter was read")
    confidence: float = Field(ge=0, le=1)
    scale_bar: str | None = Field(description='label of its scale bar as read: "200 nm"; null where none is sure')
    nm_per_pixel: float | None = Field(description="nanometres a pixel of the image, by that bar")
    field_of_view_nm: tuple[float, ...] = Field(description="width and height that the panel shows, by that bar; else empty")


class WithheldCell(Record):
    """What a column would hold if the licence let it: enough to know it again, and nothing of it."""

    column: str
    sha256: Sha256 = Field(description="SHA-256 of the cell as canonical JSON: sorted keys, no spaces, UTF-8")


class FigureRow(Row):
    """Config `figures`: one located figure with its words and its classes."""

    image_width: int = Field(ge=1, description="pixels")
    image_height: int = Field(ge=1, description="pixels")
    dpi: int = Field(ge=1, description="of the raster's placement, or of the render")
    image_bbox: tuple[float, float, float, float] = Field(description="what the image shows: as bbox, exact to the pixel")
    crop_method: Literal["native", "render"] = Field(
        description="native: the PDF's own pixels as RGB of 8 bits, none resampled"
    )
    crop_reason: str | None = Field(
        description="null for native pixels; why a render: no-raster, several-rasters, ink-beside-raster, text-over-raster, "
        "drawing-over-raster, altered-on-page, uneven-pixels, skewed, too-many-pixels; replaced: by an erratum"
    )
    native_width: int | None = Field(description="pixels across of the placed raster that it shows, where there is one")
    native_height: int | None = Field(description="pixels down of that raster")
    native_colours: str | None = Field(description='of that raster, as stored: "DeviceCMYK, 8 bits"')
    bbox: tuple[float, float, float, float] = Field(description="x0, y0, x1, y1 in PDF points from the page's top-left")
    caption: str | None = Field(description="full caption with its label as printed; null on pointer rows")
    mentions: Texts = Field(description="every paragraph that cites the figure")
    reference: str | None = Field(description="the mentions merged into one paragraph; null where the window is missed")
    reference_tokens: int | None = Field(description="length of `reference` by the recipe's tokenizer")
    panels: tuple[PanelRow, ...] = Field(description="in the order of their letters; one for a figure that is not divided")
    methods: Texts = Field(description="spectroscopy, diffraction and other methods named")
    subfield: str | None = Field(description="within `field`, by keywords")
    evidence: tuple[Named, ...] = Field(description="per class: what it rests on")
    confidence: tuple[Sureness, ...] = Field(description="per class")
    withheld: Texts = Field(description="reason codes of what may not be done with it; why a pointer row is one")
    withheld_sha256: tuple[WithheldCell, ...] = Field(
        description="per column that its rights leave out or empty here: what `microtome hydrate` verifies it by"
    )
    image_levels: tuple[int, ...] = Field(
        description="of a crop that is withheld: mean level, 0 to 255, of each cell of an 8 x 8 grid, row by row, so that a "
        "crop by another renderer can be compared; empty where the image is there"
    )


class CaptionMatchingRow(Row):
    """Config `caption_matching`: an image, four captions, one of them as printed."""

    figure_id: str = Field(pattern=r"^fig-[0-9a-f]{16}$", description="the row of config `figures`")
    question: str = Field(description="the same for every item whose key is the caption as printed")
    options: Texts = Field(min_length=4, max_length=4, description="in the order A, B, C, D")
    answer: int = Field(ge=0, le=3, description="the key: 0 = A, 1 = B, 2 = C, 3 = D")
    edits: tuple[tuple[Edit, ...], ...] = Field(
        min_length=4, max_length=4, description="per option, from the printed caption; none for the caption as printed"
    )
    edit_types: Texts = Field(
        description="types present, sorted: composition, condition, marking, method, number, panel, trend"
    )
    design: Texts = Field(
        min_length=4,
        max_length=4,
        description="per option: attributes edited, 00 or 000 as printed; or which of four values of one, 0 as printed",
    )
    generator: Literal["rules"] = Field(description="who wrote the distractors: rules, not a model")
    generator_version: str = Field(description="of the rules")


class DescriptionRow(Row):
    """Config `description`: image and caption in, 100 to 300 words out, compared with the reference."""

    figure_id: str = Field(pattern=r"^fig-[0-9a-f]{16}$", description="the row of config `figures`")
    caption: str = Field(description="full caption with its label as printed")
    prompt: str = Field(description="what is asked")
    reference: str = Field(description="the paper's own paragraphs about the figure, merged")
    reference_tokens: int = Field(ge=1, description="length of `reference`")
    tokenizer: str = Field(description="what counted reference_tokens")
    generator: Literal["rules"] = Field(description="who made the item: rules, not a model")
    generator_version: str = Field(description="of the rules")


class ReviewRow(Record):
    """What a model said of an item while it was made."""

    role: Literal["self-check", "adviser", "attacker", "same-question"] = Field(
        description="self-check: its author answers it; adviser: scores it; attacker: answers without the image; "
        "same-question: does the revision ask the same"
    )
    round: int = Field(ge=0, description="0: the item as first written")
    model: str = Field(description="model id as the provider names it")
    prompt_hash: str = Field(description="SHA-256 of model, settings, words, pictures and schema of the question asked")
    outcome: Literal["passed", "failed", "no-answer"]
    criteria: Texts = Field(description="what was scored; empty where nothing was")
    scores: tuple[float, ...] = Field(description="1 to 5, in the order of criteria")
    note: str


class EvidenceRow(Record):
    """Words of the paper that decide an option."""

    source: Literal["caption", "paragraph", "sibling-caption"] = Field(description="sibling: another figure of the paper")
    of: str = Field(description="label of the figure whose caption it is, or that the paragraph cites")
    index: int = Field(ge=0, description="which of the figure's mentions, for a paragraph; else 0")
    start: int = Field(ge=0, description="Unicode code points into that caption or paragraph")
    end: int = Field(ge=1, description="code points, exclusive")
    text: str = Field(description="the words between start and end")
    panel: str | None = Field(description="letter of the panel that shows it")
    panel_bbox: tuple[float, ...] = Field(description="box of that panel, as bbox of the figure; empty without one")


class MultiSelectRow(Row):
    """Config `multi_select`: an image and at least four statements or answers, one or several of them right, never all."""

    figure_id: str = Field(pattern=r"^fig-[0-9a-f]{16}$", description="the row of config `figures`")
    question: str = Field(description="without its options; says that several may be right")
    options: Texts = Field(min_length=4, max_length=26, description="in the order A, B, C, ...")
    answer: Texts = Field(min_length=1, max_length=25, description="the key: letters of all right options, in order")
    option_kinds: tuple[OptionKind, ...] = Field(
        min_length=4,
        max_length=26,
        description="per option: as-printed is true; an edit's type, or sibling (another figure's words), is false; "
        "written by a model is either; corrected (an erratum turned it) is either",
    )
    edits: tuple[tuple[Edit, ...], ...] = Field(
        min_length=4, max_length=26, description="per option: what made it false, offsets into the true statement; else none"
    )
    rubrics: Texts = Field(min_length=4, max_length=26, description="per option: why it is right or wrong")
    evidence: tuple[tuple[EvidenceRow, ...], ...] = Field(
        min_length=4,
        max_length=26,
        description="per option: the words of the paper that decide it, and the panel that shows it",
    )
    reasoning: str = Field(description="from what the image shows to the key")
    bloom_level: int = Field(
        ge=1, le=5, description="1 recall, 2 comprehension, 3 application, 4 analysis, 5 evaluation and synthesis"
    )
    skill: Skill = Field(description="EU expert visual understanding, HG hypothesis generation, EP experiment proposal")
    modality: str = Field(description="imaging technique asked about; unknown where the figure names none")
    subfield: str | None = Field(description="within `field`, by keywords")
    generator: Literal["rules", "model"] = Field(description="who wrote the item")
    generator_version: str = Field(description="of the rules, or of the prompts and checks around the model")
    model: str | None = Field(description="model id as the provider names it; null for rules")
    prompt_hash: str | None = Field(description="of the question that wrote it; null for rules")
    reviews: tuple[ReviewRow, ...] = Field(description="of models, round by round; empty where none was asked")


ROWS: dict[Config, type[Row]] = {
    "figures": FigureRow,
    "caption_matching": CaptionMatchingRow,
    "description": DescriptionRow,
    "multi_select": MultiSelectRow,
}
ID_PREFIX: dict[Config, str] = {"figures": "fig", "caption_matching": "cm", "description": "de", "multi_select": "ms"}


class Drop(Record):
    """One dropped record, without the details that may quote a paper."""

    record_id: str
    stage: str
    reason: str


class Attrition(Record):
    """attrition.json: what every stage read, kept and dropped. read = kept + dropped in every line."""

    stages: tuple[StageCount, ...]
    drops: tuple[Drop, ...]


class ManifestFile(Record):
    """One file of the release."""

    path: str = Field(pattern=_INSIDE, max_length=255, description="from the release folder, with forward slashes")
    bytes: int = Field(ge=0)
    sha256: Sha256
    rows: int | None = Field(description="of a data file")


class LeftOut(Record):
    """A config, or one split of it, that has no rows and is not shipped."""

    config: Config
    split: SplitName | None = Field(description="null: the whole config")
    reason: str


class Manifest(Record):
    """manifest.json: what the release is and every file in it but this one."""

    benchmark: str
    title: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    tier: ReleaseTier = Field(description="a private release must never be published")
    signature: str = Field(description="benchmark|version|recipe hash|builder version|logical hash")
    canary: str
    recipe_hash: Sha256
    logical_hash: Sha256 = Field(description="of canonical rows and image hashes; independent of files and writers")
    builder_version: str
    libraries: dict[str, str] = Field(description="versions that the bytes depend on")
    rows: dict[str, dict[str, int]] = Field(description="rows by config and split")
    left_out: tuple[LeftOut, ...]
    files: tuple[ManifestFile, ...]


@dataclass(frozen=True)
class Cut:
    """Everything a run made: what a release is packed from. Its records may be read anew whenever they are asked for."""

    recipe: Recipe
    version: str
    builder_version: str
    papers: Sequence[Paper]
    specimens: Sequence[Specimen]
    caption_matching: Sequence[CaptionMatching]
    descriptions: Sequence[Description]
    multi_select: Sequence[MultiSelect]
    attrition: tuple[StageCount, ...]
    dropped: Sequence[Dropped]

    @property
    def tier(self) -> ReleaseTier:
        return self.recipe.tier


@dataclass(frozen=True)
class Packed:
    """A release in memory, before it becomes files: all rows seated, split and sorted by id. Images are known by their hash."""

    cut: Cut
    tables: Mapping[tuple[Config, SplitName], Sequence[Row]]  # only those with rows, in the order of CONFIGS and SPLITS
    left_out: tuple[LeftOut, ...]
    attrition: Attrition
    logical_hash: str
    signature: str
    attacks: Attacks | None = None  # attacks.json and reviews.json: package() leaves them out, examined() puts them in
    reviews: Reviews | None = None
    hydration: Hydration | None = None  # what a reader's own papers brought back
    errata: Errata | None = None  # errata.json: None while nothing was corrected
    shards: Mapping[tuple[Config, SplitName], int] = field(default_factory=dict)  # data files of a table, known once written

    def rows(self, config: Config) -> Sequence[Row]:
        """All rows of a config, validation first."""
        return Joined([self.tables[config, split] for split in SPLITS if (config, split) in self.tables])


def asked(recipe: Recipe) -> tuple[Config, ...]:
    """The configs that a recipe can fill."""
    tasks: tuple[Task, ...] = recipe.tasks
    return ("figures", *(config for config in CONFIGS if config in tasks))


__all__ = [
    "ALPHABET", "CONFIGS", "GENERATOR", "GENERATOR_VERSION", "ID_PREFIX", "LEAKAGE_NOTE", "LETTERS", "PRIVATE_BANNER",
    "PRIVATE_MARKER", "QUESTION", "QUESTION_CORRECTED", "ROWS", "SELECT_ALL", "SPLITS", "Attrition", "CaptionMatchingRow",
    "Config", "Cut", "DescriptionRow", "Drop", "EvidenceRow", "FigureRow", "ImageCell", "LeftOut", "Manifest",
    "ManifestFile", "MultiSelectRow", "Named", "Packed", "ReleaseTier", "ReviewRow", "Row", "RowTier", "SplitName", "Sureness",
    "WithheldCell", "asked",
]  # fmt: skip
