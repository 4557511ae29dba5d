"""What a table's columns hold, told by `--roles` and `--role`, else by the header; a name that says nothing is not guessed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, ValidationError

from builder.errors import UsageError
from builder.lint.cells import read_number
from builder.lint.table import Table
from builder.records import Record
from builder.toml_text import read_toml

Role = Literal[
    "name",
    "text",
    "em",
    "spc",
    "f1",
    "sip_f1",
    "gap",
    "accuracy",
    "score",
    "overall",
    "n",
    "rank",
    "count",
    "share",
    "keys",
    "tp",
    "fp",
    "beta",
]
SHARES = frozenset({"em", "spc", "f1", "sip_f1", "accuracy"})  # scores in [0, 1], or in percent
COUNTS = frozenset({"n", "rank", "count", "keys", "tp", "fp"})

_NAMES: dict[str, Role] = {
    **dict.fromkeys(("em", "exactmatch", "exactsetmatch"), "em"),
    **dict.fromkeys(("spc", "partialcredit", "standardpartialcredit"), "spc"),
    **dict.fromkeys(("f1", "stdf1", "standardf1", "optionf1"), "f1"),
    **dict.fromkeys(("sipf1", "sip"), "sip_f1"),
    **dict.fromkeys(("gap", "delta", "δ", "|sipf1spc|", "|spcsipf1|"), "gap"),
    **dict.fromkeys(("accuracy", "acc"), "accuracy"),
    **dict.fromkeys(("n", "questions", "items", "nquestions", "nitems"), "n"),
    **dict.fromkeys(("rank", "#"), "rank"),
    **dict.fromkeys(("model", "models", "method", "system", "name", "dimension", "strategy"), "name"),
    **dict.fromkeys(("keys", "ncorrect"), "keys"),
    **dict.fromkeys(("tp", "truepositives"), "tp"),
    **dict.fromkeys(("fp", "falsepositives"), "fp"),
    **dict.fromkeys(("beta", "β"), "beta"),
    **dict.fromkeys(
        ("type", "personality", "notes", "license", "licence", "date", "time", "organization", "organisation"), "text"
    ),
}
_SCALES = {"atom": "atomic", "atomic": "atomic", "nano": "nano", "micro": "micro", "meso": "meso", "macro": "macro"}
_OVERALL = ("overall", "average", "avg", "mean", "all")
_MEASURES: dict[str, str] = {"bert": "bert", "bertscore": "bert", "sts": "sts", "llm": "llm", "judge": "llm", "llmscore": "llm"}


def _decimal(text: str) -> str:
    number = read_number(text).number
    if number is None or not re.fullmatch(r"[\d.]+", text):
        raise ValueError(f"{text!r} is not a number such as 0.6")
    return text


def _rising(ends: tuple[int, int]) -> tuple[int, int]:
    if ends[0] >= ends[1]:
        raise ValueError(f"{list(ends)} does not rise: write the least first")
    return ends


DecimalText = Annotated[str, AfterValidator(_decimal)]


class ColumnRule(Record):
    """What one column holds."""

    role: Role
    group: str = Field("", description="of the questions scored: a scale, a field; its size is in `sizes`")
    measure: str = Field("", description="what a `score` or `overall` measures, where a table has several: bert, sts, llm")
    integers: Annotated[tuple[int, int], AfterValidator(_rising)] | None = Field(
        None, description="each item's whole score is in this range: [1, 10]"
    )
    alpha: DecimalText | None = Field(None, description="of this column's SIP-F1, where the table varies it")
    unit: Literal["share", "percent"] | None = Field(None, description="else told from the cells")
    of: str = Field("", description="the column that a rank or a share is of")


class Said(Record):
    """What the text around a table says about it."""

    where: str = Field(description="section and sentence, in words")
    kind: Literal["rows", "cell", "mean", "lowest", "highest", "rank", "difference"]
    value: DecimalText = Field(description="as the text prints it")
    row: str = Field("", description="by the name column; for a mean over a row")
    column: str = Field("", description="header; for a mean over a column")
    minus: str = Field("", description="row that is subtracted, for a difference")


class About(Record):
    """A table's sidecar: where it is from, how many questions stand behind its numbers, what its columns hold."""

    title: str = ""
    source: str = ""
    n: int | None = Field(None, ge=1, description="questions behind every score without a group")
    options: int | None = Field(None, ge=1, le=64, description="most options that a question has")
    alpha: DecimalText = "0.6"  # SPM-Bench section 3.3
    beta: DecimalText = "6"  # SPM-Bench section 3.3
    sizes: dict[str, Annotated[int, Field(ge=1)]] = Field({}, description="questions of each group")
    columns: dict[str, ColumnRule] = Field({}, description="by header; 'column 5' where the header is empty")
    says: tuple[Said, ...] = ()


class Column(Record):
    """A column and what it holds; `how` says by what."""

    index: int
    header: str
    rule: ColumnRule | None
    how: Literal["given", "header", "text", "unknown"]

    @property
    def role(self) -> str:
        return self.rule.role if self.rule else "unknown"


def read_about(text: str, place: str) -> About:
    """A sidecar from TOML text. Raises UsageError with every finding."""
    try:
        about = About.model_validate(read_toml(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(place, f"not TOML: {error}", "mend the syntax at that line") from error
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UsageError(place, found, "see the sidecars in builder/published_tables for keys and roles") from error
    if Fraction(about.alpha) > 1:
        raise UsageError(f"{place} > alpha", f"is {about.alpha}", "write a share in [0, 1]")
    return about


def role_of(text: str) -> tuple[str, ColumnRule]:
    """`--role 'COLUMN=ROLE'`, `COLUMN=accuracy:micro` (its group) or `COLUMN=score:micro:1-10`. Raises UsageError.

    >>> role_of("LLM micro=score:micro:1-10")[1].integers
    (1, 10)
    """
    header, sign, wanted = text.rpartition("=")
    role, *rest = wanted.split(":")
    span = re.fullmatch(r"(\d{1,6})-(\d{1,6})", rest[1]) if len(rest) == 2 else None
    if span and int(span[1]) >= int(span[2]):
        raise UsageError("--role", f"{text!r} gives a scale that does not rise", "write the least first, such as 1-10")
    if not sign or not header or role not in get_args(Role) or len(rest) > 2 or (len(rest) == 2 and not span):
        remedy = f"write COLUMN=ROLE, COLUMN=ROLE:GROUP or COLUMN=score:GROUP:1-10, with a role of {', '.join(get_args(Role))}"
        raise UsageError("--role", f"{text!r} gives no column a role", remedy)
    integers = (int(span[1]), int(span[2])) if span else None
    return header, ColumnRule.model_validate({"role": role, "group": rest[0] if rest else "", "integers": integers})


def columns_of(table: Table, given: Mapping[str, ColumnRule]) -> tuple[Column, ...]:
    """Every column with its role. Raises UsageError where a rule names no column."""
    names = [name or f"column {index}" for index, name in enumerate(table.header, 1)]
    idle = [pattern for pattern in given if not any(_fits(name, pattern) for name in names)]
    if idle:
        raise UsageError(table.place, f"has no column {idle[0]!r}", f"name one of {', '.join(names)}")
    scaled = _scaled(names)
    return tuple(_column(index, name, table, given, scaled) for index, name in enumerate(names))


def _fits(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)


def _column(index: int, name: str, table: Table, given: Mapping[str, ColumnRule], scaled: Mapping[str, ColumnRule]) -> Column:
    exact = given.get(name) or next((rule for pattern, rule in given.items() if _fits(name, pattern)), None)
    if exact:
        return Column(index=index, header=name, rule=exact, how="given")
    known = scaled.get(name) or _by_name(name)
    if known:
        return Column(index=index, header=name, rule=known, how="header")
    readings = [read_number(row.cells[index]) for row in table.rows]
    if not any(reading.number for reading in readings):
        return Column(index=index, header=name, rule=ColumnRule(role="name" if index == 0 else "text"), how="text")
    return Column(index=index, header=name, rule=None, how="unknown")


def _plain(header: str) -> str:
    return re.sub(r"[^\w|#]|_", "", re.sub(r"\(.*?\)|[↑↓%]", "", header.lower()))


def _by_name(header: str) -> ColumnRule | None:
    role = _NAMES.get(_plain(header))
    return ColumnRule(role=role) if role else None


def _scaled(names: Sequence[str]) -> dict[str, ColumnRule]:
    """Columns by scale, and their Overall: only where at least two scales are told, for 'Macro' alone may be a mean."""
    parts = {name: [part for part in re.split(r"[^a-z]+", re.sub("scale", " ", name.lower())) if part] for name in names}
    groups = {name: scales for name, words in parts.items() if (scales := [_SCALES[word] for word in words if word in _SCALES])}
    if len({scales[0] for scales in groups.values()}) < 2:
        return {}
    rules = {}
    for name, words in parts.items():
        measure = next((_MEASURES[word] for word in words if word in _MEASURES), "")
        rest = [word for word in words if word not in _SCALES and word not in _MEASURES and word not in _OVERALL]
        if rest and rest not in (["acc"], ["accuracy"]):
            continue
        if name in groups and len(groups[name]) == 1:
            role: Role = "score" if measure else "accuracy"
            rules[name] = ColumnRule(role=role, group=groups[name][0], measure=measure)
        elif any(word in _OVERALL for word in words):
            rules[name] = ColumnRule(role="overall", measure=measure)
    return rules
