"""PDFs that are made to hurt their reader: bombs, loops, lies and crowds, each of a page that could hold a figure.

python -m tests.hostile_pdfs FOLDER writes them all; `microtome figures FOLDER --work W --timeout 20` tells what comes of each.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from pathlib import Path

_CAPTION = "Figure 1. SEM image of the etched surface of the bar, taken at 5 kV; the grains measure 20 nm."
_WORDS = f"BT /F 9 Tf 60 300 Td ({_CAPTION}) Tj ET"
_SHOWN = "q 300 0 0 200 100 330 cm /I Do Q " + _WORDS
_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_MIB = 1 << 20


def stream(words: str, data: bytes) -> bytes:
    return f"<< {words} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def flate(words: str, data: bytes) -> bytes:
    return stream(words + " /Filter /FlateDecode", zlib.compress(data, 9))


def bomb(mib: int) -> bytes:
    """Zlib data that swells to so many MiB of zeros: a thousandth of that on disk."""
    press = zlib.compressobj(9)
    first, again = (press.compress(bytes(_MIB)) + press.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    checksum = ((mib * _MIB) % 65_521 << 16) + 1  # Adler-32 of zeros
    return first + again * (mib - 1) + b"\x03\x00" + checksum.to_bytes(4, "big")


def written(objects: list[bytes], tail: str = "") -> bytes:
    """The objects, numbered from 1, as a file; the first is the catalogue. `tail` is added to the trailer."""
    body, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n".encode() + one + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R {tail} >>\n"
    return body + end.encode() + f"startxref\n{len(body)}\n%%EOF\n".encode()


def page(content: bytes, *more: bytes, box: str = "0 0 595 842", font: str = _FONT, words: str = "") -> bytes:
    """One page. `more` are objects from number 5 on; the first of them is the image /I."""
    image = "/XObject << /I 5 0 R >>" if more else ""
    return written([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 4 0 R /Resources << {image} /Font << /F {font} >> >> "
        f"{words} >>".encode(),
        content,
        *more,
    ])  # fmt: skip


def _picture(width: int, height: int, words: str) -> str:
    return f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 8 /ColorSpace /DeviceGray {words}"


def _shown(image: bytes, *more: bytes) -> bytes:
    return page(stream("", _SHOWN.encode()), image, *more)


def content_bomb() -> bytes:
    return page(stream("/Filter /FlateDecode", bomb(3000)))


def content_bomb_in_a_bomb() -> bytes:
    return page(stream("/Filter [/FlateDecode /FlateDecode]", zlib.compress(bomb(3000), 9)))


def image_bomb() -> bytes:
    return _shown(stream(_picture(60_000, 50_000, "/Filter /FlateDecode"), bomb(3000)))


def object_stream_bomb() -> bytes:
    """The page tree lies in an object stream that swells; its place is said by a cross-reference stream."""
    head = b"%PDF-1.7\n"
    catalogue = b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    packed = b"3 0 obj\n" + stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", bomb(3000)) + b"\nendobj\n"
    places = [0, len(head), 0, len(head) + len(catalogue), len(head) + len(catalogue) + len(packed)]
    rows = [(0, 0, 255), (1, places[1], 0), (2, 3, 0), (1, places[3], 0), (1, places[4], 0)]
    table = b"".join(bytes([kind]) + place.to_bytes(4, "big") + bytes([more]) for kind, place, more in rows)
    xref = b"4 0 obj\n" + stream("/Type /XRef /Size 5 /W [1 4 1] /Root 1 0 R", table) + b"\nendobj\n"
    return head + catalogue + packed + xref + f"startxref\n{places[4]}\n%%EOF\n".encode()


def jbig2_of_65000_pixels() -> bytes:
    """A page segment of 65,000 x 65,000 and no more."""
    segment = bytes([0, 0, 0, 0, 48, 0, 1]) + (19).to_bytes(4, "big")
    side = (65_000).to_bytes(4, "big")
    return _shown(stream(_picture(65_000, 65_000, "/Filter /JBIG2Decode"), segment + side + side + bytes(11)))


def jpx_of_65000_pixels() -> bytes:
    """A JPEG 2000 codestream whose header says 65,000 x 65,000, one tile, and whose data ends there."""
    side, zero = (65_000).to_bytes(4, "big"), bytes(4)
    size = b"\x00\x00" + side + side + zero + zero + side + side + zero + zero + b"\x00\x01" + b"\x07\x01\x01"
    coding = b"\x00\x00\x00\x01\x00\x05\x04\x04\x00\x01"
    quantised = b"\x40" + bytes(16)
    marks = [(0x51, size), (0x52, coding), (0x5C, quantised)]
    body = b"".join(bytes([0xFF, mark]) + (len(data) + 2).to_bytes(2, "big") + data for mark, data in marks)
    tile = b"\xff\x90\x00\x0a" + bytes(2) + (14).to_bytes(4, "big") + b"\x00\x01" + b"\xff\x93\xff\xd9"
    return _shown(stream(_picture(65_000, 65_000, "/Filter /JPXDecode"), b"\xff\x4f" + body + tile))


def jpeg_of_65000_pixels() -> bytes:
    """A baseline JPEG whose frame says 65,000 x 65,000 and which holds no scan."""
    side = (65_000).to_bytes(2, "big")
    frame = b"\xff\xc0\x00\x0b\x08" + side + side + b"\x01\x01\x11\x00"
    return _shown(stream(_picture(65_000, 65_000, "/Filter /DCTDecode"), b"\xff\xd8" + frame + b"\xff\xd9"))


def _page_of(side: int) -> bytes:
    """A square page of that side in points, a grey square and a caption on it."""
    drawn = f"0.5 g {side // 4} {side // 2} {side // 4} {side // 4} re f BT /F {side // 60} Tf {side // 8} {side // 3} Td "
    return page(stream("", f"{drawn}({_CAPTION}) Tj ET".encode()), box=f"0 0 {side} {side}")


def page_of_14400_points() -> bytes:
    return _page_of(14_400)


def page_of_14400_inches() -> bytes:
    return _page_of(14_400 * 72)


def page_of_no_size() -> bytes:
    return page(stream("", _WORDS.encode()), box="0 0 0 0")


def page_of_sizes_that_are_no_numbers() -> bytes:
    return page(stream("", _WORDS.encode()), box="-1e38 -1e38 1e38 1e38")


def page_tree_of_5000_levels() -> bytes:
    deep = 5000
    nodes = [f"<< /Type /Pages /Kids [{n + 3} 0 R] /Count 1 >>".encode() for n in range(deep)]
    return written([
        b"<< /Type /Catalog /Pages 2 0 R >>", *nodes,
        f"<< /Type /Page /Parent {deep + 1} 0 R /MediaBox [0 0 595 842] /Contents {deep + 3} 0 R >>".encode(),
        stream("", _WORDS.encode()),
    ])  # fmt: skip


def page_tree_that_is_its_own_kid() -> bytes:
    return written([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000 >>"])


def page_count_that_lies() -> bytes:
    """One page, and a tree that says it holds two thousand million."""
    whole = page(stream("", _WORDS.encode()))
    return whole.replace(b"/Count 1 ", b"/Count 2000000000 ")


def xref_that_names_itself() -> bytes:
    """A table whose /Prev is its own place."""
    whole = page(stream("", _WORDS.encode()))
    start = whole.rindex(b"xref\n0")
    return whole.replace(b"/Root 1 0 R", f"/Root 1 0 R /Prev {start}".encode())


def xref_of_two_thousand_million_entries() -> bytes:
    whole = page(stream("", _WORDS.encode()))
    return whole.replace(b"xref\n0 5\n", b"xref\n0 2000000000\n").replace(b"/Size 5", b"/Size 2000000000")


def length_that_is_its_own_stream() -> bytes:
    whole = page(stream("", _WORDS.encode()))
    return whole.replace(f"/Length {len(_WORDS)}".encode(), b"/Length 4 0 R")


def form_that_draws_itself() -> bytes:
    words = "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /I 5 0 R >> >>"
    return _shown(stream(words, b"/I Do /I Do"))


def forms_that_draw_each_other_a_thousand_million_times() -> bytes:
    """Nine forms, each drawing the next ten times: a laugh of a thousand million squares."""
    forms = []
    for number in range(5, 14):
        next_one = f"/Resources << /XObject << /I {number + 1} 0 R >> >>" if number < 13 else ""
        drawn = b"/I Do " * 10 if number < 13 else b"0 0 5 5 re f"
        forms.append(stream(f"/Type /XObject /Subtype /Form /BBox [0 0 595 842] {next_one}", drawn))
    return _shown(*forms)


def pattern_of_tiny_cells() -> bytes:
    """A tiling of cells of a ten-thousandth of a point."""
    cell = (
        "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep 0.0001 /YStep 0.0001 /Resources << >>"
    )
    drawn = f"/Pattern cs /P scn 100 330 300 200 re f {_WORDS}"
    whole = page(stream("", drawn.encode()), stream(cell, b"0 0 1 1 re f"))
    return whole.replace(b"/XObject << /I 5 0 R >>", b"/Pattern << /P 5 0 R >>")


def hundred_thousand_annotations() -> bytes:
    one = b"<< /Type /Annot /Subtype /Square /Rect [100 400 110 410] /C [1 0 0] >>"
    names = " ".join(["5 0 R"] * 100_000)
    return page(stream("", _WORDS.encode()), one, words=f"/Annots [{names}]").replace(b"/XObject << /I 5 0 R >>", b"")


def hundred_thousand_paths() -> bytes:
    drawn = b"".join(b"%d %d 1 1 re f\n" % (100 + n % 300, 330 + n // 500) for n in range(100_000))
    return page(flate("", drawn + _WORDS.encode()))


def text_of_a_million_letters() -> bytes:
    lines = b"".join(b"BT /F 1 Tf 60 %d Td (%s) Tj ET\n" % (400 + n % 400, b"grain " * 166) for n in range(1000))
    return page(flate("", lines + _WORDS.encode()))


def caption_without_end() -> bytes:
    lines = b"".join(b"BT /F 4 Tf 60 %d Td (%s) Tj ET\n" % (295 - n, b"of the grains " * 8) for n in range(290))
    return page(flate("", b"0.5 g 100 330 300 200 re f " + _WORDS.encode() + lines))


def nested_states() -> bytes:
    return page(flate("", b"q " * 1_000_000 + _WORDS.encode()))


def nested_arrays() -> bytes:
    return page(stream("", _WORDS.encode()), words="/Deep " + "[" * 200_000 + "]" * 200_000)


def font_bomb() -> bytes:
    """A TrueType program that swells to a thousand MiB."""
    font = (
        "<< /Type /Font /Subtype /TrueType /BaseFont /Bomb /FirstChar 32 /LastChar 126 "
        "/FontDescriptor << /Type /FontDescriptor /FontName /Bomb /Flags 32 /FontFile2 5 0 R >> >>"
    )
    whole = page(stream("", _WORDS.encode()), stream("/Filter /FlateDecode", bomb(3000)), font=font)
    return whole.replace(b"/XObject << /I 5 0 R >>", b"")


def encoding_that_maps_every_code() -> bytes:
    """A /ToUnicode map of one range over all codes, a thousand times."""
    ranges = b"1000 beginbfrange\n" + b"<0000> <ffff> <0041>\n" * 1000 + b"endbfrange\n"
    mapped = b"1 begincodespacerange <0000> <ffff> endcodespacerange\n" + ranges
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 5 0 R >>"
    whole = page(stream("", _WORDS.encode()), flate("/Type /CMap", mapped), font=font)
    return whole.replace(b"/XObject << /I 5 0 R >>", b"")


def filter_chain_of_ten_thousand() -> bytes:
    return page(stream("/Filter [" + "/ASCIIHexDecode " * 10_000 + "]", _WORDS.encode()))


def predictor_of_wide_rows() -> bytes:
    parms = "/DecodeParms << /Predictor 15 /Colors 32 /BitsPerComponent 16 /Columns 2147483647 >>"
    return _shown(stream(_picture(100, 100, f"/Filter /FlateDecode {parms}"), bomb(1)))


def commands_to_the_reader() -> bytes:
    """A page that would start a program, open a file and fetch an address when it is opened."""
    acts = (
        "/AA << /O << /S /Launch /F (/bin/sh) >> /C << /S /URI /URI (http://127.0.0.1:9/x) >> >> "
        "/Metadata << /F (/etc/passwd) >>"
    )
    outside = stream(_picture(10, 10, "/F (/etc/passwd) /FFilter /DCTDecode"), b"")
    return page(stream("", _SHOWN.encode()), outside, words=acts)


def nothing_but_a_header() -> bytes:
    return b"%PDF-1.7\n"


def megabyte_of_openings() -> bytes:
    return b"%PDF-1.7\n" + b"1 0 obj\n<<" * 100_000


def page_without_words() -> bytes:
    """A scan of noise: no text, one picture."""
    noise = bytes((n * n * 31 + n * 7) % 251 for n in range(120 * 80))
    return page(stream("", _SHOWN.removesuffix(_WORDS).encode()), flate(_picture(120, 80, ""), noise))


def caption_of_script_and_formula() -> bytes:
    words = "Figure 1. =HYPERLINK\\(0\\) <script>alert\\(1\\)</script> SEM image of {{ 7 * 7 }} grains: - x"
    return page(stream("", f"0.5 g 100 330 300 200 re f BT /F 9 Tf 60 300 Td ({words}) Tj ET".encode()))


HOSTILE: dict[str, Callable[[], bytes]] = {
    made.__name__.replace("_", "-"): made
    for made in (
        content_bomb,
        content_bomb_in_a_bomb,
        image_bomb,
        object_stream_bomb,
        jbig2_of_65000_pixels,
        jpx_of_65000_pixels,
        jpeg_of_65000_pixels,
        page_of_14400_points,
        page_of_14400_inches,
        page_of_no_size,
        page_of_sizes_that_are_no_numbers,
        page_tree_of_5000_levels,
        page_tree_that_is_its_own_kid,
        page_count_that_lies,
        xref_that_names_itself,
        xref_of_two_thousand_million_entries,
        length_that_is_its_own_stream,
        form_that_draws_itself,
        forms_that_draw_each_other_a_thousand_million_times,
        pattern_of_tiny_cells,
        hundred_thousand_annotations,
        hundred_thousand_paths,
        text_of_a_million_letters,
        caption_without_end,
        nested_states,
        nested_arrays,
        font_bomb,
        encoding_that_maps_every_code,
        filter_chain_of_ten_thousand,
        predictor_of_wide_rows,
        commands_to_the_reader,
        nothing_but_a_header,
        megabyte_of_openings,
        page_without_words,
        caption_of_script_and_formula,
    )
}

if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    for name, make in HOSTILE.items():
        Path(sys.argv[1], f"{name}.pdf").write_bytes(make())

__all__ = ["HOSTILE", "page", "stream", "written"]
