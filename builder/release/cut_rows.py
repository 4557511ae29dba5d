"""What a run made as the rows of a release: seated, labelled, every right and every source beside its image."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TypeVar

from builder.pages import Box
from builder.records import (
    CaptionMatching,
    Description,
    EvidenceSpan,
    Licence,
    MultiSelect,
    Panel,
    Review,
    Specimen,
    digest,
)
from builder.release.logical import content_hash
from builder.release.rows import (
    ALPHABET,
    GENERATOR,
    GENERATOR_VERSION,
    ID_PREFIX,
    QUESTION,
    SELECT_ALL,
    SPLITS,
    CaptionMatchingRow,
    Config,
    Cut,
    DescriptionRow,
    EvidenceRow,
    FigureRow,
    MultiSelectRow,
    Named,
    PanelRow,
    ReleaseTier,
    ReviewRow,
    Row,
    RowTier,
    SplitName,
    Sureness,
    WithheldCell,
)
from builder.release.shelf import Index
from builder.release.splits import seat_keys, seat_options, shuffle_options, split_papers
from builder.stages.scale_bars import field_of_view_nm
from builder.stages.tokens import TOKENIZER

# What a row in full has otherwise and no reader of the paper has to bring back.
NOT_WITHHELD = {"tier", "image", "content_hash"}

ItemT = TypeVar("ItemT", CaptionMatching, Description, MultiSelect)
RowT = TypeVar("RowT", bound=Row)


def rows_of(cut: Cut) -> Iterator[tuple[Row, SplitName]]:
    """Every row with its split, one made at a time. Papers, not rows, are drawn into splits."""
    last = {specimen.id: number for number, specimen in enumerate(cut.specimens)}
    papers = {specimen.id: specimen.paper.id for specimen in cut.specimens}
    splits = _splits(cut, papers)
    seats = _seats(cut, papers, splits)
    specimens = Index({name: (cut.specimens, number) for name, number in last.items()})
    made = chain(
        (_figure(specimen, cut) for number, specimen in enumerate(cut.specimens) if last[specimen.id] == number),
        (_question(name, item, specimens[item.figure_id], seats[name], cut) for name, item in _caption_matching(cut)),
        (_ask(name, item, specimens[item.figure_id], cut) for name, item in _named("description", cut.descriptions)),
        (_select(name, item, specimens[item.figure_id], cut) for name, item in _named("multi_select", cut.multi_select)),
    )
    return ((row, splits[row.paper_id]) for row in made)


def item_id(config: Config, lineage: str) -> str:
    """An item's stable id, from its lineage: task, figure and the slot that its stage gave it."""
    return f"{ID_PREFIX[config]}-{digest([config, lineage])[:16]}"


def _splits(cut: Cut, papers: Mapping[str, str]) -> dict[str, SplitName]:
    """By paper; `papers` are those of the figures."""
    asked_about = (item.figure_id for items in (cut.caption_matching, cut.descriptions, cut.multi_select) for item in items)
    items = {papers[figure] for figure in asked_about}
    return split_papers(set(papers.values()), items, cut.recipe.split, cut.recipe.identity.seed)


def _tier(specimen: Specimen, of: ReleaseTier, allowed: bool = True) -> RowTier:
    """Of a figure, or of an item made from it that is `allowed` for itself. What an open release would cut down is private."""
    everything = of == "private"
    if allowed and specimen.rights.tier == "open" and not (everything and _cut_down(specimen)):
        return "open"
    return "private" if everything else "pointer"


def _cut_down(specimen: Specimen) -> bool:
    """Whether an open row of this figure leaves out words that the paper has."""
    rights, paired = specimen.rights, specimen.classified.paired
    quoted = bool(paired.mentions and not rights.paragraph.share)
    merged = bool(paired.reference and not (rights.paragraph.share and rights.paragraph.adapt))
    return not rights.caption.share or quoted or merged


def _source(specimen: Specimen, cut: Cut, tier: RowTier, changes: str) -> dict[str, object]:
    """The columns that every config has. A pointer row keeps facts and hashes, and no words of the paper."""
    paper, classified, crop = specimen.paper, specimen.classified, specimen.crop
    shown = tier != "pointer"
    return {
        "tier": tier,
        "image": {"path": f"{specimen.id}.png"} if shown else None,
        "image_sha256": crop.sha256,
        "pixels_sha256": crop.pixels_sha256,
        "paper_id": paper.id,
        "doi": paper.doi,
        "arxiv_id": paper.arxiv_id,
        "pdf_sha256": paper.sha256,
        "page": classified.paired.figure.page,
        "label": classified.paired.label,
        "kind": classified.kind,
        "scale": classified.scale,
        "techniques": classified.techniques if shown else (),
        "field": classified.field if shown else None,
        "title": paper.title if shown else None,
        "creators": paper.authors if shown else (),
        "copyright_notice": paper.copyright_notice if shown else None,
        "publisher": paper.publisher,
        "year": paper.year,
        "licence": specimen.rights.licence.spdx,
        **_licence(specimen.rights.licence),
        "source_url": paper.source_url,
        "attribution": specimen.rights.attribution if shown else None,
        "changes": changes if shown else None,
        "canary": cut.recipe.identity.canary,
    }


def _licence(licence: Licence) -> dict[str, object]:
    """The licence with its evidence: the sentence that names it is a fact, and stays on pointer rows."""
    said = licence.evidence
    return {
        "licence_url": licence.url,
        "licence_evidence": said.text if said else None,
        "licence_page": said.page if said else None,
        "licence_source": licence.source,
    }


def _cropped(specimen: Specimen) -> str:
    crop, figure = specimen.crop, specimen.classified.paired.figure
    made = "pixels as placed" if crop.method == "native" else "rendered"
    hand = "" if figure.placed_by == "rules" else f", region by {figure.placed_by}"
    return f"cropped from page {figure.page}, {made}, {crop.dpi} dpi{hand}"


def _figure(specimen: Specimen, cut: Cut) -> FigureRow:
    """A figure's row, with the hashes of what its rights take out of it."""
    row, everything = _figure_as(specimen, cut, cut.tier), figure_in_full(specimen, cut)
    taken_out = tuple(
        WithheldCell(column=name, sha256=digest(cell))
        for name, cell in everything.model_dump(mode="json", exclude=NOT_WITHHELD).items()
        if cell != row.model_dump(mode="json", include={name})[name]
    )
    levels = specimen.crop.levels if row.image is None else ()
    return rehashed(row.model_copy(update={"withheld_sha256": taken_out, "image_levels": levels}))


def figure_in_full(specimen: Specimen, cut: Cut) -> FigureRow:
    """A figure's row as a private release has it: nothing withheld."""
    return _figure_as(specimen, cut, "private")


def _figure_as(specimen: Specimen, cut: Cut, of: ReleaseTier) -> FigureRow:
    classified, rights, crop = specimen.classified, specimen.rights, specimen.crop
    paired = classified.paired
    tier = _tier(specimen, of)
    everything = of == "private"
    shown = tier != "pointer"
    caption = shown and (everything or rights.caption.share)
    quoted = shown and (everything or rights.paragraph.share)
    merged = quoted and (everything or rights.paragraph.adapt)
    reference = paired.reference if merged else None
    changes = _cropped(specimen) + ("; paragraphs merged into reference" if reference else "")
    confidence = sorted(classified.confidence.items()) if shown else ()
    return _hashed(
        FigureRow,
        _source(specimen, cut, tier, changes),
        id=specimen.id,
        image_width=crop.width,
        image_height=crop.height,
        dpi=crop.dpi,
        image_bbox=tuple(round(float(value), 4) for value in crop.box),
        crop_method=crop.method,
        crop_reason=crop.reason,
        native_width=crop.native_size[0] if crop.native_size else None,
        native_height=crop.native_size[1] if crop.native_size else None,
        native_colours=crop.native_colours,
        bbox=tuple(round(float(value), 2) for value in paired.figure.bbox),
        caption=paired.caption if caption else None,
        mentions=tuple(mention.text for mention in paired.mentions) if quoted else (),
        reference=reference,
        reference_tokens=paired.reference_tokens if reference else None,
        panels=tuple(_panel(panel, specimen, caption) for panel in paired.panels) if shown else (),
        methods=classified.methods if shown else (),
        subfield=classified.subfield if shown else None,
        evidence=tuple(Named(name=n, text=t) for n, t in sorted(classified.evidence.items())) if caption and quoted else (),
        confidence=tuple(Sureness(name=name, value=round(value, 4)) for name, value in confidence),
        withheld=rights.reasons,
        withheld_sha256=(),
        image_levels=(),
    )


def _panel(panel: Panel, specimen: Specimen, captioned: bool) -> PanelRow:
    crop, bar = specimen.crop, max(panel.scale_bars, key=lambda bar: bar.confidence, default=None)
    points_a_pixel = Box(*crop.box).width / crop.width
    return PanelRow(
        letter=panel.letter,
        bbox=tuple(round(float(value), 2) for value in panel.bbox),
        caption=panel.caption if captioned else None,
        letter_source=panel.letter_source,
        confidence=round(panel.confidence, 4),
        scale_bar=bar.text if bar else None,
        nm_per_pixel=float(f"{bar.nm_per_point * points_a_pixel:.4g}") if bar else None,
        field_of_view_nm=tuple(float(f"{v:.4g}") for v in field_of_view_nm(bar, Box(*panel.bbox))) if bar else (),
    )


def _caption_matching(cut: Cut) -> Iterator[tuple[str, CaptionMatching]]:
    return _named("caption_matching", cut.caption_matching)


def _seats(cut: Cut, papers: Mapping[str, str], splits: Mapping[str, SplitName]) -> dict[str, int]:
    """The place of the key of each item of caption_matching."""
    names: dict[SplitName, list[str]] = {split: [] for split in SPLITS}
    for name, item in _caption_matching(cut):
        names[splits[papers[item.figure_id]]].append(name)
    return {name: seat for split in SPLITS for name, seat in seat_keys(names[split], cut.recipe.identity.seed).items()}


def _question(name: str, item: CaptionMatching, specimen: Specimen, key: int, cut: Cut) -> CaptionMatchingRow:
    order = seat_options(name, key, cut.recipe.identity.seed)
    tier = _tier(specimen, cut.tier, specimen.rights.questions)
    return _hashed(
        CaptionMatchingRow,
        _source(specimen, cut, tier, f"{_cropped(specimen)}; label taken off the caption; three of the options edited"),
        id=name,
        figure_id=specimen.id,
        question=QUESTION,
        options=tuple(item.options[option] for option in order),
        answer=key,
        edits=tuple(item.edits[option] for option in order),
        edit_types=tuple(sorted({edit.type for edits in item.edits for edit in edits})),
        design=tuple(item.design[option] for option in order),
        generator=GENERATOR,
        generator_version=GENERATOR_VERSION,
    )


def _ask(name: str, item: Description, specimen: Specimen, cut: Cut) -> DescriptionRow:
    tier = _tier(specimen, cut.tier, specimen.rights.paragraph.adapt)
    return _hashed(
        DescriptionRow,
        _source(specimen, cut, tier, f"{_cropped(specimen)}; paragraphs merged into reference"),
        id=name,
        figure_id=specimen.id,
        caption=specimen.classified.paired.caption,
        prompt=cut.recipe.description.prompt,
        reference=item.reference,
        reference_tokens=item.reference_tokens,
        tokenizer=TOKENIZER,
        generator=GENERATOR,
        generator_version=GENERATOR_VERSION,
    )


def _select(name: str, item: MultiSelect, specimen: Specimen, cut: Cut) -> MultiSelectRow:
    order = shuffle_options(name, len(item.options), cut.recipe.identity.seed)
    seated = [item.options[option] for option in order]
    tier = _tier(specimen, cut.tier, specimen.rights.questions)
    return _hashed(
        MultiSelectRow,
        _source(specimen, cut, tier, f"{_cropped(specimen)}; words of the paper made into true and false statements"),
        id=name,
        figure_id=specimen.id,
        question=f"{item.stem} {SELECT_ALL}",
        options=tuple(option.text for option in seated),
        answer=tuple(letter for letter, option in zip(ALPHABET, seated, strict=False) if option.correct),
        option_kinds=tuple(option.kind for option in seated),
        edits=tuple((option.edit,) if option.edit else () for option in seated),
        rubrics=tuple(option.rubric for option in seated),
        evidence=tuple(tuple(map(_evidence, option.evidence)) for option in seated),
        reasoning=item.reasoning,
        bloom_level=item.bloom_level,
        skill=item.skill,
        modality=item.modality,
        subfield=specimen.classified.subfield,
        generator=item.generator,
        generator_version=GENERATOR_VERSION,
        model=item.model,
        prompt_hash=item.prompt_hash,
        reviews=tuple(map(_review, item.reviews)),
    )


def _evidence(span: EvidenceSpan) -> EvidenceRow:
    box = tuple(round(float(value), 2) for value in span.panel_bbox or ())
    return EvidenceRow.model_validate(span.model_dump() | {"panel_bbox": box})


def _review(review: Review) -> ReviewRow:
    criteria = tuple(sorted(review.scores))
    scores = tuple(review.scores[name] for name in criteria)
    return ReviewRow.model_validate(review.model_dump() | {"criteria": criteria, "scores": scores})


def _named(config: Config, items: Iterable[ItemT]) -> Iterator[tuple[str, ItemT]]:
    """Items with their stable ids."""
    return ((item_id(config, item.id), item) for item in items)


def _hashed(kind: Callable[..., RowT], source: Mapping[str, object], **own: object) -> RowT:
    return rehashed(kind(**source, **own, content_hash="0" * 64))


def rehashed(row: RowT) -> RowT:
    """The row with the content hash that its columns give."""
    return row.model_copy(update={"content_hash": content_hash(row.model_dump(mode="json"))})


__all__ = ["NOT_WITHHELD", "figure_in_full", "item_id", "rehashed", "rows_of"]
