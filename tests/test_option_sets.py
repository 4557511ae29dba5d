"""Scores on option sets: every cell of the paper's tables, its errata by name, properties with the range they hold in."""

from __future__ import annotations

import csv
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder import shipped
from builder.scoring import (
    OptionCounts,
    count_options,
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
from builder.scoring.option_sets import Floats


def one(tp: int, fp: int, keys: int) -> OptionCounts:
    return OptionCounts(*(np.array([v], dtype=np.int64) for v in (tp, fp, keys)))


def sip(tp: int, fp: int, keys: int, alpha: float = 0.6, beta: float = 6) -> float:
    return float(sip_f1_scores(one(tp, fp, keys), alpha, beta)[0])


def published_rows(name: str) -> list[list[str]]:
    """The rows of a table as the paper prints it."""
    return list(csv.reader(shipped.published_table(name)[0].splitlines()))[1:]


# ---- SPM-Bench, table 1: key {A, B} of {A, B, C, D}

TABLE_1 = {
    "perfect": ("A, B", 1.0, 1.0, 1.0, 1.0),
    "conservative": ("A", 0.0, 0.6667, 0.5, 0.4),
    "aggressive": ("A, B, C", 0.0, 0.8, 0.0, 0.24),
    "gambling": ("A, B, C, D", 0.0, 0.6667, 0.0, 0.15),
    "all wrong": ("C, D", 0.0, 0.0, 0.0, 0.0),
}


@pytest.mark.parametrize("strategy", TABLE_1)
def test_table_1_of_spm_bench(strategy: str) -> None:
    selected, *printed = TABLE_1[strategy]
    given = ([selected], ["A, B"])
    scores = (exact_set_match(*given), option_f1(*given), spc(*given), sip_f1(*given))
    assert [round(s[str(s["metric"])], 4) for s in scores] == printed


# ---- SPM-Bench, table 8: alpha 0.3 ... 0.8 across (the header lost one), one row for (N, TP, FP, beta)

ALPHAS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
ANY_BETA = (1, 2, 4, 6, 8, 10)
TABLE_8 = {
    (*map(int, row[:3]), int(row[3]) if row[3].isdecimal() else None): tuple(map(float, row[4:]))
    for row in published_rows("spm-bench-8")
}
ERRATA_8 = {(3, 3, 1, 2): (0.225, 0.300, 0.375, 0.450, 0.525, 0.600), (3, 3, 1, 8): (0.129, 0.171, 0.214, 0.257, 0.300, 0.343)}
CELLS_8 = [(row, alpha, cell) for row, cells in TABLE_8.items() for alpha, cell in zip(ALPHAS, cells, strict=True)]


def by_formula(row: tuple[int, int, int, int | None], alpha: float) -> float:
    keys, tp, fp, beta = row
    return sip(tp, fp, keys, alpha, 6 if beta is None else beta)


@pytest.mark.parametrize(("row", "alpha", "cell"), [case for case in CELLS_8 if case[0] not in ERRATA_8])
def test_table_8_of_spm_bench(row: tuple[int, int, int, int | None], alpha: float, cell: float) -> None:
    assert abs(by_formula(row, alpha) - cell) <= 0.0005 + 1e-12


def test_table_8_has_126_cells_of_which_12_do_not_follow_the_formula() -> None:
    off = [(row, alpha) for row, alpha, cell in CELLS_8 if abs(by_formula(row, alpha) - cell) > 0.0005 + 1e-12]
    assert len(CELLS_8) == 126
    assert off == [(row, alpha) for row in ERRATA_8 for alpha in ALPHAS]


@pytest.mark.parametrize("row", ERRATA_8)
def test_erratum_of_table_8_what_the_formula_gives_instead(row: tuple[int, int, int, int]) -> None:
    assert [round(by_formula(row, alpha), 3) for alpha in ALPHAS] == list(ERRATA_8[row])
    assert TABLE_8[row] != ERRATA_8[row]


def test_erratum_of_table_2_and_the_text_round_0_24_to_0_25() -> None:
    assert sip(2, 1, 2) == 0.24


# ---- SPM-Bench, table 3: EM, SPC, SIP-F1, the printed gap, the label

TABLE_3 = {row[0]: (*map(float, row[1:5]), row[5]) for row in published_rows("spm-bench-3")}
HALF_A_DIGIT = 0.0005  # of each printed score


def test_table_3_prints_the_gap_without_its_sign_and_one_model_less_than_the_text_counts() -> None:
    assert len(TABLE_3) == 17
    for em, partial, score, gap, _ in TABLE_3.values():
        assert abs(abs(partial - score) - gap) < 3 * HALF_A_DIGIT, (em, partial, score)


def test_erratum_of_table_3_two_models_score_more_than_any_answers_can() -> None:
    """No imperfect answer earns more than alpha: SIP-F1 <= EM + alpha (1 - EM)."""
    beyond = [m for m, (em, _, score, _, _) in TABLE_3.items() if score - HALF_A_DIGIT > (em + HALF_A_DIGIT) * 0.4 + 0.6]
    assert beyond == ["claude-opus-4-7", "claude-sonnet-4-6"]


@pytest.mark.parametrize("options", [4, 6, 8, 12])
def test_erratum_of_table_3_a_third_model_is_impossible_when_its_spc_is_counted_in(options: int) -> None:
    """The most and the least SIP-F1 that answers with the printed EM and SPC can have: a linear programme over (N, TP, FP)."""
    optimize = pytest.importorskip("scipy.optimize", reason="pip install scipy for the linear programme")
    kinds = [(n, tp, fp) for n in range(1, options + 1) for tp in range(n + 1) for fp in range(options - n + 1)]
    exact = np.array([float(tp == n and fp == 0) for n, tp, fp in kinds])
    partial = np.array([tp / n if fp == 0 else 0.0 for n, tp, fp in kinds])
    strict = np.array([sip(tp, fp, n) for n, tp, fp in kinds])
    impossible = []
    for model, (em, spc_printed, printed, _, _) in TABLE_3.items():
        given_scores = {
            "A_ub": np.vstack([exact, -exact, partial, -partial]),
            "b_ub": [value + HALF_A_DIGIT for value in (em, -em, spc_printed, -spc_printed)],
            "A_eq": np.ones((1, len(kinds))),
            "b_eq": [1.0],
        }
        least, most = (sign * optimize.linprog(sign * strict, **given_scores).fun for sign in (1, -1))
        if not least - HALF_A_DIGIT <= printed <= most + HALF_A_DIGIT:
            impossible.append(model)
    assert impossible == ["claude-opus-4-7", "claude-sonnet-4-6", "claude-opus-4-6"]


@given(st.integers(1, 12), st.integers(0, 12), st.integers(0, 12))
def test_no_imperfect_answer_earns_more_than_alpha(keys: int, tp: int, fp: int) -> None:
    tp = min(tp, keys)
    assert sip(tp, fp, keys) <= 0.6 or (tp == keys and fp == 0)


# ---- the guarantee and its counterexamples


def breaks_the_guarantee(keys: int, beta: float) -> bool:
    """Does some answer with a wrong option reach the most conservative right one, one of N?"""
    worst = max(sip(tp, fp, keys, 0.6, beta) for tp in range(1, keys + 1) for fp in (1, 2, 3))
    cautious = sip(1, 0, keys, 0.6, beta) if keys > 1 else 1.0
    return worst >= cautious - 1e-12


def test_errata_of_the_text_of_spm_bench() -> None:
    """Table 6 averages 4.28, not 4.08; EM reaches 0.832, not 0.79; doubao is eighth by SIP-F1, not ninth; 17 models, not 18."""
    assert round((4.10 + 3.86 + 4.47 + 4.71) / 4, 3) == 4.285
    ems = [row[0] for row in TABLE_3.values()]
    assert (min(ems), max(ems)) == (0.432, 0.832)
    ranked = sorted(TABLE_3, key=lambda model: -TABLE_3[model][2])
    assert ranked.index("doubao-seed-2-0-pro") + 1 == 8


def test_the_papers_guarantee_holds_for_two_keys_ties_at_three_and_fails_from_four_on() -> None:
    assert sip(2, 1, 2) < sip(1, 0, 2)
    assert sip(3, 1, 3) == pytest.approx(sip(1, 0, 3)) == pytest.approx(0.30)
    assert round(sip(4, 1, 4), 3) == 0.343
    assert sip(1, 0, 4) == pytest.approx(0.24)
    assert [keys for keys in range(2, 9) if breaks_the_guarantee(keys, 6)] == [3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("keys", range(2, 10))
def test_the_guarantee_holds_exactly_when_beta_is_above_n_times_n_minus_1(keys: int) -> None:
    bound = keys * (keys - 1)
    assert not breaks_the_guarantee(keys, bound + 1e-6)
    assert breaks_the_guarantee(keys, bound)
    assert breaks_the_guarantee(keys, bound - 0.5)


# ---- properties

LABELS = "ABCDEF"
answers = st.lists(st.sampled_from(LABELS + "Z"), max_size=8)
questions = st.lists(st.tuples(answers, st.lists(st.sampled_from(LABELS), min_size=1, max_size=6)), min_size=1, max_size=20)
ALL = (exact_match_scores, f1_scores, spc_scores, sip_f1_scores)


@given(questions)
def test_every_score_is_in_0_1_and_none_without_a_hit(rows: list[tuple[list[str], list[str]]]) -> None:
    counts = count_options([p for p, _ in rows], [r for _, r in rows])
    for scores_of in ALL:
        scores = scores_of(counts)
        assert ((scores >= 0) & (scores <= 1)).all()
        assert (scores[counts.tp == 0] == 0).all()


@given(questions, st.randoms())
def test_no_order_of_labels_or_questions_matters(rows: list[tuple[list[str], list[str]]], random) -> None:  # type: ignore[no-untyped-def]
    mixed = [(random.sample(p, len(p)) + p[:1], random.sample(r, len(r))) for p, r in rows]
    random.shuffle(mixed)
    for metric in (exact_set_match, option_f1, spc, sip_f1):
        before, after = (metric([p for p, _ in some], [r for _, r in some]) for some in (rows, mixed))
        assert before == after


@given(st.integers(1, 8), st.integers(0, 7), st.integers(0, 8), st.floats(0.05, 1), st.floats(0.1, 50))
def test_a_right_option_more_never_lowers_and_a_wrong_one_more_never_raises(
    keys: int, tp: int, fp: int, alpha: float, beta: float
) -> None:
    tp = min(tp, keys - 1)
    assert sip(tp + 1, fp, keys, alpha, beta) >= sip(tp, fp, keys, alpha, beta)
    assert sip(tp, fp + 1, keys, alpha, beta) <= sip(tp, fp, keys, alpha, beta)
    for scores_of in (exact_match_scores, f1_scores, spc_scores):
        assert scores_of(one(tp + 1, fp, keys)) >= scores_of(one(tp, fp, keys))
        assert scores_of(one(tp, fp + 1, keys)) <= scores_of(one(tp, fp, keys))


@given(questions)
def test_counts_are_those_of_python_sets(rows: list[tuple[list[str], list[str]]]) -> None:
    counts = count_options([p for p, _ in rows], [r for _, r in rows])
    by_hand = [(len(set(p) & set(r)), len(set(p) - set(r)), len(set(r))) for p, r in rows]
    assert list(zip(*(column.tolist() for column in counts), strict=True)) == by_hand


@pytest.mark.parametrize("labels", [[f"opt{i}" for i in range(40)], [f"{i}" for i in range(300)], list("αβγδ")])
def test_labels_of_any_length_and_number_count_the_same(labels: list[str]) -> None:
    random = np.random.default_rng(7)
    draw = lambda: [list(random.choice(labels, random.integers(1, 4), replace=False)) for _ in range(500)]  # noqa: E731
    given, wanted = draw(), draw()
    counts = count_options(given, wanted)
    assert counts.tp.tolist() == [len(set(p) & set(r)) for p, r in zip(given, wanted, strict=True)]
    assert counts.fp.tolist() == [len(set(p) - set(r)) for p, r in zip(given, wanted, strict=True)]


def test_scikit_learns_sample_averaged_f1_agrees_on_ten_thousand_rows() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="pip install scikit-learn for the independent reference")
    random = np.random.default_rng(3)
    given, wanted = random.random((10_000, 6)) < 0.4, random.random((10_000, 6)) < 0.4
    wanted[~wanted.any(axis=1), 0] = True
    names = np.array(list(LABELS))
    ours = option_f1([list(names[row]) for row in given], [list(names[row]) for row in wanted])
    theirs = metrics.f1_score(wanted, given, average="samples", zero_division=0)
    assert ours["option_f1"] == pytest.approx(theirs, abs=1e-12)


# ---- input


@pytest.mark.parametrize("nothing", [None, [], ""])
def test_no_answer_scores_nothing_and_is_counted_apart(nothing: object) -> None:
    form = ["A", "B"] if nothing == "" else [["A"], ["B"]]
    result = sip_f1([form[0], nothing], form)
    assert (result["sip_f1"], result["unanswered"], result["n"]) == (0.5, 1, 2)


def test_a_label_that_the_question_does_not_have_is_a_wrong_selection_not_an_abstention() -> None:
    assert count_options([["A", "Q"]], [["A"]]) == (np.array([1]), np.array([1]), np.array([1]))
    assert sip_f1([["Q"]], [["A"]])["unanswered"] == 0


@pytest.mark.parametrize("text", ["A,C", "A, C", "C;A", "A C", "A/C", " A | C ", "A\nC", "A, C, A"])
def test_strings_are_split_at_separators(text: str) -> None:
    assert exact_set_match([text], ["C, A"])["exact_set_match"] == 1


def test_a_row_may_be_a_tuple_a_set_or_an_array() -> None:
    rows = [("A", "C"), {"C", "A"}, frozenset("AC"), np.array(["A", "C"])]
    assert exact_set_match(rows, [["A", "C"]] * 4)["exact_set_match"] == 1


def test_a_lower_case_label_is_wrong_and_said_aloud() -> None:
    with pytest.warns(UserWarning, match="prediction 1 has 'b' and references have 'B'"):
        assert exact_set_match([["A"], ["b"]], [["A"], ["B"]])["exact_set_match"] == 0.5


REFUSED = {
    "a string among lists": ([["A"], "AB"], [["A"], ["B"]], "prediction 1 is 'AB' where the references are lists"),
    "a list among strings": (["A", ["B"]], ["A", "B"], r"prediction 1 is \['B'\] where the references are strings"),
    "another form than the references": (["A"], [["A"]], "prediction 0 is 'A' where the references are lists"),
    "letters without separators": (["A", "AB"], ["A", "B"], "prediction 1 is 'AB'; separate labels by commas"),
    "letters without separators in the key": (["A"], ["AB"], "reference 0 is 'AB'; separate labels by commas"),
    "a sentence": (["the answer is C"], ["C"], "prediction 0 is 'the answer is C'; separate labels"),
    "an empty reference": ([["A"], ["B"]], [["A"], []], "reference 1 is empty; a question has at least one"),
    "an empty reference string": (["A"], [""], "reference 0 is empty"),
    "a missing reference": ([["A"]], [None], "reference 0 is None; pass lists of labels"),
    "a later missing reference": ([["A"], ["A"]], [["A"], None], "reference 1 is None where"),
    "a number": ([["A"], ["B", 1]], [["A"], ["B"]], "prediction 1 holds 1, which is no string"),
    "a number alone": ([3], [["A"]], "prediction 0 is 3 where the references are lists"),
    "None inside a row": ([["A", None]], [["A"]], "prediction 0 holds None, which is no string"),
    "NaN": (["A", math.nan], ["A", "B"], "prediction 1 is nan where"),
    "a separator inside a label": ([["A, C"]], [["A", "C"]], "prediction 0 holds the label 'A, C'; a label is one option"),
    "a blank label": ([["A"], [" "]], [["A"], ["A"]], "prediction 1 holds the label ' '"),
    "unequal lengths": (
        [["A"]],
        [["A"], ["B"]],
        "1 predictions, 2 references: pass one row for each question.* first missing row is 1",
    ),
    "nothing": ([], [], "there is nothing to score"),
    "a bare string": ("AB", ["A", "B"], "predictions is 'AB'; pass a list with one row for each question"),
    "no column": (None, ["A"], "predictions is None; pass a list"),
    "a dict row": ([{"A": 1}], [["A"]], "prediction 0 is {'A': 1} where"),
    "bytes": ([[b"A"]], [["A"]], "prediction 0 holds b'A', which is no string"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_corrupt_a_score_is_refused_with_its_row(case: str) -> None:
    given, wanted, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        sip_f1(given, wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize(("alpha", "beta"), [(-0.1, 6), (1.1, 6), (0.6, -1), (0.6, math.inf), (math.nan, 6), (0.6, math.nan)])
def test_parameters_outside_their_range_are_refused(alpha: float, beta: float) -> None:
    with pytest.raises(ValueError, match="^(alpha|beta) is "):
        sip_f1(["A"], ["A"], alpha, beta)


# ---- uncertainty


def scores(n: int, seed: int) -> Floats:
    return np.random.default_rng(seed).random(n)


def test_an_interval_holds_the_mean_and_says_how_it_was_drawn() -> None:
    result = sip_f1(["A", "B", "A, B"] * 30, ["A", "A", "A"] * 30, resamples=500, seed=4)
    drawn = result["interval"]
    assert drawn["low"] <= result["sip_f1"] <= drawn["high"]
    assert {k: drawn[k] for k in ("level", "resamples", "seed", "clusters", "unit")} == {
        "level": 0.95,
        "resamples": 500,
        "seed": 4,
        "clusters": 90,
        "unit": "question",
    }


def test_questions_of_one_paper_are_drawn_together_so_that_the_interval_is_wider() -> None:
    papers = [f"paper {i // 10}" for i in range(400)]
    per_paper = np.repeat(scores(40, 1), 10)
    alone, clustered = interval(per_paper), interval(per_paper, papers)
    assert (clustered["clusters"], clustered["unit"]) == (40, "paper")
    assert clustered["high"] - clustered["low"] > 2 * (alone["high"] - alone["low"])


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    """300 samples of 60 uniform scores: 95 % intervals that hold 0.5; a binomial of 0.93 leaves 0.89 once in a thousand."""
    held = sum(d["low"] <= 0.5 <= d["high"] for d in (interval(scores(60, 100 + i), resamples=200, seed=i) for i in range(300)))
    assert 0.89 <= held / 300 <= 0.985


def test_two_models_are_compared_question_by_question() -> None:
    better, worse = np.full(50, 0.6), np.full(50, 0.5)
    result = paired_comparison(better, worse, resamples=300)
    assert result["difference"] == pytest.approx(0.1)
    assert (result["wins"], result["ties"], result["losses"], result["n"]) == (50, 0, 0, 50)
    assert result["p_value"] == pytest.approx(1 / 301)


def test_a_model_against_itself_differs_by_nothing() -> None:
    result = paired_comparison(scores(20, 5), scores(20, 5), resamples=50)
    assert (result["difference"], result["p_value"], result["ties"]) == (0, 1, 20)


def test_swapping_the_models_turns_the_difference_and_keeps_the_p_value() -> None:
    a, b = scores(40, 6), scores(40, 7)
    forth, back = paired_comparison(a, b, resamples=200), paired_comparison(b, a, resamples=200)
    assert forth["difference"] == -back["difference"]
    assert forth["p_value"] == back["p_value"]


@settings(max_examples=25)
@given(st.integers(2, 6))
def test_the_p_value_of_few_papers_is_not_smaller_than_their_flips_allow(n: int) -> None:
    papers = [f"p{i}" for i in range(n) for _ in range(5)]
    result = paired_comparison(np.ones(5 * n), np.zeros(5 * n), papers, resamples=400)
    assert result["p_value"] >= 0.5 * 2 / 2**n


BAD_PAPERS: tuple[tuple[object, str], ...] = (
    (["p"], "1 papers for 2 questions"),
    (["p", None], "paper 1 is None; name the paper"),
    (["p", ""], "paper 1 is ''"),
    ("pq", "papers is 'pq'; pass a list"),
    (["p", float("nan")], "paper 1 is nan"),
    ({"p", "q"}, "papers is .*; pass a list"),
)


@pytest.mark.parametrize(("papers", "message"), BAD_PAPERS)
def test_papers_that_do_not_fit_are_refused(papers: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        interval(scores(2, 1), papers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("resamples", value) for value in (-1, 1.5, True, "10", 0.0, "")),
        *(("level", value) for value in (0, 1, 5, "0.9", True, math.nan)),
        *(("seed", value) for value in (-1, None, "x", 1.5)),
        *(("alpha", value) for value in ("0.6", None, True)),
        *(("beta", value) for value in ("6", None)),
        ("papers", ["p"]),
    ],
)
def test_a_bad_parameter_is_refused_even_where_nothing_is_drawn(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^(1 )?{name} "):
        sip_f1(["A", "B"], ["A", "C"], **{name: value})  # type: ignore[arg-type]


def test_one_paper_alone_gives_no_interval_but_an_error() -> None:
    with pytest.raises(ValueError, match="there is one paper: an interval needs at least two"):
        sip_f1(["A", "B"], ["A", "C"], papers=["p", "p"], resamples=10)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_score_that_is_not_finite_is_refused_with_its_row(bad: float) -> None:
    with pytest.raises(ValueError, match=f"score 1 is {bad}"):
        paired_comparison(np.array([0.1, bad, 0.3]), np.array([0.1, 0.2, 0.3]))
    with pytest.raises(ValueError, match="score 0 is "):
        interval(np.array([bad, 0.1]))


def test_level_and_seed_are_heeded() -> None:
    wide, narrow = interval(scores(50, 1), level=0.99), interval(scores(50, 1), level=0.5)
    assert wide["low"] < narrow["low"] < narrow["high"] < wide["high"]
    assert interval(scores(50, 1), seed=1) == interval(scores(50, 1), seed=1) != interval(scores(50, 1), seed=2)


@pytest.mark.parametrize("metric", [sip_f1, spc, exact_set_match, option_f1])
def test_every_metric_draws_by_papers(metric) -> None:  # type: ignore[no-untyped-def]
    answers, papers = (["A"] * 10 + ["B"] * 10) * 4, [f"p{i // 10}" for i in range(80)]
    by_paper = metric(answers, ["A"] * 80, papers=papers, resamples=300)["interval"]
    by_question = metric(answers, ["A"] * 80, resamples=300)["interval"]
    assert (by_paper["clusters"], by_question["clusters"]) == (8, 80)
    assert by_paper["high"] - by_paper["low"] > 1.5 * (by_question["high"] - by_question["low"])


def test_the_interval_of_a_comparison_is_of_the_signed_difference() -> None:
    a = np.array([0.2, 0.9] * 30)
    drawn = paired_comparison(a, a[::-1].copy())["interval"]
    assert drawn["low"] < 0 < drawn["high"]


COLUMNS = {
    "a tuple": tuple,
    "a generator": iter,
    "an array": np.array,
    "an Arrow array": lambda rows: __import__("pyarrow").array(rows),
    "a Column of datasets": lambda rows: __import__("datasets").Dataset.from_dict({"x": rows})["x"],
}


@pytest.mark.parametrize("form", COLUMNS)
def test_a_column_may_be_any_ordered_thing(form: str) -> None:
    given, wanted = (COLUMNS[form](rows) for rows in (["A, B", "A"], ["A, B", "B"]))
    assert exact_set_match(given, wanted)["exact_set_match"] == 0.5


@pytest.mark.parametrize("column", [{"A", "B"}, {"A": 1, "B": 2}, frozenset("AB")])
def test_a_column_without_an_order_is_refused(column: object) -> None:
    with pytest.raises(ValueError, match="predictions is .*; pass a list"):
        sip_f1(column, ["A", "B"])  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [63, 64, 65, 127, 128, 129])
def test_the_64th_and_the_65th_label_count_like_the_first(n: int) -> None:
    labels = [f"opt{i:03}" for i in range(n)]
    counts = count_options([[label] for label in labels], [[label] for label in labels])
    assert counts.tp.tolist() == counts.keys.tolist() == [1] * n
    assert count_options([labels], [[labels[-1]]]).fp.tolist() == [n - 1]


@pytest.mark.parametrize("label", ["AB", "A/B", "A B", "\uff21", "A\u200b"])
def test_a_cell_that_looks_like_right_labels_is_wrong_and_said_aloud(label: str) -> None:
    with pytest.warns(UserWarning, match="labels are compared exactly, so it counts as wrong"):
        assert count_options([[label]], [["A", "B"]]).fp.tolist() == [1]


def test_every_pair_of_selection_and_key_over_four_options_is_scored_as_the_formula_says() -> None:
    sets = [set(c) for n in range(5) for c in itertools.combinations("ABCD", n)]
    for selected, key in itertools.product(sets, sets[1:]):
        tp, fp = len(selected & key), len(selected - key)
        precision, recall = tp / (tp + 6 * fp) if tp else 0, tp / len(key)
        wanted = 1.0 if selected == key else 0.6 * 2 * precision * recall / (precision + recall) if tp else 0.0
        assert sip_f1([sorted(selected)], [sorted(key)])["sip_f1"] == pytest.approx(wanted)
