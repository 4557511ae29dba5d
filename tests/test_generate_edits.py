"""Panels, trends, conditions, marks and counts: what is turned, and what is refused."""

from __future__ import annotations

import pytest
from small_release import paper, specimen

from builder.lexicon.contrasts import CONTRASTS, UNLIKE_COLOURS, UNLIKE_SHAPES
from builder.recipe import CaptionMatchingRule
from builder.records import CaptionMatching, Dropped, Panel
from builder.release.validate_rows import DESIGNS as VALID_DESIGNS
from builder.scoring.shortcuts import attribute_votes, closest_option
from builder.stages.distract import apply_edits, attributes
from builder.stages.distract_contrasts import contrasts
from builder.stages.distract_counts import counts
from builder.stages.distract_edits import Attribute
from builder.stages.distract_markings import markings
from builder.stages.distract_panels import panel_swaps, panel_turns
from builder.stages.generate import DESIGNS, caption_matching


def _texts(caption: str, found: list[Attribute]) -> set[str]:
    return {apply_edits(caption, attribute.edits) for attribute in found}


# ---- panels


@pytest.mark.parametrize(
    ("caption", "turned"),
    [
        ("(a) SEM image of the foil. (b) Raman map of the oxide.", "(a) Raman map of the oxide. (b) SEM image of the foil."),
        ("Films on glass (a) and polished steel (b).", "Films on polished steel (a) and glass (b)."),
        ("Wells filled with ink (1), blood serum (2).", "Wells filled with blood serum (1), ink (2)."),
        ("Tracks in jelly (left) and wet clay (right).", "Tracks in wet clay (left) and jelly (right)."),
        ("(a) Grain of ZnO in pitch, (b) grain of CeO2 in pitch.", "(a) Grain of CeO2 in pitch, (b) grain of ZnO in pitch."),
        ("MRI of a knee, axial (a), coronal (b).", "MRI of a knee, coronal (a), axial (b)."),
    ],
)
def test_the_words_of_two_lettered_parts_change_places(caption: str, turned: str) -> None:
    assert turned in _texts(caption, list(panel_swaps(caption)))


@pytest.mark.parametrize(
    "caption",
    [
        "(a) Film of 10 nm gold. (b) Film of 20 nm silver.",  # a series: out of order it is seen in the text
        "(a) SEM image of ZnO. (b) Enlarged view of the facet.",
        "(a) SEM image of a rod. (b) SEM image of a rod after etching.",  # one says all that the other says
        "(a) As-prepared foil. (b) Annealed sheet.",
        "(a, b) SEM images of rods. (c) TEM image of a plate.",  # as many letters, or the plural tells
        "Pens: (a) red ink, (b) blue ink of Rome, (c) red ink.",  # red ink would stand twice
        "(a) Map of iron. (b) Plot of decay. Arrows in (b) mark noise.",
        "(a) Map of iron.12 (b) Plot of decay of the signal.",
        "No letters at all stand in this caption of two sentences. None.",
    ],
)
def test_parts_that_hang_together_stay(caption: str) -> None:
    assert not list(panel_swaps(caption))


def test_only_letters_that_the_figure_shows_change_places() -> None:
    caption = "(a) SEM image of the foil. (b) Raman map of the oxide."
    assert list(panel_swaps(caption, ["A", "B"]))
    assert not list(panel_swaps(caption, ["a", "c"]))


def test_three_panels_turn_so_that_no_order_is_the_nearest() -> None:
    caption = "Scans of soil: (a) clay; (b) river sand; (c) loam with old roots."
    (values,) = panel_turns(caption)
    options = [caption, *(apply_edits(caption, value.edits) for value in values)]
    assert len(set(options)) == 4
    assert len(closest_option(options)) == len(attribute_votes(options)) == 4


# ---- trends and conditions


@pytest.mark.parametrize(
    ("kind", "caption", "turned"),
    [
        ("trend", "The gap increases with increasing load.", "The gap decreases with increasing load."),
        ("trend", "Strain parallel to the fibre.", "Strain perpendicular to the fibre."),
        ("trend", "Top electrode of the cell.", "Bottom electrode of the cell."),
        ("trend", "Seen in a transverse cut.", "Seen in a longitudinal cut."),
        ("trend", "Voltage upon discharging to 2 V.", "Voltage upon charging to 2 V."),
        ("condition", "The foil before cleaning in acid.", "The foil after cleaning in acid."),
        ("condition", "An untreated foil was cut.", None),  # "an" would stay before "treated"
        ("condition", "Undoped films on glass.", "Doped films on glass."),
        ("condition", "Grown in argon at 300 K.", "Grown in oxygen at 300 K."),
        ("condition", "A wet film of paint.", "A dry film of paint."),
    ],
)
def test_a_word_with_one_opposite_becomes_it(kind: str, caption: str, turned: str | None) -> None:
    found = [a for a in contrasts(caption, "") if a.type == kind]
    assert _texts(caption, found) == ({turned} if turned else set())


@pytest.mark.parametrize(
    ("caption", "near"),
    [
        ("Left: the foil. Right: the film.", ""),  # both are said
        ("The gap increases and the load increases.", ""),  # two turned trends may be true again
        ("The gap increases with load.", "Below 3 K it decreases."),
        ("Foils after 40 h in brine.", ""),  # nothing is before 40 h
        ("Foils treated at 400 K.", ""),  # nothing is untreated at 400 K
        ("Top-down growth of a rod.", ""),
        ("Doubly charged ions are seen.", ""),
        ("The right-handed helix.", ""),
        ("HFW, horizontal field width.", ""),  # the abbreviation tells
        ("Images of the maximum and average size.", ""),
    ],
)
def test_a_word_that_something_else_tells_or_holds_is_left(caption: str, near: str) -> None:
    assert not list(contrasts(caption, near))


def test_each_contrast_has_two_words_of_its_own_pair() -> None:
    for contrast in CONTRASTS:
        assert all(one != other and one and other for one, other in contrast.forms)


def test_no_colour_or_shape_is_its_own_opposite() -> None:
    for table in (UNLIKE_COLOURS, UNLIKE_SHAPES):
        assert all(name not in others for name, others in table.items())


# ---- marks


@pytest.mark.parametrize(
    ("caption", "turned"),
    [
        ("Red arrows mark pores.", "Blue arrows mark pores."),
        ("Red circles show pores. Blue squares show cracks.", "Blue circles show pores. Red squares show cracks."),
        (
            "Blue and green colours are pores and walls, respectively.",
            "Green and blue colours are pores and walls, respectively.",
        ),
        ("The dashed line is a fit.", "The solid line is a fit."),
        ("White circles mark pores.", "White triangles mark pores."),
        ("Nerve (red) and bone (green) of a finch.", "Nerve (green) and bone (red) of a finch."),
    ],
)
def test_a_mark_gets_another_colour_or_shape(caption: str, turned: str) -> None:
    assert turned in _texts(caption, list(markings(caption, "")))


@pytest.mark.parametrize(
    "caption",
    [
        "Red phosphorus on a tray.",  # no mark
        "Red and blue traces of pores.",  # exchanged it says the same
        "Nuclei (blue, DAPI) and actin (red).",  # the stain tells its colour
        "Red boutons (red) and green ones (green) appear yellow in the merged image.",
        "Arrows point to pores.",
        "A square metre of the foil.",
    ],
)
def test_a_colour_that_is_no_mark_or_is_told_stays(caption: str) -> None:
    assert not list(markings(caption, ""))


def test_a_colour_that_the_paragraphs_name_is_not_taken() -> None:
    found = _texts("Red arrows mark pores.", list(markings("Red arrows mark pores.", "A blue and a green line.")))
    assert found
    assert not any("lue arrows" in text or "reen arrows" in text for text in found)


def test_what_glows_is_never_black() -> None:
    caption = "Confocal image of fibres (green)."
    assert not any("black" in text for text in _texts(caption, list(markings(caption, ""))))


# ---- counts


def test_a_count_moves_to_another_few() -> None:
    caption = "Projection of 4 optical sections of a cell."
    assert _texts(caption, list(counts(caption, ""))) == {caption.replace("4", n) for n in "23567"}


@pytest.mark.parametrize(
    ("caption", "near"),
    [
        ("Three grains: quartz, mica and spar.", ""),
        ("Panels of (a) two and (b) 12 h.", ""),
        ("Seen 3 times a day.", ""),
        ("(a) Map of 2 grains. (b) Plot.", ""),  # as many as the letters
        ("Figure 3 shows waves.", ""),
    ],
)
def test_a_count_that_the_text_tells_stays(caption: str, near: str) -> None:
    assert not list(counts(caption, near))


# ---- items


def _items(caption: str, most: int = 6, letters: str = "") -> tuple[CaptionMatching, ...]:
    made = specimen(paper("a", "CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"), 1, is_open=True)
    shown = tuple(Panel(letter=x, bbox=made.classified.paired.figure.bbox, confidence=1.0) for x in letters)
    paired = made.classified.paired.model_copy(update={"caption": caption, "mentions": (), "panels": shown})
    figure = made.model_copy(update={"classified": made.classified.model_copy(update={"paired": paired})})
    items = caption_matching(figure, caption, CaptionMatchingRule(max_per_figure=most), 0)
    return () if isinstance(items, Dropped) else items


RICH = (
    "Figure 1. (a) SEM image of the MoS2 film. (b) Raman map of the glass slide. Red arrows mark pores in the 30 nm film, "
    "dashed lines its rim; held 400 °C for 6 h, the gap increases with load."
)


def test_a_figure_gives_several_items_each_over_other_words() -> None:
    items = _items(RICH)
    assert len(items) > 2
    assert [item.id.rpartition("/")[2] for item in items] == ["caption_matching", *map(str, range(1, len(items)))]
    places = [{(e.start, e.end) for edits in item.edits for e in edits} for item in items]
    assert all(not one & other for k, one in enumerate(places) for other in places[:k])


def test_the_recipe_sets_how_many_and_the_first_stay_the_same() -> None:
    assert _items(RICH, most=1) == _items(RICH)[:1]


def test_every_item_ties_under_the_attacks_and_its_options_follow_from_its_edits() -> None:
    for item in _items(RICH):
        assert len(closest_option(item.options)) == len(attribute_votes(item.options)) == 4
        assert [apply_edits(item.options[0], edits) for edits in item.edits] == list(item.options)
        assert item.design in DESIGNS.values()


def test_designs_are_those_that_validate_knows() -> None:
    assert {tuple(sorted(design)) for design in DESIGNS.values()} == set(VALID_DESIGNS)


def test_of_a_number_alone_the_true_value_is_no_fixed_rank() -> None:
    ranks = set()
    for number in range(31, 80, 4):
        for item in _items(f"Figure 1. Grey image of the tall film that is {number} nm thick in all of the places."):
            values = [int(option.split(" nm")[0].split()[-1]) for option in item.options]
            ranks.add(sorted(values).index(values[0]))
    assert ranks == {0, 1, 2, 3}


def test_a_lost_degree_sign_before_c_is_no_drop_and_stays_as_stored() -> None:
    items = _items("Figure 1. SEM image of the TiO2 film that was grown at 450 \ufffdC on glass.")
    assert items
    assert all("450 \ufffdC on" in option for option in items[0].options)


def test_every_attribute_stands_once() -> None:
    found = attributes(RICH, RICH, 0, "f")
    assert len({tuple((e.start, e.end) for e in a.edits) for a in found}) == len(found)
