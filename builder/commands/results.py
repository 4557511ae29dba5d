"""Commands on predictions and results: score."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from builder.errors import Exit, UsageError
from builder.release.rows import SPLITS
from builder.scoring.asked import SCORED
from builder.scoring.results import Estimate, Result, coverage_of, signature_line

if TYPE_CHECKING:
    from builder.edges.asked_release import OpenRelease
    from builder.grading import Graded

RESAMPLES = 1000
MOST_RESAMPLES = 100_000
_ON_HUB = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)@(?P<tag>v[0-9]+\.[0-9]+\.[0-9]+)")
_METRIC = 26  # characters of the table's first column


def add_score(parser: argparse.ArgumentParser) -> None:
    """`microtome score`."""
    parser.add_argument(
        "predictions",
        metavar="PREDICTIONS",
        nargs="+",
        type=Path,
        help="JSON lines by the schema prediction.json; several models may share a file",
    )
    parser.add_argument(
        "--release", metavar="R", required=True, help="folder of the release that was asked, or ORG/NAME@vX.Y.Z"
    )
    parser.add_argument("--out", metavar="DIR", required=True, type=Path, help="results go to DIR/<model>/<config>/")
    parser.add_argument("--config", choices=SCORED, help="config that was asked (default: that of the first prediction)")
    parser.add_argument("--split", choices=SPLITS, default="test", help="split that was asked (default: test)")
    parser.add_argument(
        "--resamples",
        metavar="N",
        type=_count,
        default=RESAMPLES,
        help=f"draws of papers for intervals; 0: none (default: {RESAMPLES})",
    )
    parser.add_argument("--seed", metavar="N", type=_count, default=0, help="of the draws (default: 0)")
    parser.add_argument(
        "--bertscore-model", metavar="MODEL", help="of descriptions: a name on this machine or a folder such as ./model"
    )
    parser.add_argument(
        "--bertscore-layer", metavar="N", type=_count, help="layer of that model; another layer is another score"
    )
    parser.add_argument("--json", action="store_true", help="the results as one JSON list on stdout")
    parser.set_defaults(command=_score)


def _score(arguments: argparse.Namespace) -> int:
    from builder.grading import Settings, grade
    from builder.scoring.descriptions import Bertscore

    named = (arguments.bertscore_model, arguments.bertscore_layer)
    if (named[0] is None) != (named[1] is None):
        raise UsageError("--bertscore-model", "needs its layer, and a layer its model", "name both: BERTScore has no default")
    bertscore = Bertscore(*named) if named[0] is not None else None
    if arguments.resamples > MOST_RESAMPLES:
        raise UsageError("--resamples", f"is {arguments.resamples}", f"use at most {MOST_RESAMPLES}")
    with _release(arguments.release) as release:
        settings = Settings(arguments.split, arguments.config, arguments.resamples, arguments.seed, bertscore)
        graded, findings = grade(arguments.predictions, release, arguments.out, settings)
    if findings:
        print(findings)
        print(f"{findings.counts.total()} findings: nothing was scored", file=sys.stderr)
        return Exit.FINDINGS
    if arguments.json:
        print(json.dumps([one.result.model_dump(mode="json") for one in graded], ensure_ascii=False, indent=1))
    else:
        print("\n\n".join(map(_told, graded)))
    return Exit.OK


@contextmanager
def _release(named: str) -> Iterator[OpenRelease]:
    """The release of a folder, or of a tag on the Hub, fetched into a folder that is gone afterwards."""
    from builder.edges.asked_release import open_release

    on_hub = _ON_HUB.fullmatch(named)
    if on_hub is None or Path(named).exists():
        yield open_release(Path(named))
        return
    from huggingface_hub import get_token

    from builder.edges.hub import hub_repository

    repo = hub_repository(on_hub["repo"], "dataset")
    commit, closed = repo.resolve(on_hub["tag"])
    with tempfile.TemporaryDirectory(prefix="microtome-score-", ignore_cleanup_errors=True) as scratch:
        yield open_release(repo.download(commit, Path(scratch), token=get_token() if closed else None))


def _told(graded: Graded) -> str:
    """A table of one result, its signature last."""
    result = graded.result
    asked = f"{result.items} items" + (f" x {result.repeats} repeats" if result.repeats > 1 else "")
    lines = [f"{result.signature.model}: {asked}; {_statuses(result)}", f"{'':<{_METRIC}}{'micro':<28}macro over scale"]
    macro = result.macro.get("scale", {})
    lines += [
        f"{name:<{_METRIC}}{_estimate(found):<28}{_estimate(macro[name]) if name in macro else ''}".rstrip()
        for name, found in result.micro.items()
    ]
    lines += [f"{name}: not scored: {why}" for name, why in result.not_scored.items()]
    if result.profile:
        held = _number(result.profile["stability"])
        lines.append(f"personality {result.profile['personality']}; what the shares say holds in {held} of the draws")
    if result.calibration.get("calibration_error") is not None:
        error, coverage = result.calibration["calibration_error"], result.calibration["coverage"]
        lines.append(f"calibration error {_number(error)}, {_number(coverage)} of the answers state a confidence")
    covered = coverage_of(result.statuses)
    if covered.ok < covered.asked:
        lines.append(f"{covered}; what failed or is missing scores 0")
    lines.append(f"{graded.folder}: {'already there, unchanged' if graded.unchanged else 'written'}")
    return "\n".join([*lines, signature_line(result.signature)])


def _statuses(result: Result) -> str:
    return ", ".join(f"{n} {status}" for status, n in result.statuses.items() if n)


def _estimate(found: Estimate) -> str:
    ends = f" [{found.low:.4f}, {found.high:.4f}]" if found.low is not None and found.high is not None else ""
    return _number(found.value) + ends


def _number(value: float | str | None) -> str:
    return f"{value:.4f}" if isinstance(value, float | int) else "-"


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


__all__ = ["add_score"]
