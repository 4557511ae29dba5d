"""What the Inspect tasks beside this file share: samples, scorer, metrics. Tested with inspect-ai 0.3.285."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageUser, ContentImage, ContentText
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer, stderr
from inspect_ai.solver import TaskState, generate

sys.path.append(str(Path(__file__).absolute().parents[1]))
from microtome_scoring.asked_rows import asked
from microtome_scoring.release_rows import release_of
from microtome_scoring.reply_scores import METRICS, mean_score, score_reply

RELEASE = release_of(__file__)
FINISHED = {"stop": "stop", "max_tokens": "length", "model_length": "length"}  # Inspect's word for the provider's


@metric
def exact_mean() -> Metric:
    """The mean, summed exactly."""

    def compute(scores: list[SampleScore]) -> float:
        return mean_score(one.score.as_float() for one in scores)

    return compute


@scorer(metrics={"*": [exact_mean(), stderr(cluster="paper_id")]})
def reply_scorer(config: str) -> Scorer:
    """Every metric of the config; the standard error is clustered by paper."""

    async def score(state: TaskState, target: Target) -> Score:
        labels, key = state.metadata["labels"], list(target)
        text, finished = reply_of(state)
        scored = score_reply(config, text, labels, key, finish_reason=finished)
        read = {"status": scored.read.status, "confidence": scored.read.confidence, "difficulty": scored.read.difficulty}
        return Score(value=dict(scored.scores), answer=",".join(scored.selected), metadata=read)

    return score


def reply_of(state: TaskState) -> tuple[str | None, str | None]:
    """The reply and why it ended. None for a request that failed."""
    output = state.output
    if output.empty or output.error:
        return None, None
    return output.completion, FINISHED.get(output.stop_reason)


def samples(config: str, split: str | None, dataset: str | None, revision: str | None) -> MemoryDataset:
    """The items that can be asked, image first."""
    split = split or RELEASE.splits(config)[0]
    rows = RELEASE.rows(config, split, dataset, revision).with_format("arrow")
    made = [sample_of(row) for batch in rows.iter(32) for row in batch.to_pylist()]
    return MemoryDataset(made, name=f"{RELEASE.name}/{config}/{split}", location=RELEASE.facts["signature"])


def sample_of(row: dict[str, Any]) -> Sample:
    """A row as Inspect takes it."""
    item = asked(row)
    url = "data:image/png;base64," + base64.b64encode(row["image"]["bytes"]).decode()
    said = [ContentImage(image=url), ContentText(text=item.prompt)]
    facts = {name: row[name] for name in ("paper_id", "figure_id", "kind", "scale", "licence")}
    return Sample(
        id=item.id,
        input=[ChatMessageUser(content=said)],
        target=list(item.key),
        metadata={**facts, "labels": list(item.labels)},
    )


def task_of(task_file: str, config: str, split: str | None, dataset: str | None, revision: str | None) -> Task:
    """The task of `task_file`. A failed request is scored 0 and counted, not left out of the mean."""
    facts = release_of(task_file).facts
    return Task(
        dataset=samples(config, split, dataset, revision),
        solver=generate(),
        scorer=reply_scorer(config),
        name=f"{RELEASE.name}_{config}",
        version=facts["version"],
        score_on_error=True,
        fail_on_error=False,
        metadata={
            **{name: facts[name] for name in ("signature", "prompt_hash", "parser", "metrics")},
            "rank_by": METRICS[config][0],
        },
    )
