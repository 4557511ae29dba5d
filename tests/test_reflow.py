"""Lines of print become running text: broken words whole, real hyphens and raised digits kept."""

import pytest

from builder.pages import Box, Line, Span
from builder.stages.reflow import line_text, reflow, vocabulary


def span(text: str, *, raised: bool = False) -> Span:
    return Span(text, Box(0, 0, 10, 10), "Times", 6.0 if raised else 10.0, False, False, raised)


def line(*spans: Span) -> Line:
    return Line(spans, Box(0, 0, 100, 10), 0, 0)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["Crea- ", "tive Commons"], "Creative Commons"),
        (["of X-", "ray diffraction"], "of X-ray diffraction"),
        (["Fe-", "N-C sites"], "Fe-N-C sites"),
        (["a 2-", "fold rise"], "a 2-fold rise"),
        (["nano\u00ad", "wires"], "nanowires"),
        (["carbon-", "based inks"], "carbon-based inks"),
        (["pre-", "and post-annealing"], "pre- and post-annealing"),
        (["MICRO-", "SCOPY"], "MICROSCOPY"),
        (["pages 3–", "5 of the book"], "pages 3–5 of the book"),
        (["Figures 1(a)-", "1(b)"], "Figures 1(a)-1(b)"),
        (["two  words", "", "more"], "two words more"),
        ([], ""),
    ],
)
def test_lines_join_as_their_author_wrote_them(lines: list[str], text: str) -> None:
    assert reflow(lines) == text


def test_compound_printed_whole_elsewhere_keeps_its_hyphen() -> None:
    words = vocabulary(["a multi-scale model", "of micro-", "scopy"])
    assert reflow(["the multi-", "scale view by micro-", "scopy"], words) == "the multi-scale view by microscopy"


@pytest.mark.parametrize(
    ("lines", "elsewhere", "text"),
    [
        (["the nearest-", "neighbour bond"], "a neighbour that is nearest", "the nearest-neighbour bond"),
        (["the nearest-", "neighbour bond"], "each neighbour of", "the nearest-neighbour bond"),
        (["half-", "crystals"], "a half-crystal", "half-crystals"),
        (["face-centred-", "cubic"], "the face-centred-cubic phase", "face-centred-cubic"),
        (["the wave-", "length"], "a wave of length", "the wavelength"),
        (["engi-", "neering"], "neering", "engineering"),
    ],
)
def test_the_words_of_the_paper_tell_a_compound_from_a_broken_word(lines: list[str], elsewhere: str, text: str) -> None:
    assert reflow(lines, vocabulary([elsewhere])) == text


def test_word_printed_whole_elsewhere_loses_the_line_end_hyphen() -> None:
    assert reflow(["under the micro-", "scope"], vocabulary(["a microscope"])) == "under the microscope"


def test_broken_words_do_not_enter_the_vocabulary() -> None:
    assert vocabulary(["trans-", "mission electron"]) == {"electron"}


@pytest.mark.parametrize(
    ("spans", "text"),
    [
        ([span("10"), span("−6", raised=True), span(" m")], "10⁻⁶ m"),
        ([span("5 cm"), span("-2", raised=True)], "5 cm⁻²"),
        ([span("Mg"), span("2+", raised=True)], "Mg²⁺"),
        ([span("as shown."), span("12,14", raised=True)], "as shown.¹²,¹⁴"),
        ([span("the 5"), span("th", raised=True), span(" day")], "the 5th day"),
        ([span("Fe3O4")], "Fe3O4"),
        ([span("nano\u00adwire")], "nanowire"),
    ],
)
def test_raised_digits_never_fall_onto_the_line(spans: list[Span], text: str) -> None:
    assert line_text(line(*spans)) == text


def test_superscript_flag_on_letters_of_full_size_is_not_believed() -> None:
    full = Span("12", Box(0, 0, 10, 10), "Times", 10.0, False, False, True)
    assert line_text(line(span("Table "), full)) == "Table 12"


def test_a_dash_read_as_e_in_a_face_of_its_own_between_digits_is_a_dash_again() -> None:
    dash = Span("e", Box(0, 0, 10, 10), "AdvPS44A44B", 10.0, False, False, False)
    assert line_text(line(span("rate of 10"), dash, span("15 K/s"))) == "rate of 10–15 K/s"
    assert line_text(line(span("1"), span("e"), span("5"))) == "1e5"
    assert line_text(line(span("on"), dash, span("5"))) == "one5"
