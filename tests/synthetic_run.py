"""A run of 18 made-up models on made-up items: skill, caution and calibration vary, every number is drawn from a seed.

`python tests/synthetic_run.py DIR` writes DIR/<model>/<config>/ as `microtome score` would.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from builder.edges.scored_files import result_folder, write_scored
from builder.scoring.asked import Asked, asked
from builder.scoring.dense import seated
from builder.scoring.responses import Reader
from builder.scoring.score import Identity, marks_of_selections, score

LETTERS = "ABCDEFGH"
FIELDS = ("Biophysics", "Catalysis", "Energy materials", "Magnetism", "Materials science", "Surface science", "Topology")
# name: skill, caution (above 0 selects less), confidence beyond what is right, log of tokens
MODELS: dict[str, tuple[float, float, float, float]] = {
    "aurora-ultra": (3.2, 0.1, 0.00, 7.1), "aurora-pro": (2.6, 0.0, 0.05, 6.9), "aurora-mini": (1.2, -0.3, 0.12, 6.2),
    "borealis-4": (2.9, 0.5, -0.04, 7.8), "borealis-3": (2.0, 0.7, 0.02, 7.4), "borealis-flash": (1.0, -0.8, 0.30, 8.3),
    "cirrus-vl-72b": (2.1, 0.0, 0.10, 6.4), "cirrus-vl-32b": (1.4, 0.2, 0.14, 6.3), "cirrus-vl-7b": (0.3, -0.2, 0.35, 5.9),
    "dune-large": (2.4, -0.4, 0.08, 7.0), "dune-base": (1.5, -0.9, 0.20, 6.6), "dune-small": (0.6, -1.4, 0.38, 6.0),
    "ember-thinking": (2.7, 0.9, -0.08, 8.9), "ember-instant": (1.6, 0.6, 0.06, 5.8), "fjord-8b": (0.9, 0.3, 0.22, 5.7),
    "fjord-38b": (1.7, 0.1, 0.15, 6.1), "fjord-78b-instruct-2026-preview": (1.8, 0.0, 0.17, 6.2),
    "gale-1": (0.1, 1.2, 0.10, 5.5),
}  # fmt: skip
WRONG_KEYS = 4  # items whose key says the opposite: strong models fail them
LOGICAL_HASH = "5e" * 32


def rows(config: str, items: int, papers: int, seed: int = 0) -> list[dict[str, object]]:
    """Rows of a release as far as scores need them."""
    draw = np.random.default_rng([seed, len(config)])
    made: list[dict[str, object]] = []
    for i in range(items):
        n = int(draw.integers(4, 8)) if config == "multi_select" else 4
        keys = sorted(draw.choice(n, int(draw.integers(1, min(4, n))), replace=False).tolist())
        made.append({
            "id": f"{'ms' if config == 'multi_select' else 'cm'}-{i:016x}", "paper_id": f"doi:10.9999/paper.{i % papers:02d}",
            "figure_id": f"fig-{i // 2:016x}", "options": [f"statement {k}" for k in range(n)],
            "scale": ("atomic", "micro", "meso", "macro")[int(draw.choice(4, p=[0.1, 0.4, 0.4, 0.1]))],
            "kind": ("micrograph", "mixed")[int(draw.random() < 0.35)], "field": FIELDS[(i % papers) % len(FIELDS)],
            "subfield": None, "licence": "CC-BY-4.0", "tier": "open", "generator": "rules",
            "techniques": [("SEM", "TEM", "AFM", "STM")[int(draw.integers(4))]],
            **(_several(draw, n, keys) if config == "multi_select" else _one(draw)),
        })  # fmt: skip
    return made


def _several(draw: np.random.Generator, n: int, keys: list[int]) -> dict[str, object]:
    kinds = ["as-printed" if k in keys else ("number", "material", "method")[int(draw.integers(3))] for k in range(n)]
    return {
        "answer": [LETTERS[k] for k in keys], "option_kinds": kinds, "modality": ("STM", "AFM")[int(draw.random() < 0.5)],
        "bloom_level": int(draw.integers(1, 6)), "skill": ("EU", "HG", "EP")[int(draw.integers(3))],
    }  # fmt: skip


def _one(draw: np.random.Generator) -> dict[str, object]:
    key = int(draw.integers(4))
    edit = {"type": "number", "start": 3, "end": 5, "original": "20", "replacement": "30"}
    return {"answer": key, "edits": [[] if k == key else [edit] for k in range(4)]}


def predictions(items: list[dict[str, object]], model: str, seed: int = 0) -> list[str]:
    """One line a prediction; a few are missing, refused or unreadable."""
    skill, caution, boast, tokens = MODELS[model]
    hard = np.random.default_rng([seed, 7]).normal(0, 1.0, len(items))
    draw = np.random.default_rng([seed, list(MODELS).index(model)])
    lines = []
    for i, item in enumerate(items):
        chance = draw.random()
        if chance < 0.01:
            continue
        line: dict[str, object] = {"id": item["id"], "model": model, "prompt_hash": "ab" * 32, "prompt_tokens": 1400}
        line["completion_tokens"] = int(np.exp(draw.normal(tokens + 0.15 * hard[i], 0.35)))
        if chance < 0.03:
            text = ("I cannot help with that.", "It may be several of them.", "")[int(draw.integers(3))]
        else:
            text = _answer(item, i, skill - hard[i], caution, boast, draw)
        lines.append(json.dumps(line | {"text": text, "finish_reason": "stop"}))
    return lines


def _answer(
    item: Mapping[str, object], place: int, ease: float, caution: float, boast: float, draw: np.random.Generator
) -> str:
    options, answer = item["options"], item["answer"]
    assert isinstance(options, list)
    right = {answer} if isinstance(answer, int) else {LETTERS.index(str(letter)) for letter in answer}  # type: ignore[union-attr]
    if place < WRONG_KEYS:
        right = set(range(len(options))) - right
    pull = [ease + draw.normal(0, 0.9) if k in right else -ease + draw.normal(0, 0.9) for k in range(len(options))]
    chosen = [k for k, one in enumerate(pull) if one > caution] or [int(np.argmax(pull))]
    if isinstance(answer, int):
        chosen = [int(np.argmax(pull))]
    sure = float(np.clip(1 / (1 + np.exp(-ease)) + boast + draw.normal(0, 0.06), 0, 1))
    hard = float(np.clip(0.5 - 0.12 * ease + draw.normal(0, 0.08), 0, 1))
    return f"ANSWER: {','.join(LETTERS[k] for k in chosen)}\nCONFIDENCE: {sure:.2f}\nDIFFICULTY: {hard:.2f}"


def write_run(
    out: Path, config: str = "multi_select", *, items: int = 300, papers: int = 40, models: tuple[str, ...] = tuple(MODELS),
    version: str = "1.0.0", resamples: int = 300,
) -> list[Path]:  # fmt: skip
    """Results of the models, one folder each."""
    given = rows(config, items, papers)
    asked_ = asked(config, "test", given, {})
    return [_write(out, asked_, given, model, version, resamples) for model in models]


def _write(out: Path, asked_: Asked, given: list[dict[str, object]], model: str, version: str, resamples: int) -> Path:
    reader = Reader(asked_, {})
    for number, line in enumerate(predictions(given, model), 1):
        reader.read(line.encode(), "predictions.jsonl", number)
    responses = reader.models[model]
    taken = seated(responses, asked_, ["predictions.jsonl"], reader.findings, model)
    assert taken is not None
    assert not reader.findings
    identity = Identity(
        benchmark="made_up_bench", version=version, logical_hash=LOGICAL_HASH if version == "1.0.0" else "7f" * 32,
        builder_version="0", model=model, prompt_hash="ab" * 32,
    )  # fmt: skip
    scored = score(asked_, taken, marks_of_selections(asked_, taken), identity, resamples=resamples, seed=0)
    folder = result_folder(out, model, asked_.config)
    write_scored(scored, folder)
    return folder


if __name__ == "__main__":
    where = Path(sys.argv[1])
    write_run(where)
    write_run(where, "caption_matching", items=240)
