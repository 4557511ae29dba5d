"""Scores on answers; importable without any edge: `from builder.scoring import sip_f1`."""

from builder.scoring.calibration import calibration_error
from builder.scoring.caption_match import caption_match_accuracy
from builder.scoring.option_rows import OptionCounts, count_options
from builder.scoring.option_sets import (
    exact_match_scores,
    exact_set_match,
    f1_scores,
    interval,
    option_f1,
    paired_comparison,
    sip_f1,
    sip_f1_scores,
    spc,
    spc_scores,
)
from builder.scoring.similarity import description_similarity
from builder.scoring.strategies import response_profile

__all__ = [
    "OptionCounts",
    "calibration_error",
    "caption_match_accuracy",
    "count_options",
    "description_similarity",
    "exact_match_scores",
    "exact_set_match",
    "f1_scores",
    "interval",
    "option_f1",
    "paired_comparison",
    "response_profile",
    "sip_f1",
    "sip_f1_scores",
    "spc",
    "spc_scores",
]
