"""Predictions to results: values by hand, equality with the metrics' own functions, and no answer lost."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.errors import UsageError
from builder.scoring import calibration_error, caption_match_accuracy, option_sets, response_profile
from builder.scoring.asked import Asked, asked
from builder.scoring.dense import seated
from builder.scoring.responses import MOST_FINDINGS, STATUSES, Findings, Reader
from builder.scoring.results import MISSING, Estimate, Result, differences, signature_line
from builder.scoring.score import Identity, Scored, marks_of_selections, score
from builder.scoring.strategies import STRATEGIES

COMMON = {"kind": "micrograph", "field": "physics", "licence": "CC-BY-4.0", "tier": "open", "generator": "rules"}


def question(n: int, key: str, **change: object) -> dict[str, object]:
    """A row of multi_select with four options; the wrong ones are edited numbers but for D, a sibling."""
    kinds = ["as-printed" if letter in key else "sibling" if letter == "D" else "number" for letter in "ABCD"]
    made = {
        "id": f"ms-{n}", "paper_id": f"paper {n // 2}", "figure_id": f"fig-{n}", "options": list("wxyz"), "answer": list(key),
        "option_kinds": kinds, "scale": "micro", "techniques": ["SEM"], "modality": "SEM", "bloom_level": 1, "skill": "EU",
        "subfield": None,
    }  # fmt: skip
    return COMMON | made | change


ROWS = [
    question(0, "AB"),
    question(1, "AB", scale="atomic", techniques=["STM", "AFM"], modality="STM", bloom_level=2),
    question(2, "C", scale="none", techniques=[], modality="unknown", subfield="optics"),
    question(3, "ABC", scale="atomic"),
]
ITEMS = asked("multi_select", "test", ROWS, {})


def line(id_: str, text: str | None, **more: object) -> bytes:
    return json.dumps({"id": id_, "model": "m", "text": text} | more).encode()


def read(lines: Sequence[bytes], items: Asked = ITEMS, elsewhere: dict[str, str] | None = None) -> Reader:
    reader = Reader(items, elsewhere or {})
    for number, one in enumerate(lines, 1):
        reader.read(one, "p.jsonl", number)
    return reader


def scored(lines: Sequence[bytes], items: Asked = ITEMS, *, resamples: int = 200, seed: int = 0) -> Scored:
    reader = read(lines, items)
    findings = reader.findings
    taken = seated(reader.models["m"], items, ["p.jsonl"], findings, "m")
    assert taken is not None
    assert not findings
    who = Identity(benchmark="b", version="1.0.0", logical_hash="0" * 64, builder_version="0", model="m", prompt_hash=None)
    return score(items, taken, marks_of_selections(items, taken), who, resamples=resamples, seed=seed)


def group(result: Result, by: str, value: str) -> dict[str, Estimate]:
    (found,) = [one.metrics for one in result.groups if (one.by, one.value) == (by, value)]
    return found


FOUR = [
    line("ms-0", "ANSWER: A"),  # one of two right: SIP-F1 0.4, SPC 0.5, F1 2/3
    line("ms-1", "ANSWER: A, B\nCONFIDENCE: 0.9"),  # the key
    line("ms-2", "I cannot see the image."),  # refused
    line("ms-3", "ANSWER: A, D"),  # one right, a sibling chosen: F1 2/5
]


def test_values_of_four_answers_are_those_of_the_formula() -> None:
    result = scored(FOUR).result
    sip = (0.4 + 1 + 0 + 0.6 * 2 / (1 + 6 + 3)) / 4
    wanted = {"sip_f1": sip, "spc": 1.5 / 4, "exact_set_match": 0.25, "option_f1": (2 / 3 + 1 + 0 + 0.4) / 4}
    assert {name: found.value for name, found in result.micro.items()} == pytest.approx(wanted)
    assert {found.n for found in result.micro.values()} == {4}
    assert {found.papers for found in result.micro.values()} == {2}
    assert result.statuses == dict.fromkeys(STATUSES, 0) | {"ok": 3, "refused": 1}


def test_the_macro_mean_over_scale_leaves_out_what_has_none() -> None:
    result = scored(FOUR).result
    assert result.macro["scale"]["exact_set_match"].value == pytest.approx((0 + 0.5) / 2)
    assert result.macro["scale"]["exact_set_match"].n == 3
    assert group(result, "scale", "none")["exact_set_match"].value == 0
    assert "technique" not in result.macro  # an item may have several


def test_groups_are_of_the_rows_own_columns_and_an_item_of_two_techniques_is_in_both() -> None:
    result = scored(FOUR).result
    found = {by: [one.value for one in result.groups if one.by == by] for by in {one.by for one in result.groups}}
    assert found["technique"] == ["AFM", "SEM", "STM", "unknown"]
    assert found["bloom_level"] == ["1", "2"]
    assert found["number_of_keys"] == ["1", "2", "3"]
    assert found["subfield"] == ["optics", "unknown"]
    assert group(result, "technique", "AFM") == group(result, "technique", "STM")
    assert found.keys() >= {"scale", "kind", "field", "licence", "tier", "generator", "modality", "skill", "number_of_options"}


def test_distractors_of_a_type_are_counted_as_options() -> None:
    result = scored(FOUR).result
    sibling = group(result, "distractor_type", "sibling")["distractor_selection_rate"]
    assert (sibling.value, sibling.n) == (0.25, 4)  # D is wrong in all four, chosen once
    assert group(result, "distractor_type", "number")["distractor_selection_rate"].value == 0
    assert group(result, "distractor_type", "number")["sip_f1"].n == 3  # all wrong options of ms-3 are siblings


def test_an_answer_out_of_range_is_wrong_and_no_abstention() -> None:
    result = scored([line("ms-0", "ANSWER: Z"), *FOUR[1:]]).result
    assert result.profile["all_wrong"] == 0.25
    assert result.profile["abstention"] == 0.25
    assert result.statuses["out_of_range"] == 1


def test_what_is_missing_scores_0_and_what_failed_is_shown_apart() -> None:
    result = scored([FOUR[1], line("ms-2", None)]).result
    assert (result.items, result.answered, result.statuses[MISSING], result.statuses["failed_request"]) == (4, 2, 2, 1)
    assert result.micro["spc"].value == 0.25
    assert (result.received["spc"].value, result.received["spc"].n) == (1.0, 1)
    assert result.profile["abstention"] == 0.75


def test_repeats_are_averaged_within_their_item_first() -> None:
    again = [line("ms-0", "ANSWER: A, B", repeat=3), line("ms-1", "ANSWER: C", repeat=3)]
    made = scored([*FOUR, *again])
    assert made.result.repeats == 2
    assert made.result.micro["exact_set_match"].value == pytest.approx((0.5 + 0.5 + 0 + 0) / 4)
    assert made.result.micro["exact_set_match"].n == 4
    assert made.result.statuses[MISSING] == 2
    assert made.seated.repeats == (0, 3)


def test_an_answer_parsed_elsewhere_scores_as_its_text_does() -> None:
    texts = scored([line("ms-0", "ANSWER: A"), line("ms-1", "ANSWER: A, Z"), line("ms-2", ""), line("ms-3", None)]).result
    sets = [
        line("ms-0", None, answer=["A"], status="ok"), line("ms-1", None, answer=["A", "Z"]), line("ms-2", None, answer=[]),
        line("ms-3", None, status="failed_request"),
    ]  # fmt: skip
    assert scored(sets).result == texts


def test_confidence_given_stands_before_confidence_in_the_text() -> None:
    result = scored([line("ms-1", "ANSWER: A, B\nCONFIDENCE: 0.9", confidence=0.5), *FOUR[2:]]).result
    assert result.calibration["mean_confidence"] == 0.5
    assert result.calibration["coverage"] == 0.25
    assert result.calibration["low"] is None  # of one paper
    assert [one.n for one in result.reliability] == [1]


def many(n: int, seed: int) -> tuple[list[dict[str, object]], list[bytes], list[list[str]], list[float]]:
    dice = np.random.default_rng(seed)
    rows, lines, chosen, sure = [], [], [], []
    for i in range(n):
        key = sorted(dice.choice(list("ABCD"), dice.integers(1, 4), replace=False).tolist())
        rows.append(
            question(i, "".join(key))
            | {"id": f"ms-{i:04}", "paper_id": f"p{dice.integers(12)}", "field": f"f{dice.integers(3)}"}
        )
        picked = sorted(dice.choice(list("ABCD"), dice.integers(1, 5), replace=False).tolist())
        chosen.append(picked)
        sure.append(round(float(dice.random()), 2))
        lines.append(line(f"ms-{i:04}", f"ANSWER: {','.join(picked)}\nCONFIDENCE: {sure[-1]}"))
    return rows, lines, chosen, sure


def test_scores_and_intervals_are_those_of_the_metrics_own_functions() -> None:
    rows, lines, chosen, sure = many(60, 5)
    result = scored(lines, asked("multi_select", "test", rows, {}), resamples=100, seed=3).result
    keys, papers = [row["answer"] for row in rows], [row["paper_id"] for row in rows]
    more = {"papers": papers, "resamples": 100, "seed": 3}
    for name in ("sip_f1", "spc", "exact_set_match", "option_f1"):
        wanted = getattr(option_sets, name)(chosen, keys, **more)
        found = result.micro[name]
        assert found.value == pytest.approx(wanted[name], abs=1e-15)
        assert (found.low, found.high) == pytest.approx((wanted["interval"]["low"], wanted["interval"]["high"]), abs=1e-11)
    wanted = response_profile(chosen, keys, [list("ABCD")] * 60, **more)
    assert {name: result.profile[name] for name in wanted["response_profile"]} == wanted["response_profile"]
    assert result.profile["personality"] == wanted["personality"]
    wanted = calibration_error(chosen, keys, sure, **more)
    assert result.calibration["calibration_error"] == wanted["calibration_error"]
    assert (result.calibration["low"], result.calibration["high"]) == (wanted["interval"]["low"], wanted["interval"]["high"])


def test_a_group_is_estimated_anew_in_the_papers_drawn_for_the_whole() -> None:
    rows, lines, _, _ = many(60, 6)
    items = asked("multi_select", "test", rows, {})
    made = scored(lines, items, resamples=50, seed=1)
    place = np.array([row["field"] == "f1" for row in rows])
    drawn = []
    for taken in option_sets.draws(int(items.papers.max()) + 1, 50, 1):
        picked = np.concatenate([np.flatnonzero((items.papers == paper) & place) for paper in taken])
        drawn += [float(made.scores["spc"][picked].mean())] if len(picked) else []
    found = group(made.result, "field", "f1")["spc"]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=1e-11)
    assert found.papers == len(set(items.papers[place].tolist()))


def test_caption_matching_is_what_its_metric_gives_by_scale_and_by_attribute() -> None:
    method, number = {"type": "method", "start": 0}, {"type": "number", "start": 9}
    edits = [[], [method], [number], [method, number]]
    rows = [
        COMMON | {
            "id": f"cm-{n}", "paper_id": f"p{n}", "figure_id": "fig-0", "options": list("wxyz"), "answer": 0, "edits": edits,
            "scale": scale, "techniques": ["SEM"],
        }
        for n, scale in enumerate(("micro", "meso", "meso", "none"))
    ]  # fmt: skip
    items = asked("caption_matching", "test", rows, {"fig-0": {"subfield": "oxides"}})
    texts = ("ANSWER: A", "ANSWER: B", "ANSWER: D", "no idea")
    result = scored([line(f"cm-{n}", text) for n, text in enumerate(texts)], items).result
    wanted = caption_match_accuracy(["A", "B", "D", None], ["A"] * 4, ["micro", "meso", "meso", "none"], [edits] * 4)
    assert result.micro["caption_match_accuracy"].value == wanted["micro"]
    assert result.macro["scale"]["caption_match_accuracy"].value == wanted["macro"]
    for kind in ("method", "number"):
        assert group(result, "edit_type", kind)["attribute_accuracy"].value == wanted["by_attribute"][kind]["accuracy"]
    assert group(result, "subfield", "oxides")["caption_match_accuracy"].n == 4
    assert result.profile == {}


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(("ms-0", "ms-1", "ms-2", "ms-3")), st.integers(0, 3)),
        st.sampled_from(("ANSWER: A", "ANSWER: A, B", "ANSWER: Z", "", "hm", None, "I cannot tell.")),
        min_size=1,
    )
)
def test_no_answer_is_lost_and_none_counted_twice(given_: dict[tuple[str, int], str | None]) -> None:
    result = scored([line(id_, text, repeat=repeat) for (id_, repeat), text in given_.items()], resamples=0).result
    assert sum(result.statuses.values()) == result.items * result.repeats == 4 * len({repeat for _, repeat in given_})
    assert result.statuses[MISSING] == 4 * result.repeats - len(given_)
    for by in ("scale", "kind", "number_of_keys"):
        told = sum((Counter(one.statuses) for one in result.groups if one.by == by), Counter())
        assert told == Counter(result.statuses)
    assert math.isclose(sum(float(result.profile[name]) for name in STRATEGIES), 1)  # type: ignore[arg-type]


def test_every_broken_line_is_named_with_its_place() -> None:
    bad = [
        b"{", b"[]", line("ms-0", "x", repeat="1"), line("ms-0", "x", confidence=7), line("ms-0", "x", colour="red"),
        b'{"id": "ms-0"}', line("ms-9", "x"), line("cm-1", "x"), line("ms-0", None, answer=["A"], status="refused"),
        line("ms-0", None, status="ok"), b'{"id": "ms-0", "model": "m", "text": "\\ud800"}',
        b'{"id": "ms-0", "model": "m", "text": "\xff"}', line("ms-0", "x", repeat=2**70),
        line("ms-0", "x", completion_tokens=2**63),
    ]  # fmt: skip
    findings = read(bad, elsewhere={"cm-1": "caption_matching test"}).findings
    places = [issue.place.split(" > ")[1] for issue in findings.first]
    assert set(places) == {f"line {n}" for n in range(1, len(bad) + 1)}
    told = str(findings)
    assert "'cm-1' is of caption_matching test; multi_select test is scored" in told
    assert "'ms-9' is no item of the release" in told
    assert "p.jsonl > line 4 > confidence] is 7" in told
    assert findings.counts == Counter({"broken-line": 10, "unknown-id": 1, "other-config": 1, "contradiction": 2})


def test_findings_are_told_in_full_up_to_a_number_and_counted_beyond() -> None:
    findings = read([b"{"] * (MOST_FINDINGS + 5)).findings
    assert len(findings.first) == MOST_FINDINGS
    assert str(findings).endswith("... and 5 more")


def test_a_second_answer_to_the_same_item_and_repeat_is_found_with_the_first() -> None:
    reader, findings = read([FOUR[0], FOUR[1], FOUR[0]]), Findings()
    assert seated(reader.models["m"], ITEMS, ["p.jsonl"], findings, "m") is None
    (issue,) = findings.first
    assert issue.place == "p.jsonl > line 3"
    assert "p.jsonl > line 1" in issue.problem


def test_repeats_that_no_memory_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.scoring.dense.MOST_PLACES", 10)
    reader = read([line("ms-0", "", repeat=n * 1000) for n in range(3)])
    with pytest.raises(UsageError, match="3 repeats of 4 items are 12 answers, of which 3 are given"):
        seated(reader.models["m"], ITEMS, ["p.jsonl"], Findings(), "m")


def test_order_of_lines_changes_nothing() -> None:
    assert scored(FOUR[::-1]).result == scored(FOUR).result


def test_another_metric_version_is_another_signature() -> None:
    one = scored(FOUR).result.signature
    other = one.model_copy(update={"metrics": one.metrics | {"sip_f1": "2.0.0"}, "model": "n"})
    (told,) = differences(one, other)
    assert told.startswith("metrics: ")
    assert "sip_f1:2.0.0" in signature_line(other)
    assert differences(one, one.model_copy(update={"model": "n", "builder_version": "9"})) == ()
