"""SPC as an `evaluate` metric: sets of options in, the mean standard partial credit out."""

import datasets
import evaluate

from .evaluate_rows import write_rows
from .option_rows import count_options, packed, unpacked
from .option_sets import LEVEL, VERSION, result_of, spc_scores

_DESCRIPTION = """
Standard partial credit of multi-select answers (SPM-Bench, section 3.2): the share of right options selected, 0 as soon as one
wrong option is; the mean over questions, in [0, 1]; higher is better. It gives a near miss with one wrong option nothing.
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
    spc: the mean over questions.
    interval: low, high, level, resamples, seed, clusters and unit of the bootstrap, or None.
    n, unanswered: questions; those without a selection, which score 0.
    parameters, metric, version: what made these numbers.
Examples:
    >>> spc = evaluate.load("spc")
    >>> spc.compute(predictions=[["A"], ["A", "C"]], references=[["A", "B"], ["A", "B"]])["spc"]
    0.25
    >>> spc.compute(predictions=["A, B", None], references=["B, A", "D"])["unanswered"]
    1
"""

_CITATION = ""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class Spc(evaluate.Metric):
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
        return result_of("spc", spc_scores(counts), counts, {}, papers, resamples, level, seed)


__version__ = VERSION
