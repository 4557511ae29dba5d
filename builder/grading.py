"""Predictions in, results out: every broken line is told, and nothing is written while there is one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from builder import __version__
from builder.edges.asked_release import OpenRelease
from builder.edges.scored_files import prediction_lines, result_folder, write_scored
from builder.errors import CannotRead
from builder.scoring.asked import SCORED, Asked
from builder.scoring.dense import Seated, seated
from builder.scoring.descriptions import Bertscore, marks_of_descriptions
from builder.scoring.predictions import Prediction
from builder.scoring.responses import Findings, Reader, Responses
from builder.scoring.results import Result
from builder.scoring.score import Identity, Marks, marks_of_selections, score

_LINES = "write one JSON object a line: see the schema prediction.json, which `microtome schemas DIR` writes"


@dataclass(frozen=True)
class Graded:
    """One model's result and where it lies."""

    result: Result
    folder: Path
    unchanged: bool


@dataclass(frozen=True)
class Settings:
    """How to score; `config` None is the config of the first prediction."""

    split: str
    config: str | None
    resamples: int
    seed: int
    bertscore: Bertscore | None = None


def grade(files: Sequence[Path], release: OpenRelease, out: Path, settings: Settings) -> tuple[list[Graded], Findings]:
    """A result a model, by model; none where there are findings. Raises MicrotomeError for what cannot be read or written."""
    places = release.places()
    config = settings.config or config_of(files, places, release)
    asked = release.asked(config, settings.split)
    reader = Reader(asked, places)
    for number, path in enumerate(files):
        for line in prediction_lines(path):
            reader.read(line.data, str(path), line.number, number)
    findings, names = reader.findings, [str(path) for path in files]
    if not reader.models and not findings:
        raise CannotRead(", ".join(names), "has no line", _LINES)
    taken: dict[str, tuple[Seated | None, str | None]] = {}
    for model in sorted(reader.models):
        given = reader.models.pop(model)  # its columns go once they are seated
        taken[model] = seated(given, asked, names, findings, model), _prompt_hash(given)
    if findings:
        return [], findings
    return [
        _graded(asked, model, one, prompt, release, out, settings) for model, (one, prompt) in taken.items() if one
    ], findings


def _prompt_hash(given: Responses) -> str | None:
    """That of all predictions; None where they differ or do not say."""
    return next(iter(given.prompt_hashes)) if len(given.prompt_hashes) == 1 else None


def config_of(files: Sequence[Path], places: dict[str, str], release: OpenRelease) -> str:
    """The config of the first line that names an item of the release, whatever else is broken in it.

    Where broken lines are all that might have named one, any config that can be scored: they are told when the lines are
    read. Raises CannotRead where there is no line, and where no line names an item.
    """
    broken = lines = 0
    for path in files:
        for line in prediction_lines(path):
            lines += 1
            named, whole = _named(line.data)
            config = places.get(named, "").split(" ")[0]
            if config in SCORED:
                return config
            broken += not whole
    if not lines:
        raise CannotRead(", ".join(map(str, files)), "has no line", _LINES)
    scored = [config for config, _ in release.tables if config in SCORED]
    if broken and scored:
        return scored[0]
    what = f"no line names an item of {release.manifest.benchmark} {release.manifest.version}"
    raise CannotRead(", ".join(map(str, files)), what, "name the release that was asked; --config says which config")


def _named(line: bytes) -> tuple[str, bool]:
    """The id that a line of JSON carries, empty where none can be seen, and whether the line is a prediction."""
    try:
        return Prediction.model_validate_json(line, strict=True).id, True
    except ValidationError:
        pass
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return "", False
    given = found.get("id") if isinstance(found, dict) else None
    return given if isinstance(given, str) else "", False


def _graded(
    asked: Asked, model: str, one: Seated, prompt_hash: str | None, release: OpenRelease, out: Path, settings: Settings
) -> Graded:
    identity = Identity(
        benchmark=release.manifest.benchmark,
        version=release.manifest.version,
        logical_hash=release.manifest.logical_hash,
        builder_version=__version__,
        model=model,
        prompt_hash=prompt_hash,
    )
    scored = score(asked, one, _marks(asked, one, settings), identity, resamples=settings.resamples, seed=settings.seed)
    folder = result_folder(out, model, asked.config)
    return Graded(scored.result, folder, write_scored(scored, folder))


def _marks(asked: Asked, one: Seated, settings: Settings) -> Marks:
    return marks_of_descriptions(asked, one, settings.bertscore) if asked.references else marks_of_selections(asked, one)


__all__ = ["Graded", "Settings", "config_of", "grade"]
