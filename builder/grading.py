"""Predictions in, results out: every broken line is told, and nothing is written while there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
        raise CannotRead(", ".join(names), "has no predictions", "write one JSON object a line: see the schema prediction.json")
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
    """The config of the first prediction that names an item of the release. Raises CannotRead where none does."""
    for path in files:
        for line in prediction_lines(path):
            try:
                place = places.get(Prediction.model_validate_json(line.data, strict=True).id, "")
            except ValueError:  # told when the lines are read
                continue
            if place.split(" ")[0] in SCORED:
                return place.split(" ")[0]
    what = f"no line names an item of {release.manifest.benchmark} {release.manifest.version}"
    raise CannotRead(", ".join(map(str, files)), what, "name the release that was asked; --config says which config")


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
