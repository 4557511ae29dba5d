"""Generation: balanced, typed, false."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_release import paper, specimen

from builder.recipe import CaptionMatchingRule
from builder.records import CaptionMatching, Dropped, Specimen
from builder.scoring.shortcuts import attribute_votes, closest_option
from builder.stages.distract import apply_edits, attributes
from builder.stages.generate import DESIGNS, caption_matching, description, option_text

CAPTION = "SEM image of TiO2 films annealed at 500 °C. Scale bar: 50 nm."


def test_every_attribute_of_a_design_splits_two_against_two() -> None:
    for size, design in DESIGNS.items():
        assert size == 1 or all(sum(vertex[k] == "1" for vertex in design) == 2 for k in range(size))


def test_three_types_of_edit_are_found_and_each_changes_the_caption() -> None:
    found = attributes(CAPTION, CAPTION, 0, "fig-1")
    assert {a.type for a in found} == {"method", "composition", "number"}
    assert all(CAPTION[e.start : e.end] == e.original for a in found for e in a.edits)
    assert all(apply_edits(CAPTION, a.edits) != CAPTION for a in found)


@pytest.mark.parametrize("seed", range(8))
def test_a_value_that_the_paper_states_elsewhere_is_no_edit(seed: int) -> None:
    paper = CAPTION + " Others had 20 nm, 0.1 µm or 10 nm; SnO2 and ZrO2 were bought, 300 °C and 400 °C kept."
    said = {"20 nm", "100 nm", "10 nm", "SnO2", "ZrO2", "300 °C", "400 °C"}
    found = attributes(CAPTION, paper, seed, "fig-1")
    assert not said & {e.replacement for a in found for e in a.edits}


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
    assert closest_option(options) == attribute_votes(options) == (0, 1, 2, 3)


def _captioned(caption: str) -> Specimen:
    made = specimen(paper("a", "CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"), 1, is_open=True)
    paired = made.classified.paired.model_copy(update={"caption": caption, "mentions": ()})
    return made.model_copy(update={"classified": made.classified.model_copy(update={"paired": paired})})


def _item(caption: str, seed: int = 0) -> CaptionMatching | Dropped:
    made = caption_matching(_captioned(caption), caption, CaptionMatchingRule(), seed)
    return made if isinstance(made, Dropped) else made[0]


def test_a_full_caption_becomes_four_options_with_the_true_one_first() -> None:
    made = _item("Figure 2. " + CAPTION)
    assert isinstance(made, CaptionMatching)
    assert made.options[0] == CAPTION
    assert made.edits[0] == ()
    assert made.design in DESIGNS.values()


@pytest.mark.parametrize(
    ("caption", "reason"),
    [
        ("Figure 2. SEM of ZnO.", "caption-too-short"),
        ("Figure 2. SEM image of TiO2 films of 50 \ufffdm annealed in air for two days.", "caption-mojibake"),
        ("Figure 2. SEM image of TiO2 films that were annealed at the", "caption-fragment"),
        ("Figure 2. The place where all of the samples were taken in spring.", "too-few-attributes"),
    ],
)
def test_a_caption_that_cannot_carry_an_item_is_dropped_with_its_reason(caption: str, reason: str) -> None:
    made = _item(caption)
    assert isinstance(made, Dropped)
    assert made.reason == reason


def test_two_elements_with_their_own_panels_change_places() -> None:
    caption = "EDS maps of Al (current collector), Ni (active particles) and Pt (pores) in the cathode"
    swaps = [a for a in attributes(caption, caption, 0, "f") if len(a.edits) == 2]
    assert swaps
    for swap in swaps:
        one, other = swap.edits
        assert (one.original, one.replacement) == (other.replacement, other.original)


def test_two_materials_without_a_place_of_their_own_do_not() -> None:
    caption = "The transition between GaN and AlN layers"
    assert not any(len(a.edits) == 2 for a in attributes(caption, caption, 0, "f"))


@pytest.mark.parametrize(
    "caption", ["SEM images with the Everhart-Thornley detector", "XPS of the N 1s level", "TEM image with lattice fringes"]
)
def test_a_method_that_another_word_gives_away_is_kept(caption: str) -> None:
    assert not any(a.type == "method" for a in attributes(caption, caption, 0, "f"))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 999),
    st.sampled_from(["nm", "µm", "h", "min", "°C", "K", "wt%", "cycles", "mA", "mM"]),
    st.integers(0, 50),
)
def test_a_number_keeps_its_unit_and_its_bounds_and_is_never_doubled(number: int, unit: str, seed: int) -> None:
    caption = f"Images of the film, {number} {unit} in all"
    for attribute in attributes(caption, caption, seed, "f"):
        new, _, kept = attribute.edits[0].replacement.partition(" ")
        assert kept == unit
        assert float(new) not in (0, number, 2 * number, number / 2, 10 * number)
        assert unit != "wt%" or float(new) < 100
        assert unit != "°C" or float(new) < 1700


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["SEM", "TEM", "AFM"]),
    st.sampled_from(["TiO2", "gold", "MoS2", "GaN"]),
    st.integers(2, 900),
    st.sampled_from(["nm", "h", "cycles"]),
    st.integers(0, 20),
)
def test_options_differ_split_evenly_and_follow_from_their_edits(
    method: str, material: str, number: int, unit: str, seed: int
) -> None:
    made = _item(f"Figure 1. {method} image of the {material} film after {number} {unit} of growth, seen from above.", seed)
    if isinstance(made, Dropped):
        assert made.reason in {"too-few-attributes", "not-balanced"}
        return
    assert len(set(made.options)) == 4
    assert [apply_edits(made.options[0], edits) for edits in made.edits] == list(made.options)
    if made.design != DESIGNS[1]:
        assert all(sum(vertex[k] == "1" for vertex in made.design) == 2 for k in range(len(made.design[0])))
    assert closest_option(made.options) == attribute_votes(made.options) == (0, 1, 2, 3)


def test_a_figure_without_a_reference_has_no_description() -> None:
    made = _captioned(CAPTION)
    bare = made.classified.paired.model_copy(update={"reference": None, "reference_tokens": None})
    made = made.model_copy(update={"classified": made.classified.model_copy(update={"paired": bare})})
    outcome = description(made)
    assert isinstance(outcome, Dropped)
    assert outcome.reason == "no-reference"
