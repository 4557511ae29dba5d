"""Which results may stand side by side: those whose signatures differ in the model alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from builder.errors import UsageError
from builder.records import digest
from builder.scoring.results import NOT_COMPARED, ItemScore, Result, Signature, signature_line

# The score that ranks, by config; a release of another config ranks by the first metric of its results.
PRIMARY = {"multi_select": "sip_f1", "caption_matching": "caption_match_accuracy", "description": "description_similarity"}


@dataclass(frozen=True)
class Run:
    """What `score` wrote of one model on one config, and where it lies."""

    place: str
    result: Result
    items: tuple[ItemScore, ...]

    @property
    def model(self) -> str:
        return self.result.signature.model


@dataclass(frozen=True)
class Comparable:
    """Runs that differ in the model alone, by model."""

    runs: tuple[Run, ...]

    @property
    def signature(self) -> Signature:
        return self.runs[0].result.signature

    @property
    def metric(self) -> str:
        return primary(self.signature.config, self.runs[0].result.micro)


def primary(config: str, metrics: Iterable[str]) -> str:
    """The metric that ranks."""
    known = sorted(metrics)
    named = PRIMARY.get(config, "")
    return named if named in known else min(known, default=named)


def key_of(signature: Signature) -> str:
    """Equal for results that may stand side by side."""
    return digest(signature.model_dump(mode="json", exclude=set(NOT_COMPARED)))


def comparable(runs: Sequence[Run]) -> tuple[Comparable, ...]:
    """The runs in groups that may be compared, by benchmark, config and split. Raises UsageError for a model given twice."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(key_of(run.result.signature), []).append(run)
    for group in groups.values():
        _refuse_twice(group)
    made = [Comparable(tuple(sorted(group, key=lambda run: run.model))) for group in groups.values()]
    return tuple(sorted(made, key=lambda one: _order(one.signature)))


def _refuse_twice(group: Sequence[Run]) -> None:
    for model, times in Counter(run.model for run in group).items():
        if times > 1:
            first, second = [run.place for run in group if run.model == model][:2]
            raise UsageError(
                second, f"is {model!r} under the same signature as {first}", "name one of them; repeats go into one result"
            )


def _order(signature: Signature) -> tuple[str, ...]:
    return (signature.benchmark, signature.config, signature.split, signature.version, key_of(signature))


def same_task(one: Signature, other: Signature) -> bool:
    """Whether a reader would take the two for the same thing."""
    return (one.benchmark, one.config, one.split) == (other.benchmark, other.config, other.split)


def signature_of(signature: Signature, metric: str) -> str:
    """What numbers of one metric of any model of a section are cited with: the signature's line without the model."""
    version = {name: told for name, told in signature.metrics.items() if name == metric}
    return signature_line(signature.model_copy(update={"metrics": version, "model": ""})).removesuffix("|model:")


__all__ = ["PRIMARY", "Comparable", "Run", "comparable", "key_of", "primary", "same_task", "signature_of"]
