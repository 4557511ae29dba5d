"""From a release folder to the next one: read and check the old, correct or withdraw, write the new; no PDF, no model."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from builder import __version__
from builder.documents import documents
from builder.edges.images import encode_png
from builder.edges.parquet import opened_parquet
from builder.edges.release_folder import Written, texts, write_release
from builder.edges.shelf import DiskShelf
from builder.edges.validation import packed_and_findings, shipped_policy
from builder.errors import CannotRead, CannotWrite, Issue, UsageError
from builder.pages import Box
from builder.release.data_files import all_shards
from builder.release.errata import Erratum
from builder.release.errata_edits import Act, Correction, ImageReplaced, KeyCorrected, Retired, corrected
from builder.release.files import ERRATA
from builder.release.revise import draft, emptied, revised
from builder.release.rows import SPLITS, Packed, Row
from builder.release.shelf import Index, Shelved
from builder.release.withdraw import Withdrawal, found_in, mentioning, traces, withdrawn

# A text that another version of microtome wrote is written anew; that nobody changed it since, its checksum says.
_WRITTEN_ANEW = frozenset({"card-differs", "text-differs", "schema-differs"})
_SHOWN = 10  # findings of an old release that are told


@dataclass(frozen=True)
class Base:
    """A release that was read and found right."""

    folder: Path
    packed: Packed
    pngs: Mapping[str, bytes]  # by SHA-256, each read when it is asked for


@dataclass(frozen=True)
class Revision:
    """The next release, written, and what is to be told of it."""

    written: Written
    errata: tuple[Erratum, ...]
    earlier: tuple[str, ...]  # versions
    told: tuple[str, ...]
    emptied: tuple[str, ...]  # configs and splits that lost their last row


class ErratumLine(BaseModel):
    """One line of a file of errata: an item, a reason, and one of key, retire and image."""

    model_config = ConfigDict(extra="forbid", strict=True)

    item: str
    reason: str
    key: list[str] | str | None = None
    retire: bool = False
    image: str | None = None
    bbox: list[float] | None = Field(None, min_length=4, max_length=4)
    date: str | None = None


def read_base(folder: Path) -> Base:
    """The release in `folder`. Raises CannotRead with its findings where it is not right."""
    packed, issues = packed_and_findings(folder, shipped_policy())
    found = [issue for issue in sorted(issues.found) if not _anew(issue)]
    if found or packed is None:
        shown = "\n".join(str(issue) for issue in found[:_SHOWN])
        problem = f"has {len(found)} findings; the next release can only follow from one that is right\n{shown}"
        raise CannotRead(str(folder), problem, f"see `microtome validate {folder}`, and mend or rebuild it")
    return Base(folder, packed, _pngs(folder, packed))


def _anew(issue: Issue) -> bool:
    return issue.code in _WRITTEN_ANEW or (issue.code == "missing-file" and issue.place.startswith("schemas/"))


def _pngs(folder: Path, packed: Packed) -> Mapping[str, bytes]:
    """Every image once: an item shows its figure's."""
    shelf, numbers = DiskShelf(), dict[str, int]()
    for split in SPLITS:
        for path in all_shards("figures", split, packed.shards.get(("figures", split), 0)):
            with opened_parquet(folder / path) as parquet:
                for row in parquet.rows:
                    if row["image"] and row["image_sha256"] not in numbers:
                        numbers[row["image_sha256"]] = shelf.put(row["image"]["bytes"])
    whole = Shelved(shelf, range(len(numbers)), bytes)
    return Index({sha: (whole, number) for sha, number in numbers.items()})


def lines_of(text: str, place: str) -> Iterator[tuple[str, ErratumLine]]:
    """The errata of a JSON lines text, each with its place. Raises UsageError at the first line that is none."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield f"{place} > line {number}", ErratumLine.model_validate(json.loads(line))
            except ValidationError as error:
                told = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}" for one in error.errors())
                raise UsageError(f"{place} > line {number}", told, _WANTED) from None
            except (ValueError, RecursionError) as error:
                raise UsageError(f"{place} > line {number}", f"is not JSON: {error}", _WANTED) from None


_WANTED = 'write {"item": "ms-...", "reason": "...", "key": ["A", "C"]}, or "retire": true, or "image": "FILE.png"'


def erratum(folder: Path, out: Path, version: str, lines: Iterable[tuple[str, ErratumLine]]) -> Revision:
    """Write to `out` the release in `folder` with these corrections. Raises MicrotomeErrors, leaving nothing behind."""
    refuse_place(folder, out)
    base = read_base(folder)
    before, pngs = draft(base.packed, version), dict[str, bytes]()
    of = before
    for place, line in lines:
        of = corrected(of, Correction(line.item, line.reason, _act(line, place, base, pngs), line.date))
    if not of.new:
        raise UsageError(str(folder), "is given no erratum", "name an item and what is wrong with it")
    packed = revised(of, __version__)
    written = write_release(packed, out, lambda sha: pngs.get(sha) or base.pngs[sha], documents)
    return Revision(written, of.new, _earlier(packed), (), emptied(before, of))


def _earlier(packed: Packed) -> tuple[str, ...]:
    return tuple(one.version for one in packed.errata.editions[:-1]) if packed.errata else ()


def _act(line: ErratumLine, place: str, base: Base, pngs: dict[str, bytes]) -> Act:
    chosen = [line.key is not None, line.retire, line.image is not None]
    if sum(chosen) != 1:
        raise UsageError(
            place, f"says {sum(chosen)} of key, retire and image", "say one of them; make two errata of two things"
        )
    if line.bbox and line.image is None:
        raise UsageError(place, "has a bbox without an image", "a bbox is what a new image shows")
    if line.key is not None:
        return KeyCorrected(letters_of(line.key))
    if line.image is None:
        return Retired()
    image, data = _replacement(Path(line.image), line, base)
    pngs[image.crop.sha256] = data
    return image


def letters_of(said: list[str] | str) -> tuple[str, ...]:
    """Letters of "A,C", "AC", "a c" or a list of them.

    >>> letters_of("a, C")
    ('A', 'C')
    """
    words = "".join(said.split()).split(",") if isinstance(said, str) else [one.strip() for one in said]
    letters = list(words[0]) if isinstance(said, str) and len(words) == 1 else words
    return tuple(letter.upper() for letter in letters if letter)


def _replacement(path: Path, line: ErratumLine, base: Base) -> tuple[ImageReplaced, bytes]:
    """The PNG as this release encodes its images: RGB, with its canary. Raises CannotRead, UsageError."""
    recipe = base.packed.cut.recipe
    box = Box(*line.bbox) if line.bbox else None
    if box and (box.width <= 0 or box.height <= 0):
        raise UsageError(f"{line.item} > bbox", f"{line.bbox} is no box", "give x0,y0,x1,y1 in points, x0 < x1 and y0 < y1")
    try:
        with Image.open(io.BytesIO(path.read_bytes()), formats=["PNG"]) as image:
            if image.width * image.height > recipe.crop.max_pixels:
                problem = f"has {image.width} x {image.height} pixels"
                raise UsageError(str(path), problem, f"at most {recipe.crop.max_pixels}, as the recipe's [crop] says")
            pixels = np.asarray(image.convert("RGB"), dtype=np.uint8)
    except UnidentifiedImageError:
        raise CannotRead(str(path), "is not a PNG", "name a PNG file") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise CannotRead(str(path), f"cannot be read as a PNG: {error}", "name a PNG file") from None
    shown = box or Box(0, 0, pixels.shape[1], pixels.shape[0])
    crop, data = encode_png(pixels, shown, _dpi(line, box, pixels.shape[1], base), recipe.identity.canary)
    return ImageReplaced(crop, box), data


def _dpi(line: ErratumLine, box: Box | None, width: int, base: Base) -> int:
    """Of the figure's box at this width; what cannot be worked out here is refused with the item."""
    row = _named(line.item, base)
    figure = _named(str(getattr(row, "figure_id", line.item)), base)
    known = getattr(figure, "image_bbox", None)
    shown = box or (Box(*known) if known else None)
    return max(1, round(72 * width / shown.width)) if shown else 72


def _named(item: str, base: Base) -> Row | None:
    return next((row for table in base.packed.tables.values() for row in table if row.id == item), None)


def withdraw(folder: Path, out: Path, version: str, wanted: Withdrawal) -> Revision:
    """Write to `out` the release in `folder` without what is withdrawn. Raises MicrotomeErrors, leaving nothing behind."""
    refuse_place(folder, out)
    return withdraw_from(read_base(folder), out, version, wanted)


def withdraw_from(base: Base, out: Path, version: str, wanted: Withdrawal) -> Revision:
    """The same of a release that was read."""
    before = draft(base.packed, version)
    after = withdrawn(before, wanted)
    packed = revised(after, __version__)
    left = traces(before, after)
    said = {**texts(packed), **documents(packed, ())}
    still = found_in(left, {path: text for path, text in said.items() if path != ERRATA})
    told = [f"still named in {where}" for where in still]
    told += [f"{name} cites it in its own paper's words, which stay" for name in mentioning(after, left)]
    written = write_release(packed, out, base.pngs.__getitem__, documents)
    return Revision(written, after.new, _earlier(packed), tuple(told), emptied(before, after))


def refuse_place(folder: Path, out: Path) -> None:
    """Raises CannotWrite where `out` is the old release or inside it: a release is never changed."""
    old, new = folder.resolve(), out.resolve()
    if new == old or old in new.parents or new in old.parents:
        raise CannotWrite(str(out), f"is {folder} itself, or one lies in the other", "name a folder of its own beside it")


__all__ = [
    "Base", "ErratumLine", "Revision", "erratum", "letters_of", "lines_of", "read_base", "refuse_place", "withdraw",
    "withdraw_from",
]  # fmt: skip
