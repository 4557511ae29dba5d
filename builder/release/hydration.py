"""Hydration: what a reader's own copies of the papers bring back of a release, each crop and text verified by its hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from builder.records import Crop, Record, digest
from builder.release.cut_rows import rehashed
from builder.release.rows import FigureRow, ImageCell, Packed, Sha256, Texts

HYDRATION = "hydration.json"
MAX_LEVELS, MEAN_LEVELS = 4, 1.0  # of 255, over the cells of image_levels: anti-aliasing and JPEG rounding of another renderer

Outcome = Literal["exact", "within-tolerance", "differs", "paper-missing", "error", "not-withheld"]
BACK: tuple[Outcome, ...] = ("exact", "within-tolerance", "not-withheld")


class HydratedRow(Record):
    """What came back of one row of config `figures`."""

    id: str
    paper_id: str
    label: str
    page: int = Field(ge=1)
    pdf_sha256: Sha256 | None = Field(description="of the reader's file; null where there is none")
    same_pdf: bool = Field(description="whether it is the very file that the release was made from")
    image: Outcome = Field(
        description="exact: pixels_sha256 is the row's; within-tolerance: another renderer's, its levels near the row's; "
        "not-withheld: the release has it"
    )
    image_sha256: Sha256 | None = Field(description="of the PNG made here; as the row's where the encoder is the same")
    mean_difference: float | None = Field(description="of image_levels, mean over cells, in levels of 255; null where exact")
    max_difference: int | None = Field(description="of image_levels, largest of any cell")
    restored: Texts = Field(description="columns that came back with the hash that the row names")
    differing: Texts = Field(description="columns that came out otherwise, and stay empty")
    detail: str = Field(description="what went wrong, or what was unusual")

    @property
    def whole(self) -> bool:
        return self.image in BACK and not self.differing


class Hydration(Record):
    """hydration.json: the open release, the renderers, and what came back of each row that withholds something."""

    release: str = Field(description="signature of the open release")
    renderer: str = Field(description="PyMuPDF that the release was made with")
    renderer_here: str
    max_levels: int = Field(description="largest difference of a cell that counts as within tolerance, where renderers differ")
    mean_levels: float = Field(description="the same for the mean over cells")
    rows: tuple[HydratedRow, ...]


@dataclass(frozen=True)
class Remade:
    """What one paper's copy gave for one row: the crop and the row in full, or what went wrong."""

    pdf_sha256: str | None
    crop: Crop | None = None
    full: FigureRow | None = None
    reason: str = ""
    missing: bool = False


def withholding(packed: Packed) -> tuple[FigureRow, ...]:
    """The figures of which a reader's copy can bring something back."""
    return tuple(row for row in packed.rows("figures") if isinstance(row, FigureRow) and row.withheld_sha256)


def differences(row: FigureRow, crop: Crop) -> tuple[float, int] | None:
    """Mean and largest difference of levels; None where sizes differ or the row has no levels."""
    same_size = (crop.width, crop.height) == (row.image_width, row.image_height)
    if not same_size or not row.image_levels or len(crop.levels) != len(row.image_levels):
        return None
    gaps = [abs(a - b) for a, b in zip(row.image_levels, crop.levels, strict=True)]
    return round(sum(gaps) / len(gaps), 3), max(gaps)


def verified(row: FigureRow, remade: Remade, *, other_renderer: bool) -> tuple[FigureRow, HydratedRow]:
    """The row with what was verified put back, and the record of it. A tolerance is for another renderer of the same file."""
    same_pdf = remade.pdf_sha256 == row.pdf_sha256
    image, gaps = _image(row, remade, tolerant=other_renderer and same_pdf)
    wanted = {cell.column: cell.sha256 for cell in row.withheld_sha256}
    full = remade.full.model_dump(mode="json") if remade.full else {}
    restored = tuple(name for name, sha in wanted.items() if name in full and digest(full[name]) == sha)
    told = HydratedRow(
        id=row.id,
        paper_id=row.paper_id,
        label=row.label,
        page=row.page,
        pdf_sha256=remade.pdf_sha256,
        same_pdf=same_pdf,
        image=image,
        image_sha256=remade.crop.sha256 if remade.crop and image in ("exact", "within-tolerance") else None,
        mean_difference=gaps[0] if gaps else None,
        max_difference=gaps[1] if gaps else None,
        restored=restored,
        differing=tuple(name for name in wanted if name not in restored) if image not in ("paper-missing", "error") else (),
        detail=remade.reason,
    )
    return (_restored(row, remade, told) if image in BACK and restored else row), told


def _image(row: FigureRow, remade: Remade, *, tolerant: bool) -> tuple[Outcome, tuple[float, int] | None]:
    if remade.missing:
        return "paper-missing", None
    if row.image is not None:
        return ("not-withheld" if remade.full else "error"), None
    if remade.crop is None:
        return "error", None
    if remade.crop.pixels_sha256 == row.pixels_sha256:
        return "exact", None
    gaps = differences(row, remade.crop)
    near = gaps is not None and gaps[0] <= MEAN_LEVELS and gaps[1] <= MAX_LEVELS
    return ("within-tolerance" if near and tolerant else "differs"), gaps


def _restored(row: FigureRow, remade: Remade, told: HydratedRow) -> FigureRow:
    """The row as a private release has it, as far as it was verified."""
    cells: dict[str, object] = {name: getattr(remade.full, name) for name in told.restored}
    if row.image is None and remade.crop:
        shown = {"image_sha256": remade.crop.sha256, "pixels_sha256": remade.crop.pixels_sha256}
        cells |= {"image": ImageCell(path=f"{row.id}.png"), "image_levels": (), **shown}
    left = tuple(cell for cell in row.withheld_sha256 if cell.column in told.differing)
    return rehashed(row.model_copy(update={**cells, "tier": "private", "withheld_sha256": left}))


__all__ = [
    "BACK", "HYDRATION", "MAX_LEVELS", "MEAN_LEVELS", "HydratedRow", "Hydration", "Remade", "differences", "verified",
    "withholding",
]  # fmt: skip
