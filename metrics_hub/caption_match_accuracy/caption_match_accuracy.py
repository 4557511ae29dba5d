"""Caption-match accuracy as an `evaluate` metric: labels in, accuracy by scale and by edited attribute out."""

import datasets
import evaluate
import pyarrow as pa

from .caption_match import VERSION, caption_match_accuracy, check_labels
from .evaluate_rows import write_rows

_DESCRIPTION = """
Share of four-option items whose printed caption was chosen, in [0, 1]; higher is better, chance is 0.25. It says nothing
about why an option was chosen; an answer must already be a label, and text around a label makes it wrong, not parsed.
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions: list of labels "A" to "D"; None or "" where there was no answer (wrong, and counted).
    references: list of labels "A" to "D".
    scales: optional list, the scale of each item: "atomic", "micro", "meso", "macro", "none" or "unknown".
    edits: optional list, column `edits` of the release: per item and option the list of typed edits.
Returns:
    caption_match_accuracy: share right over all items (the same number as micro).
    micro, macro: mean over items; unweighted mean over the length scales present (CSMBench's Overall), None without scales.
    macro_scales, by_scale: which scales made macro; accuracy and n by scale.
    by_attribute: per edit type the share of answers whose option leaves the attribute as printed, and n.
    n, unanswered, not_a_label: items; empty answers; answers that are not a label.
    parameters, metric, version: what made these numbers.
Examples:
    >>> accuracy = evaluate.load("caption_match_accuracy")
    >>> accuracy.compute(predictions=["A", "B"], references=["A", "C"])["caption_match_accuracy"]
    0.5
    >>> accuracy.compute(predictions=["A", "B", "C"], references=["A", "C", "C"], scales=["atomic", "meso", "meso"])["macro"]
    0.75
"""

_CITATION = ""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class CaptionMatchAccuracy(evaluate.Metric):
    def _info(self):
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features({"predictions": datasets.Value("string"), "references": datasets.Value("string")}),
            codebase_urls=[],
            reference_urls=[],
            license="Apache-2.0",
        )

    def add_batch(self, *, predictions=None, references=None):
        """Add a batch of labels, each row checked."""
        answers, keys = check_labels(predictions, references)
        write_rows(self, {"predictions": pa.array(answers, pa.string()), "references": pa.array(keys, pa.string())})

    def add(self, *, prediction=None, reference=None):
        """Add one label, checked."""
        self.add_batch(predictions=[prediction], references=[reference])

    def _compute(self, predictions, references, scales=None, edits=None):
        return caption_match_accuracy(predictions, references, scales, edits)


__version__ = VERSION
