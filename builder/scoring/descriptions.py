"""Descriptions scored against the paper's own words where the models for it are installed; else the reason why not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builder.scoring import similarity
from builder.scoring.asked import Asked
from builder.scoring.dense import Seated
from builder.scoring.option_sets import Floats
from builder.scoring.score import Marks

BERTSCORE = "bertscore_f1"
DEVICE = "cpu"
_NOT_NAMED = "BERTScore has no default model: name one with --bertscore-model and --bertscore-layer"


@dataclass(frozen=True)
class Bertscore:
    """Model and layer; another of either is another score."""

    model: str
    layer: int


def marks_of_descriptions(asked: Asked, seated: Seated, bertscore: Bertscore | None) -> Marks:
    """Cosine of sentence embeddings of each description, and BERTScore F1 where a model is named; 0 for no description.

    Raises ValueError for a model that is not on this machine or cannot be read.
    """
    pairs = similarity.checked_pairs(list(seated.texts), [asked.references[item] for item in seated.item.tolist()])
    try:
        model = similarity.sentence_model(*similarity.place_of(similarity.STS_MODEL), DEVICE)
        pairs = similarity.read_pairs(pairs, model)
        told = similarity.sts_parameters(similarity.STS_MODEL, model)
        scores: dict[str, Floats] = {similarity.METRIC: similarity.sts_scores(pairs, model)}
    except ImportError as error:
        return Marks({}, {}, {similarity.METRIC: str(error), BERTSCORE: str(error)}, None)
    name = f"{similarity.VERSION} {told['sts_model']} weights {told['sts_weights']} max length {told['sts_max_length']}"
    versions = {similarity.METRIC: name}
    if bertscore is None:
        return Marks(scores, versions, {BERTSCORE: _NOT_NAMED}, None)
    reader = similarity.token_model(*similarity.place_of(bertscore.model), DEVICE)
    scores[BERTSCORE] = np.ascontiguousarray(similarity.bert_scores(pairs, reader, bertscore.layer)[:, 2])
    made = similarity.bertscore_parameters(bertscore.model, reader, bertscore.layer, None)
    versions[BERTSCORE] = f"{similarity.bertscore_name(made)} weights {made['bertscore_weights']}"
    return Marks(scores, versions, {}, None)


__all__ = ["BERTSCORE", "Bertscore", "marks_of_descriptions"]
