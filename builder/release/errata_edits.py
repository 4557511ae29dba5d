"""The three corrections of an item: its key, its end, its figure's image; each leaves rows that say what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from builder.errors import UsageError
from builder.pages import Box
from builder.records import Crop
from builder.release.cut_rows import rehashed
from builder.release.errata import Erratum, ErratumKind, Tombstone
from builder.release.revise import Draft, taken_out
from builder.release.rows import (
    ALPHABET,
    LETTERS,
    QUESTION,
    QUESTION_CORRECTED,
    CaptionMatchingRow,
    FigureRow,
    MultiSelectRow,
    Row,
)
from builder.release.withdraw import resting_on

REPLACED = "replaced"  # crop_reason of an image that an erratum brought
ASPECT = 0.01  # by which the sides of an image may stand otherwise to each other than those of the box it shows


@dataclass(frozen=True)
class KeyCorrected:
    """The letters that are right."""

    letters: tuple[str, ...]


@dataclass(frozen=True)
class Retired:
    """The item leaves."""


@dataclass(frozen=True)
class ImageReplaced:
    """Another picture of the same figure. `box`: what it shows of the page, in points; None: what the old one shows."""

    crop: Crop
    box: Box | None


Act = KeyCorrected | Retired | ImageReplaced


@dataclass(frozen=True)
class Correction:
    """One erratum to make."""

    item: str
    reason: str
    act: Act
    date: str | None = None


def corrected(of: Draft, wanted: Correction) -> Draft:
    """With one erratum more. Raises UsageError for what cannot be corrected so."""
    row = of.row(wanted.item)
    if not wanted.reason.strip():
        raise UsageError(
            "--reason", "is empty", "say what was wrong: it stands in errata.json, on the card and in CHANGELOG.md"
        )
    if isinstance(wanted.act, KeyCorrected):
        return _with_key(of, wanted, row, _letters(wanted.act, row))
    if isinstance(wanted.act, Retired):
        after, stones = taken_out(of, resting_on(of, {row.id}), "retired", None)
        return after.noting(_noted(of, wanted, "item-retired", stones=stones))
    return _with_image(of, wanted, row, wanted.act)


def _noted(
    of: Draft,
    wanted: Correction,
    kind: ErratumKind,
    *,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    changed: Sequence[str] = (),
    stones: tuple[Tombstone, ...] = (),
) -> Erratum:
    return Erratum(
        id=of.next_id, version=of.version, date=wanted.date, kind=kind, subject=wanted.item, reason=wanted.reason.strip(),
        before=tuple(before), after=tuple(after), changed=tuple(sorted(changed)), tombstones=stones, full_removal=None,
    )  # fmt: skip


def _letters(act: KeyCorrected, row: Row) -> tuple[str, ...]:
    """The new key in order, once checked against the item."""
    if not isinstance(row, CaptionMatchingRow | MultiSelectRow):
        kind = "a figure" if isinstance(row, FigureRow) else "a description"
        raise UsageError(row.id, f"is {kind}, which has no key", "name an item of caption_matching or multi_select")
    there, key = ALPHABET[: len(row.options)], tuple(sorted(set(act.letters)))
    foreign = [letter for letter in key if letter not in there]
    if foreign or not key:
        said = ", ".join(map(repr, foreign)) or "nothing"
        raise UsageError(
            f"{row.id} > key", f"{said} is no letter of its options", f"name letters from {there[0]} to {there[-1]}"
        )
    if isinstance(row, CaptionMatchingRow) and len(key) > 1:
        raise UsageError(
            f"{row.id} > key", f"{', '.join(key)} are {len(key)} letters", "one caption is the key; else --retire it"
        )
    if len(key) == len(there):
        raise UsageError(f"{row.id} > key", "would be all of its options", "an item whose every option is right is retired")
    if key == _key(row):
        raise UsageError(f"{row.id} > key", f"is {', '.join(key)} already", "nothing is to be corrected")
    return key


def _key(row: CaptionMatchingRow | MultiSelectRow) -> tuple[str, ...]:
    return (LETTERS[row.answer],) if isinstance(row, CaptionMatchingRow) else row.answer


def _with_key(of: Draft, wanted: Correction, row: Row, key: tuple[str, ...]) -> Draft:
    assert isinstance(row, CaptionMatchingRow | MultiSelectRow)
    after = _other_caption(row, key[0]) if isinstance(row, CaptionMatchingRow) else _other_letters(row, key, of, wanted)
    noted = _noted(of, wanted, "key-corrected", before=_key(row), after=key, changed=[row.id])
    return of.with_rows([after]).noting(noted)


def _other_caption(row: CaptionMatchingRow, letter: str) -> CaptionMatchingRow:
    """Edits and design still say how each option came from the printed caption; the question asks for another one."""
    answer = LETTERS.index(letter)
    question = QUESTION if not row.edits[answer] else QUESTION_CORRECTED
    return rehashed(row.model_copy(update={"answer": answer, "question": question}))


def _other_letters(row: MultiSelectRow, key: tuple[str, ...], of: Draft, wanted: Correction) -> MultiSelectRow:
    """An option that changed sides is of kind `corrected`, and its rubric the erratum's reason; its edit stays a fact."""
    turned = {ALPHABET.index(letter) for letter in set(key) ^ set(row.answer)}
    reason = f"by erratum {of.next_id}: {' '.join(wanted.reason.split())}"
    sides = ["Right" if letter in key else "Wrong" for letter in ALPHABET[: len(row.options)]]
    update = {
        "answer": key,
        "option_kinds": tuple("corrected" if n in turned else kind for n, kind in enumerate(row.option_kinds)),
        "rubrics": tuple(f"{sides[n]} {reason}" if n in turned else rubric for n, rubric in enumerate(row.rubrics)),
        "reasoning": f"Key corrected from {', '.join(row.answer)} to {', '.join(key)} {_closed(reason)}{_before(row)}",
    }
    return rehashed(row.model_copy(update=update))


def _closed(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _before(row: MultiSelectRow) -> str:
    return f" Reasoning before the correction: {row.reasoning}" if row.reasoning.strip() else ""


def _with_image(of: Draft, wanted: Correction, row: Row, act: ImageReplaced) -> Draft:
    name = str(getattr(row, "figure_id", row.id))
    figure = of.row(name)
    assert isinstance(figure, FigureRow)
    if figure.tier == "pointer":
        problem = f"is a pointer ({', '.join(figure.withheld)}): its rights do not allow an image"
        raise UsageError(name, problem, "no image may be shipped for it, this one neither")
    if act.crop.pixels_sha256 == figure.pixels_sha256:
        raise UsageError(name, "has these pixels already", "name another image")
    box = act.box or Box(*figure.image_bbox)
    _same_shape(act.crop, box, name)
    rows = [one for _, one in of.rows.values() if getattr(one, "figure_id", one.id) == name]
    changed = [_pictured(one, act.crop, box, of.next_id) for one in rows]
    noted = _noted(
        of, wanted, "image-replaced", before=[figure.pixels_sha256], after=[act.crop.pixels_sha256],
        changed=[one.id for one in changed],
    )  # fmt: skip
    return of.with_rows(changed).noting(noted)


def _same_shape(crop: Crop, box: Box, name: str) -> None:
    have, want = crop.width / crop.height, box.width / box.height
    if abs(have / want - 1) > ASPECT + 1 / min(crop.width, crop.height):
        problem = (
            f"the image is {crop.width} x {crop.height} pixels, and what it shows {box.width:.0f} x {box.height:.0f} points"
        )
        raise UsageError(f"{name} > image", problem, "name the box on the page that it shows: --bbox X0,Y0,X1,Y1")


def _pictured(row: Row, crop: Crop, box: Box, erratum: str) -> Row:
    note = f"; image replaced by erratum {erratum}"
    update: dict[str, object] = {
        "image_sha256": crop.sha256, "pixels_sha256": crop.pixels_sha256, "changes": f"{row.changes}{note}",
    }  # fmt: skip
    if isinstance(row, FigureRow):
        scale = (box.width / crop.width) / (Box(*row.image_bbox).width / row.image_width)
        panels = tuple(
            panel.model_copy(update={"nm_per_pixel": float(f"{panel.nm_per_pixel * scale:.4g}")})
            if panel.nm_per_pixel is not None
            else panel
            for panel in row.panels
        )
        update |= {
            "image_width": crop.width, "image_height": crop.height, "dpi": max(1, round(72 * crop.width / box.width)),
            "image_bbox": tuple(round(float(value), 4) for value in box), "crop_method": "render", "crop_reason": REPLACED,
            "native_width": None, "native_height": None, "native_colours": None, "panels": panels,
        }  # fmt: skip
    return rehashed(row.model_copy(update=update))


__all__ = ["Act", "Correction", "ImageReplaced", "KeyCorrected", "Retired", "corrected"]
