"""STAGES: the one ordered list of what happens to a paper; how it is run, resumed and counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from builder.bench import Bench
from builder.challenging import challenged
from builder.crops import TooLarge, crop
from builder.edges import pdf
from builder.edges.store import Receipt
from builder.pages import Box
from builder.panelling import panelled
from builder.pointing import pointed
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
from builder.stages.classify import classify
from builder.stages.generate import caption_matching, description
from builder.stages.ingest import PdfFacts, ingest
from builder.stages.locate import locate
from builder.stages.multi_select import multi_select
from builder.stages.pair import pair
from builder.stages.rights import decide
from builder.stages.select import select
from builder.stages.sieve import sieve
from builder.writing import written


class LostRecord(RuntimeError):
    """A stage neither kept nor dropped a record it was given, or answered for one it was not given."""


class Identified(Protocol):
    @property
    def id(self) -> str: ...


@dataclass(frozen=True)
class Made:
    """What a stage made of what it read."""

    read: tuple[str, ...]
    kept: tuple[str, ...]
    records: tuple[Record, ...]
    dropped: tuple[Dropped, ...]


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


def _ingest(bench: Bench) -> Made:
    name = bench.source.path.name
    try:
        facts = PdfFacts(name, bench.source.sha256, bench.pdf.metadata, bench.pages)
    except pdf.RefusedPdf as error:
        return _each([name], [Dropped(record_id=name, stage="ingest", reason=error.reason, detail=error.detail)])
    return _each([name], [ingest(facts, bench.source.row, bench.recipe.papers)])


def _sieve(bench: Bench) -> Made:
    sieved, dropped = sieve(bench.typeset, bench.paper.id)
    name = "{}#p{}".format
    lost = [
        Dropped(record_id=name(bench.paper.id, n), stage="sieve", reason="broken-page", detail=d) for n, d in bench.broken_pages
    ]
    return Made(
        read=tuple(name(bench.paper.id, n) for n in range(1, bench.pdf.pages + 1)),
        kept=tuple(name(bench.paper.id, s.page.number) for s in sieved),
        records=tuple(caption for s in sieved for caption in s.captions),
        dropped=(*dropped, *lost),
    )


def _locate(bench: Bench) -> Made:
    sieved = bench.sieved()
    figures, dropped = locate(sieved, bench.typeset, bench.paper.id)
    if bench.recipe.point.use != "never":
        figures, dropped = pointed(bench, sieved, figures, dropped)
    read = tuple(caption.id for caption in bench.of("sieve", Caption))
    return Made(read, tuple(figure.caption.id for figure in figures), tuple(figures), tuple(dropped))


def _pair(bench: Bench) -> Made:
    figures = bench.of("locate", Figure)
    paired, dropped = pair(figures, bench.pages, bench.recipe.reference)
    return Made(_ids(figures), _ids(paired), tuple(paired), tuple(dropped))


def _panels(bench: Bench) -> Made:
    figures = bench.of("pair", PairedFigure)
    return _each(_ids(figures), [panelled(bench, figure) for figure in figures])


def _classify(bench: Bench) -> Made:
    figures = bench.of("panels", PairedFigure)
    return _each(_ids(figures), [_classified(bench, figure) for figure in figures])


def _classified(bench: Bench, paired: PairedFigure) -> ClassifiedFigure | Dropped:
    figure = paired.figure
    try:
        look = bench.look(figure)
    except pdf.RefusedPdf as error:
        return Dropped(record_id=paired.id, stage="classify", reason=error.reason, detail=error.detail)
    words, title, fields = bench.words_in(figure), bench.paper.title, bench.recipe.fields
    return classify(paired, look, words, title, fields, paper_text=bench.text, ocr=bench.read_words(figure))


def _select(bench: Bench) -> Made:
    figures = bench.of("classify", ClassifiedFigure)
    return _each(_ids(figures), [select(figure, bench.recipe.keep) for figure in figures])


def _rights(bench: Bench) -> Made:
    figures = bench.of("select", ClassifiedFigure)
    made = [JudgedFigure(classified=f, rights=decide(bench.paper, f, bench.policy)) for f in figures]
    return _each(_ids(figures), made)


def _crop(bench: Bench) -> Made:
    figures = bench.of("rights", JudgedFigure)
    return _each(_ids(figures), [_cropped(bench, figure) for figure in figures])


def _cropped(bench: Bench, judged: JudgedFigure) -> Specimen | Dropped:
    figure = judged.classified.paired.figure
    page = bench.page(figure.page)
    try:
        made, data = crop(bench.pdf, page, Box(*figure.bbox), bench.recipe.crop, bench.recipe.identity.canary)
    except TooLarge as error:
        return Dropped(record_id=judged.id, stage="crop", reason="too-large", detail=str(error))
    except pdf.RefusedPdf as error:
        return Dropped(record_id=judged.id, stage="crop", reason=error.reason, detail=error.detail)
    bench.store.put_blob(data)
    return Specimen(paper=bench.paper, classified=judged.classified, rights=judged.rights, crop=made)


def _caption_matching(bench: Bench) -> Made:
    rule, seed = bench.recipe.caption_matching, bench.recipe.identity.seed
    return _ask(bench, "caption_matching", lambda s: s.rights.questions, lambda s: caption_matching(s, bench.text, rule, seed))


def _description(bench: Bench) -> Made:
    return _ask(bench, "description", lambda s: s.rights.tier == "open" and s.rights.paragraph.adapt, description)


def _ask(bench: Bench, task: str, allowed: Callable[[Specimen], bool], make: Callable[[Specimen], Record | Dropped]) -> Made:
    """One item a figure. A private release, which is never published, asks about every figure."""
    specimens = bench.of("crop", Specimen)
    made = [make(s) if bench.recipe.tier == "private" or allowed(s) else _withheld(s, task) for s in specimens]
    return _each(_ids(specimens), made)


def _multi_select(bench: Bench) -> Made:
    """Several items a figure; a figure without any is dropped."""
    specimens = bench.of("crop", Specimen)
    asked = [s for s in specimens if bench.recipe.tier == "private" or s.rights.questions]
    made: dict[str, tuple[MultiSelect, ...] | Dropped]
    if bench.recipe.multi_select.generator == "model":
        made = written(bench, asked, specimens)
    else:
        rule, seed = bench.recipe.multi_select, bench.recipe.identity.seed
        made = {s.id: multi_select(s, specimens, bench.text, rule, seed) for s in asked}
    withheld = {s.id: _withheld(s, "multi_select") for s in specimens if s.id not in made}
    told = [made.get(s.id) or withheld[s.id] for s in specimens]
    return Made(
        read=_ids(specimens),
        kept=tuple(s.id for s, m in zip(specimens, told, strict=True) if not isinstance(m, Dropped)),
        records=tuple(item for m in told if not isinstance(m, Dropped) for item in m),
        dropped=tuple(m for m in told if isinstance(m, Dropped)),
    )


def _challenge(bench: Bench) -> Made:
    items = bench.of("multi_select", MultiSelect)
    specimens = {s.id: s for s in bench.of("crop", Specimen)}
    return _each(_ids(items), challenged(bench, items, specimens))


def _withheld(specimen: Specimen, task: str) -> Dropped:
    return Dropped(record_id=specimen.id, stage=task, reason="rights", detail=", ".join(specimen.rights.reasons))


def _ids(records: Iterable[Identified]) -> tuple[str, ...]:
    return tuple(record.id for record in records)


def _each(read: Sequence[str], made: Sequence[Record | Dropped]) -> Made:
    """One outcome a record, in order."""
    pairs = list(zip(read, made, strict=True))
    return Made(
        read=tuple(read),
        kept=tuple(name for name, m in pairs if not isinstance(m, Dropped)),
        records=tuple(m for m in made if not isinstance(m, Dropped)),
        dropped=tuple(m.model_copy(update={"record_id": name}) for name, m in pairs if isinstance(m, Dropped)),
    )


STAGES: tuple[Stage, ...] = (
    Stage(
        "ingest", "papers", "read what the PDF says of itself: ids, title, authors, licence", _ingest, Paper, (), ("papers",)
    ),
    Stage("sieve", "pages", "keep the pages where a caption and graphics meet", _sieve, Caption, ("ingest",)),
    Stage(
        "locate",
        "captions",
        "find the region of each caption's figure",
        _locate,
        Figure,
        ("ingest", "sieve"),
        ("point", "models"),
    ),
    Stage(
        "pair",
        "figures",
        "give each figure its caption, mentions and reference",
        _pair,
        PairedFigure,
        ("locate",),
        ("reference",),
    ),
    Stage(
        "panels",
        "figures",
        "cut each figure into panels with their own words and scale bars",
        _panels,
        PairedFigure,
        ("pair",),
    ),
    Stage(
        "classify",
        "figures",
        "kind, techniques, methods, scale, field",
        _classify,
        ClassifiedFigure,
        ("ingest", "panels"),
        ("fields",),
    ),
    Stage("select", "figures", "keep what the recipe asks for", _select, ClassifiedFigure, ("classify",), ("keep",)),
    Stage("rights", "figures", "decide rights per element and act", _rights, JudgedFigure, ("ingest", "select")),
    Stage("crop", "figures", "take its own pixels, or render it", _crop, Specimen, ("ingest", "rights"), ("crop", "identity")),
    Stage(
        "caption_matching",
        "figures",
        "write four options over edited attributes",
        _caption_matching,
        CaptionMatching,
        ("crop",),
        ("caption_matching", "identity", "tier"),
    ),
    Stage("description", "figures", "ask for a description", _description, Description, ("crop",), ("tier",)),
    Stage(
        "multi_select",
        "figures",
        "write questions with several right options",
        _multi_select,
        MultiSelect,
        ("crop",),
        ("multi_select", "identity", "tier", "models"),
    ),
    Stage(
        "challenge",
        "items",
        "attack each item, have it revised or give it up",
        _challenge,
        MultiSelect,
        ("crop", "multi_select"),
        ("challenge", "multi_select", "models"),
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
def code_version() -> str:
    """Hash of every module that a receipt's content depends on: changed code redoes the work."""
    here = Path(__file__).parent
    rooms = ("*.py", "stages/*.py", "lexicon/*.py", "edges/*.py", "prompts/*.j2")
    files = sorted(path for room in rooms for path in here.glob(room))
    whole = hashlib.sha256(pdf.READER.encode())
    for path in files:
        if path.name not in {"cli.py", "commands_money.py", "demo.py", "forecast.py", "spend.py"}:
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def cut(bench: Bench, stages: Sequence[Stage], *, resume_only: bool = False) -> tuple[Receipt, ...] | None:
    """Receipts of all stages of one paper; done stages are taken from the store.

    With `resume_only` nothing is computed: None when a stage is not done yet. A paper dropped at ingest has one receipt.
    """
    receipts: list[Receipt] = []
    try:
        for stage in stages:
            key = _key(bench, stage, {r.stage: r.output_hash for r in receipts})
            receipt = bench.store.receipt(bench.source.sha256, stage.name, key)
            if receipt is None or not all(map(bench.store.has_blob, _blobs(receipt))):
                if resume_only:
                    return None
                receipt = _receipt(stage, key, stage.run(bench))
                if not bench.provisional:
                    bench.store.put_receipt(bench.source.sha256, receipt)
            receipts.append(receipt)
            bench.made[stage.name] = tuple(stage.hands_on.model_validate(record) for record in receipt.records)
            if stage.name == "ingest" and not receipt.kept:
                break
    finally:
        bench.close()
    return tuple(receipts)


def _blobs(receipt: Receipt) -> Iterator[str]:
    """The images that a receipt stands for."""
    for record in receipt.records:
        crop = record.get("crop")
        if receipt.stage == "crop" and isinstance(crop, dict):
            yield str(crop["sha256"])


def _key(bench: Bench, stage: Stage, outputs: dict[str, str]) -> str:
    row = bench.source.row.model_dump(mode="json") if bench.source.row else None
    sections = {name: getattr(bench.recipe, name) for name in stage.uses}
    plain: dict[str, object] = {
        name: s.model_dump(mode="json") if isinstance(s, Record) else s
        for name, s in sections.items()
        if name not in {"fields", "models"}
    }
    plain["ocr"] = bench.recipe.ocr.use  # what is read off pixels is text to every stage
    if "fields" in sections:
        plain["fields"] = {name: rule.model_dump(mode="json") for name, rule in bench.recipe.fields.items()}
    if "models" in sections:
        plain["models"] = {name: [rule.settings, rule.family] for name, rule in bench.recipe.models.items()}
    policy = bench.policy.hash if stage.name == "rights" else ""
    inputs = [outputs[name] for name in stage.after]
    return digest([stage.name, code_version(), bench.source.sha256, bench.source.path.name, row, plain, policy, inputs])


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


def count(receipts: Iterable[Sequence[Receipt]], failed: Sequence[Dropped], stages: Sequence[Stage]) -> tuple[StageCount, ...]:
    """The attrition table over all papers. `failed` are papers whose child gave no receipts: dropped at ingest."""
    totals = {stage.name: [0, 0, 0] for stage in stages}
    reasons: dict[str, Counter[str]] = {stage.name: Counter() for stage in stages}
    totals["ingest"][0] += len(failed)
    reasons["ingest"].update(drop.reason for drop in failed)
    for paper in receipts:
        for receipt in paper:
            total = totals[receipt.stage]
            total[0] += len(receipt.read)
            total[1] += len(receipt.kept)
            total[2] += len(receipt.records)
            reasons[receipt.stage].update(str(drop["reason"]) for drop in receipt.dropped)
    return tuple(
        StageCount(stage=s.name, unit=s.unit, read=r, kept=k, made=m, dropped=dict(sorted(reasons[s.name].items())))
        for s in stages
        for r, k, m in [totals[s.name]]
    )


__all__ = ["STAGES", "LostRecord", "Made", "Stage", "count", "cut", "stages_of", "stages_until"]
