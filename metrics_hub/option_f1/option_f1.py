"""Option F1 as an `evaluate` metric: sets of options in, the mean standard F1 of each question out."""

import datasets
import evaluate

from .evaluate_rows import write_rows
from .option_rows import count_options, packed, unpacked
from .option_sets import LEVEL, VERSION, f1_scores, result_of

_DESCRIPTION = """
Standard F1 of multi-select answers, one F1 a question, the mean over questions (scikit-learn's f1_score, average="samples"), in
[0, 1]; higher is better. It rewards selecting everything: all of four options where two are right earn 0.67, as one right does.
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions: for each question the selected options: all lists of labels, or all strings such as "A, C"; None, [] or ""
        where there was no answer. Labels that the question does not have count as wrong.
    references: for each question its right options, in the same form, at least one.
    papers: the paper of each question, for intervals that keep a paper's questions together.
    resamples: bootstrap resamples for the interval; 0 for none.
    level: of the interval, in (0, 1).
    seed: of the resampling.
Returns:
    option_f1: the mean over questions.
    interval: low, high, level, resamples, seed, clusters and unit of the bootstrap, or None.
    n, unanswered: questions; those without a selection, which score 0.
    parameters, metric, version: what made these numbers.
Examples:
    >>> option_f1 = evaluate.load("option_f1")
    >>> option_f1.compute(predictions=[["A", "B", "C"]], references=[["A", "B"]])["option_f1"]
    0.8
    >>> round(option_f1.compute(predictions=["A, B, C, D"], references=["A, B"])["option_f1"], 4)
    0.6667
"""

_CITATION = ""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class OptionF1(evaluate.Metric):
    def _info(self):
        rows = [datasets.Sequence(datasets.Value("string")), datasets.Value("string")]
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=[datasets.Features({"predictions": row, "references": row}) for row in rows],
            codebase_urls=[],
            reference_urls=[],
            license="Apache-2.0",
        )

    def add_batch(self, *, predictions=None, references=None):
        """Add a batch of questions, every row checked."""
        write_rows(self, packed(count_options(predictions, references)))

    def add(self, *, prediction=None, reference=None):
        """Add one question, checked."""
        write_rows(self, packed(count_options([prediction], [reference])))

    def _compute(self, predictions, references, papers=None, resamples=0, level=LEVEL, seed=0):
        counts = unpacked(predictions, references)
        return result_of("option_f1", f1_scores(counts), counts, {}, papers, resamples, level, seed)


__version__ = VERSION
