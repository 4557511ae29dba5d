"""Caption-match accuracy: the paper's Overall, the degenerate answers, and the metric folder as a stranger loads it."""

import os
import subprocess
import sys
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder import shipped
from builder.scoring.caption_match import LABELS, caption_match_accuracy

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "metrics_hub" / "caption_match_accuracy"


def edit(kind: str, start: int) -> dict[str, object]:
    return {"type": kind, "start": start}


METHOD, COMPOSITION = edit("method", 3), edit("composition", 20)
TWO_ATTRIBUTES = [[], [METHOD], [COMPOSITION], [METHOD, COMPOSITION]]  # key A, design 00, 10, 01, 11


def test_macro_is_the_unweighted_mean_over_the_scales_present() -> None:
    result = caption_match_accuracy(["A"] * 5, ["A", "A", "A", "B", "B"], scales=["atomic"] * 3 + ["meso"] + ["atomic"])
    assert result["micro"] == result["caption_match_accuracy"] == 3 / 5
    assert result["macro"] == (3 / 4 + 0 / 1) / 2
    assert result["macro_scales"] == ["atomic", "meso"]
    assert result["by_scale"] == {"atomic": {"accuracy": 0.75, "n": 4}, "meso": {"accuracy": 0.0, "n": 1}}


def test_macro_and_micro_differ_on_the_sizes_of_csmbench() -> None:
    sizes, right = (
        {"atomic": 53, "micro": 247, "meso": 649, "macro": 92},
        {"atomic": 47, "micro": 220, "meso": 590, "macro": 84},
    )
    scales = [scale for scale, n in sizes.items() for _ in range(n)]
    answers = ["A" if i < right[scale] else "B" for scale, n in sizes.items() for i in range(n)]
    result = caption_match_accuracy(answers, ["A"] * len(scales), scales=scales)
    assert result["macro"] == pytest.approx(sum(right[s] / sizes[s] for s in sizes) / 4)
    assert result["micro"] == pytest.approx(sum(right.values()) / 1041)
    assert result["macro"] != pytest.approx(result["micro"], abs=1e-4)


# CSMBench, tables I and II: atomic, micro, meso, macro, Overall as printed
TABLE_2, TABLE_1 = (  # table I: Bert / STS / LLM of each scale, then Overall
    {row.split(",")[0]: " ".join(row.split(",")[1:]) for row in shipped.published_table(name)[0].splitlines()[1:]}
    for name in ("csmbench-2", "csmbench-1")
)
SIZES = {"atomic": 53, "micro": 247, "meso": 649, "macro": 92}


def overall(cells: list[Decimal]) -> Decimal:
    return (sum(cells, Decimal(0)) / 4).quantize(Decimal("0.0001"), ROUND_HALF_UP)


@pytest.mark.parametrize("model", TABLE_2)
def test_overall_of_table_2_is_the_macro_mean_to_the_last_digit(model: str) -> None:
    *cells, printed = map(Decimal, TABLE_2[model].split())
    assert overall(cells) == printed


@pytest.mark.parametrize("model", TABLE_1)
def test_overall_of_table_1_is_the_macro_mean_to_the_last_digit_for_all_three_scores(model: str) -> None:
    cells = [Decimal(cell) for cell in TABLE_1[model].split()]
    assert [overall(cells[k:12:3]) for k in range(3)] == cells[12:]


def test_the_texts_8_0749_for_gpt_5_1_is_the_size_weighted_mean_not_the_tables_overall() -> None:
    cells = [float(cell) for cell in TABLE_1["GPT-5.1"].split()]
    micro = sum(cell * n for cell, n in zip(cells[2:12:3], SIZES.values(), strict=True)) / sum(SIZES.values())
    assert round(micro, 4) == 8.0749
    assert cells[-1] == 7.9385


def test_erratum_of_table_2_qwen3_vl_8b_cannot_be_a_share_of_the_scales_sizes() -> None:
    """The GRIM test: an accuracy over n items is k / n to its printed digits for some whole k."""

    def is_a_share(cell: str, n: int) -> bool:
        return any(f"{k / n:.4f}" == cell for k in range(n + 1))

    possible = {m: all(map(is_a_share, row.split()[:4], SIZES.values())) for m, row in TABLE_2.items()}
    assert [model for model, yes in possible.items() if not yes] == ["Qwen3-VL-8B"]


def test_erratum_of_table_1_geminis_judge_scores_are_over_one_item_less() -> None:
    """Whole marks over 247 and 649 items cannot give these cells; over 246 and 648 they do."""
    cells = TABLE_1["Gemini-2.5-pro"].split()
    assert (cells[5], cells[8]) == (f"{1866 / 246:.4f}", f"{4823 / 648:.4f}")
    assert all(f"{k / 247:.4f}" != cells[5] for k in range(2471))
    assert all(f"{k / 649:.4f}" != cells[8] for k in range(6491))


def test_an_unknown_scale_is_shown_and_stays_out_of_macro() -> None:
    result = caption_match_accuracy(["A", "B"], ["A", "A"], scales=["micro", "unknown"])
    assert result["macro"] == 1.0
    assert result["by_scale"]["unknown"] == {"accuracy": 0.0, "n": 1}


def test_without_scales_there_is_no_macro() -> None:
    assert caption_match_accuracy(["A"], ["A"])["macro"] is None


def test_no_answer_is_wrong_and_counted() -> None:
    result = caption_match_accuracy([None, "", "A"], ["A", "A", "A"])
    assert (result["n"], result["unanswered"], result["not_a_label"], result["micro"]) == (3, 2, 0, 1 / 3)


@pytest.mark.parametrize("text", ["E", "a", "A.", "A, C", "The answer is A", " A"])
def test_text_that_is_not_a_label_is_wrong_and_never_parsed(text: str) -> None:
    result = caption_match_accuracy([text], ["A"])
    assert (result["micro"], result["unanswered"], result["not_a_label"]) == (0.0, 0, 1)


@pytest.mark.parametrize(
    ("answer", "method", "composition"), [("A", 1, 1), ("B", 0, 1), ("C", 1, 0), ("D", 0, 0), (None, 0, 0), ("E", 0, 0)]
)
def test_an_edited_attribute_is_read_right_when_the_chosen_option_leaves_it_as_printed(
    answer: str | None, method: int, composition: int
) -> None:
    by_attribute = caption_match_accuracy([answer], ["A"], edits=[TWO_ATTRIBUTES])["by_attribute"]
    assert by_attribute == {"composition": {"accuracy": composition, "n": 1}, "method": {"accuracy": method, "n": 1}}


def test_two_numbers_of_one_caption_are_two_attributes() -> None:
    first, second = edit("number", 5), edit("number", 9)
    result = caption_match_accuracy(["B"], ["A"], edits=[[[], [first], [second], [first, second]]])
    assert result["by_attribute"] == {"number": {"accuracy": 0.5, "n": 2}}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "there is nothing to score: pass at least one reference"),
        ((["A"], ["A", "B"]), "1 predictions for 2 references; pass one for each, in the same order"),
        ((["A"], ["E"]), "reference 0 is 'E'; use one of A, B, C, D"),
        ((["A", "A"], ["A", "A"], ["meso", "nano"]), "scale 1 is 'nano'; use one of atomic, micro, meso, macro, none, unknown"),
        ((["A"], ["A"], ["meso", "meso"]), "2 scales for 1 references; pass one for each, in the same order"),
        (
            (["A"], ["A"], None, [[[], [{"start": 3}], [], []]]),
            "an edit of item 0 is {'start': 3}; pass at least its type, a string, and start, a whole number",
        ),
        (({"A": 1}, ["A"]), "predictions is {'A': 1}; pass a list with one row for each item"),
        ((["A"], ["A"], None, [[[]]]), "edits of item 0 are for 1 options; pass one list for each of A, B, C, D"),
    ],
)
def test_what_cannot_be_scored_says_what_to_pass(arguments: tuple, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(") + "$"):
        caption_match_accuracy(*arguments)


@given(st.lists(st.tuples(st.sampled_from([*LABELS, "", None, "X"]), st.sampled_from(LABELS)), min_size=1, max_size=40))
def test_micro_is_a_share_of_n_whatever_is_answered(pairs: list[tuple[str | None, str]]) -> None:
    result = caption_match_accuracy([p for p, _ in pairs], [r for _, r in pairs])
    right = result["micro"] * result["n"]
    assert 0 <= round(right, 9) <= result["n"] - result["unanswered"] - result["not_a_label"]


STRANGER = """
import sys, evaluate
metric = evaluate.load(sys.argv[1])
edits = [[[], [{"type": "number", "start": 1}], [{"type": "method", "start": 9}], []]] * 3
result = metric.compute(predictions=["A", None, ""], references=["A", "B", "C"], scales=["meso", "micro", "micro"], edits=edits)
assert result["caption_match_accuracy"] == 1 / 3 and result["unanswered"] == 2 and result["macro"] == 0.5, result
assert result["metric"] == "caption_match_accuracy" and result["version"] == "1.0.0" and result["n"] == 3, result
for batch in (["A", 1], ["A", ["B"]]):
    try:
        metric.add_batch(predictions=batch, references=["A", "B"])
    except ValueError as error:
        assert str(error).startswith("prediction 1 is "), error
    else:
        raise SystemExit(f"{batch} was taken")
print("scored")
"""


def test_evaluate_loads_the_folder_offline_from_any_directory(tmp_path: Path) -> None:
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_EVALUATE_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""}
    run = subprocess.run(
        [sys.executable, "-c", STRANGER, str(FOLDER)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.strip() == "scored", run.stderr
