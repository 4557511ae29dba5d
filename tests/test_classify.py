"""Classify: techniques by name, kind by grain and caption, scale by bars, fields and techniques."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from builder.lexicon.techniques import CONFUSION_SETS, TECHNIQUES, confusable, find_techniques, related, technique
from builder.recipe import FieldRule
from builder.records import Box, Caption, ClassifiedFigure, Figure, PairedFigure
from builder.stages.classify import classify

GRAIN: npt.NDArray[np.uint8] = np.repeat(np.random.default_rng(0).integers(40, 200, (240, 240, 1), dtype=np.uint8), 3, axis=2)
PAPER: npt.NDArray[np.uint8] = np.full((240, 240, 3), 255, dtype=np.uint8)


def classified(text: str, look: npt.NDArray[np.uint8], words: tuple[str, ...] = ()) -> ClassifiedFigure:
    box = Box(0, 0, 100, 100)
    caption = Caption(id="c", label="Figure 1", page=1, bbox=box, text=text)
    figure = Figure(
        id="f", caption=caption, page=1, bbox=box, side="below", confidence=1, raster_share=1, paths=0, words=len(words)
    )
    fields = {"Metals": FieldRule(keywords=("steel", "alloy"), subfields={"Steels": ("steel",)})}
    return classify(PairedFigure(figure=figure, label="Figure 1", caption=text), look, words, None, fields)


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


def test_picture_that_nothing_names_has_no_invented_scale() -> None:
    found = classified("Figure 1. The sample.", GRAIN)
    assert (found.scale, found.techniques, found.field) == ("unknown", (), "unknown")
