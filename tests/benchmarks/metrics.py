"""What a million rows cost: a stock `evaluate` metric of the same shape against ours, and the pure function against numpy.

python tests/benchmarks/metrics.py [ROWS]    prints one Markdown table; times are of this machine, the ratios are the point.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

STOCK = '''
"""The same score, written as evaluate's documentation has it: rows pass through evaluate's own encoding."""
import datasets
import evaluate


class Stock(evaluate.Metric):
    def _info(self):
        row = datasets.Sequence(datasets.Value("string"))
        features = datasets.Features({"predictions": row, "references": row})
        return evaluate.MetricInfo(description="d", citation="", inputs_description="i", features=features)

    def _compute(self, predictions, references):
        total = 0.0
        for prediction, reference in zip(predictions, references):
            selected, key = set(prediction), set(reference)
            tp, fp = len(selected & key), len(selected - key)
            total += 1.0 if selected == key else 0.6 * 2 * tp / (tp + 6 * fp + len(key)) if tp else 0.0
        return {"stock": total / len(predictions)}
'''


def timed(call: Callable[[], float]) -> tuple[float, float]:
    """Best of three: seconds and the value."""
    best, value = float("inf"), 0.0
    for _ in range(3):
        start = time.perf_counter()
        value = call()
        best = min(best, time.perf_counter() - start)
    return best, value


def rows(n: int, labels: str, most: int) -> tuple[list[list[str]], list[list[str]]]:
    draw = random.Random(5)
    return tuple([draw.sample(labels, draw.randint(1, most)) for _ in range(n)] for _ in range(2))  # type: ignore[return-value]


def main(n: int) -> None:
    os.environ["HF_EVALUATE_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HF_HOME"] = scratch
        import evaluate
        import numpy as np

        from builder.scoring import count_options, sip_f1
        from builder.scoring.option_sets import mean, sip_f1_scores

        (Path(scratch) / "stock").mkdir()
        (Path(scratch) / "stock" / "stock.py").write_text(STOCK)
        stock = evaluate.load(str(Path(scratch) / "stock"))
        ours = evaluate.load(str(ROOT / "metrics_hub" / "sip_f1"))
        print("| labels | rows | stock evaluate | ours by evaluate | ratio | pure function | numpy pass over counts |")
        print(f"|{' --- |' * 7}")
        for labels, most in (("ABCDEF", 4), ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 12)):
            given, wanted = rows(n, labels, most)
            slow, a = timed(lambda p=given, r=wanted: stock.compute(predictions=p, references=r)["stock"])
            fast, b = timed(lambda p=given, r=wanted: ours.compute(predictions=p, references=r)["sip_f1"])
            pure, c = timed(lambda p=given, r=wanted: sip_f1(p, r)["sip_f1"])
            counts = count_options(given, wanted)
            floor, _ = timed(lambda k=counts: mean(sip_f1_scores(k)))
            if not (np.isclose(a, b) and b == c):
                raise SystemExit(f"three ways, three numbers: {a}, {b}, {c}")
            print(
                f"| {len(labels)} | {n:,} | {slow:.2f} s | {fast:.2f} s | {slow / fast:.1f} x | {pure:.2f} s | {floor:.2f} s |"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
