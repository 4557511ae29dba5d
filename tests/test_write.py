"""What a written question must have: each check on a question of its own, quotes found in the paper, letters drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from builder import shipped
from builder.asking import Reply
from builder.pages import Box
from builder.recipe import MultiSelectRule
from builder.records import (
    Act,
    Caption,
    ClassifiedFigure,
    Crop,
    Dropped,
    Figure,
    Licence,
    Mention,
    MultiSelect,
    PairedFigure,
    Panel,
    Paper,
    Rights,
    Specimen,
)
from builder.stages.answering import asked, key_of, lettered
from builder.stages.exhibit import Exhibit, exhibit, span_of
from builder.stages.write import prompt_for, question_schema, read_reply, schema_for
from builder.stages.write_checks import SaidQuestion, refusal_of, stands

RULE = MultiSelectRule(generator="model", author="a", options=4)
CAPTION = "Figure 2. SEM images of Au particles on TiO2 (A) as deposited and (B) annealed at 500 °C for 2 h. Scale bars 200 nm."
PARAGRAPH = (
    "As Figure 2 shows, the mean diameter grows from 8 nm to 21 nm; Pt was used in the other samples, dried at 80\u2009°C."
)
YES, NO = Act(share=True, adapt=True, commercial=True), Act(share=True, adapt=False, commercial=True)


def specimen(*, paragraph: Act = YES) -> Specimen:
    box = Box(0, 0, 100, 50)
    caption = Caption(id="p#1#Figure 2", label="Figure 2", page=1, bbox=box, text=CAPTION)
    figure = Figure(
        id="fig-0000000000000001",
        caption=caption,
        page=1,
        bbox=box,
        side="below",
        confidence=1,
        raster_share=1,
        paths=0,
        words=0,
    )
    panels = tuple(Panel(letter=name, bbox=Box(50 * i, 0, 50 * i + 50, 50), confidence=1) for i, name in enumerate("AB"))
    mentions = (Mention(text=PARAGRAPH, page=1, cites=("Figure 2",)),)
    paired = PairedFigure(figure=figure, label="Figure 2", caption=CAPTION, mentions=mentions, panels=panels)
    licence = Licence(spdx="CC-BY-4.0")
    rights = Rights(licence=licence, image=YES, caption=YES, paragraph=paragraph, tier="open", questions=True, reasons=())
    crop = Crop(sha256="0" * 64, pixels_sha256="0" * 64, width=10, height=5, dpi=300, box=box)
    paper = Paper(id="p", file="p.pdf", sha256="0" * 64, pages=1)
    classified = ClassifiedFigure(paired=paired, kind="micrograph", scale="micro", techniques=("SEM",))
    return Specimen(paper=paper, classified=classified, rights=rights, crop=crop)


SHOWN = exhibit(specimen(), CAPTION + PARAGRAPH + " A reference was annealed at 650 °C.", "open")


def option(
    text: str, right: bool, quote: str = "Au particles on TiO2", snippet: int = 1, panel: str | None = None
) -> dict[str, Any]:
    evidence = [{"snippet": snippet, "quote": quote, "panel": panel}]
    return {"text": text, "correct": right, "rubric": "By the words quoted.", "evidence": evidence}


GOOD: dict[str, Any] = {
    "stem": "Which statements on the bright features of the image are right?",
    "reasoning": "The bright features are particles, and they are larger in the second panel.",
    "options": [
        option("They are larger in panel B than in panel A", True, "grows from 8 nm to 21 nm", 2, "B"),
        option("They are particles on a darker support", True),
        option("They are pores of the darker support", False),
        option("They are ridges that cross both panels", False),
    ],
    "bloom_level": 4,
    "skill": "EU",
    "modality": "SEM",
}


def reason(said: dict[str, Any], shown: Exhibit = SHOWN) -> str:
    found = refusal_of(SaidQuestion.model_validate(said), shown, RULE)
    return found.reason if found else ""


def last(text: str, **more: Any) -> dict[str, Any]:
    return GOOD | {"options": [*GOOD["options"][:3], option(text, False, **more)]}


def test_a_good_question_becomes_an_item_whose_evidence_stands_in_the_paper() -> None:
    assert Draft202012Validator(question_schema(SHOWN)).is_valid(GOOD)
    assert Draft202012Validator(dict(schema_for(SHOWN))).is_valid({"questions": [GOOD]})
    (item,) = read_reply(replied(GOOD), SHOWN, RULE, 6)  # type: ignore[misc]
    assert isinstance(item, MultiSelect)
    assert (item.id, item.generator, item.prompt_hash) == ("fig-0000000000000001/multi_select/0", "model", "f" * 64)
    (span,) = item.options[0].evidence
    assert (span.source, span.of, span.index, span.panel) == ("paragraph", "Figure 2", 0, "B")
    assert PARAGRAPH[span.start : span.end] == span.text == "grows from 8 nm to 21 nm"
    assert span.panel_bbox == Box(50, 0, 100, 50)
    assert {option.kind for option in item.options} == {"written"}


def replied(*questions: dict[str, Any]) -> Reply:
    return Reply(hash="f" * 64, outcome="answered", value={"questions": [*questions]}, model_asked="m", model_answered="m-1")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (GOOD, ""),
        (GOOD | {"options": GOOD["options"][:3]}, "option-count"),
        (GOOD | {"options": [o | {"correct": True} for o in GOOD["options"]]}, "key-count"),
        (GOOD | {"options": [o | {"correct": False} for o in GOOD["options"]]}, "key-count"),
        (last("They are pores  of the darker support."), "equivalent-options"),
        (last("All of the above"), "catch-all-option"),
        (last("None of these statements"), "catch-all-option"),
        (last("Both A and B"), "catch-all-option"),
        (last("They are ridges, as the caption says"), "names-its-source"),
        (GOOD | {"stem": "According to snippet 2, what is seen in the image?"}, "names-its-source"),
        (GOOD | {"stem": "What?"}, "length"),
        (last("They are ridges " + "and further ridges " * 30), "length"),
        (last("They are ridges of it", quote="Ag particles on TiO2"), "quote-not-verbatim"),
        (last("They are ridges of it", snippet=9), "quote-not-verbatim"),
        (last("They are ridges of it", panel="C"), "unknown-panel"),
        (last("They are ridges seen in panel (d) alone"), "unknown-panel"),
        (last("They were annealed at 650 °C before the image", quote="annealed at 500 °C"), "distractor-in-paper"),
        (last("They were annealed at 700 °C before the image", quote="annealed at 500 °C"), ""),
        (last("They are particles of Pt on the support"), "distractor-in-paper"),
        (last("They are particles of Ag on the support"), ""),
        (last("the mean diameter grows from 8 nm to 21 nm"), "distractor-in-paper"),
        (last("They are ridges; see https://example.org"), "unsafe-text"),
    ],
)
def test_each_check_refuses_what_it_is_for(said: dict[str, Any], wanted: str) -> None:
    assert reason(said) == wanted


def test_right_options_that_are_all_longer_than_the_wrong_ones_stand_out() -> None:
    def sized(right: str, wrong: str) -> dict[str, Any]:
        texts = [(f"They are particles {right} one", True), (f"They are pores {wrong} two", False)]
        texts += [(f"They are grains {right} three", True), (f"They are ridges {wrong} four", False)]
        return GOOD | {"options": [option(text, side) for text, side in texts]}

    long = "of gold on the oxide, each on a step of the support"
    assert reason(sized(long, "seen")) == reason(sized("seen", long)) == "key-stands-out"
    assert reason(sized(long, long)) == ""


def test_blanks_of_a_quote_may_differ_and_words_may_not() -> None:
    span = span_of(SHOWN, 2, "dried at 80 °C", None)
    assert span
    assert span.text == "dried at 80\u2009°C"
    assert span_of(SHOWN, 2, "dried at 80 C", None) is None
    assert span_of(SHOWN, 2, "", None) is None


def test_a_value_stands_by_itself_or_not_at_all() -> None:
    assert stands("5 nm", "a film of 5\u2009nm, or less")
    assert not stands("5 nm", "a film of 25 nm")
    assert not stands("5 nm", "a film of 0.5 nm")
    assert not stands("Pt", "Ptolemy")


def test_paragraphs_are_shown_only_where_their_rights_or_a_private_tier_allow() -> None:
    held = specimen(paragraph=NO)
    assert [one.index for one in exhibit(held, "", "open").snippets] == [None]
    assert [one.index for one in exhibit(held, "", "private").snippets] == [None, 0]
    assert [one.index for one in SHOWN.snippets] == [None, 0]


def test_refused_and_repeated_questions_keep_their_slots() -> None:
    told = read_reply(
        replied(last("All of the above"), GOOD, GOOD, GOOD | {"stem": "Which of these are seen here?"}), SHOWN, RULE, 3
    )
    assert not isinstance(told, Dropped)
    assert [one.reason if isinstance(one, Dropped) else "" for one in told] == [
        "catch-all-option",
        "repeated-question",
        "repeated-question",
        "not-asked-for",
    ]
    assert isinstance(told[0], Dropped)
    assert told[0].record_id.endswith("/multi_select/0")


def test_nothing_written_and_no_answer_are_reasons() -> None:
    assert reason_of(replied()) == "nothing-written"
    assert reason_of(Reply(hash="", outcome="refused", model_asked="m")) == "no-answer-refused"


def reason_of(reply: Reply) -> str:
    found = read_reply(reply, SHOWN, RULE, 6)
    assert isinstance(found, Dropped)
    return found.reason


def test_letters_are_drawn_from_the_texts_and_not_from_the_authors_order() -> None:
    (item,) = read_reply(replied(GOOD), SHOWN, RULE, 6)  # type: ignore[misc]
    assert isinstance(item, MultiSelect)
    turned = item.model_copy(update={"options": item.options[::-1]})
    assert lettered(turned) == lettered(item)
    assert asked(turned) == asked(item)
    assert {lettered(item)[letter].text for letter in key_of(item)} == {o.text for o in item.options if o.correct}


def test_the_prompt_names_counts_panels_modalities_and_the_recipes_field() -> None:
    rule = RULE.model_copy(update={"field_library": "Charging shows as bright edges."})
    prompt: Callable[..., Any] = prompt_for
    said = prompt(SHOWN, rule, shipped.prompt("write"), 3)
    assert "Charging shows as bright edges." in said.system
    for words in ("up to 3 questions", "exactly 4", "one of A, B where", "about: SEM.", '"snippet": 2'):
        assert words in said.user
    assert PARAGRAPH[:40] in said.user
