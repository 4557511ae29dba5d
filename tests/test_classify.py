"""Classify: techniques by name, kind by grain and caption, scale by bars, fields and techniques."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from builder.lexicon.techniques import CONFUSION_SETS, TECHNIQUES, confusable, find_techniques, related, technique
from builder.pages import Box, Word
from builder.recipe import FieldRule
from builder.records import Caption, ClassifiedFigure, Figure, Mention, PairedFigure, Panel, ScaleBar
from builder.stages.classify import classify
from builder.stages.classify_look import label_patches, read_look
from builder.stages.classify_scale import scale_of_field

GRAIN: npt.NDArray[np.uint8] = np.repeat(np.random.default_rng(0).integers(40, 200, (240, 240, 1), dtype=np.uint8), 3, axis=2)
PAPER: npt.NDArray[np.uint8] = np.full((240, 240, 3), 255, dtype=np.uint8)


BOX = Box(0, 0, 170, 170)


def axes(look: npt.NDArray[np.uint8], left: int, foot: int, side: int) -> npt.NDArray[np.uint8]:
    drawn = look.copy()
    drawn[foot - side : foot, left : left + 2] = 0
    drawn[foot : foot + 2, left : left + side] = 0
    return drawn


def paired(text: str, *, mentions: tuple[str, ...] = (), panels: tuple[Panel, ...] = ()) -> PairedFigure:
    caption = Caption(id="c", label="Figure 1", page=1, bbox=BOX, text=text)
    figure = Figure(id="f", caption=caption, page=1, bbox=BOX, side="below", confidence=1, raster_share=1, paths=0, words=0)
    cited = tuple(Mention(text=said, page=1, cites=("Figure 1",)) for said in mentions)
    return PairedFigure(figure=figure, label="Figure 1", caption=text, mentions=cited, panels=panels)


def classified(
    text: str,
    look: npt.NDArray[np.uint8],
    words: tuple[str, ...] = (),
    *,
    mentions: tuple[str, ...] = (),
    panels: tuple[Panel, ...] = (),
    ocr: tuple[str, ...] = (),
    paper: str = "",
) -> ClassifiedFigure:
    fields = {"Metals": FieldRule(keywords=("steel", "alloy"), subfields={"Steels": ("steel",)})}
    read = tuple(Word(said, BOX, 0.9) for said in ocr)
    figure = paired(text, mentions=mentions, panels=panels)
    return classify(figure, look, words, None, fields, paper_text=paper, ocr=read)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("HAADF-STEM image and its FFT", ["HAADF-STEM", "FFT"]),
        ("scanning electron micrographs (SEM)", ["SEM", "SEM"]),
        ("Fourier-transform infrared and UV–vis", ["FTIR", "UV-vis"]),
        ("data are mean ± SEM", []),
        ("the system seems stemmed", []),
    ],
)
def test_techniques_are_found_as_written(text: str, names: list[str]) -> None:
    assert [found.name for _, _, found in find_techniques(text)] == names


def test_no_swap_offered_is_the_technique_itself_or_a_kind_of_it() -> None:
    assert all(not related(one, other) for one in TECHNIQUES for other in confusable(one))
    assert related(technique("HRTEM"), technique("TEM"))
    assert all(technique(name) for group in CONFUSION_SETS for name in group)


def test_grainy_picture_with_a_microscope_named_is_a_micrograph_with_its_scale_bar() -> None:
    found = classified("Figure 1. TEM image of an alloy steel. Scale bar: 50 nm.", GRAIN)
    assert (found.kind, found.scale, found.techniques) == ("micrograph", "micro", ("TEM",))
    assert (found.field, found.subfield) == ("Metals", "Steels")
    assert "50 nm" in found.evidence["scale"]


def test_white_figure_full_of_numbers_is_a_chart_without_scale_or_techniques() -> None:
    found = classified("Figure 1. XRD patterns.", PAPER, tuple(str(number) for number in range(20)))
    assert (found.kind, found.scale, found.techniques, found.methods) == ("chart", "none", (), ("XRD",))


def test_picture_that_nothing_names_is_guessed_at_with_little_confidence() -> None:
    found = classified("Figure 1. The sample.", GRAIN)
    assert found.kind == "micrograph"
    assert found.field == "unknown"
    assert found.confidence["techniques"] <= 0.3
    assert found.confidence["scale"] <= 0.4


def test_axes_on_paper_are_seen_where_a_raster_has_no_words() -> None:
    look = axes(PAPER, 40, 200, 150)
    assert read_look(look).axes > 0.3
    assert classified("Figure 1. Strength of the weld.", look).kind == "chart"


def test_blank_paper_and_an_image_smaller_than_a_tile_hold_no_picture() -> None:
    assert read_look(PAPER).pictures == 0
    assert read_look(PAPER[:5, :5]).white == 1


def test_flat_fills_and_gradients_are_no_pictures() -> None:
    fill = PAPER.copy()
    fill[40:200, 40:200] = (200, 120, 40)
    ramp = np.repeat(np.tile(np.linspace(0, 240, 240).astype(np.uint8), (240, 1))[:, :, None], 3, axis=2)
    assert read_look(fill).pictures == 0
    assert read_look(ramp).pictures < 0.5


def test_picture_beside_a_chart_is_mixed() -> None:
    look = np.hstack([GRAIN, axes(PAPER, 40, 200, 150)])
    found = classified("Figure 1. (a) SEM image of the film. (b) XRD spectrum of the film.", look)
    assert (found.kind, found.techniques) == ("mixed", ("SEM",))


def test_caption_that_opens_with_a_schematic_makes_a_shaded_drawing_no_picture() -> None:
    found = classified("Figure 1. Schematic of the process.", GRAIN)
    assert (found.kind, found.scale, found.techniques) == ("schematic", "none", ())


def test_model_of_atoms_is_atomic_and_a_process_is_not() -> None:
    assert classified("Figure 1. Crystal structure of NaCl.", PAPER).scale == "atomic"
    assert classified("Figure 1. Process flow diagram with unit cells.", PAPER).scale == "none"


def test_technique_is_read_from_the_sentence_that_cites_the_figure_alone() -> None:
    said = "We used TEM before. The SEM image in Fig. 1 shows pores. Raman is in Fig. 2."
    found = classified("Figure 1. Pores of the foam.", GRAIN, mentions=(said,))
    assert found.techniques == ("SEM",)
    assert "sentence" in found.evidence["techniques"]


def test_data_bar_names_its_microscope() -> None:
    found = classified("Figure 1. Pores of the foam.", GRAIN, ocr=("EHT = 5.00 kV", "Signal A = SE2", "2 µm"))
    assert (found.techniques, found.scale) == (("SEM",), "meso")


def test_spectrum_of_a_technique_is_no_picture_of_it() -> None:
    found = classified("Figure 1. SEM image and EDS spectrum of the foam.", GRAIN)
    assert found.techniques == ("SEM",)


def test_element_maps_with_a_morphology_have_their_electron_image() -> None:
    found = classified("Figure 1. EPMA mapping of the crack (a: morphology; b: C).", GRAIN)
    assert found.techniques == ("SEM", "EPMA")


def test_microscope_that_the_paper_names_most_stands_in_with_less_confidence() -> None:
    found = classified("Figure 1. Pores of the foam.", GRAIN, paper="SEM and SEM and TEM, SEM again, SEM, SEM")
    assert found.techniques == ("SEM",)
    assert found.confidence["techniques"] < 0.5


@pytest.mark.parametrize(
    ("nanometres", "scale"),
    [(8, "atomic"), (20, "atomic"), (21, "micro"), (3_000, "micro"), (3_001, "meso"), (2e7, "meso"), (1e8, "macro")],
)
def test_field_of_view_gives_the_scale(nanometres: float, scale: str) -> None:
    assert scale_of_field(nanometres) == scale


def test_measured_bar_outweighs_what_the_technique_suggests() -> None:
    bar = ScaleBar(text="100 nm", length_nm=100, bbox=Box(10, 150, 30, 152), nm_per_point=5, source="ocr", confidence=0.9)
    panel = Panel(letter=None, bbox=BOX, confidence=1, scale_bars=(bar,))
    found = classified("Figure 1. SEM image of the steel.", GRAIN, panels=(panel,))
    assert found.scale == "micro"
    assert "850 nm" in found.evidence["scale"]
    assert classified("Figure 1. SEM image of the steel.", GRAIN).scale == "meso"


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("Figure 1. SEM image of nanowires.", "micro"),
        ("Figure 1. SEM image. Scale bar: 20 µm.", "meso"),
        ("Figure 1. AFM image, 500 nm × 500 nm.", "micro"),
        ("Figure 1. AFM image from 5 μm scans.", "meso"),
        ("Figure 1. HAADF-STEM image with atomic resolution columns, atomic-scale.", "atomic"),
        ("Figure 1. STM image.", "atomic"),
        ("Figure 1. MRI of a patient.", "macro"),
    ],
)
def test_scale_follows_bars_fields_words_and_technique(text: str, scale: str) -> None:
    assert classified(text, GRAIN).scale == scale


def test_micro_sign_lost_by_font_or_ocr_is_not_taken_for_metres() -> None:
    assert classified("Figure 1. SEM image. Scale bar: 20 lm.", GRAIN).scale == "meso"
    assert classified("Figure 1. TEM image.", GRAIN, ocr=("10 pm",)).scale == "meso"
    assert classified("Figure 1. TEM image.", GRAIN, ocr=("10 m",)).scale == "micro"


def test_patches_that_meet_below_are_one_and_diagonal_ones_are_two() -> None:
    mask = np.array([[1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 1]], dtype=bool)
    labels, count = label_patches(mask)
    assert count == 2
    assert labels.tolist() == [[1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 2]]
    assert label_patches(np.zeros((2, 2), dtype=bool))[1] == 0


def test_maps_and_diffraction_patterns_beside_an_electron_image_are_named_by_it() -> None:
    assert classified("Figure 1. SEM image and elemental maps of the foam.", GRAIN).techniques == ("SEM", "EDS")
    assert classified("Figure 1. TEM image with its diffraction pattern.", GRAIN).techniques == ("TEM", "SAED")
    assert classified("Figure 1. TEM image and X-ray diffraction pattern.", GRAIN).techniques == ("TEM",)


def test_words_off_the_pixels_count_where_they_stand_on_a_picture() -> None:
    look = np.hstack([GRAIN, PAPER])
    figure = paired("Figure 1. TEM image and a drawing.")
    there = Word("500 nm", Box(10, 10, 30, 15), 0.9)
    away = Word("8 mm", Box(140, 10, 160, 15), 0.9)
    assert "500 nm" in classify(figure, look, (), None, {}, ocr=(there, away)).evidence["scale"]
    assert "8 mm" not in classify(figure, look, (), None, {}, ocr=(there, away)).evidence["scale"]
