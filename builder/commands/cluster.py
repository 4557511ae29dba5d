"""Where a build's papers are cut: on this machine, on a Dask cluster, or on one that Slurm starts for the build."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from builder.commands.numbers import positive
from builder.edges.engine import LocalEngine
from builder.errors import UsageError
from builder.run import Engine

_WAIT = 60  # seconds: a scheduler that runs answers at once, its workers within their own death timeout
_SLURM_WAIT = 86400  # seconds: a queue may take a day


def add_engine(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where papers are cut")
    group.add_argument("--engine", choices=("local", "dask"), default="local", help="this machine (default), or a Dask cluster")
    group.add_argument("--scheduler", metavar="ADDRESS", help="with --engine dask: the running scheduler, as tcp://HOST:PORT")
    group.add_argument(
        "--slurm", metavar="YAML", type=Path, help="with --engine dask: start workers by your dask-jobqueue configuration"
    )
    group.add_argument("--workers", metavar="N", type=positive, help="with --slurm: workers to start")
    group.add_argument(
        "--wait",
        metavar="S",
        type=positive,
        help=f"seconds that scheduler or workers of --engine dask may be gone (default: {_WAIT}, with --slurm {_SLURM_WAIT})",
    )
    group.add_argument(
        "--no-shared-folder",
        action="store_true",
        help="with --engine dask: papers, crops and receipts travel, as workers do not see this machine's folders",
    )


@contextmanager
def engine_of(arguments: argparse.Namespace, work: Path) -> Iterator[Engine]:
    """The engine that the command line names. Raises UsageError, and ClusterStopped where the cluster does not fit."""
    if arguments.engine == "local":
        _refuse_without_dask(arguments)
        yield LocalEngine(arguments.jobs)
        return
    if (arguments.scheduler is None) == (arguments.slurm is None):
        said = "both --scheduler and --slurm" if arguments.slurm else "neither --scheduler nor --slurm"
        raise UsageError("--engine dask", f"{said}", "name a running scheduler, or the YAML that Slurm's workers start by")
    if (arguments.slurm is None) != (arguments.workers is None):
        said = "without --workers" if arguments.slurm else "with --workers, which a running scheduler has already"
        raise UsageError("--slurm" if arguments.slurm else "--scheduler", said, "give --slurm YAML and --workers N together")
    try:
        from builder.edges.cluster import cluster_at
        from builder.edges.dask_engine import DaskEngine
        from builder.edges.parcels import ParcelEngine
    except ImportError as error:
        raise UsageError("--engine dask", f"needs Dask: {error}", "pip install 'microtome[dask]'") from error
    with _scheduler(arguments) as address:
        patience = arguments.wait or (_SLURM_WAIT if arguments.slurm else _WAIT)
        shared = None if arguments.no_shared_folder else work
        with cluster_at(address, shared, patience, _told) as cluster:
            _told(f"{len(cluster.heard)} workers at {address}, {cluster.threads} papers at a time")
            yield DaskEngine(cluster) if shared else ParcelEngine(cluster)


def _told(line: str) -> None:
    tqdm.write(line, file=sys.stderr)


def _refuse_without_dask(arguments: argparse.Namespace) -> None:
    for option, given in (
        ("--scheduler", arguments.scheduler),
        ("--slurm", arguments.slurm),
        ("--workers", arguments.workers),
        ("--wait", arguments.wait),
        ("--no-shared-folder", arguments.no_shared_folder),
    ):
        if given:
            raise UsageError(option, "is given, but papers are cut on this machine", "add --engine dask, or leave it out")


@contextmanager
def _scheduler(arguments: argparse.Namespace) -> Iterator[str]:
    """Its address; with --slurm it is this command's own, with its workers in the queue."""
    if arguments.scheduler:
        yield arguments.scheduler
        return
    from builder.edges.slurm import slurm_scheduler

    with slurm_scheduler(arguments.slurm, arguments.workers) as address:
        _told(f"{arguments.workers} workers are in Slurm's queue; they report to {address}")
        yield address


__all__ = ["add_engine", "engine_of"]
