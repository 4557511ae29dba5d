"""SIP-F1 as an `evaluate` metric: sets of options in, the mean Strict Imperfection Penalty F1 out."""

import datasets
import evaluate

from .evaluate_rows import write_rows
from .option_rows import count_options, packed, unpacked
from .option_sets import ALPHA, BETA, LEVEL, VERSION, result_of, sip_f1_scores

_DESCRIPTION = """
Strict Imperfection Penalty F1 of multi-select answers (SPM-Bench, section 3.3): the mean over questions, in [0, 1]; higher is
better. A perfect selection earns 1, any other at most alpha; a wrong option weighs beta against each right one. It says nothing
about why an option was chosen. From four right options on, all of them plus a wrong one score above one right option alone.
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions: for each question the selected options: all lists of labels, or all strings such as "A, C"; None, [] or ""
        where there was no answer. Labels that the question does not have count as wrong.
    references: for each question its right options, in the same form, at least one.
    alpha: the most that an imperfect answer earns, in [0, 1].
    beta: the weight of a wrong option, at least 0.
    papers: the paper of each question, for intervals that keep a paper's questions together.
    resamples: bootstrap resamples for the interval; 0 for none.
    level: of the interval, in (0, 1).
    seed: of the resampling.
Returns:
    sip_f1: the mean over questions.
    interval: low, high, level, resamples, seed, clusters and unit of the bootstrap, or None.
    n, unanswered: questions; those without a selection, which score 0.
    parameters, metric, version: what made these numbers.
Examples:
    >>> sip_f1 = evaluate.load("sip_f1")
    >>> round(sip_f1.compute(predictions=[["A"]], references=[["A", "B"]])["sip_f1"], 4)
    0.4
    >>> round(sip_f1.compute(predictions=["A, B, C", None], references=["A, B", "D"])["sip_f1"], 4)
    0.12
"""

_CITATION = ""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class SipF1(evaluate.Metric):
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

    def _compute(self, predictions, references, alpha=ALPHA, beta=BETA, papers=None, resamples=0, level=LEVEL, seed=0):
        counts = unpacked(predictions, references)
        parameters = {"alpha": float(alpha), "beta": float(beta)}
        return result_of("sip_f1", sip_f1_scores(counts, alpha, beta), counts, parameters, papers, resamples, level, seed)


__version__ = VERSION
