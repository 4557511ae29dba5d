"""Memory and time of a release of many papers: packaged, validated, compared with itself, each in a process of its own.

python -m tests.benchmarks.scale FOLDER PAPERS [FIGURES [ITEMS]] - figures of a paper and caption-matching items of a figure;
10,000 papers of 20 figures of 5 items each are 1,000,000 items. Images are of 16 x 12 pixels: bytes of images are streamed, and
what is looked for here is what stays in memory.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from builder.documents import documents
from builder.edges.images import encode_png
from builder.edges.release_folder import write_release
from builder.edges.released import release_at
from builder.edges.shelf import DiskShelf
from builder.edges.validation import check_files, shipped_policy
from builder.pages import Box
from builder.records import CaptionMatching, Crop, Dropped, Paper, Specimen, StageCount
from builder.release.attacks import attacks_of
from builder.release.diff import difference
from builder.release.package import package
from builder.release.reviews import reviews_of
from builder.release.rows import Cut
from tests import small_release as small

T = TypeVar("T")
PHASES = ("nothing", "package", "validate", "diff")
DEFAULT = ("20", "5")
OXIDES = ("ZrO2", "HfO2", "SnO2", "CeO2", "VO2", "MoO3", "WO3", "NiO")
VARIETY = 64  # different images, which no phase keeps


def images(canary: str) -> dict[str, tuple[Crop, bytes]]:
    found = {}
    for number in range(VARIETY):
        pixels = np.random.default_rng(number).integers(0, 255, (12, 16, 3), dtype=np.uint8)
        crop, png = encode_png(pixels, Box(0, 0, 4, 3), 300, canary)
        found[crop.sha256] = crop, png
    return found


def specimen(of: Paper, number: int, crops: list[Crop]) -> Specimen:
    one = small.specimen(of, number, is_open=True)
    return one.model_copy(update={"crop": crops[number % VARIETY].model_copy(update={"box": one.crop.box})})


def question(of: Specimen, slot: int) -> CaptionMatching:
    """A figure's question with another false material in every slot."""
    one, material = small.question(of), OXIDES[slot]
    edits = tuple(
        tuple(edit.model_copy(update={"replacement": material}) if edit.type == "composition" else edit for edit in edits)
        for edits in one.edits
    )
    options = tuple(text.replace("ZrO2", material) for text in one.options)
    return one.model_copy(update={"id": f"{of.id}#cm{slot}", "options": options, "edits": edits})


class Made(Sequence[T]):
    """Records made when they are read, as those of a run are."""

    def __init__(self, count: int, make: Callable[[int], T]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int) -> T:  # type: ignore[override]
        if not 0 <= place < self._count:
            raise IndexError(place)
        return self._make(place)


def cut(papers: int, figures: int, items: int) -> tuple[Cut, dict[str, bytes]]:
    recipe = small.recipe().model_copy(update={"tasks": ("caption_matching",)})
    drawn = images(recipe.identity.canary)
    crops = [crop for crop, _ in drawn.values()]
    made = [small.paper(f"p{number}", "CC-BY-4.0", small.BY) for number in range(papers)]
    shown = Made(papers * figures, lambda place: specimen(made[place // figures], place % figures + 1, crops))
    asked = Made(len(shown) * items, lambda place: question(shown[place // items], place % items))
    attrition = (StageCount(stage="ingest", unit="papers", read=papers, kept=papers, made=papers, dropped={}),)
    nothing: tuple[Dropped, ...] = ()
    whole = Cut(recipe, "1.0.0", "0.1.0", made, shown, asked, (), (), attrition, nothing)
    return whole, {sha: png for sha, (_, png) in drawn.items()}


def phase(name: str, folder: Path, papers: int, figures: int, items: int) -> None:
    out = folder / "release"
    if name == "package":
        whole, pngs = cut(papers, figures, items)
        packed = package(whole, DiskShelf())
        packed = replace(packed, attacks=attacks_of(packed, {}), reviews=reviews_of(packed, ()))
        write_release(packed, out, pngs.__getitem__, documents)
    if name == "validate":
        found = check_files(out, shipped_policy()).found
        print(len(found), "findings", [str(one) for one in found[:3]], file=sys.stderr)
    if name == "diff":
        difference(release_at(str(out)), release_at(str(out)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"phase": name, "peak_mib": round(peak), "cpu_s": round(time.process_time(), 1)}))


def main(arguments: list[str]) -> None:
    if arguments[0] == "--phase":
        phase(arguments[1], Path(arguments[2]), *map(int, arguments[3:6]))
        return
    sizes = [*arguments[1:], *DEFAULT[len(arguments) - 2 :]]
    for name in PHASES:
        command = [sys.executable, "-m", "tests.benchmarks.scale", "--phase", name, arguments[0], *sizes]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
