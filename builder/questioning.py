"""The stages from cropped figures to items: caption matching, description, multi-select, and its challenge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from builder.bench import Bench
from builder.challenging import challenged
from builder.edges.embedding import minilm
from builder.making import Made, each, ids
from builder.records import (
    Dropped,
    MultiSelect,
    Record,
    Specimen,
)
from builder.stages.generate import caption_matching, description
from builder.stages.multi_select import multi_select
from builder.stages.siblings import lexical
from builder.writing import written


def match_captions(bench: Bench) -> Made:
    rule, seed = bench.recipe.caption_matching, bench.recipe.identity.seed
    return _ask(bench, "caption_matching", lambda s: s.rights.questions, lambda s: caption_matching(s, bench.text, rule, seed))


def describe_figures(bench: Bench) -> Made:
    return _ask(bench, "description", lambda s: s.rights.tier == "open" and s.rights.paragraph.adapt, description)


def _ask(
    bench: Bench,
    task: str,
    allowed: Callable[[Specimen], bool],
    make: Callable[[Specimen], Record | tuple[Record, ...] | Dropped],
) -> Made:
    """The items of each figure. A private release, which is never published, asks about every figure."""
    specimens = bench.of("crop", Specimen)
    made = [make(s) if bench.recipe.tier == "private" or allowed(s) else _withheld(s, task) for s in specimens]
    first = each(ids(specimens), [m[0] if isinstance(m, tuple) else m for m in made])
    items = tuple(item for m in made if not isinstance(m, Dropped) for item in (m if isinstance(m, tuple) else (m,)))
    return replace(first, records=items)


def select_several(bench: Bench) -> Made:
    """Several items a figure; a figure without any is dropped.

    A question that a model wrote and a check refused is read and dropped under its own id, beside the figures.
    """
    specimens = bench.of("crop", Specimen)
    asked = [s for s in specimens if bench.recipe.tier == "private" or s.rights.questions]
    made: Mapping[str, tuple[MultiSelect, ...] | Dropped]
    refused: tuple[Dropped, ...] = ()
    if bench.recipe.multi_select.generator == "model":
        by_model = written(bench, asked)
        made, refused = by_model.made, by_model.refused
    else:
        rule, seed = bench.recipe.multi_select, bench.recipe.identity.seed
        embed = minilm() if rule.embedding == "minilm" else lexical
        made = {s.id: multi_select(s, specimens, bench.text, rule, seed, embed) for s in asked}
    withheld = {s.id: _withheld(s, "multi_select") for s in specimens if s.id not in made}
    told = [made.get(s.id) or withheld[s.id] for s in specimens]
    return Made(
        read=(*ids(specimens), *(one.record_id for one in refused)),
        kept=tuple(s.id for s, m in zip(specimens, told, strict=True) if not isinstance(m, Dropped)),
        records=tuple(item for m in told if not isinstance(m, Dropped) for item in m),
        dropped=(*(m for m in told if isinstance(m, Dropped)), *refused),
    )


def challenge_items(bench: Bench) -> Made:
    items = bench.of("multi_select", MultiSelect)
    specimens = {s.id: s for s in bench.of("crop", Specimen)}
    return each(ids(items), challenged(bench, items, specimens))


def _withheld(specimen: Specimen, task: str) -> Dropped:
    return Dropped(record_id=specimen.id, stage=task, reason="rights", detail=", ".join(specimen.rights.reasons))
