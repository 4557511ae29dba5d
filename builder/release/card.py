"""The dataset card: a template filled with facts counted in the release; a missing fact is an error, never a placeholder."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, UndefinedError

from builder.errors import MicrotomeError
from builder.recipe import Recipe
from builder.records import Paper, StageCount
from builder.release.cite import citation_key
from builder.release.coverage import Coverage, coverage
from builder.release.croissant import OWN_LICENCE, makers
from builder.release.data_files import loaded_as
from builder.release.errata import Errata, in_words
from builder.release.examined import DIMENSIONS, Attacks, Estimate, Reviews
from builder.release.rows import LEAKAGE_NOTE, PRIVATE_BANNER, Config, LeftOut, Packed, SplitName

BAR_CELLS = 20
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))  # the Hub's names
_TASKS = {
    "caption_matching": "multiple-choice",
    "multi_select": "multiple-choice",
    "description": "image-to-text",
    "figures": "image-to-text",
}
_ANYWHERE = re.compile(r"([\\`*_{}\[\]|~$])")
_ESCAPE = re.compile(r"\\(?:u(?P<high>d[89ab][0-9a-f]{2})\\u(?P<low>d[c-f][0-9a-f]{2})|.)")
_AT_THE_START = re.compile(r"^([-+=#])|^(\d+)([.)])(?=\s)")


class MissingFact(MicrotomeError):
    """The card's template asks for something that nobody counted."""


@dataclass(frozen=True)
class CardFacts:
    """Everything a card says, computed from the release."""

    recipe: Recipe
    version: str
    builder_version: str
    private: bool
    signature: str
    logical_hash: str
    coverage: Coverage
    left_out: tuple[LeftOut, ...]
    attrition: tuple[StageCount, ...]
    papers: tuple[Paper, ...]  # those with a row, by id
    files: dict[Config, dict[SplitName, str]]
    attacks: Attacks | None
    reviews: Reviews | None
    errata: Errata | None


def card_facts(packed: Packed) -> CardFacts:
    """The facts of a packed release."""
    files: dict[Config, dict[SplitName, str]] = {}
    for config, split in packed.tables:
        files.setdefault(config, {})[split] = loaded_as(packed.shards, config, split)
    return CardFacts(
        recipe=packed.cut.recipe,
        version=packed.cut.version,
        builder_version=packed.cut.builder_version,
        private=packed.cut.tier == "private",
        signature=packed.signature,
        logical_hash=packed.logical_hash,
        coverage=coverage(packed),
        left_out=packed.left_out,
        attrition=packed.attrition.stages,
        papers=cited(packed),
        files=files,
        attacks=packed.attacks,
        reviews=packed.reviews,
        errata=packed.errata,
    )


def cited(packed: Packed) -> tuple[Paper, ...]:
    """The papers that gave a row with an image, by id: those that the card and citations.bib name.

    A paper with pointer rows only is named by its DOI in those rows; its title stays out with the rest of its text.
    """
    shown = {row.paper_id for rows in packed.tables.values() for row in rows if row.image is not None}
    return tuple(sorted((paper for paper in packed.cut.papers if paper.id in shown), key=lambda paper: paper.id))


def render_card(facts: CardFacts, template: str) -> str:
    """The card's Markdown. Raises MissingFact when the template asks for what the facts do not have."""
    # HTML escaping happens in `text`, together with Markdown's; autoescape would do it twice.
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    environment.filters.update(text=escaped, yaml=yaml_text, share=_share, bar=_bar, thousands=_thousands, cite=citation_key)
    environment.filters.update(interval=_interval, p=_p, words=_words, erratum=in_words)
    try:
        return environment.from_string(template).render(
            facts=facts,
            seen=facts.coverage,
            identity=facts.recipe.identity,
            size=_size(facts),
            tasks=sorted({_TASKS[config] for config in facts.files}),
            own_licence=OWN_LICENCE,
            makers=makers(facts.coverage),
            dimensions=DIMENSIONS,
            leakage_note=LEAKAGE_NOTE,
            private_banner=PRIVATE_BANNER,
        )
    except UndefinedError as error:
        raise MissingFact(
            "card", f"a fact is missing: {error.message}", "count it in release/coverage.py, or take it out"
        ) from error
    except TemplateSyntaxError as error:
        raise MissingFact(f"card > line {error.lineno}", f"not a template: {error.message}", "mend the template") from error


def escaped(value: object) -> str:
    """Text of a paper, safe inside a Markdown table: one line, and no character that starts markup.

    >>> escaped("<script>|")
    '&lt;script&gt;\\\\|'
    """
    line = " ".join(str(value).split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _AT_THE_START.sub(r"\2\\\1\3", _ANYWHERE.sub(r"\\\1", line))


def yaml_text(value: object) -> str:
    """A JSON string is a YAML string, but for characters past U+FFFF: JSON's two halves of one would stay two in YAML.

    C1 controls and line separators, which YAML would break lines at, stay escaped.

    >>> yaml_text('"\U0001d6fc": x')
    '"\\\\"\\\\U0001d6fc\\\\": x"'
    """
    return _ESCAPE.sub(_joined, json.dumps(str(value), ensure_ascii=True))


def _joined(escape: re.Match[str]) -> str:
    if not escape["high"]:
        return escape[0]
    code = 0x10000 + ((int(escape["high"], 16) & 0x3FF) << 10) + (int(escape["low"], 16) & 0x3FF)
    return f"\\U{code:08x}"


def _share(value: float) -> str:
    return f"{100 * float(value):.1f} %"


def _interval(value: Estimate) -> str:
    """A share with its interval, in per cent."""
    if value.low is None or value.high is None:
        return _share(value.value)
    return f"{_share(value.value)} ({100 * value.low:.1f} to {100 * value.high:.1f})"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _words(name: str) -> str:
    """A column's name in words."""
    return name.replace("_", " ")


def _bar(value: float) -> str:
    """A share as a bar of text: at least one cell for what is there at all."""
    return "█" * max(round(BAR_CELLS * value), 1 if value > 0 else 0)


def _thousands(value: int) -> str:
    return f"{int(value):,}"  # int() of a missing fact says which one it is; format() would not


def _size(facts: CardFacts) -> str:
    rows = sum(split.rows for split in facts.coverage.splits)
    return next((name for limit, name in _SIZES if rows < limit), "n>1M")


__all__ = ["CardFacts", "MissingFact", "card_facts", "cited", "escaped", "render_card", "yaml_text"]
