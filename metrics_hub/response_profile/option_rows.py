"""Rows of answers, checked one by one: what each question comes down to is three counts.

Pure numpy. Each metric folder that scores option sets carries this file, byte for byte, beside `option_sets.py`.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Rows: TypeAlias = Sequence[Any]  # the rows of a call, not yet checked: lists of labels, or strings, or None

_SEPARATORS = re.compile(r"[,;/|\s]+")
_LABEL_IN_TEXT = re.compile(r"[^\W\d_]\d*|\d+")  # A, C2, 10: in a string of labels, never two letters side by side
_ROW_TYPES = (list, tuple, set, frozenset, np.ndarray)
_BITS = 64
_WORDS = 16  # of 64 labels each: beyond, sets are quicker
_HALF = 32  # bits for each of two counts in one int64 column


class OptionCounts(NamedTuple):
    """What the questions come down to: arrays of shape (n,), one place a question."""

    tp: Ints  # right options selected
    fp: Ints  # other labels selected, those that the question does not have among them
    keys: Ints  # right options, N in the paper; at least 1


def count_options(predictions: Rows, references: Rows, names: tuple[str, str] = ("prediction", "reference")) -> OptionCounts:
    """Counts of right, wrong and possible options for each question, after a check of every row.

    All rows are collections of labels, or all are strings such as "A, C". A prediction of None, [] or "" is no answer. A label
    twice in a row counts once. Labels are compared exactly: "a" is not "A".
    Raises ValueError, with the row from 0, for a string among lists, an empty reference, a label that is no string, a string
    such as "AB" without separators; and for unequal lengths or nothing to score.

    >>> count_options(["A, C", None], ["A, B", "D"])
    OptionCounts(tp=array([1, 0]), fp=array([1, 0]), keys=array([2, 1]))
    """
    given, wanted = columns(**{f"{names[0]}s": predictions, f"{names[1]}s": references})
    if _form(given, wanted, names) is str:
        given, wanted = _split(given, names[0]), _split(wanted, names[1])
    chosen, right = _flatten(given, names[0]), _flatten(wanted, names[1])
    empty = np.flatnonzero(right.lengths == 0)
    if len(empty):
        raise ValueError(f"{names[1]} {empty[0]} is empty; a question has at least one")
    labels = sorted(chosen.labels | right.labels)
    _warn_of_near_misses(chosen, right, names)
    if len(labels) > _WORDS * _BITS:
        return _counts_by_sets(given, wanted)
    words = [labels[start : start + _BITS] for start in range(0, len(labels), _BITS)] or [[]]
    tp, fp, keys = (np.zeros(len(given), dtype=np.int64) for _ in range(3))
    for word in words:
        mask, key = chosen.masks(word), right.masks(word)
        tp, fp, keys = tp + _ones(mask & key), fp + _ones(mask & ~key), keys + _ones(key)
    return OptionCounts(tp, fp, keys)


def columns(**given: Rows) -> tuple[list[Any], ...]:
    """The columns as lists of one length; a column may be any sequence, an array, a generator, or Arrow's.

    Raises ValueError for one that has no order or is no column, for unequal lengths, and for no rows.
    """
    for name, rows in given.items():
        if rows is None or isinstance(rows, str | bytes | Mapping | Set) or not isinstance(rows, Iterable):
            raise ValueError(f"{name} is {_short(rows)}; pass a list with one row for each question")
    lists = tuple(_listed(rows) for rows in given.values())
    lengths = {name: len(rows) for name, rows in zip(given, lists, strict=True)}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{n} {name}" for name, n in lengths.items())
        raise ValueError(
            f"{told}: pass one row for each question, in the same order; the first missing row is {min(lengths.values())}"
        )
    if not lists[0]:
        raise ValueError("there is nothing to score: pass at least one question")
    return lists


def _listed(rows: Iterable[Any]) -> list[Any]:
    if isinstance(rows, list):
        return rows
    arrow = getattr(rows, "to_pylist", None)  # Arrow's own scalars are no strings
    return list(arrow() if arrow else rows)


def _form(given: list[Any], wanted: list[Any], names: tuple[str, str]) -> type:
    """str when every row is a string, list when every row is a collection, as the first reference is."""
    texts = isinstance(wanted[0], str)
    allowed: tuple[type, ...] = (str,) if texts else _ROW_TYPES
    form = 'strings such as "A, C"' if texts else 'lists of labels such as ["A", "C"]'
    for name, rows in zip(names, (given, wanted), strict=True):
        extra = (type(None),) if name == "prediction" else ()
        if not all(issubclass(kind, (*allowed, *extra)) for kind in set(map(type, rows))):
            row, value = next((i, v) for i, v in enumerate(rows) if not isinstance(v, (*allowed, *extra)))
            if name == names[1] and row == 0:
                raise ValueError(f'{name} 0 is {_short(value)}; pass lists of labels, or strings such as "A, C"')
            none = ", or None for no answer" if extra else ""
            raise ValueError(
                f"{name} {row} is {_short(value)} where the {names[1]}s are {form}; use one form for all rows{none}"
            )
    return str if texts else list


def _split(rows: list[Any], name: str) -> list[Any]:
    """Strings of labels as tuples; each distinct string is read once."""
    read = {text: _labels_of(text) for text in set(rows) if text is not None}
    for text, labels in read.items():
        if labels is None:
            raise ValueError(f'{name} {rows.index(text)} is {text!r}; separate labels by commas, as in "A, C"')
    return [None if text is None else read[text] for text in rows]


def _labels_of(text: str) -> tuple[str, ...] | None:
    labels = tuple(part for part in _SEPARATORS.split(text) if part)
    return labels if all(_LABEL_IN_TEXT.fullmatch(label) for label in labels) else None


@dataclass(frozen=True)
class _Flat:
    """All labels of a column in one run. `codes` are the labels as bytes where each is one ASCII character, else None."""

    cells: list[str] | None
    codes: npt.NDArray[np.uint8] | None
    lengths: Ints
    labels: frozenset[str]
    rows: list[Any]

    def masks(self, labels: list[str]) -> npt.NDArray[np.uint64]:
        """For each row as bits which of at most 64 labels it has; other labels leave no bit."""
        bit = dict.fromkeys(self.labels, 0) | {label: 1 << place for place, label in enumerate(labels)}
        if self.codes is not None:
            table = np.zeros(128, dtype=np.uint64)
            for label in self.labels:
                table[ord(label)] = bit[label]
            bits = table[self.codes]
        else:
            cells = self.cells or []
            bits = np.fromiter(map(bit.__getitem__, cells), dtype=np.uint64, count=len(cells))
        masks = np.zeros(len(self.lengths), dtype=np.uint64)
        filled = self.lengths > 0
        if filled.any():
            starts = np.cumsum(self.lengths) - self.lengths
            masks[filled] = np.bitwise_or.reduceat(bits, starts[filled])
        return masks


def _flatten(rows: list[Any], name: str) -> _Flat:
    full = [() if row is None else row for row in rows] if None.__class__ in set(map(type, rows)) else rows
    lengths = np.fromiter(map(len, full), dtype=np.int64, count=len(full))
    try:
        run = "\0".join(chain.from_iterable(full))
    except TypeError:
        row, cell = next((i, c) for i, r in enumerate(full) for c in r if not isinstance(c, str))
        raise ValueError(f"{name} {row} holds {_short(cell)}, which is no string; labels are strings") from None
    codes = _one_character_codes(run, int(lengths.sum()))
    cells = None if codes is not None else list(chain.from_iterable(full))
    labels = frozenset(map(chr, np.unique(codes).tolist()) if codes is not None else cells or ())
    for label in sorted(labels):
        if not label.strip() or label != label.strip() or "," in label or ";" in label:
            row = next(i for i, r in enumerate(full) if label in r)
            raise ValueError(
                f"{name} {row} holds the label {label!r}; a label is one option, without separators or spaces around it"
            )
    return _Flat(cells, codes, lengths, labels, rows)


def _one_character_codes(run: str, cells: int) -> npt.NDArray[np.uint8] | None:
    """The labels as bytes when each is one ASCII character: the joined run then alternates with its separator."""
    if not run.isascii() or len(run) != max(0, 2 * cells - 1):
        return None
    codes = np.frombuffer(run.encode("ascii"), dtype=np.uint8)
    return codes[::2] if codes[::2].all() and not codes[1::2].any() else None


def _counts_by_sets(given: list[Any], wanted: list[Any]) -> OptionCounts:
    """The same counts where the labels are too many for one word of bits."""
    pairs = [(set(g) if g is not None else set(), set(w)) for g, w in zip(given, wanted, strict=True)]
    counts = np.array([(len(s & g), len(s - g), len(g)) for s, g in pairs], dtype=np.int64)
    return OptionCounts(counts[:, 0], counts[:, 1], counts[:, 2])


def _ones(masks: npt.NDArray[np.uint64]) -> Ints:
    return np.bitwise_count(masks).astype(np.int64)


def _warn_of_near_misses(chosen: _Flat, right: _Flat, names: tuple[str, str]) -> None:
    """A label that no key has, and that looks like one or like several of them, counts as wrong: say so once a label."""
    known = {_plain(label): label for label in right.labels}
    letters = {plain for plain in known if plain.isalpha()}
    for label in sorted(chosen.labels - right.labels):
        parts = [_plain(part) for part in _SEPARATORS.sub("", label)]
        meant = known.get(_plain(label)) or (", ".join(known[p] for p in parts) if set(parts) <= letters else None)
        if meant:
            row = next(i for i, r in enumerate(chosen.rows) if r is not None and label in r)
            wanted = f"{names[0]} {row} has {label!r} and {names[1]}s have {meant!r}"
            warnings.warn(f"{wanted}: labels are compared exactly, so it counts as wrong", stacklevel=4)


def _plain(label: str) -> str:
    """For a comparison only: compatibility forms, case and invisible marks laid aside."""
    return "".join(c for c in unicodedata.normalize("NFKC", label).casefold() if unicodedata.category(c) != "Cf")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# ---- counts as columns of numbers, and back


def packed(counts: OptionCounts) -> dict[str, npt.NDArray[np.int64]]:
    """Counts as the columns `predictions` (TP and FP in one number) and `references` (N)."""
    return {"predictions": packed_pair(counts.tp, counts.fp), "references": counts.keys}


def unpacked(predictions: Any, references: Any) -> OptionCounts:
    """The counts that `packed` made columns of."""
    return OptionCounts(*unpacked_pair(predictions), np.asarray(references, dtype=np.int64))


def packed_pair(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Two counts, each below 2^31, in one number."""
    return first << _HALF | second


def unpacked_pair(both: Any) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The two counts that `packed_pair` put together."""
    numbers = np.asarray(both, dtype=np.int64)
    return numbers >> _HALF, numbers & ((1 << _HALF) - 1)
