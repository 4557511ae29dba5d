"""Tasks for LightEval: `lighteval accelerate MODEL NAME_multi_select --custom-tasks harness/lighteval/tasks.py`.

Tested with lighteval 0.13.0. With MICROTOME_DATASET=org/name (and MICROTOME_REVISION=v1.0.0) the rows come from the Hub.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from lighteval.metrics.metrics_sample import SampleLevelComputation
from lighteval.metrics.utils.metric_utils import SampleLevelMetricGrouping
from lighteval.models.model_output import ModelResponse
from lighteval.tasks.lighteval_task import LightevalTaskConfig
from lighteval.tasks.requests import Doc, SamplingMethod

sys.path.append(str(Path(__file__).absolute().parents[1]))
from microtome_scoring.asked_rows import asked, is_asked
from microtome_scoring.release_rows import release_of
from microtome_scoring.reply_scores import METRICS, mean_score, score_reply

RELEASE = release_of(__file__)
DATASET = os.environ.get("MICROTOME_DATASET")
REVISION = os.environ.get("MICROTOME_REVISION", "v" + RELEASE.facts["version"])


class ReplyScores(SampleLevelComputation):
    """Every metric of a config. Reads the whole reply: the parser itself leaves out what was only thought."""

    def __init__(self, config: str) -> None:
        self.config = config

    def compute(self, doc: Doc, model_response: ModelResponse, **_: Any) -> dict[str, float]:
        facts = doc.specific or {}
        text = model_response.text[0] if model_response.text else None
        return dict(score_reply(self.config, text, facts["labels"], facts["key"]).scores)


def ask(config: str, row: dict[str, Any], task_name: str = "") -> Doc | None:
    """A row as LightEval takes it; None for one whose image may not be shared."""
    if not is_asked(row):
        return None
    item = asked(row)
    facts = {"id": item.id, "labels": list(item.labels), "key": list(item.key), "paper_id": row["paper_id"]}
    right = [item.labels.index(letter) for letter in item.key]
    images = [row["image"].convert("RGB")]
    return Doc(
        query=item.prompt, choices=list(item.labels), gold_index=right, images=images, specific=facts, task_name=task_name
    )


def task_of(config: str) -> LightevalTaskConfig:
    """All metrics of a config, from one generation an item."""
    names = list(METRICS[config])
    scores = SampleLevelMetricGrouping(
        metric_name=names,
        higher_is_better=dict.fromkeys(names, True),
        category=SamplingMethod.GENERATIVE,
        sample_level_fn=ReplyScores(config),
        corpus_level_fn=dict.fromkeys(names, mean_score),
    )
    splits = RELEASE.splits(config)
    return LightevalTaskConfig(
        name=f"{RELEASE.name}_{config}",
        prompt_function=partial(ask, config),
        hf_repo=DATASET or str(RELEASE.harness.parent),
        hf_subset=config,
        hf_revision=REVISION if DATASET else None,
        hf_avail_splits=splits,
        evaluation_splits=splits[:1],
        metrics=[scores],
        generation_size=4096,
        stop_sequence=(),
        version=0,
    )


TASKS_TABLE = [task_of(config) for config in RELEASE.configs if RELEASE.splits(config)]
