"""The arithmetic of published tables: what the papers' tables have, no false alarm on real answers, hostile files."""

import json
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder import shipped
from builder.cli import main
from builder.errors import CannotRead, UsageError
from builder.lint.bounds import sip_f1_exact
from builder.lint.cells import read_number, shown
from builder.lint.check import Linted, lint
from builder.lint.roles import About, ColumnRule, read_about, role_of
from builder.lint.simplex import largest
from builder.lint.table import decoded, read_table
from builder.scoring import exact_match_scores, f1_scores, sip_f1_scores, spc_scores
from builder.scoring.option_rows import OptionCounts, count_options


def linted(text: str, **about: object) -> Linted:
    return lint(read_table(text, "t.csv"), About.model_validate(about))


def codes(told: Linted) -> list[tuple[str, str, str]]:
    return [(finding.row, finding.column, finding.code) for finding in told.findings]


@pytest.fixture(scope="module")
def papers() -> dict[str, Linted]:
    told = {}
    for name in shipped.table_names():
        cells, sidecar = shipped.published_table(name)
        told[name] = lint(read_table(cells, name), read_about(sidecar, name))
    return told


# ---- the papers' tables: exactly which cells, and why

ALPHAS = ("0.4", "0.5", "0.6", "0.7", "0.8")  # of the header; six columns stand under it
TWO, EIGHT = "N 3, TP 3, FP 1, Beta 2", "N 3, TP 3, FP 1, Beta 8"
EXPECTED = {
    "spm-bench-3": [
        ("claude-opus-4-7", "SIP-F1", "sip-f1-above-em-bound"),
        ("claude-sonnet-4-6", "SIP-F1", "sip-f1-above-em-bound"),
        ("claude-opus-4-6", "SIP-F1", "sip-f1-beyond-options"),
        ("", "", "text-contradicts-table"),  # 18 models
        ("", "EM", "text-contradicts-table"),  # 0.43 to 0.79
        ("doubao-seed-2-0-pro", "SIP-F1", "text-contradicts-table"),  # ninth
    ],
    "spm-bench-6": [
        ("Average", "", "text-contradicts-table"),  # 4.08
        ("Average", "Qwen 3.6 Max", "text-contradicts-table"),  # 4.74
    ],
    "spm-bench-7": [],
    "spm-bench-8": [
        ("", "column 5", "header-missing"),
        *[(row, column, "not-the-formula") for column in ("column 5", *ALPHAS) for row in (TWO, EIGHT)],
    ],
    "csmbench-1": [
        ("Gemini-2.5-pro", "Microscale LLM", "not-a-count"),
        ("Gemini-2.5-pro", "Mesoscale LLM", "not-a-count"),
        ("GPT-5.1", "Overall LLM", "text-contradicts-table"),  # 8.0749
        ("GPT-5.1", "Overall LLM", "text-contradicts-table"),  # 1.82 points
    ],
    "csmbench-2": [("Qwen3-VL-8B", scale, "not-a-count") for scale in ("Atom.", "Micro.", "Meso.", "Macro.")],
}


def test_every_shipped_table_is_expected_here() -> None:
    assert set(EXPECTED) == set(shipped.table_names())


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_table_of_the_papers_has_is_found_and_nothing_else(name: str, papers: dict[str, Linted]) -> None:
    assert codes(papers[name]) == EXPECTED[name]


@pytest.mark.parametrize(
    ("name", "row", "cell", "possible", "why"),
    [
        ("spm-bench-3", "claude-opus-4-7", "0.936", "at most 0.9174 (0.917)", "SIP-F1 <= EM + 0.6 (1 - EM)"),
        ("spm-bench-3", "claude-sonnet-4-6", "0.908", "at most 0.8938 (0.894)", "SIP-F1 <= EM + 0.6 (1 - EM)"),
        ("spm-bench-3", "claude-opus-4-6", "0.863", "from 0.780022 to 0.854672", "it would take questions of 20 options"),
        ("spm-bench-3", "doubao-seed-2-0-pro", "0.791", "place 8", "ninth"),
        ("spm-bench-3", "", "", "17 rows are listed", "18 models"),
        ("spm-bench-6", "Average", "", "4.285", "4.08/5"),
        ("spm-bench-8", TWO, "0.571", "0.600", "N = 3, TP = 3, FP = 1 at alpha = 0.8, beta = 2"),
        ("spm-bench-8", EIGHT, "0.130", "0.129", "N = 3, TP = 3, FP = 1 at alpha = 0.3, beta = 8"),
        ("spm-bench-8", "", "", "alpha = 0.3", "at no other"),
        ("csmbench-1", "Gemini-2.5-pro", "7.5854", "1873/247 = 7.5830 or 1874/247 = 7.5870", "1866/246 fits: a failed item"),
        ("csmbench-1", "Gemini-2.5-pro", "7.4429", "4830/649 = 7.4422 or 4831/649 = 7.4438", "4823/648 fits: a failed item"),
        ("csmbench-1", "GPT-5.1", "7.9385", "7.9385", "8.0749'; the text's is the micro (size-weighted) mean"),
        ("csmbench-2", "Qwen3-VL-8B", "0.8626", "45/53 = 0.8491 or 46/53 = 0.8679", "0.8626 * 53 = 45.7178"),
    ],
)
def test_a_finding_says_what_would_be_possible_and_why(
    name: str, row: str, cell: str, possible: str, why: str, papers: dict[str, Linted]
) -> None:
    one = [f for f in papers[name].findings if (f.row, f.cell) == (row, cell) and possible in f.possible and why in f.why]
    assert len(one) == 1


@pytest.mark.parametrize(
    ("name", "column"), [("csmbench-1", f"Overall {m}") for m in ("Bert", "STS", "LLM")] + [("csmbench-2", "Overall")]
)
def test_csmbenchs_overall_is_the_macro_mean_to_the_last_digit(name: str, column: str, papers: dict[str, Linted]) -> None:
    assert f"{column}: the macro mean of the printed groups in all 10 rows (to the last digit, half up)" in papers[name].notes


def test_no_number_of_options_saves_the_first_two_rows_and_eight_options_are_stricter(papers: dict[str, Linted]) -> None:
    cells, sidecar = shipped.published_table("spm-bench-3")
    about = read_about(sidecar, "x")
    anyhow = lint(read_table(cells, "x"), about.model_copy(update={"options": None}))
    eight = lint(read_table(cells, "x"), about.model_copy(update={"options": 8}))
    assert [f.row for f in anyhow.findings if f.column == "SIP-F1" and f.code != "text-contradicts-table"] == [
        "claude-opus-4-7",
        "claude-sonnet-4-6",
    ]
    assert any("only bounds that hold for any number" in note for note in anyhow.notes)
    assert [f.row for f in eight.findings if f.code == "sip-f1-beyond-options"] == ["claude-opus-4-6"]


# ---- the arithmetic behind a verdict


def test_the_exact_score_is_the_metrics_score() -> None:
    kinds = [(n, tp, fp) for n in range(1, 7) for tp in range(n + 1) for fp in range(4)]
    scores = sip_f1_scores(_counts(kinds))
    for n, tp, fp in kinds:
        assert abs(float(sip_f1_exact(n, tp, fp, Fraction(3, 5), Fraction(6))) - scores[kinds.index((n, tp, fp))]) < 1e-12


def test_the_programme_agrees_with_scipy_on_random_boxes() -> None:
    optimize = pytest.importorskip("scipy.optimize", reason="pip install scipy for the comparison")
    generator = np.random.default_rng(7)
    for _ in range(20):
        points = [tuple(Fraction(int(x), 20) for x in row) for row in generator.integers(0, 21, (12, 3))]
        low = [Fraction(int(x), 100) for x in generator.integers(0, 100, 2)]
        high = [end + Fraction(1, 20) for end in low]
        ours = largest([p[:2] for p in points], [p[2] for p in points], low, high)
        inside = np.array([[float(x) for x in p[:2]] for p in points]).T
        theirs = optimize.linprog(
            [-float(p[2]) for p in points], A_ub=np.vstack([inside, -inside]), A_eq=np.ones((1, 12)), b_eq=[1],
            b_ub=[*map(float, high), *(-float(x) for x in low)],
        )  # fmt: skip
        assert (ours is None) == (theirs.status == 2)
        assert ours is None or abs(float(ours) + theirs.fun) < 1e-9


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("0.793", "0.7925", "0.7935"),
        ("**0.793**", "0.7925", "0.7935"),
        ("79.3%", "79.25", "79.35"),
        (".5", "0.45", "0.55"),
        ("0,793", "0.7925", "0.7935"),
        ("0.793†", "0.7925", "0.7935"),
        ("0.793 ± 0.01", "0.7925", "0.7935"),
        ("0.79 [0.7, 0.8]", "0.785", "0.795"),
        ("0.793<sup>1</sup>", "0.7925", "0.7935"),
        ("$\\mathbf{0.793}$", "0.7925", "0.7935"),
        ("0.793*", "0.7925", "0.7935"),
        ("−1", "-1.5", "-0.5"),
        ("0.793 ↑", "0.7925", "0.7935"),
        ("3", "2.5", "3.5"),
        ("0.793²", "0.7925", "0.7935"),
        ("0.793 (2)", "0.7925", "0.7935"),
    ],
)
def test_a_cell_is_read_as_the_interval_it_rounds_from(text: str, low: str, high: str) -> None:
    number = read_number(text).number
    assert number
    assert (number.interval.low, number.interval.high) == (Fraction(low), Fraction(high))


@pytest.mark.parametrize("text", ["", "–", "n/a", "OOM", "1.234,5", "0.7.9", "1e5", "٣", "0.79/0.8", "Wise", "9" * 5000])
def test_a_cell_without_a_number_has_none(text: str) -> None:
    assert read_number(text).number is None


def test_half_goes_up() -> None:
    assert [shown(Fraction(x), 2) for x in ("0.125", "0.124", "-0.125", "2")] == ["0.13", "0.12", "-0.13", "2.00"]


@pytest.mark.parametrize(
    ("table", "about", "found"),
    [
        ("Model,EM,SPC\na,0.6,0.5\n", {}, []),
        ("Model,EM,SPC\na,0.6,0.4\n", {}, [("a", "EM", "em-above-spc")]),
        ("Model,EM,F1\na,0.61,0.5\n", {}, [("a", "EM", "em-above-f1")]),
        ("Model,SPC,F1\na,0.61,0.5\n", {}, [("a", "SPC", "spc-above-f1")]),
        ("Model,EM,SIP-F1\na,0.61,0.5\n", {}, [("a", "EM", "em-above-sip-f1")]),
        ("Model,F1,EM,SIP-F1\na,0.50,0.20,0.45\n", {}, [("a", "SIP-F1", "sip-f1-above-f1-bound")]),
        ("Model,EM,SPC,SIP-F1\na,0.0,0.0,0.50\n", {"options": 4}, [("a", "SIP-F1", "sip-f1-beyond-options")]),
        ("Model,EM,SPC,F1\na,0.000,0.600,0.620\n", {"options": 4}, [("a", "", "scores-impossible-together")]),
        ("Model,SPC,SIP-F1,gap\na,0.80,0.70,0.15\n", {}, [("a", "gap", "gap-is-not-the-difference")]),
        ("Model,SPC,SIP-F1,gap\na,0.80,0.70,0.10\nb,0.60,0.70,-0.10\n", {}, []),
        ("Model,Accuracy\na,0.55\nb,0.60\n", {"n": 10}, [("a", "Accuracy", "not-a-count")]),
        ("Model,Accuracy,n\na,50%,10\nb,55%,20\n", {}, []),
        ("Model,Accuracy,n\na,55.0%,10\nb,55%,20\n", {}, [("a", "Accuracy", "not-a-count")]),
        ("Model,Atomic,Micro,Overall\na,0.50,0.60,0.70\n", {}, [("a", "Overall", "overall-outside-its-groups")]),
        (
            "Model,Atomic,Micro,Overall\na,0.50,0.60,0.53\n",
            {"sizes": {"atomic": 10, "micro": 30}},
            [("a", "Overall", "overall-is-no-mean")],
        ),
        (
            "Model,Atomic,Micro,Overall\na,0.500,0.600,0.550\nb,0.500,0.600,0.550\nc,0.500,0.600,0.575\n",
            {"sizes": {"atomic": 100, "micro": 300}},
            [("c", "Overall", "overall-mixed")],
        ),
        ("Model,Accuracy\na,0.50\nb,0.60\nAverage,0.58\n", {}, [("Average", "Accuracy", "average-is-not-the-mean")]),
        ("Model,Accuracy\nMean Teacher,0.50\nb,0.60\n", {}, []),
        ("Field,n\na,5\nb,7\nTotal,13\n", {}, [("Total", "n", "total-is-not-the-sum")]),
        (
            "Rank,Model,SIP-F1\n1,a,0.50\n2,b,0.70\n2,c,0.40\n",
            {},
            [("a", "Rank", "rank-is-wrong"), ("b", "Rank", "rank-is-wrong"), ("c", "Rank", "rank-is-wrong")],
        ),
        ("Rank,Model,SIP-F1\n2,a,0.50\n1,b,0.50\n", {}, []),
        ("Model,EM\na,101\n", {}, [("a", "EM", "out-of-range")]),
    ],
)
def test_each_check_finds_its_fault_and_leaves_its_neighbour(
    table: str, about: dict[str, object], found: list[tuple[str, str, str]]
) -> None:
    assert codes(linted(table, **about)) == found


# ---- no false alarm, whatever was answered; and a fault that is put in is found

PLACES = st.sampled_from([2, 3, 4])


def _counts(kinds: Sequence[tuple[int, int, int]]) -> OptionCounts:
    labels = [f"{i}" for i in range(20)]
    wrong = [f"w{i}" for i in range(20)]
    answers = [labels[:tp] + wrong[:fp] for _, tp, fp in kinds]
    return count_options(answers, [labels[:n] for n, _, _ in kinds])


@st.composite
def answered(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """Answers to questions of up to five options, as (N, TP, FP)."""
    answers = []
    for _ in range(draw(st.integers(1, 25))):
        keys = draw(st.integers(1, 5))
        answers.append((keys, draw(st.integers(0, keys)), draw(st.integers(0, 5 - keys))))
    return answers


def table_of(models: Sequence[Sequence[tuple[int, int, int]]], places: int, unit: int, sign: str) -> str:
    lines = ["Model,EM,SPC,F1,SIP-F1,Gap,n"]
    for number, answers in enumerate(models):
        counts = _counts(answers)
        em, spc, f1, sip = (
            float(scores(counts).mean()) for scores in (exact_match_scores, spc_scores, f1_scores, sip_f1_scores)
        )
        cells = [f"{unit * x:.{places}f}" + sign for x in (em, spc, f1, sip, abs(sip - spc))]
        lines.append(",".join([f"m{number}", *cells, str(len(answers))]))
    return "\n".join(lines) + "\n"


@settings(deadline=None, max_examples=30)
@given(st.lists(answered(), min_size=1, max_size=3), PLACES, st.sampled_from([(1, ""), (100, "%"), (100, "")]))
def test_a_table_of_real_answers_has_no_finding(
    models: list[list[tuple[int, int, int]]], places: int, printed: tuple[int, str]
) -> None:
    assert linted(table_of(models, places, *printed), options=5).findings == ()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.integers(0, 7), min_size=4, max_size=4), min_size=1, max_size=4),
    st.lists(st.integers(7, 300), min_size=4, max_size=4),
    PLACES,
    st.booleans(),
    st.booleans(),
)
def test_a_table_of_real_counts_by_scale_has_no_finding(
    rows: list[list[int]], sizes: list[int], places: int, weighted: bool, from_rounded: bool
) -> None:
    scales = ("atomic", "micro", "meso", "macro")
    lines = ["Model," + ",".join(scales) + ",Overall"]
    for number, row in enumerate(rows):
        cells = [shown(Fraction(k, n), places) for k, n in zip(row, sizes, strict=True)]
        exact = [Fraction(cell) if from_rounded else Fraction(k, n) for cell, k, n in zip(cells, row, sizes, strict=True)]
        weights = sizes if weighted else [1] * 4
        mean = sum((w * x for w, x in zip(weights, exact, strict=True)), Fraction(0)) / sum(weights)
        lines.append(",".join([f"m{number}", *cells, shown(mean, places)]))
    assert linted("\n".join(lines) + "\n", sizes=dict(zip(scales, sizes, strict=True))).findings == ()


@settings(deadline=None, max_examples=40)
@given(answered(), PLACES)
def test_a_score_beyond_what_its_row_allows_is_found(answers: list[tuple[int, int, int]], places: int) -> None:
    counts = _counts(answers)
    em = float(exact_match_scores(counts).mean())
    beyond = em + 0.6 * (1 - em) + 2.1 * 10**-places
    if beyond <= 1:
        told = linted(f"Model,EM,SIP-F1\nm,{em:.{places}f},{beyond:.{places}f}\n")
        assert [f.code for f in told.findings] == ["sip-f1-above-em-bound"]


@settings(deadline=None)
@given(st.integers(20, 90), st.integers(0, 90))
def test_a_share_half_way_between_two_counts_is_found(n: int, k: int) -> None:
    told = linted(f"Model,Accuracy\nm,{shown(Fraction(2 * (k % n) + 1, 2 * n), 4)}\n", n=n)
    assert [f.code for f in told.findings] == ["not-a-count"]


@settings(deadline=None, max_examples=60)
@given(st.text(',;\t\n|"-.% aEM01é', max_size=80) | st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with suppress(CannotRead, UsageError):
        assert linted(text).rows


# ---- files as they come

READ = {
    "percent in bold, footnotes": "Model,EM,SPC\n**a**,**79.3%**,91.2%†\n",
    "Markdown": "| Model | EM | SPC |\n|---|:---:|---|\n| a | 0.793 | 0.912 |\n",
    "semicolons and decimal commas": "Model;EM;SPC\na;0,793;0,912\n",
    "tabs": "Model\tEM\tSPC\na\t0.793\t0.912\n",
    "blank lines and CR LF": "Model,EM,SPC\r\n\r\na,0.793,0.912\r\n",
    "the line ends of an old Mac": "Model,EM,SPC\ra,0.793,0.912\r",
    "quoted decimal commas": 'Model,EM,SPC\na,"0,793","0,912"\n',
    "values in percent without a sign": "Model,EM,SPC\na,79.3,91.2\n",
}


@pytest.mark.parametrize("table", READ.values(), ids=READ)
def test_a_table_is_read_as_it_comes(table: str) -> None:
    about = About(
        columns={"SPC": ColumnRule(role="em"), "EM": ColumnRule(role="spc")}
    )  # swapped: a finding shows both were read
    assert [f.code for f in lint(read_table(table, "t"), about).findings] == ["em-above-spc"]


def test_what_was_set_aside_and_what_was_not_checked_is_told() -> None:
    told = linted("Model,EM,SPC,Wisdom\na,**0.79**,0.91†,3\nb,0.7,OOM,4\nc,,0.9,5\n")
    assert [note for note in told.notes if "options" not in note and "whole counts" not in note] == [
        "EM: 1 cells read without markup",
        "EM: 1 cells are empty",
        "EM: decimals are mixed (1 with 1, 1 with 2); a cell with fewer is taken to be that much less certain",
        "SPC: 1 cells read without a footnote mark",
        "SPC, line 3: 'OOM' is no number, left out",
        "SPC: decimals are mixed (1 with 1, 1 with 2); a cell with fewer is taken to be that much less certain",
        "Wisdom: not checked, its header names nothing known (--role 'Wisdom=ROLE')",
    ]


def test_a_column_of_shares_beside_percents_is_not_guessed() -> None:
    told = linted("Model,EM,SPC\na,0.9,20.1\n")
    assert told.findings == ()
    assert "EM: not checked, percent or share is not clear beside columns in percent" in told.notes


def test_a_column_with_and_without_percent_signs_is_neither_read_as_percent_nor_out_of_range() -> None:
    told = linted("Model,EM,SPC\na,79.3%,91.2\nb,50,60\n", n=7)
    assert [finding.column for finding in told.findings] == []
    about_em = [note for note in told.notes if note.startswith("EM") or ", EM" in note]
    assert about_em == [
        "EM: decimals are mixed (1 with 0, 1 with 1); a cell with fewer is taken to be that much less certain",
        "EM: not checked, some cells have a percent sign and some have none",
    ]
    assert "SPC: read as percent, values are above 1" in told.notes


def test_cells_with_percent_signs_in_a_column_given_as_shares_are_not_guessed() -> None:
    told = linted("Model,EM\na,79.3%\n", columns={"EM": {"role": "em", "unit": "share"}})
    assert told.findings == ()
    assert "EM: not checked, it is given as shares and has cells with a percent sign" in told.notes


@pytest.mark.parametrize(("sign", "possible"), [("%", "at most 91.74% (91.7%)"), ("", "at most 91.74% (91.7)")])
def test_bounds_are_told_in_the_unit_of_the_table(sign: str, possible: str) -> None:
    table = f"Model,EM,SPC,SIP-F1\na,79.3{sign},91.2{sign},93.6{sign}\n"
    (bound, count) = linted(table, n=7).findings
    assert bound.possible == possible
    assert bound.why.endswith("SIP-F1 <= EM + 0.6 (100% - EM), EM <= 79.35%")
    assert count.possible == f"5/7 = 71.4{sign} or 6/7 = 85.7{sign}"
    assert "79.3% * 7 = 5.551" in count.why


def test_the_odds_of_a_lost_item_are_no_percentage_beside_scores() -> None:
    (found,) = linted("Model,EM\na,50.0%\n", n=7).findings
    assert found.why.endswith("3/6 fits: a failed item seems to have left the denominator (by luck in 1 of 143 such cells)")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"Model,EM\n", "no row below"),
        (b"Model,EM\na,0.5,0.6\nb\n", "header has 2 cells, line 2 has 3, line 3 has 1"),
        (b"Model,EM,EM\na,1,1\n", "two columns called 'EM'"),
        (b'Model,EM\n"a,0.5\n', "is not CSV"),
        (b"Model,EM\na\xff,0.5\n", "byte 0xff on line 2 is not UTF-8"),
        (b"Model,EM\na\0,0.5\n", "NUL"),
        (b"Model,EM\n" + b"a,0.5\n" * 2001, "has 2002 rows"),
        (b"PK\x03\x04\0\0", "NUL"),
        (b"," * 300 + b"\n" + b"," * 300, "no row below"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(CannotRead, match=said):
        read_table(decoded(data, "t.csv"), "t.csv")


def test_a_table_saved_by_a_spreadsheet_is_read() -> None:
    for encoding in ("utf-16", "utf-8-sig"):
        assert read_table(decoded("Model,EM\na,0.5\n".encode(encoding), "t"), "t").header == ("Model", "EM")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("columns = 3", "columns"),
        ("colums = {}", "colums"),
        ("n = 0", "n:"),
        ('alpha = "1.5"', "alpha"),
        ("[", "not TOML"),
        ('[columns]\nEM = {role = "exact"}', "role"),
        ("options = 65", "options"),
    ],
)
def test_a_sidecar_that_is_wrong_is_named(toml: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_about(toml, "t.toml")


@pytest.mark.parametrize("text", ["EM", "=em", "EM=exact", "EM=em:a:b", "EM=score:x:1-10:2", "EM=score:x:10-1"])
def test_a_role_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--role"):
        role_of(text)


# ---- the command


def test_the_command_finds_told_and_exits_with_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "t.csv"
    table.write_text("System,Ours,SPC,LLM\na,0.99,0.91,5.25\nb,0.60,0.91,5.30\n")
    assert main(["lint", str(table), "--role", "Ours=em", "--role", "LLM=score:all:1-10", "--size", "all=10", "--json"]) == 1
    [told] = json.loads(capsys.readouterr().out)
    assert [(f["row"], f["column"], f["code"]) for f in told["findings"]] == [
        ("a", "Ours", "em-above-spc"),
        ("a", "LLM", "not-a-count"),
    ]
    assert [column["rule"]["role"] for column in told["columns"]] == ["name", "em", "spc", "score"]
    table.write_text("Model,EM,items\na,0.50,2\n")
    assert main(["lint", str(table), "--n-column", "items"]) == 0


def test_the_command_reads_the_papers_tables_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--papers", "spm-bench-7"]) == 0
    assert main(["lint", "--papers", "csmbench-2"]) == 1
    assert "[csmbench-2 > Qwen3-VL-8B > Atom.] 0.8626 is not k/53 for any whole k (not-a-count)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["t.csv", "--papers"],
        ["--papers", "nature-1"],
        ["--papers", "--roles", "x"],
        ["T", "--n-column", "x"],
        ["T", "--size", "x"],
        ["T", "--alpha", "2"],
        ["T", "--alpha", "9" * 5000],
        ["T", "--options", "65"],
        ["T", "--role", "x=em"],
    ],
)
def test_a_wrong_command_line_is_told(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text("Model,EM\na,0.5\n")
    assert main(["lint", *[str(tmp_path / "t.csv") if one == "T" else one for one in arguments]]) == 2
    assert "->" in capsys.readouterr().err


def test_a_missing_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "nowhere.csv"]) == 3
    assert "nowhere.csv" in capsys.readouterr().err
