"""Response profile as an `evaluate` metric: answers and options in, the share of each strategy and a personality out."""

import datasets
import evaluate

from .evaluate_rows import write_rows
from .option_rows import packed, packed_pair, unpacked, unpacked_pair
from .option_sets import LEVEL
from .strategies import RESAMPLES, VERSION, Room, counted, profile_of

_DESCRIPTION = """
How a model answers multi-select questions: the shares of six strategies, in [0, 1], that sum to 1; none is better by itself.
With them the signed gap SPC - SIP-F1, within (-0.6, 0.4), above 0 for answers that select too little, and a personality by a
stated rule, "undetermined" where fewer than nine in ten resamples bear the same name. It describes answers, not knowledge.
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions: for each question the selected options: all lists of labels, or all strings such as "A, C"; None, [] or ""
        where there was no answer.
    references: for each question its right options, in the same form, at least one.
    options: for each question all its options, in the same form.
    papers: the paper of each question, so that a paper's questions are resampled together.
    resamples: bootstrap resamples for the interval and the personality, at least 1.
    level: of the interval, in (0, 1).
    seed: of the resampling.
Returns:
    response_profile: the share of perfect, conservative, aggressive, gambling, all_wrong and abstention.
    personality: Wise, Conservative, Aggressive, Gambling or undetermined.
    personality_shares: the share of resamples that bear each name.
    spc_minus_sip_f1, interval: the signed gap and its bootstrap interval.
    strangers: questions with a selected label that is not among the options.
    n, unanswered: questions; those without a selection.
    parameters, metric, version: what made these numbers.
Examples:
    >>> response_profile = evaluate.load("response_profile")
    >>> answers = {"predictions": ["A", "A, C"], "references": ["A, B", "A"], "options": ["A, B, C", "A, B, C"]}
    >>> response_profile.compute(**answers)["response_profile"]["conservative"]
    0.5
    >>> response_profile.compute(predictions=["B"] * 10, references=["B"] * 10, options=["A, B"] * 10)["personality"]
    'Wise'
"""

_CITATION = ""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class ResponseProfile(evaluate.Metric):
    def _info(self):
        rows = [datasets.Sequence(datasets.Value("string")), datasets.Value("string")]
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=[datasets.Features({"predictions": row, "references": row, "options": row}) for row in rows],
            codebase_urls=[],
            reference_urls=[],
            license="Apache-2.0",
        )

    def add_batch(self, *, predictions=None, references=None, options=None):
        """Add a batch of questions, every row checked."""
        counts, room = counted(predictions, references, options)
        write_rows(self, {**packed(counts), "options": packed_pair(room.options, room.strangers)})

    def add(self, *, prediction=None, reference=None, options=None):
        """Add one question with its options, checked."""
        self.add_batch(predictions=[prediction], references=[reference], options=[options])

    def _compute(self, predictions, references, options, papers=None, resamples=RESAMPLES, level=LEVEL, seed=0):
        room = Room(*unpacked_pair(options))
        counts = unpacked(predictions, references)
        return profile_of(counts, room, papers=papers, resamples=resamples, level=level, seed=seed)


__version__ = VERSION
