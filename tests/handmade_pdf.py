"""PDFs written byte by byte: pictures of any colour space, depth, mask and placement."""

from __future__ import annotations

from dataclasses import dataclass, field

WIDTH, HEIGHT = 60, 40  # pixels of a picture that says nothing else


@dataclass
class Stream:
    """An object of a PDF file: the words of its dictionary, its data, and objects it names as %(mask)d and so on."""

    words: str
    data: bytes
    needs: dict[str, Stream] = field(default_factory=dict)


def image(
    data: bytes, colours: str = "/DeviceRGB", bits: int = 8, more: str = "", size: tuple[int, int] = (WIDTH, HEIGHT)
) -> Stream:
    words = f"/Type /XObject /Subtype /Image /Width {size[0]} /Height {size[1]} /BitsPerComponent {bits} {more}"
    return Stream(words + (f" /ColorSpace {colours}" if colours else ""), data)


def pdf_bytes(content: str, images: dict[str, Stream], rotate: int = 0) -> bytes:
    """A PDF of one page of 300 x 300 points."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", b"", b""]

    def put(stream: Stream) -> int:
        named = {name: put(inner) for name, inner in stream.needs.items()}
        objects.append(f"<< {stream.words % named if named else stream.words} /Length {len(stream.data)} >>".encode())
        objects[-1] += b"\nstream\n" + stream.data + b"\nendstream"
        return len(objects)

    names = " ".join(f"/{name} {put(stream)} 0 R" for name, stream in images.items())
    fonts = "/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    objects[2] = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Rotate {rotate} /Contents 4 0 R "
        f"/Resources << /XObject << {names} >> {fonts} >> >>"
    ).encode()
    objects[3] = f"<< /Length {len(content)} >>\nstream\n{content}\nendstream".encode()
    body, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n".encode() + one + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    start = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\n"
    return body + start.encode() + f"startxref\n{len(body)}\n%%EOF\n".encode()
