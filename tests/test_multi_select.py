"""Multi-select questions by rules: true and false by coin, each option with what decides it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_release import BY, paper, specimen

from builder import shipped
from builder.edges.embedding import minilm
from builder.errors import UsageError
from builder.lexicon.techniques import TECHNIQUES
from builder.pages import Box
from builder.recipe import MultiSelectRule
from builder.records import Dropped, Mention, MultiSelect, PairedFigure, Panel, ScaleBar, Specimen
from builder.scoring.shortcuts import attribute_votes, closest_option
from builder.stages.crossings import crossings
from builder.stages.multi_select import facts_of, multi_select
from builder.stages.panel_words import PanelWords, contradict, distinct, panel_words
from builder.stages.seating import truth_of
from builder.stages.sentences import sentences, stands_alone
from builder.stages.siblings import lexical, nearest
from builder.stages.statement_panels import article, lowered, with_article
from builder.stages.statement_scales import scale_facts
from builder.stages.statement_sentences import sentence_facts
from builder.stages.statements import Fact, Statement

LEAVES = (
    "Figure 1. (a) SEM image of waxed leaves. (b) TEM image of a cut stem. (c) Raman spectra of the wax. "
    "(d) Photograph of the field plot. The wax was grown for 30 h on every leaf."
)
PARTS = ("SEM image of waxed leaves.", "TEM image of a cut stem.", "Raman spectra of the wax.", "Photograph of the field plot.")


def _specimen(
    caption: str,
    parts: tuple[str | None, ...] = (),
    mentions: tuple[str, ...] = (),
    bars: tuple[tuple[ScaleBar, ...], ...] = (),
) -> Specimen:
    made = specimen(paper("a", "CC-BY-4.0", BY), 1, is_open=True)
    panels = tuple(
        Panel(
            letter="abcdefgh"[n],
            bbox=Box(100.0 * n, 0, 100.0 * n + 90, 90),
            caption=words,
            letter_source="text",
            confidence=0.95,
            scale_bars=bars[n] if bars else (),
        )
        for n, words in enumerate(parts)
    )
    told = tuple(Mention(text=text, page=1, cites=("Figure 1",)) for text in mentions)
    paired = made.classified.paired.model_copy(update={"caption": caption, "mentions": told, "panels": panels})
    return made.model_copy(update={"classified": made.classified.model_copy(update={"paired": paired})})


def _items(made: Specimen, seed: int = 0) -> tuple[MultiSelect, ...]:
    found = multi_select(made, [made], made.classified.paired.caption, MultiSelectRule(), seed)
    assert not isinstance(found, Dropped), found
    return found


def _sentence_facts(caption: str, *mentions: str) -> dict[str, set[str]]:
    """The right text of each fact with its wrong ones."""
    figure = _specimen(caption, mentions=mentions).classified.paired
    found = sentence_facts(figure, "\n".join((caption, *mentions)), 0, paragraphs=True)
    return {fact.right[0].text: {wrong.text for wrong in fact.wrong} for fact in found}


def test_a_figure_of_four_told_panels_gives_several_items_of_six_options() -> None:
    items = _items(_specimen(LEAVES, PARTS))
    assert 2 <= len(items) <= 6
    for item in items:
        assert len({option.text for option in item.options}) == 6
        assert 1 <= sum(option.correct for option in item.options) <= 5
        assert item.skill == "EU"
        assert item.generator == "rules"
        assert item.model is None
        assert 1 <= item.bloom_level <= 3
        assert item.modality in {"SEM", "TEM"}


def test_ids_count_from_one_and_no_option_is_said_twice_of_a_figure() -> None:
    made = _specimen(LEAVES, PARTS)
    items = _items(made)
    assert [item.id for item in items] == [f"{made.id}/multi_select/{n}" for n in range(1, len(items) + 1)]
    texts = [option.text for item in items for option in item.options]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("seed", range(5))
def test_every_evidence_span_is_the_text_at_its_offsets(seed: int) -> None:
    made = _specimen(LEAVES, PARTS, ("The stems of Figure 1b were cut at 12 °C. They grew well.",))
    figure = made.classified.paired
    for option in [option for item in _items(made, seed) for option in item.options]:
        for found in option.evidence:
            source = figure.mentions[found.index].text if found.source == "paragraph" else figure.caption
            assert found.text == source[found.start : found.end]
            assert (found.panel is None) == (found.panel_bbox is None)


@pytest.mark.parametrize("seed", range(5))
def test_an_edit_has_its_offsets_in_the_true_statement(seed: int) -> None:
    made = _specimen(LEAVES, PARTS)
    facts = facts_of(made, [made], LEAVES, seed)
    true = {right.text for fact in facts for right in fact.right}
    for wrong in [wrong for fact in facts for wrong in fact.wrong if wrong.edit]:
        edit = wrong.edit
        assert edit is not None
        back = wrong.text[: edit.start] + edit.original + wrong.text[edit.start + len(edit.replacement) :]
        assert back in true


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 10))
def test_what_is_right_is_drawn_before_any_words_are_looked_at(seed: int, options: int) -> None:
    drawn = truth_of(options, seed, "figure", "1")
    assert len(drawn) == options
    assert 1 <= sum(drawn) <= options - 1
    assert drawn == truth_of(options, seed, "figure", "1")


def test_every_number_of_right_options_and_every_place_comes_up_alike() -> None:
    drawn = [truth_of(6, seed, "figure") for seed in range(3000)]
    counts = Counter(map(sum, drawn))
    assert set(counts) == {1, 2, 3, 4, 5}
    assert all(520 <= n <= 680 for n in counts.values())
    assert all(1400 <= sum(one[place] for one in drawn) <= 1600 for place in range(6))


def test_a_full_grid_asks_every_panel_about_every_description() -> None:
    grids = [item for item in _items(_specimen(LEAVES, PARTS)) if all(o.kind in {"as-printed", "panel"} for o in item.options)]
    paired = [item for item in grids if "pairing" in item.stem or "described" in item.stem or "descriptions" in item.stem]
    assert paired
    for item in paired:
        letters = Counter(option.text.partition("(")[2][:1] for option in item.options)
        assert len(set(letters.values())) == 1


def test_a_description_given_to_another_panel_is_wrong_and_shows_both_words() -> None:
    made = _specimen(LEAVES, PARTS)
    wrong = [o for item in _items(made) for o in item.options if o.kind == "panel" and len(o.evidence) == 2]
    assert wrong
    for option in wrong:
        assert not option.correct
        assert option.rubric.startswith("Wrong")
        assert option.evidence[0].panel != option.evidence[1].panel


def _words(letter: str, text: str) -> PanelWords:
    return PanelWords((letter,), text, ((0, len(text)),))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SEM image of moss", "TEM image of moss"),
        ("image of moss", "Raman spectrum of moss"),
        ("moss dried for 5 h", "moss dried for 9 h"),
        ("films of TiO2", "films of ZnO"),
        ("moss before rain", "moss after rain"),
        ("cross-section of a moss leaf", "surface of a fern"),
    ],
)
def test_words_that_rule_each_other_out_contradict(one: str, other: str) -> None:
    assert contradict(_words("a", one), _words("b", other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("moss", "moss at pH 10"),
        ("SEM image of moss", "SEM micrograph of moss"),
        ("BF-TEM image of moss", "TEM image of moss"),
        ("pores in the moss of the northern bank", "leaves seen on a rainy day in the wood"),
    ],
)
def test_words_that_may_both_hold_do_not_contradict(one: str, other: str) -> None:
    assert not contradict(_words("a", one), _words("b", other))


def test_a_part_of_another_description_is_never_told_apart_from_it() -> None:
    assert not distinct(_words("a", "moss"), _words("b", "moss at pH 10"))


@pytest.mark.parametrize(
    "words",
    ["the same area as in (a)", "its stem", "[12]", "inset of the stem", "Moss (of", "and"],
)
def test_words_that_lean_on_others_are_left_out(words: str) -> None:
    caption = f"Figure 1. (a) SEM image of moss. (b) {words}"
    told = panel_words(_specimen(caption, ("SEM image of moss.", words)).classified.paired)
    assert [one.letters for one in told] == [("a",)]


def test_bare_numbers_have_the_unit_of_the_one_that_names_it() -> None:
    caption = "Figure 1. Moss after (a) 5, (b) 10 and (c) 40 washes."
    told = panel_words(_specimen(caption, ("5", "10", "40 washes.")).classified.paired)
    assert [one.text for one in told] == ["5 washes", "10 washes", "40 washes"]
    assert [[caption[a:b] for a, b in one.evidence] for one in told[:2]] == [["5", " washes"], ["10", " washes"]]


def test_what_stands_before_all_letters_is_no_panels_own() -> None:
    caption = "Figure 1. SEM images of leaves grown with rain water (a) and tap water (b)."
    told = panel_words(_specimen(caption, ("SEM images of leaves grown with rain water", "tap water")).classified.paired)
    assert [one.text for one in told] == ["rain water", "tap water"]


def test_a_phrase_reads_on_after_a_verb() -> None:
    assert lowered("Scanning view of moss", "a scanning view") == "scanning view of moss"
    assert lowered("Raman spectra", "Raman spectra of wax") == "Raman spectra"
    assert with_article("SEM image of moss") == "an SEM image of moss"
    assert with_article("spectra of moss") == "spectra of moss"
    assert article("TEM view") == "a"


def test_a_sentence_of_the_caption_is_right_as_printed_and_wrong_with_another_number() -> None:
    found = _sentence_facts("Figure 1. SEM image of waxed leaves. The wax was grown for 30 h on every leaf.")
    right = "The wax was grown for 30 h on every leaf."
    assert right in found
    assert all("30 h" not in wrong and wrong.startswith("The wax was grown for ") for wrong in found[right])


def test_a_citation_is_taken_out_of_a_sentence_or_becomes_its_panel() -> None:
    found = _sentence_facts(
        "Figure 1. Leaves.",
        "The wax layer is 30 nm thick (Figure 1). As shown in Figure 1b, the stem contains grains of 7 µm. "
        "Figure 1c shows pores of 90 nm on the lower side.",
    )
    assert set(found) == {
        "The wax layer is 30 nm thick.",
        "In panel (b), the stem contains grains of 7 µm.",
        "Panel (c) shows pores of 90 nm on the lower side.",
    }


@pytest.mark.parametrize(
    "sentence",
    [
        "These were 30 nm thick in Figure 1.",
        "The stems were 30 and 40 nm thick in Figure 1, respectively.",
        "The stems of Figure 1 were 30 nm thick as reported [12].",
        "The stems of Figures 1 and 2 were 30 nm thick.",
        "The stems could be 30 nm thick in Figure 1.",
        "The stems in the inset of Figure 1 were 30 nm thick.",
        "The st\ufffdms of Figure 1 were 30 nm thick.",
        "The stems of Figure 1 were 30 nm thick, as in Table 2.",
    ],
)
def test_a_sentence_that_cannot_stand_alone_is_refused(sentence: str) -> None:
    assert _sentence_facts("Figure 1. Leaves.", sentence) == {}


def test_paragraphs_are_left_alone_where_they_may_not_be_changed() -> None:
    figure = _specimen("Figure 1. Leaves.", mentions=("The wax layer is 30 nm thick (Figure 1).",)).classified.paired
    assert list(sentence_facts(figure, figure.caption, 0, paragraphs=False)) == []


def test_sentences_end_at_stops_and_not_at_abbreviations() -> None:
    text = "Grown as in Fig. 2 at ca. 5 K. It was kept by A. Moss et al. in the dark. Done"
    assert [text[a:b] for a, b in sentences(text)] == [
        "Grown as in Fig. 2 at ca. 5 K.",
        "It was kept by A. Moss et al. in the dark.",
        "Done",
    ]
    assert not stands_alone("It was kept in the dark for 5 h.")


def _bar(text: str, nanometres: float, confidence: float = 0.98) -> tuple[ScaleBar, ...]:
    bar = ScaleBar(
        text=text,
        length_nm=nanometres,
        bbox=Box(1, 80, 11, 82),
        nm_per_point=nanometres / 10,
        source="text",
        confidence=confidence,
    )
    return (bar,)


def test_a_bar_read_with_certainty_is_stated_and_two_are_compared() -> None:
    bars = (_bar("200 nm", 200), _bar("50 nm", 50), _bar("1 µm", 1000, confidence=0.5), ())
    found = {fact.id: fact for fact in scale_facts(_specimen(LEAVES, PARTS, bars=bars).classified.paired)}
    assert set(found) == {"scale a", "scale b", "wider a b"}
    assert found["scale a"].right[0].text == "The scale bar in panel (a) stands for 200 nm."
    assert {w.text.rpartition("for ")[2] for w in found["scale a"].wrong if "stands" in w.text} == {"50 nm."}
    assert found["wider a b"].wrong[0].text == "Panel (b) shows a wider part of the sample than panel (a)."
    assert found["wider a b"].right[0].evidence[0].source == "figure"


def test_no_option_carries_the_words_that_anothers_edit_took_out() -> None:
    caption = LEAVES + " The wax layer of a leaf is 30 h old."
    for item in _items(_specimen(caption, PARTS)):
        edits = [option.edit for option in item.options if option.edit and option.kind == "number"]
        for edit in edits:
            assert sum(edit.original in option.text for option in item.options) == 0


def test_a_figure_without_enough_to_ask_is_dropped_with_its_reason() -> None:
    made = _specimen("Figure 1. A leaf.")
    found = multi_select(made, [made], "", MultiSelectRule(), 0)
    assert isinstance(found, Dropped)
    assert (found.reason, found.detail) == ("too-few-statements", "0 facts for 6 options")


def test_the_same_seed_gives_the_same_items() -> None:
    made = _specimen(LEAVES, PARTS)
    assert _items(made, 3) == _items(made, 3)


def test_the_nearest_sibling_is_the_one_that_sounds_alike() -> None:
    mine = _specimen(LEAVES, PARTS)
    other = _specimen(
        "Figure 2. (a) AFM image of waxed leaves. (b) STM image of gold.", ("AFM image of waxed leaves.", "STM image of gold.")
    )
    sibling = other.model_copy(
        update={
            "classified": other.classified.model_copy(
                update={"paired": _renamed(other.classified.paired, "Figure 2")},
            )
        }
    )
    found = nearest(mine, [mine, sibling], lexical, most=1)
    assert [one.words.text for one in found] == ["AFM image of waxed leaves"]
    assert found[0].evidence[0].source == "sibling-caption"
    assert found[0].evidence[0].of == "Figure 2"


def _renamed(figure: PairedFigure, label: str) -> PairedFigure:
    return figure.model_copy(update={"label": label, "figure": figure.figure.model_copy(update={"id": "fig-0123456789abcdef"})})


def test_lexical_vectors_have_unit_length_and_blank_text_has_none() -> None:
    found = lexical(["SEM image of moss", ""])
    assert np.allclose(np.linalg.norm(found, axis=1), [1.0, 0.0])


def test_minilm_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from builder.edges import embedding

    embedding._model.cache_clear()
    monkeypatch.setattr(embedding, "PACKAGES", {embedding.STS_MODEL: "no_such_package_of_weights"})
    with pytest.raises(UsageError, match=r"multi_select.embedding.*no_such_package"):
        minilm()


def test_the_recipe_keeps_probe_and_electron_microscopy_by_names_that_figures_have() -> None:
    recipe = shipped.load_recipe("spm_bench")
    assert "multi_select" in recipe.tasks
    assert set(recipe.keep.techniques) <= {known.reported for known in TECHNIQUES}
    assert {"STM", "AFM", "SEM", "TEM"} <= set(recipe.keep.techniques)
    assert not {"optical", "fluorescence", "X-ray CT"} & set(recipe.keep.techniques)


def test_a_fact_has_right_and_wrong_forms_in_equal_wordings() -> None:
    made = _specimen(LEAVES, PARTS)
    facts: tuple[Fact, ...] = facts_of(made, [made], LEAVES, 0)
    for fact in facts:
        assert fact.right
        assert fact.wrong
        assert all(right.correct and right.kind == "as-printed" for right in fact.right)
        assert not any(wrong.correct for wrong in fact.wrong)
        assert not {right.text for right in fact.right} & {wrong.text for wrong in fact.wrong}


ETCHED = "Figure 1. SEM image of the ZnO film etched for 30 s at 450 °C."


def _crossed(made: Specimen, *, said: frozenset[str] = frozenset()) -> list[tuple[Statement, ...]]:
    figure = made.classified.paired
    found = crossings(figure, 6, 6, seed=0, paper_text=figure.caption, paragraphs=True, said=said)
    return [seating.statements for seating in found]


def test_a_sentence_with_two_values_gives_one_right_option_and_five_that_tie_with_it() -> None:
    (told, *_) = _crossed(_specimen(ETCHED))
    texts = [statement.text for statement in told]
    assert [s.text for s in told if s.correct] == ["The figure shows an SEM image of the ZnO film etched for 30 s at 450 °C."]
    assert len(set(texts)) == len(closest_option(texts)) == len(attribute_votes(texts)) == 6


def test_a_crossed_option_is_the_right_one_with_its_edit_made() -> None:
    for told in _crossed(_specimen(ETCHED)):
        right = next(s for s in told if s.correct)
        for wrong in (s for s in told if not s.correct):
            assert wrong.edit is not None
            assert wrong.edit.original == right.text[wrong.edit.start : wrong.edit.end]
            assert wrong.text == right.text[: wrong.edit.start] + wrong.edit.replacement + right.text[wrong.edit.end :]


def test_a_sentence_that_another_item_has_is_not_crossed_again() -> None:
    said = frozenset(s.text for told in _crossed(_specimen(ETCHED)) for s in told if s.correct)
    assert not any(s.text in said for told in _crossed(_specimen(ETCHED), said=said) for s in told)


def test_a_sentence_with_one_value_to_change_is_not_crossed() -> None:
    assert _crossed(_specimen("Figure 1. SEM image of a leaf.")) == []


def test_a_paragraph_on_several_figures_still_gives_its_sentences_on_this_one() -> None:
    made = _specimen("Figure 1. SEM image of leaves.", mentions=("The leaves of Fig. 1 were grown for 45 h in the dark.",))
    figure = made.classified.paired
    several = figure.mentions[0].model_copy(update={"cites": ("Figure 1", "Figure 2"), "excluded": "cites-several-figures"})
    shared = figure.model_copy(update={"mentions": (several,)})
    assert [f.id for f in sentence_facts(shared, "", 0, paragraphs=True)] == [
        f.id for f in sentence_facts(figure, "", 0, paragraphs=True)
    ]


def test_a_word_put_at_the_start_of_lowered_words_has_no_capital() -> None:
    parts = ("Cross-sectional image of a leaf after rain.", "TEM image of wax.")
    made = _specimen(f"Figure 1. (a) {parts[0]} (b) {parts[1]}", parts)
    wrong = [s for fact in facts_of(made, (made,), "a cross-sectional image", 0) for s in fact.wrong if s.edit and s.edit.start]
    views = [s.text for s in wrong if "image of a leaf after" in s.text]
    assert views
    assert not any("Plan" in text or "Top" in text or "Plane" in text for text in views)


def test_two_numbers_alone_are_not_crossed_for_no_picture_shows_them() -> None:
    assert _crossed(_specimen("Figure 1. The wax was grown for 30 h at 45 °C on every leaf.")) == []
