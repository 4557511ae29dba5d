"""Replies that a stranger broke the parser with, by what they hold; and texts that once took minutes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.scoring.answers import CONTRACT, parse_answer
from builder.scoring.asked_prompt import STATED

OPTIONS = tuple("ABCDEF")
TOKENS = (
    "</s>", "<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|endoftext|>", "<|return|>", "<｜end▁of▁sentence｜>",
    "\n<|im_end|>\n<|endoftext|>\n",
)  # fmt: skip
ROWS = (  # a reply, the letters it chooses, the status
    # a word in front of the answer, or a condition behind it, takes it away
    ("The incorrect answer is A.", "", "no_answer"),
    ("The wrong answers are B and D.", "", "no_answer"),
    ("A tempting answer is A.", "", "no_answer"),
    ("The most tempting answer is A, but it fails.", "", "no_answer"),
    ("A possible answer is A.", "", "no_answer"),
    ("Possible answers are A and C.", "", "no_answer"),
    ("The answer is A only if the bar is 5 nm.", "", "no_answer"),
    ("I would choose A only if the bar were longer.", "", "no_answer"),
    ("I would choose A as a distractor.", "", "no_answer"),
    ("I'd pick A as the wrong one.", "", "no_answer"),
    ("I choose A as the correct answer because B is wrong.", "A", "ok"),
    ("ANSWER: A only if the bar is 5 nm", "", "ambiguous"),
    ("ANSWER: A only", "A", "ok"),
    ("Wrong ANSWER: A", "", "no_answer"),
    ("Incorrect answers: B, D\nANSWER: A, C", "AC", "ok"),
    ("ANSWER: A, C\nIncorrect answers: B, D", "AC", "ok"),
    ("So answer is A.", "A", "ok"),
    ("The most likely answer is A.", "A", "ok"),
    ("Your answer is A.", "", "no_answer"),
    ("Answer A would be true if the bar were longer.", "", "no_answer"),
    # a list on the lines below the label
    ("ANSWER:\n- A\n- C", "AC", "ok"),
    ("ANSWER:\n\n- A\n\n- C\n\nBoth bars agree.", "AC", "ok"),
    ("ANSWER:\nA\nC", "AC", "ok"),
    ("ANSWER:\n1. A\n2. C", "AC", "ok"),
    ("ANSWER:\n- **A**: round grains\n- **C**: pores\nCONFIDENCE: 0.8", "AC", "ok"),
    ("ANSWER:\n- A. Round grains\n- C. Pores", "AC", "ok"),
    ("ANSWER:\n```\nA, C\n```", "AC", "ok"),
    ("ANSWER:\n```text\n- A\n- C\n```", "AC", "ok"),
    ("ANSWER: A. Round grains\nC. Pores", "AC", "ok"),
    ("ANSWER: A. Round grains\nC. is wrong, it has pores", "", "ambiguous"),
    ("ANSWER: A\nC", "AC", "ok"),
    ("ANSWER: A, C\n- A: round grains\n- C: pores", "AC", "ok"),
    ("ANSWER: A\n- A: round grains\n- B: too large", "A", "ok"),
    ("ANSWER:\n- A\n* C", "AC", "ok"),
    ("ANSWER:\n- A: true\n- B: false\n- C: true", "AC", "ok"),
    ("ANSWER:\n- A\nC", "", "ambiguous"),
    ("ANSWER:\nA crack runs.", "", "ambiguous"),
    ("ANSWER:\r\n- A\r\n- C\r\n", "AC", "ok"),
    # several boxes
    (r"\boxed{A} and \boxed{C}", "AC", "ok"),
    (r"$\boxed{A}$, $\boxed{C}$", "AC", "ok"),
    (r"\boxed{A}, \boxed{B}, and \boxed{D}", "ABD", "ok"),
    (r"\boxed{A} is wrong. \boxed{C}", "C", "ok"),
    (r"\boxed{A} or \boxed{C}", "", "ambiguous"),
    (r"\boxed{\{A, C\}}", "AC", "ok"),
    # verdicts label by label
    ("A: true, B: false, C: true, D: false, E: false, F: false", "AC", "ok"),
    ("A: true\nB: false\nC: true\nD: false\nE: false\nF: false", "AC", "ok"),
    ("A is correct. B is wrong. C is correct. D is wrong. E is wrong. F is wrong.", "AC", "ok"),
    ("A: false\nB: false\nC: false\nD: false\nE: false\nF: false", "", "none_of_these"),
    ("A: true\nB: false", "", "no_answer"),
    ("ANSWER: A (correct), B (incorrect), C (correct)", "AC", "ok"),
    ("ANSWER: A: true, B: false, C: true", "AC", "ok"),
    ("ANSWER: A is correct, B is wrong and C is correct", "AC", "ok"),
    ("ANSWER: A (incorrect), B (incorrect)", "", "ambiguous"),
    ("ANSWER: A and C are wrong", "", "ambiguous"),
    ("ANSWER: all are wrong", "", "none_of_these"),
    ("All are wrong.", "", "none_of_these"),
    ("All of the options are incorrect.", "", "none_of_these"),
    ("ANSWER: A\nC is correct.", "", "ambiguous"),
    ("ANSWER: A, C\nA is correct because of the bar. C is right too.", "AC", "ok"),
    ('{"answer": {"A": "true", "B": "false"}}', "A", "ok"),
    ('{"answer": {"A": "yes", "C": "yes", "D": "no"}}', "AC", "ok"),
    ("ANSWER: A ✓, B ✗, C ✓", "AC", "ok"),
    # a changed mind, and words behind the labels
    ("ANSWER: A ... no wait, C", "", "ambiguous"),
    ("ANSWER: A. No, wait, C.", "", "ambiguous"),
    ("ANSWER: A\nWait, no, C.", "", "ambiguous"),
    ("ANSWER: A\nActually, that is wrong.", "", "ambiguous"),
    ("ANSWER: A, actually C", "", "ambiguous"),
    ("ANSWER: A changed to C", "", "ambiguous"),
    ("ANSWER: A, or rather C", "", "ambiguous"),
    ("The answer is A. Wait, no. C.", "", "ambiguous"),
    ("ANSWER: A\nNo wait.\nANSWER: C", "C", "ok"),
    ("ANSWER: A, plus C", "AC", "ok"),
    ("ANSWER: A plus C", "AC", "ok"),
    ("ANSWER: A and also C", "AC", "ok"),
    ("ANSWER: A, as well as C", "AC", "ok"),
    ("ANSWER: A. C is also correct.", "", "ambiguous"),
    ("ANSWER: A, C because the bars agree", "AC", "ok"),
    ("ANSWER: A, the grains are round", "A", "ok"),
    ("ANSWER: B\nI had to wait for the image to load.", "B", "ok"),
    # JSON without a choice, or with more than one
    ('{"answer": {}}', "", "empty"),
    ('{"answer": {"A": false}}', "", "ambiguous"),
    ('{"answer": {"A": false, "B": false, "C": false, "D": false, "E": false, "F": false}}', "", "none_of_these"),
    ('{"answer": {"letter": "A"}}', "", "ambiguous"),
    ('{"answer": [{}]}', "", "empty"),
    ('{"answer": [[]]}', "", "empty"),
    ('{"answer": [""]}', "", "empty"),
    ('{"answer": {"G": true}}', "", "out_of_range"),
    ('{"answer": [["A", "C"]]}', "AC", "ok"),
    ('{"answer": ' + "[ " * 700 + '"A"' + " ]" * 700 + "}", "", "ambiguous"),
    ('{"answer": {"A": true, "B": null}}', "", "ambiguous"),
    # tokens at the end
    *((f"ANSWER: A,C{token}", "AC", "ok") for token in TOKENS),
    ("The answer is C.</s>", "C", "ok"),
    ("C<|im_end|>", "C", "ok"),
    # thinking
    ("◁think▷ANSWER: A◁/think▷ANSWER: B", "B", "ok"),
    ("◁think▷ANSWER: A", "", "truncated"),
    (
        "<|channel|>analysis<|message|>ANSWER: A<|end|><|start|>assistant<|channel|>final<|message|>ANSWER: B<|return|>",
        "B",
        "ok",
    ),
    ("<|channel|>analysis<|message|>ANSWER: A", "", "truncated"),
    ("<|begin_of_thought|>ANSWER: A<|end_of_thought|>\n<|begin_of_solution|>ANSWER: B<|end_of_solution|>", "B", "ok"),
    ("<|begin_of_thought|>ANSWER: A", "", "truncated"),
    ("<think>a <think>b</think> ANSWER: A</think>ANSWER: B", "B", "ok"),
    # everything on one line
    ("ANSWER: A,C CONFIDENCE: 0.8", "AC", "ok"),
    ("ANSWER: A,C; CONFIDENCE: 0.8; DIFFICULTY: 0.2", "AC", "ok"),
    ("ANSWER: A,C, CONFIDENCE: 0.8", "AC", "ok"),
    ("ANSWER: A,C (confidence: 80%)", "AC", "ok"),
    ("ANSWER: CONFIDENCE: 0.8", "", "empty"),
    # the prompt said again
    (CONTRACT, "", "no_answer"),
    (f"{CONTRACT}\nANSWER: B", "B", "ok"),
    (f"{CONTRACT}\n{STATED}", "", "no_answer"),
    ("I must reply in the format ANSWER: A,C", "", "no_answer"),
    ("Final line: ANSWER: A,C", "AC", "ok"),
    # headings, tags, fences and signs no one sees
    ("## Answer\nA, C", "AC", "ok"),
    ("## Final Answer\n\n**A, C**\n", "AC", "ok"),
    ("**Answer**\n- A\n- C", "AC", "ok"),
    ("### Answer\nA. Round grains\nC. Pores", "AC", "ok"),
    ("## Answer\nA crack runs along the edge.", "", "no_answer"),
    ("## Answer\nThe answer is C.", "C", "ok"),
    ("<answer>ANSWER: A,C</answer>", "AC", "ok"),
    ("<answer>\n- A\n- C\n</answer>", "AC", "ok"),
    ("<answer>\n1. A\n2. C\n</answer>", "AC", "ok"),
    ("ANSWER: A\u200b,\u200bC", "AC", "ok"),
    ("\ufeffANSWER: A,C", "AC", "ok"),
    (r"\boxed{\text{A and C}}", "AC", "ok"),
    ("```\nANSWER: A, C\n```", "AC", "ok"),
    ("```\nA, C\n```", "AC", "ok"),
    # none and cannot, said of something else
    ("I cannot see the scale bar, but ANSWER: A", "A", "ok"),
    ("I'm sorry, the image is dark. I cannot see much.\nANSWER: A, C", "AC", "ok"),
    ("None of the other options is correct, so ANSWER: A", "A", "ok"),
    ("ANSWER: A\nNone of the other options is correct.", "A", "ok"),
    ("The answer is A. None of the others apply.", "A", "ok"),
    ("ANSWER: none of the others fit, so A", "", "ambiguous"),
    ("ANSWER: none except B", "", "ambiguous"),
    ("None of the options is correct except B.", "", "ambiguous"),
    ("None of the grains hold a crack.", "", "no_answer"),
    ("None of these panels hold a bar. ANSWER: C", "C", "ok"),
    ("ANSWER: I cannot tell for sure, but C", "", "ambiguous"),
    ("There is no correct option.", "", "none_of_these"),
    # other languages
    ("正确答案是A和C。", "AC", "ok"),
    ("正确答案是 A、C", "AC", "ok"),
    ("正确答案：A，C", "AC", "ok"),
    ("如果答案是A，那么晶粒是圆的。", "", "no_answer"),
    ("Réponse : A et C", "AC", "ok"),
    ("Antwort: A und C", "AC", "ok"),
    ("Respuesta: A y C", "AC", "ok"),
    ("Die richtige Antwort ist C.", "C", "ok"),
    ("La respuesta correcta es A y C.", "AC", "ok"),
    # dots, shares and two answers in one object
    ("ANSWER: A, B, C are correct, D is not", "", "ambiguous"),
    ("ANSWER: A and C are both well supported by the figure", "AC", "ok"),
    ("ANSWER: A.C", "AC", "ok"),
    ("ANSWER: A. C.", "AC", "ok"),
    ("ANSWER: A. B. D.", "ABD", "ok"),
    ("ANSWER: A: 0.9, B: 0.1", "", "ambiguous"),
    ("ANSWER: A (0.9), B (0.1)", "", "ambiguous"),
    ("ANSWER: A: 5 nm; C: 10 nm", "AC", "ok"),
    ('ANSWER: {"A": true, "B": false}', "A", "ok"),
    ("ANSWER: {letters}", "", "no_answer"),
    ('{"answer": ["A", "none"]}', "", "ambiguous"),
    ('{"answer": ["A", ""]}', "", "ambiguous"),
    ("<answer>A</answer> and <answer>C</answer>", "AC", "ok"),
    ('{"answer": "A", "answer": "C"}', "", "ambiguous"),
    ('{"choices": ["A", "B", "C", "D"], "answer": "C"}', "C", "ok"),
    ('{"answer": "C", "choices": ["A", "B", "C", "D"]}', "C", "ok"),
    ("ANSWER: A, C\nIf B were right, ANSWER: B would not fit", "", "ambiguous"),
    # a second look
    (r"$\boxed{A} \text{ and } \boxed{D}$", "AD", "ok"),
    ("ANSWER: A, D (and E)", "", "ambiguous"),
    ("ANSWER: A, if the bar is right", "", "ambiguous"),
    ("ANSWER: A\nNone of these are correct.", "", "ambiguous"),
    ("ANSWER: none\nNone of these are correct.", "", "none_of_these"),
    ("ANSWER: A\nHowever, D is correct as well.", "", "ambiguous"),
    ("ANSWER: A\nHmm, actually D.", "", "ambiguous"),
    ("ANSWER: A\nSorry, I meant D.", "", "ambiguous"),
    ("ANSWER: A:B", "", "ambiguous"),
    ("Answer: A and D are the correct ones.", "AD", "ok"),
    ("ANSWER: <A, D>", "AD", "ok"),
)
SIZE = 60_000  # signs; a search that grows with the square of it does not come back
ENDLESS = (
    "\t", "*", " \t", "* ", "true ", "final ", "<think>", "</think>", "<think>a</think>",
    "the answer is ", "ANSWER: ", "ANSWER:\n",
    "ANSWER: A, ", "\\boxed{", "\\boxed{A} and ", '{"answer": ', "[", "{", "<answer>",
    "A is correct. ", "A: true, ", "A, ", "A\n", "- A\n",
    "I choose A. ", "none of the ", "so ", "confidence: ", "CONFIDENCE: 9",
    "## Answer\n", "```\n", "wait C ", "answer \t is \t", "</s> ",
    "<|begin_of_thought|>", "A (a b c) ", "A or ", "正确答案是A", "\u200b", "\\text{", "all except ",
)  # fmt: skip


@pytest.mark.parametrize(("reply", "letters", "status"), ROWS, ids=lambda value: repr(value)[:60])
def test_a_reply_is_read_as_it_means_or_left(reply: str, letters: str, status: str) -> None:
    read = parse_answer(reply, OPTIONS)
    assert ("".join(sorted(read.answer)), read.status) == (letters, status)


@pytest.mark.parametrize("piece", ENDLESS, ids=repr)
def test_a_text_of_one_thing_without_end_is_read_at_once(piece: str) -> None:
    much = piece * (SIZE // len(piece))
    assert parse_answer(f"{much}\nANSWER: A", OPTIONS).status in {"ok", "truncated"}
    parse_answer(much, OPTIONS)
    parse_answer(f"ANSWER: A{much}x", OPTIONS)


def test_a_decimal_comma_is_a_decimal_comma() -> None:
    read = parse_answer("ANSWER: A\nCONFIDENCE: 0,85\nDIFFICULTY: 0,4", OPTIONS)
    assert (read.confidence, read.difficulty) == (0.85, 0.4)
    assert parse_answer("ANSWER: A,C CONFIDENCE: 0.8 DIFFICULTY: 40%", OPTIONS).confidence == 0.8


def test_the_numbers_of_a_repeated_prompt_are_no_confidence() -> None:
    said = "After it you may add a line CONFIDENCE: 0.8 (how sure you are of the answer).\nANSWER: B"
    assert parse_answer(said, OPTIONS).confidence is None


def test_a_label_given_twice_counts_once_and_a_blank_one_never() -> None:
    assert parse_answer("ANSWER: all", ("A", "A", "", " ", "B")).answer == {"A", "B"}
    assert parse_answer("ANSWER: A, B", ("A", "A", "", "B")).answer == {"A", "B"}
    assert parse_answer("ANSWER: all", ()).status != "ok"


PIECES = (
    "ANSWER:", "A", "C", "- ", "\n", " ", ", ", "{", "}", '"answer": ', "[", "]",
    "true", "all", "none", "is wrong", "is correct", "no, wait", "(", ")", "0.5",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from([OPTIONS, (), ("A",), ("A", "A", "")]))
def test_ok_always_has_a_label_that_was_asked(pieces: list[str], options: tuple[str, ...]) -> None:
    read = parse_answer("".join(pieces), options)
    assert bool(read.answer) == (read.status == "ok")
    assert read.answer <= set(options)
