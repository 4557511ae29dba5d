"""Every record that crosses a stage and goes to disk: frozen, with units in each field's description."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from builder.pages import Box


class Record(BaseModel):
    """Frozen; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON of a value (sorted keys, no spaces, UTF-8), in hex."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def pixels_digest(width: int, height: int, rgb: bytes) -> str:
    """SHA-256, in hex, of an image's size in pixels and its raw RGB bytes, row by row: what a re-encoding keeps."""
    return hashlib.sha256(f"{width}x{height}\n".encode() + rgb).hexdigest()


BoxField = Annotated[Box, Field(description="x0, y0, x1, y1 in PDF points from the top-left of the page as displayed")]
PageField = Annotated[int, Field(ge=1, description="page, from 1")]
Confidence = Annotated[float, Field(ge=0, le=1)]


class Dropped(Record):
    """A record that a stage did not pass on, with its reason. Every record is kept or dropped, never lost."""

    record_id: str
    stage: str
    reason: str = Field(description="stable, kebab-case; counted on the dataset card")
    detail: str = ""


class Evidence(Record):
    """Where a fact was read."""

    text: str = Field(description="the sentence as printed")
    page: PageField


class Licence(Record):
    """A licence as printed. `spdx` names the version only when the paper does; otherwise LicenseRef-... with its URL."""

    spdx: str = Field(description='SPDX id, "LicenseRef-..." or "unknown"')
    url: str | None = None
    evidence: Evidence | None = None
    source: Literal["pdf", "papers.csv", "none"] = "none"


class Paper(Record):
    """One paper: what its PDF says of itself, gaps filled from papers.csv. What is not known is None, never guessed."""

    id: str = Field(description="doi:..., arxiv:... or sha256:..., in this order of preference")
    file: str = Field(description="file name, without folder")
    sha256: str
    pages: int
    page_sizes: tuple[tuple[int, float, float], ...] = Field((), description="number, width and height of pages, in points")
    title: str | None = None
    authors: tuple[str, ...] = ()
    doi: str | None = None
    arxiv_id: str | None = None
    published: str | None = Field(None, description="ISO date or its year or year-month prefix, as printed")
    publisher: str | None = Field(None, description="by DOI prefix")
    copyright_notice: str | None = None
    rights_holder: str | None = None
    licence: Licence = Licence(spdx="unknown")
    source_url: str | None = None
    disagreements: tuple[str, ...] = Field((), description="where papers.csv and the PDF differ, and which one was taken")

    @property
    def year(self) -> int | None:
        return int(self.published[:4]) if self.published else None


class Caption(Record):
    """A caption found on a page, before its picture is."""

    id: str = Field(description="paper id # page # label")
    label: str = Field(description='as printed: "Figure 2", "FIG. 3", "Scheme S1", "Extended Data Fig. 4"')
    page: PageField
    bbox: BoxField
    text: str = Field(description="label and full text, lines joined")


class Figure(Record):
    """A located figure: all panels with axis labels and panel letters, without caption and frame."""

    id: str = Field(description="fig-<16 hex>: lineage of paper id and normal label")
    caption: Caption
    page: PageField
    bbox: BoxField
    side: Literal["below", "above", "left", "right", "facing"] = Field(description="where the caption stands from the figure")
    confidence: Confidence
    doubts: tuple[str, ...] = Field((), description="reasons where the confidence is low")
    placed_by: str = Field("rules", description='who placed the box: "rules", "rules, agreed by <model>" or "<model>"')
    raster_share: float = Field(ge=0, le=1, description="share of the box that placed rasters cover")
    paths: int = Field(ge=0, description="vector paths inside the box")
    words: int = Field(ge=0, description="words of the text layer inside the box")


class Mention(Record):
    """A paragraph that cites the figure."""

    text: str
    page: PageField
    cites: tuple[str, ...] = Field(description="normal labels of all figures the paragraph cites, ranges expanded")
    excluded: str | None = Field(None, description="why it is not part of the reference, or None")


class ScaleBar(Record):
    """A scale bar and what it says. Nothing here is guessed: a bar whose label could not be read is not recorded."""

    text: str = Field(description='label as read: "200 nm"')
    length_nm: float = Field(gt=0, description="what the label says, in nanometres")
    bbox: BoxField = Field(description="of the bar itself, without its label")
    nm_per_point: float = Field(gt=0, description="nanometres a PDF point along the bar")
    source: Literal["text", "ocr", "caption"] = Field(description="where the label was read")
    confidence: Confidence


class Panel(Record):
    """One panel of a figure."""

    letter: str | None = Field(None, description='as printed, without brackets: "a", "B", "iv"; None where there is none')
    bbox: BoxField
    caption: str | None = Field(None, description="the panel's own words out of the caption, without its letter")
    letter_source: Literal["text", "ocr", "caption", "none"] = "none"
    confidence: Confidence
    scale_bars: tuple[ScaleBar, ...] = ()


class PairedFigure(Record):
    """A figure with its words."""

    figure: Figure
    label: str = Field(description='normal label: "Figure 2", "Scheme S1", "Extended Data Figure 4"')
    caption: str = Field(description="full caption text with its label as printed")
    mentions: tuple[Mention, ...] = ()
    reference: str | None = Field(None, description="merged paragraph (CSMBench III-A2), None when the window is missed")
    reference_tokens: int | None = Field(None, description="its length by the recipe's tokenizer")
    reference_note: str | None = Field(None, description="why there is no reference, or what was cut")
    panels: tuple[Panel, ...] = Field(
        (), description="in reading order; empty until stage panels, one for a figure without letters"
    )

    @property
    def id(self) -> str:
        return self.figure.id


Kind = Literal["micrograph", "chart", "schematic", "photo", "mixed", "unknown"]
Scale = Literal["atomic", "micro", "meso", "macro", "none", "unknown"]


class ClassifiedFigure(Record):
    """A paired figure with its class by rules, each class with evidence and confidence."""

    paired: PairedFigure
    kind: Kind
    scale: Scale
    techniques: tuple[str, ...] = Field((), description="imaging techniques of the pictures")
    methods: tuple[str, ...] = Field((), description="spectroscopy, diffraction and other methods named")
    field: str = "unknown"
    subfield: str = "unknown"
    evidence: dict[str, str] = Field(default_factory=dict, description="per class: the words or marks it rests on")
    confidence: dict[str, float] = Field(default_factory=dict, description="per class, in [0, 1]")

    @property
    def id(self) -> str:
        return self.paired.id


class Act(Record):
    """What may be done with one element of a figure. Unknown means no."""

    share: bool
    adapt: bool
    commercial: bool


class Rights(Record):
    """Rights of one figure, per element and per act, with the reason of every no."""

    licence: Licence
    image: Act
    caption: Act
    paragraph: Act
    tier: Literal["open", "pointer"] = Field(description="what an open release may carry of it")
    questions: bool = Field(description="may an item with an edited caption be made from it")
    reasons: tuple[str, ...] = Field((), description="stable codes: nd-licence, unknown-licence, third-party-credit, ...")
    credit: str | None = Field(None, description="the credit sentence found in the caption")
    attribution: str | None = Field(None, description="title, creators, notice, licence, source in one line")


class Crop(Record):
    """A figure's pixels: the raster's own where the page shows just them, else a render."""

    sha256: str = Field(description="of the PNG bytes")
    pixels_sha256: str = Field(description="of width, height and raw RGB")
    width: int = Field(ge=1, description="pixels")
    height: int = Field(ge=1, description="pixels")
    dpi: int = Field(description="of the raster's placement, or of the render: lower than the recipe's when the pixel cap bit")
    box: BoxField
    method: Literal["native", "render"] = Field("render", description="native: the raster's own pixels, none resampled")
    reason: str | None = Field(None, description="why a render: stable, kebab-case; None for native pixels")
    native_size: tuple[int, int] | None = Field(None, description="pixels across and down of the raster it shows")
    native_colours: str | None = Field(None, description='as stored: "DeviceCMYK, 8 bits"; a crop is RGB of 8 bits')
    levels: tuple[int, ...] = Field((), description="mean level, 0 to 255, of each cell of an 8 x 8 grid, row by row")


class JudgedFigure(Record):
    """A classified figure with its rights decided."""

    classified: ClassifiedFigure
    rights: Rights

    @property
    def id(self) -> str:
        return self.classified.id


class Specimen(Record):
    """A figure ready for questions: classified, cropped, rights decided."""

    paper: Paper
    classified: ClassifiedFigure
    rights: Rights
    crop: Crop

    @property
    def id(self) -> str:
        return self.classified.id


EditType = Literal["method", "composition", "number", "panel", "trend", "condition", "marking"]


class Edit(Record):
    """One typed change that makes a caption false. Offsets are Unicode code points in the true option text."""

    type: EditType = Field(
        description="method, composition, number; panel: the words of two lettered parts change places; trend: a trend, "
        "direction or side; condition: a state, treatment or surroundings; marking: colour or shape of a mark in the image"
    )
    start: int
    end: int
    original: str
    replacement: str


class CaptionMatching(Record):
    """Four options, one of them the caption as printed. options[0] is true until package seats the key."""

    id: str
    figure_id: str
    options: tuple[str, str, str, str] = Field(description="vertices of the design, 00.. first")
    edits: tuple[tuple[Edit, ...], ...] = Field(description="per option; empty for the true one")
    design: tuple[str, str, str, str] = Field(
        description="vertex of each option: 00, 10, 01, 11 or 000, 110, 101, 011; 0 to 3: four values of one"
    )


class Description(Record):
    """Image and caption in, 100 to 300 words out, scored against the reference."""

    id: str
    figure_id: str
    reference: str
    reference_tokens: int


class EvidenceSpan(Record):
    """Words of the paper that decide one option."""

    source: Literal["caption", "paragraph", "sibling-caption", "figure"] = Field(
        description="sibling: another figure of the paper; figure: words printed in it, as read"
    )
    of: str = Field(description="normal label of the figure whose caption it is, or that the paragraph cites")
    index: int = Field(0, ge=0, description="which of the figure's mentions, for a paragraph; else 0")
    start: int = Field(ge=0, description="code points into that caption, paragraph or printed text")
    end: int = Field(ge=1, description="code points, exclusive")
    text: str = Field(description="the words between start and end")
    panel: str | None = Field(None, description="letter of the panel that shows it")
    panel_bbox: BoxField | None = Field(None, description="box of that panel")


OptionKind = Literal[
    "as-printed", "method", "composition", "number", "panel", "trend", "condition", "marking", "sibling", "written", "corrected"
]


class Option(Record):
    """One option of a multi-select question, with what decides it."""

    text: str
    correct: bool
    kind: OptionKind = Field(
        description="as-printed: the paper's words, true; an edit's type or sibling: how they were made false; "
        "written: by a model, true or false; corrected: by an erratum, true or false"
    )
    edit: Edit | None = Field(None, description="offsets into the true statement; None where no words were changed")
    rubric: str = Field(description="why it is right or wrong, for a grader")
    evidence: tuple[EvidenceSpan, ...] = Field(min_length=1)


class Review(Record):
    """What one model said of one item in one round of its making."""

    role: Literal["self-check", "adviser", "attacker", "same-question"]
    round: int = Field(ge=0, description="0: the item as first written")
    model: str = Field(description="model id as the provider names it")
    prompt_hash: str = Field(description="content hash of the question that was asked")
    outcome: Literal["passed", "failed", "no-answer"]
    scores: dict[str, float] = Field(default_factory=dict, description="by criterion, 1 to 5; empty where none was given")
    note: str = ""


Skill = Literal[
    "EU", "HG", "EP"
]  # SPM-Bench, appendix A: expert visual understanding, hypothesis generation, experiment proposal


class MultiSelect(Record):
    """A question with at least four options, one or several of them right, not all (SPM-Bench). Package seats the options."""

    id: str = Field(description="figure id / multi_select / slot")
    figure_id: str
    stem: str = Field(description="the question, without its options")
    options: tuple[Option, ...] = Field(min_length=4, max_length=26)
    bloom_level: int = Field(ge=1, le=5, description="1 recall, 2 comprehension, 3 application, 4 analysis, 5 evaluation")
    skill: Skill
    modality: str = Field(description='imaging technique asked about: "SEM"; "unknown" where the figure names none')
    reasoning: str = Field(description="from what the image shows to the key")
    generator: Literal["rules", "model"]
    model: str | None = Field(None, description="model id as the provider names it; None for rules")
    prompt_hash: str | None = Field(None, description="content hash of the question that wrote it; None for rules")
    reviews: tuple[Review, ...] = ()


class StageCount(Record):
    """One line of the attrition table. read = kept + dropped, asserted by the runner."""

    stage: str
    unit: str = Field(description="what is counted: papers, pages, captions, figures")
    read: int
    kept: int
    made: int = Field(description="records handed on; more than kept where one yields several")
    dropped: dict[str, int] = Field(default_factory=dict, description="by reason")
