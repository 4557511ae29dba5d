"""Dask workers as Slurm jobs, started and ended with the build, by the user's own dask-jobqueue configuration."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from builder.errors import CannotRead, ClusterStopped, UsageError

_WANTED = "a jobqueue: with a slurm: below it, as dask-jobqueue's documentation has it (cores, memory, queue, walltime, ...)"


@contextmanager
def slurm_scheduler(configuration: Path, workers: int) -> Iterator[str]:
    """The address of a scheduler in this process whose workers are in Slurm's queue; their jobs end with it.

    Raises CannotRead for a file that is no such configuration, UsageError without dask-jobqueue or Slurm, ClusterStopped
    where Slurm refuses the jobs.
    """
    wanted = _read(configuration)
    if not shutil.which("sbatch"):
        raise UsageError("--slurm", "this machine has no sbatch", "run this on a login node of the cluster, or in a job of it")
    try:
        import dask
        from dask_jobqueue import SLURMCluster
    except ImportError as error:
        raise UsageError("--slurm", f"needs dask-jobqueue: {error}", "pip install 'microtome[slurm]'") from error
    with dask.config.set(wanted):
        try:
            cluster = SLURMCluster(scheduler_options={**_options(wanted), "dashboard": False})
        except (TypeError, ValueError) as error:
            raise CannotRead(str(configuration), f"dask-jobqueue refuses it: {error}", f"give {_WANTED}") from error
        with cluster:
            try:
                cluster.scale(workers)
                cluster.sync(_submitted, cluster)
            except (OSError, RuntimeError) as error:
                told = " ".join(str(error).split())
                raise ClusterStopped("--slurm", f"Slurm refuses the jobs: {told}", f"correct {configuration}") from error
            yield str(cluster.scheduler_address)


async def _submitted(cluster: Awaitable[object]) -> None:
    """Awaiting a cluster is awaiting its jobs' submission, and hearing what Slurm says of them."""
    await cluster


def _read(configuration: Path) -> dict[str, object]:
    try:
        raw = yaml.safe_load(configuration.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CannotRead(str(configuration), f"cannot be read as YAML: {error}", f"give {_WANTED}") from error
    section = raw.get("jobqueue") if isinstance(raw, dict) else None
    if not isinstance(section, dict) or not isinstance(section.get("slurm"), dict):
        raise CannotRead(str(configuration), "has no jobqueue > slurm", f"give {_WANTED}")
    return {str(name): value for name, value in raw.items()}


def _options(wanted: dict[str, object]) -> dict[str, object]:
    section = wanted["jobqueue"]
    slurm = section.get("slurm") if isinstance(section, dict) else None
    options = slurm.get("scheduler-options") if isinstance(slurm, dict) else None
    return options if isinstance(options, dict) else {}


__all__ = ["slurm_scheduler"]
