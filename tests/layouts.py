"""Pages of every layout that figures stand in, written here with the true box of each figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

import numpy as np
import pymupdf

WIDTH, HEIGHT = 595.0, 842.0
LEFT, RIGHT, TOP, FOOT = 50.0, 545.0, 70.0, 780.0
COLUMNS = ((50.0, 290.0), (305.0, 545.0))
TEXT = """the terrace of the annealed surface was measured again after each step of growth and the height of the islands did
not change within the error of the probe while the density of defects fell with the square of the dose as shown by the
counts taken from many frames of the same sample at rest in vacuum for one hour before use"""
WORDS = TEXT.split()

Rect = tuple[float, float, float, float]


@dataclass
class Sheet:
    """A paper being written: text pages around the pages under test, and the truth."""

    columns: int = 2
    pdf: pymupdf.Document = field(default_factory=pymupdf.open)
    truth: dict[str, tuple[int, Rect]] = field(default_factory=dict)  # label: page from 1 and box as displayed
    size: tuple[float, float] = (WIDTH, HEIGHT)

    def page(self) -> pymupdf.Page:
        page = self.pdf.new_page(width=self.size[0], height=self.size[1])
        page.insert_text((LEFT, 40), "Journal of Made Surfaces", fontname="tiit", fontsize=8)
        page.insert_text((self.size[0] - 60, self.size[1] - 30), str(len(self.pdf)), fontname="tiro", fontsize=8)
        return page

    def text_page(self) -> None:
        page = self.page()
        for x0, x1 in COLUMNS if self.columns == 2 else [(LEFT, RIGHT)]:
            body(page, (x0, TOP, x1, FOOT))

    def shows(self, label: str, page: pymupdf.Page, box: Rect) -> None:
        self.truth[label] = (page.number + 1, box)

    def finished(self) -> bytes:
        self.text_page()
        return bytes(self.pdf.tobytes())


@cache
def long(word: str, font: str) -> float:
    """Width of a word at 1 point, its blank included."""
    return float(pymupdf.get_text_length(word + " ", fontname=font, fontsize=1))


def lines_of(words: list[str], width: float, size: float, font: str) -> Iterator[str]:
    line: list[str] = []
    used = 0.0
    for word in words:
        used += long(word, font) * size
        if line and used > width:
            yield " ".join(line)
            line, used = [], long(word, font) * size
        line.append(word)
    yield " ".join(line)


def body(page: pymupdf.Page, box: Rect, *, size: float = 10.0) -> None:
    """Paragraphs that fill the box."""
    x0, y0, x1, y1 = box
    many = [w for i in range(40) for w in WORDS[i % 7 :]]
    rows = list(islice(lines_of(many, x1 - x0, size, "tiro"), int((y1 - y0 - size) / (1.2 * size)) + 1))
    page.insert_text((x0, y0 + size), rows, fontname="tiro", fontsize=size, lineheight=1.2)


def caption(
    page: pymupdf.Page, at: tuple[float, float], width: float, label: str, *, words: int = 24, size: float = 8.5
) -> float:
    """A caption, its label in bold; returns the y below it."""
    x, y = at
    page.insert_text((x, y + size), label, fontname="hebo", fontsize=size)
    text = ["Islands", "on", *WORDS[: words - 2]]
    indent = pymupdf.get_text_length(label + "  ", fontname="hebo", fontsize=size)
    first, *rest = lines_of(text, width - indent, size, "helv")
    page.insert_text((x + indent, y + size), first, fontname="helv", fontsize=size)
    y += 1.2 * size
    for line in lines_of(" ".join(rest).split(), width, size, "helv") if rest else ():
        page.insert_text((x, y + size), line, fontname="helv", fontsize=size)
        y += 1.2 * size
    return y


def raster(page: pymupdf.Page, box: Rect, *, seed: int = 0, rotate: int = 0) -> Rect:
    """A placed picture without white in it."""
    x0, y0, x1, y1 = box
    shape = max(2, int(y1 - y0)), max(2, int(x1 - x0))
    grey = np.random.default_rng(seed).integers(0, 200, shape, dtype=np.uint8)
    pixmap = pymupdf.Pixmap(pymupdf.csGRAY, shape[1], shape[0], grey.tobytes(), False)
    page.insert_image(pymupdf.Rect(box), pixmap=pixmap, keep_proportion=False, rotate=rotate)
    return box


def chart(page: pymupdf.Page, box: Rect, *, paths: int = 60) -> Rect:
    """Axes, ticks with numbers, axis titles and a curve of many strokes; returns the box of all its ink."""
    x0, y0, x1, y1 = box
    a0, b1 = x0 + 30, y1 - 24
    shape = page.new_shape()
    shape.draw_rect(pymupdf.Rect(a0, y0, x1, b1))
    steps = np.linspace(0, 1, paths + 1)
    xs, ys = a0 + steps * (x1 - a0), b1 - (0.2 + 0.6 * np.abs(np.sin(9 * steps))) * (b1 - y0)
    for k in range(paths):
        shape.draw_line((xs[k], ys[k]), (xs[k + 1], ys[k + 1]))
        if k % 40 == 39:
            shape.finish(width=0.7)
    for k in range(5):
        x = a0 + k * (x1 - a0) / 5
        shape.draw_line((x, b1), (x, b1 - 4))
        page.insert_text((x, b1 + 9), str(k), fontname="helv", fontsize=7)
        page.insert_text((x0 + 14, b1 - k * (b1 - y0) / 5), f"{k}.0", fontname="helv", fontsize=7)
    shape.finish(width=0.7)
    shape.commit()
    page.insert_text(((a0 + x1) / 2 - 20, y1 - 2), "dose (a.u.)", fontname="helv", fontsize=8)
    page.insert_text((x0 + 8, (y0 + b1) / 2 + 20), "height (nm)", fontname="helv", fontsize=8, rotate=90)
    return box


def table(page: pymupdf.Page, box: Rect, label: str, *, rows: int = 6) -> float:
    """A ruled table under its title; returns the y below its last rule."""
    x0, y0, x1, _ = box
    page.insert_text((x0, y0 + 8.5), label, fontname="hebo", fontsize=8.5)
    page.insert_text((x0 + 50, y0 + 8.5), "Counts of islands after each dose.", fontname="helv", fontsize=8.5)
    y = y0 + 16
    page.draw_line((x0, y), (x1, y), width=0.8)
    for row in range(rows):
        for k in range(5):
            page.insert_text(
                (x0 + 4 + k * (x1 - x0) / 5, y + 10), f"{row + 1}.{k}7" if row else "Dose", fontname="helv", fontsize=8
            )
        y += 13
        if row == 0:
            page.draw_line((x0, y), (x1, y), width=0.5)
    page.draw_line((x0, y + 2), (x1, y + 2), width=0.8)
    return y + 2


LAYOUTS: dict[str, Callable[[], Sheet]] = {}


def layout(make: Callable[[], Sheet]) -> Callable[[], Sheet]:
    LAYOUTS[make.__name__] = make
    return make


def begun(columns: int = 2, size: tuple[float, float] = (WIDTH, HEIGHT)) -> tuple[Sheet, pymupdf.Page]:
    sheet = Sheet(columns, size=size)
    sheet.text_page()
    return sheet, sheet.page()


@layout
def caption_below() -> Sheet:
    sheet, page = begun(1)
    sheet.shows("Figure 1", page, raster(page, (120, 80, 470, 300)))
    y = caption(page, (60, 308), 470, "Figure 1.")
    body(page, (LEFT, y + 20, RIGHT, FOOT))
    return sheet


@layout
def caption_above() -> Sheet:
    sheet, page = begun(1)
    y = caption(page, (60, 80), 470, "Figure 1.")
    sheet.shows("Figure 1", page, raster(page, (120, y + 8, 470, y + 230)))
    body(page, (LEFT, y + 250, RIGHT, FOOT))
    return sheet


@layout
def caption_at_the_left() -> Sheet:
    sheet, page = begun(1)
    caption(page, (50, 80), 140, "Figure 1.", words=40)
    sheet.shows("Figure 1", page, chart(page, (205, 80, 545, 330)))
    body(page, (LEFT, 360, RIGHT, FOOT))
    return sheet


@layout
def caption_at_the_right() -> Sheet:
    sheet, page = begun(1)
    caption(page, (400, 200), 140, "Fig. 1", words=40)
    sheet.shows("Figure 1", page, raster(page, (50, 80, 385, 330)))
    body(page, (LEFT, 360, RIGHT, FOOT))
    return sheet


@layout
def caption_on_the_next_page() -> Sheet:
    sheet, page = begun(1)
    sheet.shows("Figure 1", page, raster(page, (60, 80, 535, 770)))
    after = sheet.page()
    y = caption(after, (60, 75), 470, "Figure 1.", words=50)
    body(after, (LEFT, y + 20, RIGHT, FOOT))
    return sheet


@layout
def caption_on_the_page_before() -> Sheet:
    sheet, page = begun(1)
    body(page, (LEFT, TOP, RIGHT, 700))
    caption(page, (60, 720), 470, "Figure 1.", words=50)
    after = sheet.page()
    sheet.shows("Figure 1", after, chart(after, (60, 80, 535, 760)))
    return sheet


@layout
def one_column_of_two() -> Sheet:
    sheet, page = begun()
    sheet.shows("Figure 1", page, chart(page, (305, 75, 540, 250)))
    y = caption(page, (305, 258), 240, "Figure 1.")
    body(page, (305, y + 16, 545, FOOT))
    body(page, (50, TOP, 290, FOOT))
    return sheet


@layout
def side_by_side_in_two_columns() -> Sheet:
    sheet, page = begun()
    for n, (x0, x1) in enumerate(COLUMNS, 1):
        sheet.shows(f"Figure {n}", page, raster(page, (x0 + 5, 75, x1 - 5, 250 + 20 * n), seed=n))
        y = caption(page, (x0, 258 + 20 * n), x1 - x0, f"Figure {n}.")
        body(page, (x0, y + 16, x1, FOOT))
    return sheet


@layout
def across_two_columns() -> Sheet:
    sheet, page = begun()
    chart(page, (60, 75, 290, 260))
    raster(page, (310, 75, 535, 260))
    sheet.shows("Figure 1", page, (60, 75, 535, 260))
    y = caption(page, (50, 268), 495, "Figure 1.", words=50)
    for x0, x1 in COLUMNS:
        body(page, (x0, y + 16, x1, FOOT))
    return sheet


@layout
def across_two_columns_with_a_caption_of_one() -> Sheet:
    sheet, page = begun()
    sheet.shows("Figure 1", page, raster(page, (60, 75, 535, 260)))
    y = caption(page, (50, 268), 240, "Figure 1.", words=30)
    body(page, (50, y + 16, 290, FOOT))
    body(page, (305, 280, 545, FOOT))
    return sheet


@layout
def across_two_columns_with_a_short_caption() -> Sheet:
    sheet, page = begun()
    sheet.shows("Figure 1", page, chart(page, (130, 75, 470, 240)))
    y = caption(page, (50, 250), 240, "Figure 1.", words=5)
    body(page, (50, y + 16, 290, FOOT))
    body(page, (305, y + 16, 545, FOOT))
    return sheet


@layout
def two_even_panels_over_a_gutter_with_a_caption_of_one_column() -> Sheet:
    sheet, page = begun()
    body(page, (50, TOP, 290, 300))
    body(page, (305, TOP, 545, 300))
    raster(page, (130, 320, 292, 470), seed=1)
    raster(page, (303, 320, 465, 470), seed=2)
    sheet.shows("Figure 1", page, (130, 320, 465, 470))
    y = caption(page, (50, 480), 240, "Figure 1.", words=30)
    body(page, (50, y + 16, 290, FOOT))
    body(page, (305, 490, 545, FOOT))
    return sheet


@layout
def one_raster_of_two_panels_over_a_gutter() -> Sheet:
    sheet, page = begun()
    grey = np.random.default_rng(6).integers(0, 180, (150, 335), dtype=np.uint8)
    grey[:, 160:172] = 255
    grey[140:, 172:] = 255
    pixmap = pymupdf.Pixmap(pymupdf.csGRAY, 335, 150, grey.tobytes(), False)
    page.insert_image(pymupdf.Rect(130, 75, 465, 225), pixmap=pixmap)
    sheet.shows("Figure 1", page, (130, 75, 465, 225))
    caption(page, (50, 235), 300, "Figure 1.", words=8)
    for x0, x1 in COLUMNS:
        body(page, (x0, 270, x1, FOOT))
    return sheet


@layout
def wide_with_its_caption_in_two_columns() -> Sheet:
    sheet, page = begun()
    sheet.shows("Figure 1", page, raster(page, (60, 75, 535, 300)))
    caption(page, (50, 308), 240, "Figure 1.", words=34)
    for k, line in enumerate(lines_of(WORDS[:30], 240, 8.5, "helv")):
        page.insert_text((305, 316.5 + 10.2 * k), line, fontname="helv", fontsize=8.5)
    for x0, x1 in COLUMNS:
        body(page, (x0, 380, x1, FOOT))
    return sheet


@layout
def stacked_in_one_column() -> Sheet:
    sheet, page = begun()
    y = 75.0
    for n in range(1, 4):
        sheet.shows(f"Figure {n}", page, raster(page, (310, y, 540, y + 150), seed=n))
        y = caption(page, (305, y + 156), 240, f"Figure {n}.", words=14) + 12
    body(page, (50, TOP, 290, FOOT))
    return sheet


@layout
def stacked_over_the_whole_width() -> Sheet:
    sheet, page = begun(1)
    y = 75.0
    for n in range(1, 4):
        sheet.shows(f"Figure {n}", page, chart(page, (120, y, 480, y + 170)))
        y = caption(page, (100, y + 178), 400, f"FIG. {n}.", words=14) + 14
    return sheet


@layout
def table_above() -> Sheet:
    sheet, page = begun(1)
    y = table(page, (60, 80, 535, 0), "Table 1.")
    sheet.shows("Figure 1", page, chart(page, (80, y + 22, 515, y + 250)))
    y = caption(page, (60, y + 260), 470, "Figure 1.")
    body(page, (LEFT, y + 16, RIGHT, FOOT))
    return sheet


@layout
def table_just_below_the_caption() -> Sheet:
    sheet, page = begun(1)
    sheet.shows("Figure 1", page, raster(page, (120, 80, 470, 300)))
    y = caption(page, (60, 308), 470, "Figure 1.")
    y = table(page, (60, y + 14, 535, 0), "Table 2.", rows=9)
    body(page, (LEFT, y + 16, RIGHT, FOOT))
    return sheet


@layout
def framed_with_its_caption() -> Sheet:
    sheet, page = begun(1)
    sheet.shows("Figure 1", page, raster(page, (80, 90, 515, 300)))
    y = caption(page, (70, 312), 450, "FIGURE 1 |", words=40)
    page.draw_rect(pymupdf.Rect(60, 78, 535, y + 8), width=0.75, color=(0.4, 0.4, 0.4))
    body(page, (LEFT, y + 30, RIGHT, FOOT))
    return sheet


@layout
def on_a_tinted_panel_with_its_caption() -> Sheet:
    sheet, page = begun(1)
    page.draw_rect(pymupdf.Rect(50, 70, 545, 380), color=None, fill=(0.92, 0.95, 1.0))
    sheet.shows("Figure 1", page, raster(page, (80, 85, 515, 310)))
    caption(page, (70, 318), 450, "Figure 1.", words=40)
    body(page, (LEFT, 400, RIGHT, FOOT))
    return sheet


def _with_stream(sheet: Sheet, page: pymupdf.Page, stream: str) -> pymupdf.Page:
    """The page with this stream for its content."""
    xref = sheet.pdf.get_new_xref()
    sheet.pdf.update_object(xref, "<<>>")
    sheet.pdf.update_stream(xref, stream.encode())
    sheet.pdf.xref_set_key(page.xref, "Contents", f"{xref} 0 R")
    return sheet.pdf.reload_page(page)


@layout
def twelve_hundred_tiles() -> Sheet:
    sheet, page = begun(1)
    grey = np.random.default_rng(3).integers(0, 180, (12, 11), dtype=np.uint8)
    tile = pymupdf.Pixmap(pymupdf.csGRAY, 11, 12, grey.tobytes(), False)
    page.insert_image(pymupdf.Rect(100, 80, 110, 88), pixmap=tile, keep_proportion=False)
    name = page.get_images()[0][7]
    places = [(100 + (i % 40) * 10, HEIGHT - 88 - (i // 40) * 8) for i in range(1200)]
    page = _with_stream(sheet, page, "".join(f"q 10 0 0 8 {x} {y} cm /{name} Do Q\n" for x, y in places))
    sheet.shows("Figure 1", page, (100, 80, 500, 320))
    y = caption(page, (60, 328), 470, "Figure 1.")
    body(page, (LEFT, y + 20, RIGHT, FOOT))
    return sheet


def many_paths(count: int) -> Sheet:
    """A figure across two columns that is drawn with so many strokes."""
    sheet, page = begun()
    points = np.random.default_rng(4).uniform((85, 80), (500, 300), (count, 2)).round(1)
    strokes = "".join(f"{x} {842 - y:.1f} m {x + 3:.1f} {842 - y + 2:.1f} l S\n" for x, y in points)
    page = _with_stream(sheet, page, f"q 0.4 w {strokes} Q")
    sheet.shows("Figure 1", page, (85, 78, 503, 300))
    y = caption(page, (50, 310), 495, "Figure 1.")
    for x0, x1 in COLUMNS:
        body(page, (x0, y + 16, x1, FOOT))
    return sheet


@layout
def twenty_thousand_paths() -> Sheet:
    return many_paths(20_000)


def _turned_page(rotation: int) -> Sheet:
    """A landscape page as journals have them: written upright as displayed, stored turned."""
    sheet, page = begun(1)
    wide, high = (HEIGHT, WIDTH) if rotation in (90, 270) else (WIDTH, HEIGHT)
    flat = pymupdf.open()
    drawn = flat.new_page(width=wide, height=high)
    chart(drawn, (80, 80, 430, 380))
    raster(drawn, (445, 80, 545, 380))
    y = caption(drawn, (80, 390), 460, "Figure 1.")
    body(drawn, (80, y + 20, 545, high - 50))
    page.show_pdf_page(page.rect, flat, 0, rotate=rotation)
    page.set_rotation(rotation)
    sheet.shows("Figure 1", page, (80, 80, 545, 380))
    return sheet


@layout
def page_turned_by_90() -> Sheet:
    return _turned_page(90)


@layout
def page_turned_by_180() -> Sheet:
    return _turned_page(180)


@layout
def page_turned_by_270() -> Sheet:
    return _turned_page(270)


def _sideways(turn: int) -> Sheet:
    """A figure and its caption set sideways on an upright page."""
    sheet, page = begun(1)
    flat = pymupdf.open()
    drawn = flat.new_page(width=HEIGHT, height=WIDTH)
    chart(drawn, (80, 80, 760, 420))
    caption(drawn, (80, 432), 680, "Figure 1.", words=40)
    page.show_pdf_page(page.rect, flat, 0, rotate=turn)
    x0, y0, x1, y1 = 80, 80, 760, 420
    sheet.shows("Figure 1", page, (y0, HEIGHT - x1, y1, HEIGHT - x0) if turn == 90 else (WIDTH - y1, x0, WIDTH - y0, x1))
    return sheet


@layout
def sideways_reading_up() -> Sheet:
    return _sideways(90)


@layout
def sideways_reading_down() -> Sheet:
    return _sideways(270)


@layout
def continued_on_the_next_page() -> Sheet:
    sheet, page = begun(1)
    sheet.shows("Figure 1", page, raster(page, (80, 80, 515, 600)))
    caption(page, (60, 610), 470, "Figure 1.", words=40)
    after = sheet.page()
    raster(after, (80, 80, 515, 500), seed=5)
    caption(after, (60, 510), 470, "Figure 1 (continued).", words=3)
    body(after, (LEFT, 560, RIGHT, FOOT))
    return sheet


def _labelled(*labels: tuple[str, str]) -> Sheet:
    sheet, page = begun(1)
    y = 75.0
    for n, (printed, normal) in enumerate(labels):
        sheet.shows(normal, page, raster(page, (120, y, 480, y + 150), seed=n))
        y = caption(page, (100, y + 158), 400, printed, words=14) + 16
    body(page, (LEFT, y + 10, RIGHT, FOOT))
    return sheet


@layout
def extended_data_and_supplementary_labels() -> Sheet:
    extended, supplementary = ("Extended Data Fig. 1 |", "Extended Data Figure 1"), ("Supplementary Figure 2.", "Figure S2")
    return _labelled(extended, supplementary, ("Fig. S3.", "Figure S3"))


@layout
def scheme_chart_and_plate_labels() -> Sheet:
    return _labelled(("Scheme 1.", "Scheme 1"), ("Chart 2.", "Chart 2"), ("PLATE 3.", "Plate 3"))


@layout
def panels_with_letters_and_wide_gaps() -> Sheet:
    sheet, page = begun()
    for n, (x, y) in enumerate([(70, 85), (320, 85), (70, 265), (320, 265)]):
        page.insert_text((x - 12, y + 2), "abcd"[n], fontname="hebo", fontsize=10)
        raster(page, (x, y, x + 210, y + 150), seed=n)
    sheet.shows("Figure 1", page, (58, 77, 530, 415))
    y = caption(page, (50, 425), 495, "Figure 1.", words=50)
    for x0, x1 in COLUMNS:
        body(page, (x0, y + 16, x1, FOOT))
    return sheet


@layout
def at_the_foot_of_the_page() -> Sheet:
    sheet, page = begun()
    for x0, x1 in COLUMNS:
        body(page, (x0, TOP, x1, 480))
    sheet.shows("Figure 1", page, chart(page, (100, 510, 500, 720)))
    caption(page, (50, 730), 495, "Figure 1.", words=30)
    return sheet


@layout
def between_text_in_one_column() -> Sheet:
    sheet, page = begun()
    body(page, (50, TOP, 290, 300))
    sheet.shows("Figure 1", page, raster(page, (60, 320, 280, 500)))
    y = caption(page, (50, 508), 240, "Figure 1.")
    body(page, (50, y + 14, 290, FOOT))
    body(page, (305, TOP, 545, 400))
    sheet.shows("Figure 2", page, chart(page, (305, 420, 545, 600)))
    y = caption(page, (305, 610), 240, "Figure 2.")
    body(page, (305, y + 14, 545, FOOT))
    return sheet


@layout
def raster_with_white_margins_behind_a_clip() -> Sheet:
    sheet, page = begun(1)
    grey = np.full((400, 600), 255, dtype=np.uint8)
    grey[60:340, 80:520] = np.random.default_rng(1).integers(0, 160, (280, 440), dtype=np.uint8)
    pixmap = pymupdf.Pixmap(pymupdf.csGRAY, 600, 400, grey.tobytes(), False)
    page.insert_image(pymupdf.Rect(70, 70, 520, 370), pixmap=pixmap)
    sheet.shows("Figure 1", page, (130, 115, 460, 325))
    y = caption(page, (60, 372), 470, "Figure 1.")
    body(page, (LEFT, y + 20, RIGHT, FOOT))
    return sheet


@layout
def page_with_a_shifted_crop_box() -> Sheet:
    sheet, page = begun(1)
    raster(page, (120, 100, 470, 320))
    y = caption(page, (60, 330), 470, "Figure 1.")
    body(page, (LEFT, y + 20, RIGHT, FOOT))
    page.set_cropbox(pymupdf.Rect(20, 30, 575, 820))
    sheet.shows("Figure 1", page, (100, 70, 450, 290))
    return sheet


def plain_caption(page: pymupdf.Page, at: tuple[float, float], width: float, label: str, *, words: int = 24) -> float:
    """A caption in the body's own print, as LaTeX sets it."""
    x, y = at
    for line in lines_of([*label.split(), "Islands", "on", *WORDS[:words]], width, 10, "tiro"):
        page.insert_text((x, y + 10), line, fontname="tiro", fontsize=10)
        y += 12
    return y


@layout
def caption_in_the_print_of_the_body() -> Sheet:
    sheet, page = begun(1)
    body(page, (LEFT, TOP, RIGHT, 200))
    sheet.shows("Figure 1", page, chart(page, (130, 215, 470, 430)))
    y = plain_caption(page, (LEFT, 440), 495, "Figure 1:")
    body(page, (LEFT, y + 18, RIGHT, FOOT))
    after = sheet.page()
    sheet.shows("Figure 2", after, raster(after, (130, 75, 470, 300)))
    y = plain_caption(after, (LEFT, 308), 495, "Figure 2:", words=40)
    body(after, (LEFT, y + 18, RIGHT, FOOT))
    return sheet


@layout
def two_side_by_side_on_a_page_of_one_column() -> Sheet:
    sheet, page = begun(1)
    for n, x in enumerate((50, 305), 1):
        sheet.shows(f"Figure {n}", page, chart(page, (x, 80, x + 235, 260)))
        caption(page, (x, 268), 235, f"Figure {n}.", words=14 + 10 * n)
    body(page, (LEFT, 340, RIGHT, FOOT))
    return sheet


@layout
def stacked_with_captions_at_the_left() -> Sheet:
    sheet, page = begun(1)
    for n, y in enumerate((80, 330), 1):
        caption(page, (50, y), 140, f"Figure {n}.", words=36)
        sheet.shows(f"Figure {n}", page, raster(page, (205, y, 545, y + 230), seed=n))
    body(page, (LEFT, 580, RIGHT, FOOT))
    return sheet


@layout
def stacked_with_captions_above() -> Sheet:
    sheet, page = begun(1)
    y = 78.0
    for n in (1, 2, 3):
        y = caption(page, (60, y), 470, f"Figure {n}.", words=18) + 6
        sheet.shows(f"Figure {n}", page, raster(page, (100, y, 500, y + 170), seed=n))
        y += 190
    return sheet


@layout
def three_columns() -> Sheet:
    sheet = Sheet()
    columns = ((50.0, 205.0), (220.0, 375.0), (390.0, 545.0))
    for _ in range(2):
        page = sheet.page()
        for x0, x1 in columns:
            body(page, (x0, TOP, x1, FOOT), size=8)
    page = sheet.page()
    sheet.shows("Figure 1", page, raster(page, (222, 75, 543, 240)))
    y = caption(page, (220, 248), 325, "FIG. 1.", words=30, size=7)
    body(page, (50, TOP, 205, FOOT), size=8)
    sheet.shows("Figure 2", page, chart(page, (222, 400, 373, 520)))
    body(page, (220, y + 14, 375, 385), size=8)
    caption(page, (220, 528), 155, "FIG. 2.", size=7)
    body(page, (220, 590, 375, FOOT), size=8)
    body(page, (390, y + 14, 545, FOOT), size=8)
    return sheet


@layout
def flow_chart_of_boxes_with_sentences() -> Sheet:
    sheet, page = begun(1)
    for n in range(6):
        x, y = 90 + (n % 3) * 145, 80 + (n // 3) * 90
        page.draw_rect(pymupdf.Rect(x, y, x + 125, y + 60), width=0.8)
        for k, line in enumerate(list(lines_of(WORDS[n : n + 14], 115, 8, "helv"))[:4]):
            page.insert_text((x + 5, y + 13 + 10 * k), line, fontname="helv", fontsize=8)
        if n % 3 < 2:
            page.draw_line((x + 125, y + 30), (x + 145, y + 30), width=0.8)
    sheet.shows("Figure 1", page, (89.6, 79.6, 505.4, 230.4))
    y = caption(page, (60, 240), 470, "Figure 1.")
    body(page, (LEFT, y + 16, RIGHT, FOOT))
    return sheet


@layout
def close_under_a_ruled_head() -> Sheet:
    sheet = Sheet(1)
    for n in range(3):
        page = sheet.page()
        page.draw_line((LEFT, 46), (RIGHT, 46), width=0.6)
        raster(page, (500, 22, 545, 42), seed=9)
        if n != 1:
            body(page, (LEFT, TOP, RIGHT, FOOT))
            continue
        sheet.shows("Figure 1", page, raster(page, (60, 54, 535, 260)))
        y = caption(page, (60, 266), 470, "Figure 1.")
        body(page, (LEFT, y + 16, RIGHT, FOOT))
    return sheet


@layout
def beside_a_stamp_in_the_margin() -> Sheet:
    sheet, page = begun(1)
    page.insert_text((28, 600), "arXiv:2101.00001v2  [cond-mat.mtrl-sci]  1 Jan 2021", fontname="tiro", fontsize=16, rotate=90)
    sheet.shows("Figure 1", page, chart(page, (80, 300, 520, 520)))
    body(page, (LEFT, TOP, RIGHT, 285))
    y = caption(page, (60, 530), 470, "Figure 1.")
    body(page, (LEFT, y + 16, RIGHT, FOOT))
    return sheet


@layout
def text_flowing_around_an_inset() -> Sheet:
    sheet, page = begun(1)
    body(page, (LEFT, TOP, RIGHT, 200))
    sheet.shows("Figure 1", page, raster(page, (340, 215, 540, 380)))
    caption(page, (335, 388), 210, "Figure 1.")
    body(page, (LEFT, 205, 320, 440))
    body(page, (LEFT, 445, RIGHT, FOOT))
    return sheet


@layout
def table_above_in_one_column_of_two() -> Sheet:
    sheet, page = begun()
    y = table(page, (305, 75, 545, 0), "Table 1.", rows=7)
    sheet.shows("Figure 1", page, raster(page, (310, y + 12, 540, y + 180)))
    y = caption(page, (305, y + 188), 240, "Fig. 3.")
    sheet.truth["Figure 3"] = sheet.truth.pop("Figure 1")
    body(page, (305, y + 14, 545, FOOT))
    body(page, (50, TOP, 290, FOOT))
    return sheet


@layout
def table_below_a_chart_with_the_caption_above() -> Sheet:
    sheet, page = begun(1)
    y = caption(page, (60, 76), 470, "Figure 1.")
    sheet.shows("Figure 1", page, chart(page, (100, y + 8, 500, y + 200)))
    y = table(page, (60, y + 220, 535, 0), "TABLE II.", rows=8)
    body(page, (LEFT, y + 20, RIGHT, FOOT))
    return sheet


@layout
def pale_chart_with_a_legend_outside() -> Sheet:
    sheet, page = begun()
    chart(page, (50, 75, 420, 260))
    for k in range(4):
        page.draw_line((440, 100 + 16 * k), (460, 100 + 16 * k), width=1, color=(0.2 * k, 0.4, 0.6))
        page.insert_text((466, 103 + 16 * k), f"sample {k}", fontname="helv", fontsize=8)
    sheet.shows("Figure 1", page, (50, 75, 500, 260))
    y = caption(page, (50, 268), 495, "Figure 1.")
    for x0, x1 in COLUMNS:
        body(page, (x0, y + 16, x1, FOOT))
    return sheet


@layout
def many_small_charts_far_apart() -> Sheet:
    sheet, page = begun(1)
    for n in range(9):
        x, y = 60 + (n % 3) * 165, 80 + (n // 3) * 150
        chart(page, (x, y, x + 140, y + 115), paths=20)
    sheet.shows("Figure 1", page, (60, 80, 530, 495))
    y = caption(page, (60, 505), 470, "Figure 1.", words=50)
    body(page, (LEFT, y + 16, RIGHT, FOOT))
    return sheet


@layout
def citing_sentence_above_a_figure_without_bold() -> Sheet:
    sheet, page = begun()
    body(page, (50, TOP, 290, 300))
    for k, line in enumerate(lines_of(["Figure", "1", "shows", "that", *WORDS[:40]], 240, 10, "tiro")):
        page.insert_text((50, 322 + 12 * k), line, fontname="tiro", fontsize=10)
    sheet.shows("Figure 1", page, raster(page, (55, 450, 285, 640)))
    y = plain_caption(page, (50, 648), 240, "Figure 1.")
    body(page, (50, y + 14, 290, FOOT))
    body(page, (305, TOP, 545, FOOT))
    return sheet


@layout
def landscape_page_with_text() -> Sheet:
    sheet, page = begun(1, size=(HEIGHT, WIDTH))
    sheet.shows("Figure 1", page, chart(page, (80, 75, 760, 400)))
    y = caption(page, (60, 410), 700, "Figure 1.")
    body(page, (LEFT, y + 16, 790, 540))
    return sheet


@layout
def plates_filling_facing_pages_with_captions() -> Sheet:
    sheet = Sheet(1)
    sheet.text_page()
    for n in (1, 2):
        page = sheet.page()
        sheet.shows(f"Plate {n}", page, raster(page, (50, 60, 545, 700), seed=n))
        caption(page, (60, 712), 470, f"Plate {n}.", words=40)
    return sheet
