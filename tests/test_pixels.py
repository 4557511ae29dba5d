"""A crop is the raster's own pixels where the page shows just them, and says why where it is a render."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from handmade_pdf import HEIGHT, WIDTH, Stream, image, pdf_bytes
from PIL import Image
from small_release import packed

from builder.crops import MAX_DPI, Shot, TooLarge, crop, shoot
from builder.edges import pdf, rasters
from builder.pages import Box
from builder.recipe import CropRule
from builder.release.rows import FigureRow

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
Pixels = npt.NDArray[np.uint8]
RULE = CropRule()
AT = Box(50, 100, 170, 180)  # where UPRIGHT puts the raster on a page of 300 x 300 points
UPRIGHT = "120 0 0 80 50 120"
SHOW = f"q {UPRIGHT} cm /I Do Q "


@contextmanager
def opened(tmp_path: Path, data: bytes) -> Iterator[pdf.PdfFile]:
    path = tmp_path / "one.pdf"
    path.write_bytes(data)
    with pdf.open_pdf(path) as source:
        yield source


def shot(
    tmp_path: Path, content: str, images: dict[str, Stream], box: Box = AT, rule: CropRule = RULE, rotate: int = 0
) -> Shot:
    with opened(tmp_path, pdf_bytes(content, images, rotate)) as source:
        return shoot(source, pdf.read_page(source, 1), box, rule)


def grey(seed: int = 1, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Pixels:
    """A picture that no turn or mirroring leaves as it is, dark at every edge."""
    noise = np.random.default_rng(seed).integers(0, 240, (size[1], size[0]), dtype=np.uint8)
    noise[:, 0] = noise[:, -1] = noise[0] = noise[-1] = 60
    return noise


def rgb(seed: int = 1, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Pixels:
    return np.dstack([grey(seed, size), grey(seed + 100, size), grey(seed + 200, size)])


def as_rgb(one: Pixels) -> Pixels:
    return np.repeat(one[:, :, None], 3, axis=2)


def test_a_figure_that_is_one_raster_keeps_every_pixel(tmp_path: Path) -> None:
    taken = shot(tmp_path, SHOW, {"I": image(rgb().tobytes())})
    assert taken.reason is None
    assert np.array_equal(taken.pixels, rgb())
    assert taken.box == pytest.approx(AT)
    assert taken.dpi == 36


@pytest.mark.parametrize(
    ("name", "stored", "seen"),
    [
        ("grey", image(grey().tobytes(), "/DeviceGray"), as_rgb(grey())),
        ("inverted by its Decode array", image(grey().tobytes(), "/DeviceGray", 8, "/Decode [1 0]"), as_rgb(255 - grey())),
        (
            "sixteen bits a pixel, of which the upper eight are kept",
            image(np.dstack([grey(), grey(9)]).tobytes(), "/DeviceGray", 16),
            as_rgb(grey()),
        ),
        (
            "one bit a pixel",
            image(np.packbits(grey() > 99, axis=1).tobytes(), "/DeviceGray", 1),
            as_rgb(np.where(grey() > 99, 255, 0).astype(np.uint8)),
        ),
        (
            "a stencil, black where its bits are 0",
            image(np.packbits(grey() > 99, axis=1).tobytes(), "", 1, "/ImageMask true"),
            as_rgb(np.where(grey() > 99, 255, 0).astype(np.uint8)),
        ),
        (
            "indexed",
            image((grey() % 3).tobytes(), "[/Indexed /DeviceRGB 2 <FF0000 00FF00 0A141E>]"),
            np.array([[255, 0, 0], [0, 255, 0], [10, 20, 30]], np.uint8)[grey() % 3],
        ),
        (
            "a separation, full ink black",
            image(
                grey().tobytes(), "[/Separation /Black /DeviceGray << /FunctionType 2 /Domain [0 1] /C0 [1] /C1 [0] /N 1 >>]"
            ),
            as_rgb(255 - grey()),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_stored_pixels_are_read_as_the_pdf_means_them(tmp_path: Path, name: str, stored: Stream, seen: Pixels) -> None:
    taken = shot(tmp_path, SHOW, {"I": stored})
    assert taken.reason is None, name
    assert np.abs(taken.pixels.astype(int) - seen).max() <= 1


@pytest.mark.parametrize("decode", ["", "/Decode [1 0 1 0 1 0 1 0]"])
def test_a_cmyk_jpeg_of_either_sign_shows_the_colours_of_the_page(tmp_path: Path, decode: str) -> None:
    ink = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    ink[:, : WIDTH // 2, 1:3] = 255  # magenta and yellow: red
    ink[:, WIDTH // 2 :, 0] = 255  # cyan
    buffer = io.BytesIO()
    Image.fromarray(ink if decode else 255 - ink, "CMYK").save(buffer, "JPEG", quality=95)
    taken = shot(tmp_path, SHOW, {"I": image(buffer.getvalue(), "/DeviceCMYK", 8, f"/Filter /DCTDecode {decode}")})
    assert taken.reason is None
    left, right = taken.pixels[20, 10].astype(int), taken.pixels[20, 50].astype(int)
    assert left[0] > 200 > 100 > left[1:].max()
    assert right[0] < 60 < 120 < right[1:].min()


def test_a_soft_mask_lets_the_paper_through(tmp_path: Path) -> None:
    mask = image(np.repeat(np.array([255, 128, 0], np.uint8), WIDTH * HEIGHT // 3).tobytes()[: WIDTH * HEIGHT], "/DeviceGray")
    mask.data = mask.data.ljust(WIDTH * HEIGHT, b"\0")
    stored = image(rgb().tobytes(), more="/SMask %(mask)d 0 R")
    stored.needs["mask"] = mask
    taken = shot(tmp_path, SHOW, {"I": stored}, Box(50, 100, 170, 152))
    cover = np.frombuffer(mask.data, np.uint8).reshape(HEIGHT, WIDTH, 1)[: taken.pixels.shape[0]].astype(float) / 255
    wanted = rgb()[: taken.pixels.shape[0]] * cover + 255 * (1 - cover)
    assert taken.reason is None
    assert np.abs(taken.pixels - wanted).max() <= 1


def test_a_stencil_mask_hides_what_it_covers(tmp_path: Path) -> None:
    hidden = grey() > 200
    stored = image(rgb().tobytes(), more="/Mask %(mask)d 0 R")
    stored.needs["mask"] = image(np.packbits(hidden, axis=1).tobytes(), "", 1, "/ImageMask true")
    taken = shot(tmp_path, SHOW, {"I": stored})
    assert taken.reason is None
    assert np.array_equal(taken.pixels, np.where(hidden[:, :, None], 255, rgb()))


def test_a_mask_of_another_size_is_left_to_the_page_to_draw(tmp_path: Path) -> None:
    stored = image(rgb().tobytes(), more="/SMask %(mask)d 0 R")
    stored.needs["mask"] = image(bytes([255, 80, 80, 255]), "/DeviceGray", size=(2, 2))
    assert shot(tmp_path, SHOW, {"I": stored}).reason == "altered-on-page"


TURNS = {
    "upright": ("120 0 0 80 50 120", lambda a: a),
    "mirrored": ("-120 0 0 80 170 120", lambda a: a[:, ::-1]),
    "upside down": ("120 0 0 -80 50 200", lambda a: a[::-1]),
    "half turned": ("-120 0 0 -80 170 200", lambda a: a[::-1, ::-1]),
    "quarter turned left": ("0 120 -80 0 130 120", lambda a: np.rot90(a, 1)),
    "quarter turned right": ("0 -120 80 0 50 240", lambda a: np.rot90(a, -1)),
    "over one diagonal": ("0 120 80 0 50 120", lambda a: np.rot90(a, 1)[:, ::-1]),
    "over the other": ("0 -120 -80 0 130 240", lambda a: np.rot90(a, -1)[:, ::-1]),
}


@pytest.mark.parametrize(("turn", "rotate"), list(itertools.product(TURNS, (0, 90, 180, 270))))
def test_every_quarter_turn_and_mirroring_is_honoured(tmp_path: Path, turn: str, rotate: int) -> None:
    matrix, seen = TURNS[turn]
    stored = image(rgb().tobytes())
    with opened(tmp_path, pdf_bytes(f"q {matrix} cm /I Do Q", {"I": stored}, rotate)) as source:
        page = pdf.read_page(source, 1)
        (raster,) = rasters.placed_rasters(source, 1)
        taken = shoot(source, page, raster.box, RULE)
        rendered = pdf.render(source, 1, raster.box, 144)
    assert taken.reason is None
    assert np.array_equal(taken.pixels, np.rot90(seen(rgb()), -rotate // 90))
    assert correlation(taken.pixels, rendered, 10) > 0.98


def correlation(one: Pixels, other: Pixels, across: int = 32) -> float:
    """Of two pictures of one box, both averaged down: turns, mirrorings and inversions fall under 0.9."""
    size = (across, max(4, round(across * one.shape[0] / one.shape[1])))
    small = [
        np.asarray(Image.fromarray(np.ascontiguousarray(p)).resize(size, Image.Resampling.BOX), float) for p in (one, other)
    ]
    return float(np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1])


@pytest.mark.parametrize("seed", range(8))
def test_no_placement_costs_a_pixel_not_even_far_down_a_tall_page(tmp_path: Path, seed: int) -> None:
    chance = np.random.default_rng(seed)
    size = int(chance.integers(3, 5000)), int(chance.integers(3, 400))
    wide, x, y = chance.uniform(5, 280), chance.uniform(0, 15), chance.uniform(-20, 200)
    stored = grey(seed, size)
    content = f"q {wide:.5f} 0 0 {wide * size[1] / size[0]:.5f} {x:.5f} {y:.5f} cm /I Do Q"
    data = pdf_bytes(content, {"I": image(stored.tobytes(), "/DeviceGray", size=size)})
    with opened(tmp_path, data.replace(b"[0 0 300 300]", b"[0 -500 300 5000]")) as source:
        (raster,) = rasters.placed_rasters(source, 1)
        assert np.array_equal(rasters.on_grid(source, 1, raster), as_rgb(stored))


def test_a_tilted_picture_is_rendered(tmp_path: Path) -> None:
    assert shot(tmp_path, "q 118 12 -8 79 55 115 cm /I Do Q", {"I": image(rgb().tobytes())}).reason == "skewed"


def test_a_squeezed_picture_is_rendered_as_the_page_shows_it(tmp_path: Path) -> None:
    taken = shot(tmp_path, "q 120 0 0 60 50 120 cm /I Do Q", {"I": image(rgb().tobytes())}, Box(50, 120, 170, 180))
    assert taken.reason == "uneven-pixels"
    assert taken.dpi == RULE.dpi


def test_letters_printed_on_the_raster_are_not_lost(tmp_path: Path) -> None:
    taken = shot(tmp_path, SHOW + "BT /F 20 Tf 1 1 1 rg 60 170 Td (a) Tj ET", {"I": image(rgb().tobytes())})
    assert taken.reason == "text-over-raster"
    assert taken.dpi == RULE.dpi  # the raster has 36


def test_a_bar_drawn_on_a_fine_raster_is_drawn_on_the_rasters_own_grid(tmp_path: Path) -> None:
    size = (600, 400)
    taken = shot(tmp_path, SHOW + "1 1 1 rg 60 130 40 4 re f", {"I": image(rgb(size=size).tobytes(), size=size)})
    assert taken.reason == "drawing-over-raster"
    assert taken.dpi == 360
    assert taken.pixels.shape == (400, 600, 3)
    changed = (np.abs(taken.pixels.astype(int) - rgb(size=size)) > 8).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert [columns.min(), columns.max(), rows.min(), rows.max()] == pytest.approx([50, 249, 330, 349], abs=1)


def test_a_render_over_the_finest_raster_stops_at_the_greatest_dpi(tmp_path: Path) -> None:
    size = (1200, 800)
    taken = shot(tmp_path, SHOW + "1 1 1 rg 60 130 40 4 re f", {"I": image(rgb(size=size).tobytes(), size=size)})
    assert (taken.reason, taken.dpi) == ("drawing-over-raster", MAX_DPI)


def test_a_keyline_round_the_raster_does_not_keep_its_pixels_away(tmp_path: Path) -> None:
    size = (240, 160)
    taken = shot(tmp_path, SHOW + "0.5 w 0 G 50 120 120 80 re S", {"I": image(rgb(size=size).tobytes(), size=size)})
    assert taken.reason is None
    assert np.array_equal(taken.pixels, rgb(size=size))


def test_what_is_printed_under_the_raster_does_not_count(tmp_path: Path) -> None:
    under = "BT /F 20 Tf 60 170 Td (a) Tj ET 40 110 140 100 re 1 1 1 rg f "
    assert shot(tmp_path, under + SHOW, {"I": image(rgb().tobytes())}).reason is None


def test_invisible_text_of_an_ocr_layer_does_not_count(tmp_path: Path) -> None:
    assert shot(tmp_path, SHOW + "BT 3 Tr /F 20 Tf 60 170 Td (a) Tj ET", {"I": image(rgb().tobytes())}).reason is None


def test_an_axis_label_beside_the_raster_calls_for_a_render(tmp_path: Path) -> None:
    label = "BT /F 12 Tf 80 108 Td (strain) Tj ET"
    taken = shot(tmp_path, SHOW + label, {"I": image(rgb().tobytes())}, Box(50, 100, 170, 192))
    assert taken.reason == "ink-beside-raster"


def test_bare_paper_beside_the_raster_does_not(tmp_path: Path) -> None:
    taken = shot(tmp_path, SHOW, {"I": image(rgb().tobytes())}, Box(50, 100, 170, 188))
    assert taken.reason is None
    assert np.array_equal(taken.pixels, rgb())


def test_a_clipped_picture_gives_the_pixels_that_are_seen(tmp_path: Path) -> None:
    taken = shot(tmp_path, "q 70 140 60 40 re W n " + SHOW + "Q", {"I": image(rgb().tobytes())}, Box(70, 120, 130, 160))
    assert taken.reason is None
    assert np.array_equal(taken.pixels, rgb()[10:30, 10:40])
    assert taken.box == pytest.approx(Box(70, 120, 130, 160))


def test_a_picture_covered_but_for_a_line_is_not_taken_for_seen(tmp_path: Path) -> None:
    cover = "1 1 1 rg 40 110 140 46 re 40 158 140 52 re f "
    assert shot(tmp_path, SHOW + cover, {"I": image(rgb().tobytes())}).pixels.size


def test_a_box_within_the_raster_cuts_whole_pixels(tmp_path: Path) -> None:
    taken = shot(tmp_path, SHOW, {"I": image(rgb().tobytes())}, Box(71, 121, 129, 159))
    assert taken.reason is None
    x, y = round((taken.box.x0 - 50) / 2), round((taken.box.y0 - 100) / 2)
    high, wide = taken.pixels.shape[:2]
    assert np.array_equal(taken.pixels, rgb()[y : y + high, x : x + wide])
    assert taken.box.x0 <= 71 - RULE.margin
    assert taken.box.x1 >= 129 + RULE.margin


def test_a_narrow_blank_border_comes_along(tmp_path: Path) -> None:
    framed = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    framed[5:35, 4:56] = rgb(size=(52, 30))
    taken = shot(tmp_path, SHOW, {"I": image(framed.tobytes())}, Box(58, 110, 162, 170))
    assert np.array_equal(taken.pixels, framed)


def test_the_upper_of_two_rasters_is_the_one_that_is_seen(tmp_path: Path) -> None:
    both = {"I": image(rgb().tobytes()), "J": image(rgb(7).tobytes())}
    taken = shot(tmp_path, SHOW + SHOW.replace("/I", "/J"), both)
    assert np.array_equal(taken.pixels, rgb(7))


def test_the_lower_is_where_the_upper_one_is_clipped_away(tmp_path: Path) -> None:
    both = {"I": image(rgb().tobytes()), "J": image(rgb(7).tobytes())}
    taken = shot(tmp_path, SHOW + "q 0 0 5 5 re W n " + SHOW.replace("/I", "/J") + "Q", both)
    assert np.array_equal(taken.pixels, rgb())


def test_tiles_laid_edge_to_edge_are_one_picture(tmp_path: Path) -> None:
    whole = rgb(size=(WIDTH, HEIGHT))
    tiles = [(x, y, whole[y : y + 20, x : x + 30]) for y in (0, 20) for x in (0, 30)]
    images = {f"T{i}": image(np.ascontiguousarray(t).tobytes(), size=(30, 20)) for i, (_, _, t) in enumerate(tiles)}
    content = " ".join(f"q 60 0 0 40 {50 + 2 * x} {160 - 2 * y} cm /T{i} Do Q" for i, (x, y, _) in enumerate(tiles))
    taken = shot(tmp_path, content, images)
    assert taken.reason is None
    assert np.array_equal(taken.pixels, whole)


def test_panels_with_a_gutter_between_them_are_rendered(tmp_path: Path) -> None:
    content = "q 56 0 0 80 50 120 cm /I Do Q q 56 0 0 80 114 120 cm /J Do Q"
    images = {"I": image(rgb(size=(28, 40)).tobytes(), size=(28, 40)), "J": image(rgb(3, (28, 40)).tobytes(), size=(28, 40))}
    assert shot(tmp_path, content, images).reason == "several-rasters"


def test_a_picture_inside_a_form_is_found(tmp_path: Path) -> None:
    form = Stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 300 300] /Resources << /XObject << /I %(I)d 0 R >> >>", SHOW.encode()
    )
    form.needs["I"] = image(rgb().tobytes())
    assert np.array_equal(shot(tmp_path, "/F Do", {"F": form}).pixels, rgb())


def test_the_page_may_be_a_part_of_its_sheet(tmp_path: Path) -> None:
    data = pdf_bytes(SHOW, {"I": image(rgb().tobytes())}).replace(
        b"[0 0 300 300]", b"[0 0 300 300] /CropBox [20 30 290 280]", 1
    )
    with opened(tmp_path, data) as source:
        page = pdf.read_page(source, 1)
        (raster,) = rasters.placed_rasters(source, 1)
        taken = shoot(source, page, raster.box, RULE)
    assert raster.box == pytest.approx(Box(30, 80, 150, 160))
    assert np.array_equal(taken.pixels, rgb())


def test_what_hangs_off_the_page_is_left_out(tmp_path: Path) -> None:
    taken = shot(tmp_path, "q 120 0 0 80 -40 120 cm /I Do Q", {"I": image(rgb().tobytes())}, Box(0, 100, 80, 180))
    assert taken.reason is None
    assert np.array_equal(taken.pixels, rgb()[:, 20:])


def test_a_drawing_has_no_raster(tmp_path: Path) -> None:
    taken = shot(tmp_path, "0 0 1 rg 50 120 120 80 re f", {})
    assert (taken.reason, taken.raster, taken.dpi) == ("no-raster", None, RULE.dpi)


def test_a_raster_over_the_pixel_cap_is_rendered(tmp_path: Path) -> None:
    size = (1500, 1000)
    taken = shot(tmp_path, SHOW, {"I": image(bytes(3 * 1500 * 1000), size=size)}, rule=CropRule(max_pixels=1_000_000))
    assert taken.reason == "too-many-pixels"


def test_a_box_that_the_cap_leaves_too_coarse_is_refused(tmp_path: Path) -> None:
    poster = pdf_bytes("0 0 1 rg 0 0 9000 9000 re f", {}).replace(b"[0 0 300 300]", b"[0 0 9000 9000]")
    with opened(tmp_path, poster) as source, pytest.raises(TooLarge, match="would need"):
        shoot(source, pdf.read_page(source, 1), Box(0, 0, 9000, 9000), CropRule(max_pixels=1_000_000))


def test_the_record_says_what_was_done_and_a_second_run_gives_the_same_bytes(tmp_path: Path) -> None:
    data = pdf_bytes(SHOW, {"I": image(grey().tobytes(), "/DeviceGray")})
    with opened(tmp_path, data) as source:
        page = pdf.read_page(source, 1)
        made, png = crop(source, page, AT, RULE, "a-canary")
        assert (made, png) == crop(source, page, AT, RULE, "a-canary")
    assert (made.method, made.reason, made.native_size) == ("native", None, (WIDTH, HEIGHT))
    assert made.native_colours == "DeviceGray, 8 bits"
    with Image.open(io.BytesIO(png)) as again:
        assert np.array_equal(np.asarray(again.convert("RGB")), as_rgb(grey()))


def test_a_release_row_says_how_its_image_was_made() -> None:
    row = next(row for row in packed().tables["figures", "test"] if row.tier == "open")
    assert isinstance(row, FigureRow)
    assert (row.crop_method, row.native_width) == ("render", None)
    assert "rendered, 300 dpi" in str(row.changes)


def _labelled() -> Sequence[tuple[str, int, tuple[float, ...]]]:
    path = CORPUS / "labels.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    return [(row["pdf"], row["page"], tuple(row["bbox"])) for row in rows[::6]]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")
def test_crops_of_labelled_figures_look_like_their_pages() -> None:
    native = 0
    for name, number, box in _labelled():
        with pdf.open_pdf(CORPUS / "papers" / name) as source:
            taken = shoot(source, pdf.read_page(source, number), Box(*box), RULE)
            rendered = pdf.render(source, number, taken.box, 150)
        native += taken.reason is None
        assert correlation(taken.pixels, rendered) > 0.98, (name, number, taken.reason)
        assert np.abs(taken.pixels.mean((0, 1)) - rendered.mean((0, 1))).max() < 4, (name, number)
    assert native >= 10
