"""Description similarity as an `evaluate` metric: texts in, cosine of sentence embeddings and BERTScore by scale out."""

import datasets
import evaluate

from .option_rows import Rows
from .option_sets import LEVEL
from .similarity import BATCH_SIZE, STS_MODEL, VERSION, checked_pairs, description_similarity

_DESCRIPTION = """
Similarity of open-ended figure descriptions to the paper's own text (CSMBench, section III-B): the mean over items of the
cosine of two sentence embeddings (STS), in [-1, 1]; higher is better. BERTScore F1 stands beside it when its model is named.
Both measure likeness of wording and topic, not truth: a wrong number or a swapped element hardly moves them. A score belongs to
its model, layer and max length, which the result states; text beyond the max length is not read, and is counted.
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions: for each item the model's description; None or blank text where there was no answer, which scores 0.
    references: for each item the text it is compared with, not blank.
    scales: optional, the scale of each item: "atomic", "micro", "meso", "macro", "none" or "unknown".
    sts_model: a sentence-transformers model: its name on the Hub, read from an installed package or the local cache, never
        fetched; or the path of a folder, such as "./model".
    bertscore_model: a transformers encoder for BERTScore, given likewise; None for no BERTScore.
    bertscore_layer: the layer whose embeddings BERTScore compares, 0 to the model's number of layers.
    rescale_with_baseline: precision, recall and F1 of unrelated texts with that model and layer, for rescaled BERTScore.
    papers: the paper of each item, for intervals that keep a paper's items together.
    resamples: bootstrap resamples for the interval of the STS mean; 0 for none.
    level: of the interval, in (0, 1).
    seed: of the resampling.
    batch_size: texts that go through a model together; it moves scores by less than a millionth.
    device: of torch, such as "cpu" or "cuda".
Returns:
    description_similarity: mean STS over all items (micro; the same number as sts["mean"]).
    interval: low, high, level, resamples, seed, clusters and unit of the bootstrap, or None.
    sts: mean, macro (unweighted mean over the length scales present), macro_scales, by_scale with score and n.
    bertscore: the same of F1, and mean precision and recall; None without bertscore_model.
    bertscore_name: the name under which to report it: model, layer, rescaling and version.
    n, unanswered: items; those without an answer, which score 0.
    truncated: for each model how many predictions and references are longer than it reads.
    parameters, metric, version: what made these numbers: models with a digest of their weights, max lengths, layer, libraries.
Examples:
    >>> similarity = evaluate.load("description_similarity")
    >>> truth = "TEM shows nanoscale twins in the copper film."
    >>> result = similarity.compute(predictions=[truth, None], references=[truth, truth], scales=["atomic", "meso"])
    >>> round(result["description_similarity"], 2), result["unanswered"]
    (0.5, 1)
    >>> wrong = "TEM shows nanoscale twins in the nickel film."
    >>> model = "sentence-transformers/all-MiniLM-L6-v2"
    >>> result = similarity.compute(predictions=[wrong], references=[truth], bertscore_model=model, bertscore_layer=5)
    >>> round(result["description_similarity"], 2), round(result["bertscore"]["mean"], 2)
    (0.84, 0.96)
    >>> result["bertscore_name"]
    'bertscore_f1|sentence-transformers/all-MiniLM-L6-v2|layer 5|no rescaling|v1.0.0'
"""

_CITATION = ""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class DescriptionSimilarity(evaluate.Metric):
    def _info(self):
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features({"predictions": datasets.Value("string"), "references": datasets.Value("string")}),
            codebase_urls=[],
            reference_urls=["https://arxiv.org/abs/1904.09675"],
            license="Apache-2.0",
        )

    # evaluate checks the type of row 0 only, turns a later 3 into "3", and refuses a batch that begins with None.
    def add_batch(self, *, predictions: Rows = None, references: Rows = None):
        """Add a batch of descriptions, every row checked; no answer becomes blank text."""
        answers, truths = zip(*checked_pairs(predictions, references), strict=True)
        super().add_batch(predictions=list(answers), references=list(truths))

    def add(self, *, prediction=None, reference=None):
        """Add one description, checked."""
        self.add_batch(predictions=[prediction], references=[reference])

    def _compute(
        self,
        predictions,
        references,
        scales=None,
        sts_model=STS_MODEL,
        bertscore_model=None,
        bertscore_layer=None,
        rescale_with_baseline=None,
        papers=None,
        resamples=0,
        level=LEVEL,
        seed=0,
        batch_size=BATCH_SIZE,
        device="cpu",
    ):
        return description_similarity(
            predictions,
            references,
            scales=scales,
            sts_model=sts_model,
            bertscore_model=bertscore_model,
            bertscore_layer=bertscore_layer,
            rescale_with_baseline=rescale_with_baseline,
            papers=papers,
            resamples=resamples,
            level=level,
            seed=seed,
            batch_size=batch_size,
            device=device,
        )


__version__ = VERSION
