"""A small release made by hand: two open papers, one under ND, hostile titles, every config."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from builder.pages import Box
from builder.recipe import Recipe, read_recipe
from builder.records import (
    Act,
    Caption,
    CaptionMatching,
    ClassifiedFigure,
    Crop,
    Description,
    Dropped,
    Edit,
    EvidenceSpan,
    Figure,
    Licence,
    Mention,
    MultiSelect,
    Option,
    PairedFigure,
    Paper,
    Rights,
    Specimen,
    StageCount,
    digest,
)
from builder.release.attacks import attacks_of
from builder.release.package import package
from builder.release.reviews import reviews_of
from builder.release.rows import Cut, Packed
from builder.stages.rights import attribution

HOSTILE = '<script>alert(1)</script> | --- | [x](javascript:0)\n## "Gold" & `glass` on $SiO_2$ {{ facts }}'
YES, NO = Act(share=True, adapt=True, commercial=True), Act(share=False, adapt=False, commercial=False)
BY, ND = "https://creativecommons.org/licenses/by/4.0/", "https://creativecommons.org/licenses/by-nc-nd/4.0/"

RECIPE = """
tasks = ["caption_matching", "description", "multi_select"]
[identity]
name = "small_bench"
title = "Small bench"
summary = "Three made-up papers."
canary = "11111111-2222-3333-4444-555555555555"
[split]
validation_share = 0.0
min_validation_papers = 1
"""


def recipe() -> Recipe:
    return read_recipe(RECIPE, "small.toml")


def paper(name: str, licence: str, url: str, **more: object) -> Paper:
    given: dict[str, object] = {
        "id": f"doi:10.9999/{name}", "file": f"{name}.pdf", "sha256": digest(name), "pages": 4, "doi": f"10.9999/{name}",
        "title": f"Paper {name}", "authors": ("Ann Example", "Bo Sample"), "published": "2024-05", "publisher": "Nowhere Press",
        "licence": Licence(spdx=licence, url=url, source="pdf"), "source_url": f"https://doi.org/10.9999/{name}",
    }  # fmt: skip
    return Paper.model_validate(given | more)


def specimen(
    of: Paper, number: int, *, is_open: bool, scale: str = "micro", techniques: tuple[str, ...] = ("SEM",)
) -> Specimen:
    label, text = f"Figure {number}", f"Figure {number}. SEM image of TiO2 grains of 20 nm at 5 kV after annealing."
    figure_id = "fig-" + digest([of.id, label])[:16]
    caption = Caption(id=f"{of.id}#{number}#{label}", label=label, page=number, bbox=Box(50, 400, 300, 430), text=text)
    figure = Figure(
        id=figure_id, caption=caption, page=number, bbox=Box(50, 100, 300, 390), side="below", confidence=0.9, raster_share=1.0,
        paths=0, words=2,
    )  # fmt: skip
    reference = " ".join(["The grains in the figure are round."] * 20)
    paired = PairedFigure(
        figure=figure, label=label, caption=text, reference=reference, reference_tokens=160,
        mentions=(Mention(text=reference, page=number, cites=(label,)),),
    )  # fmt: skip
    act = YES if is_open else NO
    return Specimen(
        paper=of,
        classified=ClassifiedFigure(
            paired=paired, kind="micrograph", scale=scale, techniques=techniques, field="materials science", subfield="oxides",
            evidence={"scale": "20 nm"}, confidence={"kind": 0.9, "scale": 0.8},
        ),
        rights=Rights(
            licence=of.licence, image=act, caption=act, paragraph=act, tier="open" if is_open else "pointer", questions=is_open,
            reasons=() if is_open else ("nd-licence",), attribution=attribution(of),
        ),
        crop=Crop(
            sha256=digest([figure_id, "png"]), pixels_sha256=digest([figure_id, "pixels"]), width=400, height=300, dpi=300,
            box=figure.bbox,
        ),
    )  # fmt: skip


TRUE = "SEM image of TiO2 grains of 20 nm at 5 kV after annealing."
OTHER_METHOD = TRUE.replace("SEM", "AFM")
METHOD = Edit(type="method", start=0, end=3, original="SEM", replacement="AFM")
MATERIAL = Edit(type="composition", start=13, end=17, original="TiO2", replacement="ZrO2")


def question(of: Specimen) -> CaptionMatching:
    return CaptionMatching(
        id=f"{of.id}#cm0", figure_id=of.id,
        options=(TRUE, OTHER_METHOD, TRUE.replace("TiO2", "ZrO2"), OTHER_METHOD.replace("TiO2", "ZrO2")),
        edits=((), (METHOD,), (MATERIAL,), (METHOD, MATERIAL)), design=("00", "10", "01", "11"),
    )  # fmt: skip


def description(of: Specimen) -> Description:
    reference = of.classified.paired.reference
    assert reference
    return Description(id=f"{of.id}#de0", figure_id=of.id, reference=reference, reference_tokens=160)


def option(text: str, evidence: EvidenceSpan, edit: Edit | None = None) -> Option:
    kind = edit.type if edit else "as-printed"
    rubric = f"The caption says {evidence.text!r}."
    return Option(text=text, correct=edit is None, kind=kind, edit=edit, rubric=rubric, evidence=(evidence,))


def several(of: Specimen) -> MultiSelect:
    """Four statements, two of them true."""
    caption = of.classified.paired.caption
    start = caption.index("SEM")

    def says(words: str) -> EvidenceSpan:
        at = caption.index(words)
        return EvidenceSpan(source="caption", of=of.classified.paired.label, start=at, end=at + len(words), text=words)

    other = Edit(type="number", start=start, end=start + 4, original="5 kV", replacement="15 kV")
    return MultiSelect(
        id=f"{of.id}/multi_select/0", figure_id=of.id, stem="Which statements about the figure hold?",
        options=(
            option("The figure is an SEM image.", says("SEM")), option("The grains measure 20 nm.", says("20 nm")),
            option("The grains are of ZrO2.", says("TiO2"), MATERIAL), option("It was taken at 15 kV.", says("5 kV"), other),
        ),
        bloom_level=1, skill="EU", modality="SEM", reasoning="The caption names method and size.", generator="rules",
    )  # fmt: skip


def cut(**change: object) -> Cut:
    hostile = paper("a", "CC-BY-4.0", BY, title=HOSTILE)
    nameless = paper("b", "CC-BY-4.0", BY, authors=(), published="2023")
    closed = paper("c", "CC-BY-NC-ND-4.0", ND, title="A title that must not be shown")
    shown = (
        specimen(hostile, 1, is_open=True),
        specimen(hostile, 2, is_open=True, scale="atomic", techniques=("STM", "AFM")),
        specimen(nameless, 1, is_open=True, techniques=()),
    )
    given: dict[str, object] = {
        "recipe": recipe(), "version": "1.0.0", "builder_version": "0.1.0", "papers": (hostile, nameless, closed),
        "specimens": (*shown, specimen(closed, 1, is_open=False)), "caption_matching": tuple(question(one) for one in shown),
        "descriptions": (description(shown[0]),), "multi_select": (several(shown[0]),),
        "attrition": (
            StageCount(stage="ingest", unit="papers", read=4, kept=3, made=3, dropped={"not-a-pdf": 1}),
            StageCount(stage="sieve", unit="pages", read=12, kept=4, made=4, dropped={"no-caption": 7, "no-graphics": 1}),
        ),
        "dropped": (
            Dropped(record_id="broken.pdf", stage="ingest", reason="not-a-pdf"),
            *(Dropped(record_id=f"doi:10.9999/a#p{n}", stage="sieve", reason="no-caption") for n in range(1, 8)),
            Dropped(record_id="doi:10.9999/b#p1", stage="sieve", reason="no-graphics"),
        ),
    }  # fmt: skip
    return Cut(**(given | change))  # type: ignore[arg-type]


def packed(**change: object) -> Packed:
    return examined(package(cut(**change))) if change else _unchanged()


@cache
def _unchanged() -> Packed:
    return examined(package(cut()))


def examined(release: Packed) -> Packed:
    """With its attacks and reviews, no model asked."""
    return replace(release, attacks=attacks_of(release, {}), reviews=reviews_of(release, ()))
