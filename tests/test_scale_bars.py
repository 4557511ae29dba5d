"""Scale bars: what labels and captions say, and the bar that is as long as that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont

from builder.pages import Box, Graphics, Line, Page, Span, Word
from builder.stages.scale_bar_labels import caption_bar_lengths, labels_within, length_nm
from builder.stages.scale_bars import field_of_view_nm, scale_bars

PICTURE = Box(100, 50, 300, 200)  # points; drawn at 2 pixels a point
FONT = ImageFont.load_default(22)
DARK, WHITE, BLACK = (60, 60, 60), (255, 255, 255), (0, 0, 0)
Pixels = npt.NDArray[np.uint8]


class Picture:
    """A picture of 400 x 300 pixels that shows PICTURE, with noise where it is asked for."""

    def __init__(self, ground: tuple[int, int, int] = DARK, noise: float = 0.0) -> None:
        made = np.array(ground) + np.random.default_rng(1).normal(0, noise, (300, 400, 1))
        self.image = Image.fromarray(np.clip(np.broadcast_to(made, (300, 400, 3)), 0, 255).astype(np.uint8))
        self.draw = ImageDraw.Draw(self.image)
        self.words: list[Word] = []

    def write(self, text: str, x: int, y: int, ink: tuple[int, int, int] = WHITE) -> None:
        self.draw.text((x, y), text, fill=ink, font=FONT)
        left, top, right, foot = self.draw.textbbox((x, y), text, font=FONT)
        points = Box(100 + (left - 2) / 2, 50 + (top - 2) / 2, 100 + (right + 2) / 2, 50 + (foot + 2) / 2)
        self.words.append(Word(text, points, 0.99))

    def bar(self, x: int, y: int, length: int, thick: int = 5, ink: tuple[int, int, int] = WHITE) -> None:
        self.draw.rectangle([x, y, x + length - 1, y + thick - 1], fill=ink)

    @property
    def look(self) -> Pixels:
        return np.asarray(self.image)


def page(*lines: Line) -> Page:
    nothing = Graphics(np.zeros((0, 4), dtype=np.float32), np.zeros(0, dtype=np.uint8))
    return Page(number=1, width=600, height=800, rotation=0, lines=lines, graphics=nothing)


def line(text: str, box: Box, angle: int = 0) -> Line:
    return Line((Span(text, box, "Sans", box.height, False, False, False),), box, 0, angle)


def found(picture: Picture, **said: str) -> list[tuple[str, float, str]]:
    bars = scale_bars(PICTURE, page(), picture.look, picture.words, **said)
    return [(bar.text, round(bar.bbox.width, 1), bar.source) for bar in bars]


@pytest.mark.parametrize(
    ("text", "nanometres"),
    [("200 nm", 200), ("1µm", 1000), ("1 μm", 1000), ("0.5 um", 500), ("1.00um", 1000), ("100 nm.", 100), ("2 mm", 2e6)],
)
def test_a_length_that_stands_alone_is_a_label(text: str, nanometres: float) -> None:
    (label,) = labels_within(PICTURE, [], [Word(text, Box(120, 60, 160, 70), 0.95)])
    assert label.length_nm == nanometres


@pytest.mark.parametrize(
    "text",
    [
        "1 nm-1",
        "1nm^-1",
        "5 1/nm",
        "11/nm",
        "5 nm⁻¹",
        "5 nm -1",
        "5 nm −1",
        "d=0.63nm",
        "0.63 nm",
        "497 µm",
        "- 10 nm",
        "Time (nm)",
        "Ra: 5 nm",
    ],
)
def test_reciprocal_lengths_axes_and_measurements_are_no_labels(text: str) -> None:
    assert not labels_within(PICTURE, [], [Word(text, Box(120, 60, 160, 70), 0.95)])


@pytest.mark.parametrize("power", ["-1", "−1", "–", "⁻¹", "1"])
def test_a_raised_power_in_a_text_of_its_own_makes_a_length_reciprocal(power: str) -> None:
    at, raised = Box(120, 60, 150, 72), Box(150.5, 57, 157, 64)
    assert not labels_within(PICTURE, [line("5 nm", at), line(power, raised)], [])
    assert not labels_within(PICTURE, [], [Word("5 nm", at, 0.95), Word(power, raised, 0.5)])
    assert labels_within(PICTURE, [line("5 nm", at), line(power, Box(180, 57, 187, 64))], [])


def test_a_raised_power_in_a_span_of_its_own_makes_a_length_reciprocal() -> None:
    whole = line("5 nm", Box(120, 60, 150, 72))
    raised = Span(" -1", Box(150, 57, 157, 64), "Sans", 7.0, False, False, True)
    assert not labels_within(PICTURE, [Line((*whole.spans, raised), Box(120, 57, 157, 72), 0, 0)], [])


def test_a_length_that_bars_seldom_carry_is_less_sure() -> None:
    assert length_nm("60", "µm") == (60000.0, 0.8)
    assert length_nm("50", "nm") == (50.0, 1.0)
    assert length_nm("13", "nm") is None


def test_words_read_unsurely_and_rotated_lines_are_no_labels() -> None:
    at = Box(120, 60, 160, 70)
    assert not labels_within(PICTURE, [line("200 nm", at, angle=270)], [Word("200 nm", Box(120, 90, 160, 100), 0.6)])


def test_the_text_layer_is_taken_before_ocr() -> None:
    at = Box(120, 60, 160, 70)
    (label,) = labels_within(PICTURE, [line("200 nm", at)], [Word("260 nm", at, 0.99), Word("200 nm", at, 0.99)])
    assert (label.source, label.text) == ("text", "200 nm")


def test_labels_of_two_panels_in_one_line_of_text_are_two() -> None:
    labels = labels_within(PICTURE, [line("500 nm  50 nm", Box(120, 60, 250, 70))], [])
    assert [label.length_nm for label in labels] == [500, 50]
    assert labels[0].box.x1 < labels[1].box.x0


def test_the_field_width_of_a_data_bar_is_no_label() -> None:
    words = [Word("HFW", Box(120, 60, 140, 68), 0.99), Word("500 µm", Box(120, 69, 145, 77), 0.99)]
    assert not labels_within(PICTURE, [], words)


def test_a_label_behind_a_magnification_is_read() -> None:
    (label,) = labels_within(PICTURE, [], [Word("X10,000 1µm", Box(120, 60, 230, 70), 0.95)])
    assert label.length_nm == 1000


@pytest.mark.parametrize(
    ("caption", "said"),
    [
        ("(a) SEM image. Scale bar: 200 nm.", (((), 200.0, "200 nm"),)),
        ("Scale bars, 5 µm (a-c) and 500 nm (d).", ((("a", "b", "c"), 5000.0, "5 µm"), (("d",), 500.0, "500 nm"))),
        ("Scale bars: (a) 100 nm; (b) 5 nm; (c) 20 nm grains.", None),
        ("The scale bars are 20 nm and 5 nm in (a) and (b), respectively.", ((("a",), 20.0, "20 nm"), (("b",), 5.0, "5 nm"))),
        ("Scale bars: 100 nm for a, b; 20 nm for c.", ((("a", "b"), 100.0, "100 nm"), (("c",), 20.0, "20 nm"))),
        ("Scale bar in (c) is 10 nm.", ((("c",), 10.0, "10 nm"),)),
        ("Scale bars: 5 nm⁻¹ and 5 nm -1.", ()),
        ("Scale bar 5 nm – 1 µm.", (((), 5.0, "5 nm"), ((), 1000.0, "1 µm"))),
        ("Films of 20 nm; white bars stand for controls.", ()),
        ("The scale bar represents 10% divergence.", ()),
    ],
)
def test_a_caption_says_how_long_bars_are_and_where(caption: str, said: tuple[object, ...] | None) -> None:
    lengths = caption_bar_lengths(caption)
    assert lengths == said if said is not None else [length for _, length, _ in lengths] == [100.0, 5.0, 20.0]


@pytest.mark.parametrize(("bar_y", "label_y"), [(250, 215), (215, 225)])
@pytest.mark.parametrize(("ground", "ink"), [(DARK, WHITE), (WHITE, BLACK), ((40, 40, 200), (250, 240, 60))])
def test_a_bar_above_or_below_its_label_is_measured(
    bar_y: int, label_y: int, ground: tuple[int, int, int], ink: tuple[int, int, int]
) -> None:
    picture = Picture(ground)
    picture.write("200 nm", 250, label_y, ink)
    picture.bar(236, bar_y, 100, ink=ink)
    assert found(picture) == [("200 nm", 50.0, "ocr")]


def test_a_bar_on_a_noisy_micrograph_is_measured_within_three_percent() -> None:
    picture = Picture((110, 110, 110), noise=25)
    picture.write("50 nm", 40, 215)
    picture.bar(40, 250, 90)
    ((_, width, _),) = found(picture)
    assert width == pytest.approx(45, rel=0.03)


def test_a_thin_bar_with_end_ticks_is_measured_from_tick_to_tick() -> None:
    picture = Picture(WHITE)
    picture.write("100 µm", 150, 220, BLACK)
    picture.bar(130, 208, 110, 2, BLACK)
    for x in (130, 238):
        picture.bar(x, 203, 2, 12, BLACK)
    assert found(picture) == [("100 µm", 55.0, "ocr")]


def test_a_bar_that_its_label_interrupts_runs_from_end_to_end() -> None:
    picture = Picture(BLACK)
    picture.write("100 µm", 160, 240)
    picture.bar(80, 252, 70, 2)
    picture.bar(246, 252, 64, 2)
    for x in (80, 308):
        picture.bar(x, 247, 2, 12)
    assert found(picture) == [("100 µm", 115.0, "ocr")]


def test_a_dotted_ruler_is_as_long_as_from_first_to_last_dot() -> None:
    picture = Picture(BLACK)
    picture.write("500nm", 200, 250)
    for step in range(11):
        picture.bar(150 + 12 * step, 236, 2, 7)
    assert found(picture) == [("500nm", 60.0, "ocr")]


def test_a_white_bar_under_a_black_label_is_found() -> None:
    picture = Picture()
    picture.bar(90, 205, 110, 32, (200, 200, 200))
    picture.write("20 nm", 100, 208, BLACK)
    picture.bar(100, 250, 80)
    assert found(picture) == [("20 nm", 40.0, "ocr")]


def test_a_label_without_a_bar_gives_no_record() -> None:
    picture = Picture()
    picture.write("200 nm", 250, 215)
    assert found(picture) == []


def test_a_dimension_arrow_is_no_bar() -> None:
    picture = Picture(WHITE)
    picture.write("1 µm", 170, 200, BLACK)
    picture.bar(140, 240, 120, 2, BLACK)
    for tip, inwards in ((140, 1), (259, -1)):
        picture.draw.polygon([(tip, 240), (tip + 12 * inwards, 233), (tip + 12 * inwards, 248)], fill=BLACK)
    assert found(picture) == []


def test_a_frame_and_a_colour_bar_beside_a_length_are_no_bars() -> None:
    picture = Picture(WHITE)
    picture.write("10 nm", 210, 200, BLACK)
    picture.draw.rectangle([80, 198, 200, 225], outline=BLACK, width=2)
    picture.write("20 nm", 210, 100, BLACK)
    picture.draw.rectangle([190, 60, 330, 170], outline=BLACK, width=2)
    assert found(picture) == []


def test_the_sample_line_of_a_legend_is_no_bar() -> None:
    picture = Picture(WHITE)
    for y, ink in ((60, BLACK), (90, (220, 0, 0))):
        picture.bar(150, y + 12, 40, 2, ink)
        picture.write("20 nm", 200, y, BLACK)
    assert found(picture) == []


def test_an_underlined_word_is_no_bar() -> None:
    picture = Picture(WHITE)
    picture.write("5 µm", 100, 180, BLACK)
    picture.write("300 cycles", 90, 210, BLACK)
    picture.bar(90, 236, 108, 2, BLACK)
    assert found(picture) == []


def test_a_drawn_bar_is_as_long_as_its_path_where_ink_hides_its_end() -> None:
    picture = Picture()
    picture.write("200 nm", 250, 215)
    picture.bar(236, 250, 88)
    drawn = Graphics(np.array([[218, 175, 268, 177.5]], dtype=np.float32), np.ones(1, dtype=np.uint8))
    (bar,) = scale_bars(PICTURE, replace(page(), graphics=drawn), picture.look, picture.words)
    assert bar.bbox.width == 50
    axis = Graphics(np.array([[150, 175, 290, 177.5]], dtype=np.float32), np.ones(1, dtype=np.uint8))
    (bar,) = scale_bars(PICTURE, replace(page(), graphics=axis), picture.look, picture.words)
    assert bar.bbox.width == 44


def test_a_bar_without_a_label_takes_the_one_length_of_the_caption() -> None:
    picture = Picture((110, 110, 110), noise=20)
    picture.bar(280, 270, 80, 6)
    assert found(picture) == []
    assert found(picture, caption="A terrace. Scale bar: 200 nm.") == [("200 nm", 40.0, "caption")]
    both = "Scale bars, 5 µm (a) and 500 nm (b)."
    assert found(picture, caption=both) == []
    assert found(picture, caption=both, letter="B") == [("500 nm", 40.0, "caption")]


def test_bars_of_two_lengths_do_not_take_one_length_of_the_caption() -> None:
    picture = Picture()
    picture.bar(280, 270, 80, 6)
    picture.bar(40, 270, 50, 6)
    assert found(picture, caption="Scale bars: 200 nm.") == []


def test_field_of_view_follows_from_the_bar() -> None:
    picture = Picture()
    picture.write("200 nm", 250, 215)
    picture.bar(236, 250, 100)
    (bar,) = scale_bars(PICTURE, page(), picture.look, picture.words)
    assert bar.nm_per_point == pytest.approx(4.0)
    assert field_of_view_nm(bar, PICTURE) == pytest.approx((800, 600))
