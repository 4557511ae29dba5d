"""Generation: balanced, typed, false."""

from __future__ import annotations

import pytest

from builder.scoring.shortcuts import attack
from builder.stages.distract import apply_edits, attributes
from builder.stages.generate import DESIGNS, option_text

CAPTION = "SEM image of TiO2 films annealed at 500 °C. Scale bar: 50 nm."


def test_every_attribute_of_a_design_splits_two_against_two() -> None:
    for size, design in DESIGNS.items():
        assert all(sum(vertex[k] == "1" for vertex in design) == 2 for k in range(size))


def test_three_types_of_edit_are_found_and_each_changes_the_caption() -> None:
    found = attributes(CAPTION, CAPTION, 0, "fig-1")
    assert {a.type for a in found} == {"method", "composition", "number"}
    assert all(CAPTION[e.start : e.end] == e.original for a in found for e in a.edits)
    assert all(apply_edits(CAPTION, a.edits) != CAPTION for a in found)


@pytest.mark.parametrize("seed", range(8))
def test_a_value_that_the_paper_states_elsewhere_is_no_edit(seed: int) -> None:
    paper = CAPTION + " Others were annealed at 0.2 µm, 20 nm, 100 nm, 200 °C and 1000 °C; SnO2 and ZrO2 were bought."
    found = attributes(CAPTION, paper, seed, "fig-1")
    assert not any(a.type in ("composition", "number") for a in found)


@pytest.mark.parametrize(
    "caption",
    ["TEM of gold nanoparticles and AgAu shells", "Images of Si and SiO2", "Images of TiO2 with anatase grains"],
)
def test_an_exchange_that_another_word_gives_away_is_refused(caption: str) -> None:
    assert not any(a.type == "composition" for a in attributes(caption, caption, 0, "fig-1"))


def test_members_of_a_series_are_not_edited() -> None:
    caption = "Films annealed at 450 °C, 550 °C and 650 °C"
    assert attributes(caption, caption, 0, "fig-1") == ()


@pytest.mark.parametrize("printed", ["Figure 2. SEM of ZnO.", "Fig. 2 | SEM of ZnO.", "FIG. 2: SEM of ZnO."])
def test_the_label_is_stripped(printed: str) -> None:
    assert option_text(printed) == "SEM of ZnO."


def test_both_attacks_are_at_chance_on_a_full_design() -> None:
    found = attributes(CAPTION, CAPTION, 0, "fig-1")[:2]
    options = [
        apply_edits(CAPTION, [e for a, bit in zip(found, v, strict=True) if bit == "1" for e in a.edits]) for v in DESIGNS[2]
    ]
    assert {score.accuracy for score in attack([(options, key) for key in range(4)]).values()} == {0.25}
