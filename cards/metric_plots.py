"""Draw the two plots of metrics_hub/README.md: score against wrong options, and the alpha-beta map of SPM-Bench's figure 4."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from builder.scoring import OptionCounts, exact_match_scores, f1_scores, sip_f1_scores, spc_scores

METRICS = {
    "exact_set_match": (exact_match_scores, "#444444", "s", ":"),
    "option_f1": (f1_scores, "#d1495b", "o", "-"),
    "spc": (spc_scores, "#2e7d6b", "^", "--"),
    "sip_f1": (sip_f1_scores, "#1f5fa8", "D", "-"),
}
PLAIN = {"Software": None}  # no version of matplotlib in the file: same picture, same bytes


def counts(tp: list[int], fp: list[int], keys: int) -> OptionCounts:
    arrays = (np.array(tp), np.array(fp), np.full(len(tp), keys))
    return OptionCounts(*arrays)


def main(folder: Path) -> None:
    """Write wrong_options.png and alpha_beta.png into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "microtome"})
    wrong_options(folder / "wrong_options.png")
    alpha_beta(folder / "alpha_beta.png")


def wrong_options(path: Path) -> None:
    figure, axes = plt.subplots(1, 3, figsize=(9.6, 3.2), sharey=True, layout="constrained")
    for place, (tp, keys) in zip(axes, ((2, 2), (1, 2), (4, 4)), strict=True):
        wrong = list(range(5))
        for name, (scores_of, colour, marker, dash) in METRICS.items():
            scores = scores_of(counts([tp] * 5, wrong, keys))
            place.plot(wrong, scores, dash, color=colour, marker=marker, markersize=4, label=name)
        place.set(
            title=f"{tp} of {keys} right options selected", xlabel="wrong options selected", xticks=wrong, ylim=(-0.03, 1.05)
        )
    cautious = float(sip_f1_scores(counts([1], [0], 4))[0])
    axes[2].axhline(cautious, color="#1f5fa8", linewidth=0.8, alpha=0.6)
    axes[2].text(4, cautious + 0.02, f"1 of 4, none wrong: {cautious:.2f}", ha="right", fontsize=7, color="#1f5fa8")
    axes[0].set_ylabel("score of one question")
    axes[0].legend(frameon=False, loc="upper right")
    figure.savefig(path, dpi=150, metadata=PLAIN)
    plt.close(figure)


def alpha_beta(path: Path) -> None:
    alphas, betas = np.linspace(0.3, 0.8, 51), np.linspace(1, 15, 141)
    figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.6), sharey=True, layout="constrained")
    for place, keys in zip(axes, (2, 4), strict=True):
        _map(place, alphas, betas, keys)
    axes[0].set_ylabel("beta")
    figure.colorbar(axes[1].collections[0], ax=axes, label="sip_f1: all right options and one wrong", shrink=0.9)
    figure.savefig(path, dpi=150, metadata=PLAIN)
    plt.close(figure)


def _map(place: Axes, alphas: np.ndarray, betas: np.ndarray, keys: int) -> None:
    scores = np.array([[sip_f1_scores(counts([keys], [1], keys), a, b)[0] for a in alphas] for b in betas])
    place.pcolormesh(alphas, betas, scores, cmap="viridis", vmin=0.05, vmax=0.72, shading="nearest")
    bound = keys * (keys - 1)
    place.axhline(bound, color="white", linewidth=1.2)
    place.text(
        0.305,
        bound + 0.25,
        f"beta = N (N - 1) = {bound}: above it one right option alone scores more",
        color="white",
        fontsize=7.5,
    )
    place.plot(0.6, 6, "o", color="white", markersize=5)
    place.annotate("0.6, 6", (0.6, 6), (0.615, 6.2), color="white", fontsize=8)
    place.set(title=f"N = {keys} right options", xlabel="alpha")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "metrics_hub/plots"))
