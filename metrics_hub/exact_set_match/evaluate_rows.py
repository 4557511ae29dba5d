"""How checked rows pass through `evaluate`: as columns of numbers, a tenth of the cost of lists of strings.

`evaluate` encodes every cell in Python and checks the first row only. A metric that imports this checks every row itself, hands
on what the row comes down to, and reads the same numbers back in `_compute`, from one process or from several.
"""

from __future__ import annotations

from typing import Any

import datasets
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .option_rows import OptionCounts

_HALF = 32  # bits for each of two counts in one int64 column


def write_rows(metric: Any, columns: dict[str, npt.NDArray[Any]]) -> None:
    """Add rows to the cache file of an `evaluate.Metric`: one array of shape (n,) for each of its inputs, int64 or float64."""
    if metric.writer is None:
        metric.selected_feature_format = datasets.Features(
            {name: datasets.Value(str(values.dtype)) for name, values in columns.items()}
        )
        metric._init_writer()
    metric.writer.write_table(pa.table(columns))


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
