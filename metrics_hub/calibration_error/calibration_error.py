"""Calibration error as an `evaluate` metric: answers and stated confidences in, expected calibration error out."""

import datasets
import evaluate
import numpy as np

from .calibration import BINS, VERSION, calibration_of, checked_confidences
from .evaluate_rows import write_rows
from .option_rows import count_options, packed, unpacked
from .option_sets import LEVEL

_DESCRIPTION = """
Expected calibration error of the confidence that a model states, against exact set match: the mean distance between confidence
and share right over bins of equal width, in [0, 1]; lower is better. It depends on the bins, which the result states. A model
that is always wrong and says so scores 0. Adaptive error and Brier score stand beside it.
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions: for each question the selected options: all lists of labels, or all strings such as "A, C"; None, [] or ""
        where there was no answer.
    references: for each question its right options, in the same form, at least one.
    confidences: for each question a number in [0, 1], or None where the model stated none.
    bins: how many bins, at least 1.
    papers: the paper of each question, for intervals that keep a paper's questions together.
    resamples: bootstrap resamples for the interval; 0 for none.
    level: of the interval, in (0, 1).
    seed: of the resampling.
Returns:
    calibration_error: expected calibration error over bins of equal width, closed on the right.
    adaptive_calibration_error: the same over bins of equal numbers, equal confidences kept together.
    brier_score: mean squared distance between confidence and exact set match.
    mean_confidence, exact_set_match: the means that calibration compares.
    bins, adaptive_bins: the filled bins: number, n, mean confidence, accuracy, lowest and highest confidence.
    interval: low, high, level, resamples, seed, clusters and unit of the bootstrap, or None.
    n, unanswered, without_confidence: questions; those without a selection; those left out because no confidence was stated.
    parameters, metric, version: what made these numbers.
Examples:
    >>> calibration_error = evaluate.load("calibration_error")
    >>> answers = {"predictions": ["A", "B"], "references": ["A", "A"], "confidences": [0.9, 0.6]}
    >>> round(calibration_error.compute(**answers)["calibration_error"], 4)
    0.35
    >>> calibration_error.compute(**answers, bins=1)["calibration_error"]
    0.25
"""

_CITATION = ""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class CalibrationError(evaluate.Metric):
    def _info(self):
        rows = [datasets.Sequence(datasets.Value("string")), datasets.Value("string")]
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=[
                datasets.Features({"predictions": row, "references": row, "confidences": datasets.Value("float64")})
                for row in rows
            ],
            codebase_urls=[],
            reference_urls=[],
            license="Apache-2.0",
        )

    def add_batch(self, *, predictions=None, references=None, confidences=None):
        """Add a batch of questions, every row checked."""
        counts = count_options(predictions, references)
        stated = checked_confidences(confidences, len(counts.keys))
        write_rows(self, {**packed(counts), "confidences": stated})

    def add(self, *, prediction=None, reference=None, confidences=None):
        """Add one question with its confidence, checked."""
        self.add_batch(predictions=[prediction], references=[reference], confidences=[confidences])

    def _compute(self, predictions, references, confidences, bins=BINS, papers=None, resamples=0, level=LEVEL, seed=0):
        stated = np.array(confidences, dtype=np.float64)
        counts = unpacked(predictions, references)
        return calibration_of(counts, stated, bins, papers=papers, resamples=resamples, level=level, seed=seed)


__version__ = VERSION
