"""Caption-match accuracy as an `evaluate` metric: labels in, accuracy by scale and by edited attribute out."""

import datasets
import evaluate

from .caption_match import LABELS, VERSION, caption_match_accuracy

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
    macro_scales, by_scale, by_edit: which scales made macro; accuracy and n by scale; share left as printed and n by edit type.
    n, unanswered, not_a_label: items; empty answers; answers that are not a label.
    metric, version: what made these numbers.
Examples:
    >>> accuracy = evaluate.load("caption_match_accuracy")
    >>> accuracy.compute(predictions=["A", "B"], references=["A", "C"])["caption_match_accuracy"]
    0.5
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

    # evaluate checks the type of row 0 only, and turns a later 3 into "3".
    def add_batch(self, *, predictions=None, references=None, **kwargs):
        """Add a batch of labels, each row checked."""
        _check_labels(predictions or (), references or ())
        return super().add_batch(predictions=predictions, references=references, **kwargs)

    def add(self, *, prediction=None, reference=None, **kwargs):
        """Add one label, checked."""
        _check_labels((prediction,), (reference,))
        return super().add(prediction=prediction, reference=reference, **kwargs)

    def _compute(self, predictions, references, scales=None, edits=None):
        return caption_match_accuracy(predictions, references, scales, edits)


def _check_labels(predictions, references):
    for row, prediction in enumerate(predictions):
        if prediction is not None and not isinstance(prediction, str):
            raise ValueError(f"prediction {row} is {prediction!r}; pass one of {', '.join(LABELS)}, or None for no answer")
    for row, reference in enumerate(references):
        if reference not in LABELS:
            raise ValueError(f"reference {row} is {reference!r}; use one of {', '.join(LABELS)}")


__version__ = VERSION
