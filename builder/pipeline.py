"""STAGES: the one ordered list of what happens to a paper; how it is run, resumed and counted."""

from __future__ import annotations

import gc
import hashlib
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import get_args

from builder import cutting, questioning
from builder.bench import Bench
from builder.code_version import Sources, Symbol
from builder.edges import ocr, pdf
from builder.edges.store import Receipt
from builder.making import Made
from builder.module_source import source_of
from builder.recipe import Recipe
from builder.records import (
    Caption,
    CaptionMatching,
    ClassifiedFigure,
    Description,
    Dropped,
    Figure,
    JudgedFigure,
    MultiSelect,
    PairedFigure,
    Paper,
    Record,
    Specimen,
    StageCount,
    digest,
)
from builder.stages.rights import Policy


@dataclass(frozen=True)
class Tally:
    """What a receipt says of its stage, without the records."""

    stage: str
    key: str
    output: str  # hash of what the stage handed on
    read: int
    kept: int
    made: int
    dropped: Mapping[str, int]  # by reason


class LostRecord(RuntimeError):
    """A stage neither kept nor dropped a record it was given, or answered for one it was not given."""


@dataclass(frozen=True)
class Stage:
    """One step. `uses` names the recipe's sections and `after` the stages its result depends on: the key of its receipt."""

    name: str
    unit: str
    summary: str
    run: Callable[[Bench], Made]
    hands_on: type[Record]
    after: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


STAGES: tuple[Stage, ...] = (
    Stage(
        "ingest",
        "papers",
        "read what the PDF says of itself: ids, title, authors, licence",
        cutting.ingest_paper,
        Paper,
        (),
        ("papers",),
    ),
    Stage("sieve", "pages", "keep the pages where a caption and graphics meet", cutting.sieve_pages, Caption, ("ingest",)),
    Stage(
        "locate",
        "captions",
        "find the region of each caption's figure",
        cutting.locate_captions,
        Figure,
        ("ingest", "sieve"),
        ("point", "models"),
    ),
    Stage(
        "pair",
        "figures",
        "give each figure its caption, mentions and reference",
        cutting.pair_figures,
        PairedFigure,
        ("locate",),
        ("reference",),
    ),
    Stage(
        "panels",
        "figures",
        "cut each figure into panels with their own words and scale bars",
        cutting.cut_panels,
        PairedFigure,
        ("pair",),
    ),
    Stage(
        "classify",
        "figures",
        "kind, techniques, methods, scale, field",
        cutting.classify_figures,
        ClassifiedFigure,
        ("ingest", "panels"),
        ("fields",),
    ),
    Stage(
        "select", "figures", "keep what the recipe asks for", cutting.select_figures, ClassifiedFigure, ("classify",), ("keep",)
    ),
    Stage("rights", "figures", "decide rights per element and act", cutting.judge_rights, JudgedFigure, ("ingest", "select")),
    Stage(
        "crop",
        "figures",
        "take its own pixels, or render it",
        cutting.crop_figures,
        Specimen,
        ("ingest", "rights"),
        ("crop", "identity"),
    ),
    Stage(
        "caption_matching",
        "figures",
        "write four options over edited attributes",
        questioning.match_captions,
        CaptionMatching,
        ("crop",),
        ("caption_matching", "identity", "tier"),
    ),
    Stage("description", "figures", "ask for a description", questioning.describe_figures, Description, ("crop",), ("tier",)),
    Stage(
        "multi_select",
        "figures",
        "write questions with several right options",
        questioning.select_several,
        MultiSelect,
        ("crop",),
        ("multi_select", "identity", "tier", "models"),
    ),
    Stage(
        "challenge",
        "items",
        "attack each item, have it revised or give it up",
        questioning.challenge_items,
        MultiSelect,
        ("crop", "multi_select"),
        ("challenge", "multi_select", "models", "tier"),
    ),
)
TASK_STAGES = frozenset({"caption_matching", "description", "multi_select"})


def stages_of(recipe: Recipe) -> tuple[Stage, ...]:
    """The stages that a recipe runs: no task it does not ask for, and challenge only where models are named for it."""
    left_out = TASK_STAGES - set(recipe.tasks)
    if "multi_select" in left_out or not recipe.challenge.asks:
        left_out |= {"challenge"}
    return tuple(stage for stage in STAGES if stage.name not in left_out)


def stages_until(name: str) -> tuple[Stage, ...]:
    """The stages up to and with the one of that name."""
    return STAGES[: 1 + [stage.name for stage in STAGES].index(name)]


@cache
def code_versions(package: Path = Path(__file__).parent) -> Mapping[str, str]:
    """By stage, a hash of all code that its receipts depend on. It takes a second: children are told it.

    Raises CannotRead where the package has no sources.
    """
    sources, collected = Sources(package, {name: version(of) for name, of in _LIBRARIES.items()}), gc.isenabled()
    gc.disable()  # half the time would go into walks over parsed modules, in which there is nothing to collect
    try:
        return {stage.name: sources.version(_roots(stage), [_GIVEN], pdf.READER) for stage in STAGES}
    finally:
        if collected:
            gc.enable()


@cache
def package_hash(package: Path = Path(__file__).parent) -> str:
    """Hash of all that `code_versions` is worked out from, byte for byte: where it is the same, so are they.

    Raises CannotRead where a file of the package cannot be read.
    """
    whole = hashlib.sha256(repr([sys.version, pdf.READER, *map(version, _LIBRARIES.values())]).encode())
    for path in sorted(path for path in package.rglob("*") if path.is_dir() or path.suffix in _SOURCES):
        if path.is_dir():  # one behind a link is not looked into: it may hold anything, and nothing is believed of it
            whole.update(secrets.token_bytes() if path.is_symlink() else b"")
            continue
        if path.name.startswith("."):  # an editor's, and no module
            continue
        whole.update(f"\0{path.relative_to(package)}\0".encode() + source_of(path))
    return whole.hexdigest()


def grounds_of(recipe: Recipe, policy: Policy, code: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """By stage, a hash of what its receipts of every paper depend on: its code, the recipe's sections that it uses, the policy.

    `code` is that of `code_versions`.
    """
    code = code or code_versions()
    return {stage.name: digest([code[stage.name], _settings(recipe, policy, stage)]) for stage in STAGES}


def _settings(recipe: Recipe, policy: Policy, stage: Stage) -> list[object]:
    sections = {name: getattr(recipe, name) for name in stage.uses}
    plain: dict[str, object] = {
        name: s.model_dump(mode="json") if isinstance(s, Record) else s
        for name, s in sections.items()
        if name not in {"fields", "models"}
    }
    plain["ocr"] = [recipe.ocr.use, ocr.reader() if recipe.ocr.use == "always" else ""]  # read off pixels: text to every stage
    if "fields" in sections:
        plain["fields"] = {name: rule.model_dump(mode="json") for name, rule in recipe.fields.items()}
    if "models" in sections:
        plain["models"] = {name: [rule.settings, rule.family] for name, rule in recipe.models.items()}
    return [plain, policy.hash if stage.name == "rights" else ""]


_LIBRARIES = {"numpy": "numpy", "PIL": "pillow"}  # what a stage's pixels and numbers come out of; PyMuPDF is in every key
_SOURCES = (".py", ".j2")
_GIVEN = (Recipe.__module__, Recipe.__name__)  # what it says is in a stage's key, by the sections that the stage uses


def _roots(stage: Stage) -> Iterator[Symbol]:
    """What a stage runs, what it hands on, how that becomes a receipt, and the recipe's sections that it uses."""
    found: list[Callable[..., object]] = [stage.run, stage.hands_on, _receipt]
    for name in ("ocr", *stage.uses):
        section = Recipe.model_fields[name].annotation
        found += [kind for kind in (section, *get_args(section)) if isinstance(kind, type) and issubclass(kind, Record)]
    yield from ((one.__module__, one.__qualname__) for one in found)


def cut(
    bench: Bench, stages: Sequence[Stage], grounds: Mapping[str, str] | None = None, *, resume_only: bool = False
) -> tuple[Receipt, ...] | None:
    """Receipts of all stages of one paper; done stages are taken from the store. `grounds` are those of `grounds_of`.

    With `resume_only` nothing is computed: None when a stage is not done yet. A paper dropped at ingest has one receipt.
    """
    grounds = grounds or grounds_of(bench.recipe, bench.policy)
    receipts: list[Receipt] = []
    try:
        for stage in stages:
            key = _key(bench, stage, grounds[stage.name], {r.stage: r.output_hash for r in receipts})
            receipt = bench.store.receipt(bench.source.sha256, stage.name, key)
            if receipt is None or not all(map(bench.store.has_blob, blobs_of(receipt))):
                if resume_only:
                    return None
                receipt = _receipt(stage, key, _timed(stage, bench))
                if bench.provisional:
                    bench.unsaved.add(stage.name)
                else:
                    bench.store.put_receipt(bench.source.sha256, receipt)
            receipts.append(receipt)
            bench.made[stage.name] = tuple(stage.hands_on.model_validate(record) for record in receipt.records)
            if stage.name == "ingest" and not receipt.kept:
                break
    finally:
        bench.close()
    return tuple(receipts)


def unchanged(bench: Bench, stages: Sequence[Stage], tallies: Sequence[Tally], grounds: Mapping[str, str]) -> bool:
    """Whether these are of every stage of the paper, each made under the key that it has now."""
    outputs: dict[str, str] = {}
    for stage, tally in zip(stages, tallies, strict=False):
        if tally.stage != stage.name or tally.key != _key(bench, stage, grounds[stage.name], outputs):
            return False
        outputs[stage.name] = tally.output
    return len(tallies) == len(stages) or (len(tallies) == 1 and not tallies[0].kept)


def tally_of(receipt: Receipt) -> Tally:
    """The receipt's numbers."""
    reasons = Counter(str(drop["reason"]) for drop in receipt.dropped)
    sizes = len(receipt.read), len(receipt.kept), len(receipt.records)
    return Tally(receipt.stage, receipt.key, receipt.output_hash, *sizes, dict(reasons))


def _timed(stage: Stage, bench: Bench) -> Made:
    """The stage's work, with its seconds added to those of earlier attempts, also where it ends by waiting for a model."""
    started = time.perf_counter()
    try:
        return stage.run(bench)
    finally:
        bench.seconds[stage.name] = bench.seconds.get(stage.name, 0.0) + time.perf_counter() - started


def blobs_of(receipt: Receipt) -> Iterator[str]:
    """The images that a receipt stands for."""
    for record in receipt.records:
        crop = record.get("crop")
        if receipt.stage == "crop" and isinstance(crop, dict):
            yield str(crop["sha256"])


def _key(bench: Bench, stage: Stage, ground: str, outputs: Mapping[str, str]) -> str:
    row = bench.source.row.model_dump(mode="json") if bench.source.row else None
    inputs = [outputs[name] for name in stage.after]
    return digest([stage.name, ground, bench.source.sha256, bench.source.name, row, inputs])


def _receipt(stage: Stage, key: str, made: Made) -> Receipt:
    kept, dropped = list(dict.fromkeys(made.kept)), [d.record_id for d in made.dropped]
    if sorted(made.read) != sorted(kept + dropped):
        raise LostRecord(
            f"{stage.name}: {len(made.read)} {stage.unit} read, {len(kept)} kept and {len(dropped)} dropped; "
            f"differing: {sorted(set(made.read) ^ set(kept + dropped))[:5]}"
        )
    return Receipt(
        stage.name,
        key,
        made.read,
        tuple(kept),
        tuple(record.model_dump(mode="json") for record in made.records),
        tuple(drop.model_copy(update={"stage": stage.name}).model_dump(mode="json") for drop in made.dropped),
    )


def count(papers: Iterable[Sequence[Tally]], failed: Sequence[Dropped], stages: Sequence[Stage]) -> tuple[StageCount, ...]:
    """The attrition table over all papers. `failed` are papers whose child gave no receipts: dropped at ingest."""
    totals = {stage.name: [0, 0, 0] for stage in stages}
    reasons: dict[str, Counter[str]] = {stage.name: Counter() for stage in stages}
    totals["ingest"][0] += len(failed)
    reasons["ingest"].update(drop.reason for drop in failed)
    for paper in papers:
        for tally in paper:
            total = totals[tally.stage]
            total[0] += tally.read
            total[1] += tally.kept
            total[2] += tally.made
            reasons[tally.stage].update(tally.dropped)
    return tuple(
        StageCount(stage=s.name, unit=s.unit, read=r, kept=k, made=m, dropped=dict(sorted(reasons[s.name].items())))
        for s in stages
        for r, k, m in [totals[s.name]]
    )


__all__ = [
    "STAGES",
    "LostRecord",
    "Made",
    "Stage",
    "Tally",
    "blobs_of",
    "code_versions",
    "count",
    "cut",
    "grounds_of",
    "package_hash",
    "stages_of",
    "stages_until",
    "tally_of",
    "unchanged",
]
