"""Dask workers as Slurm jobs, started and ended with the build, by the user's own dask-jobqueue configuration."""

from __future__ import annotations

import logging
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from builder.errors import CannotRead, ClusterStopped, UsageError

_ASKING = 60  # seconds that one question to Slurm may take
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
    for name in ("asyncio", "distributed", "dask_jobqueue"):  # they log what is raised here too, with tracebacks
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with dask.config.set(dask.config.merge(dask.config.global_config, wanted)):
        try:
            options = dask.config.get("jobqueue.slurm.scheduler-options", {})
            cluster = SLURMCluster(scheduler_options={**options, "dashboard": False})
        except (TypeError, ValueError) as error:
            told = " ".join(str(error).split())
            raise CannotRead(str(configuration), f"dask-jobqueue refuses it: {told}", f"give {_WANTED}") from error
        with cluster:
            refusal = _refusal(cluster.job_script())
            if refusal:
                raise ClusterStopped("--slurm", f"Slurm refuses the jobs: {refusal}", f"correct {configuration}")
            cluster.scale(workers)
            yield str(cluster.scheduler_address)


def _refusal(script: str) -> str:
    """What Slurm says against such a job, which is not submitted; empty where it takes it.

    dask-jobqueue submits in the background and keeps a refusal to itself.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".sh", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        command = ["sbatch", "--test-only", file.name]
        try:
            asked = subprocess.run(command, capture_output=True, text=True, timeout=_ASKING, check=False)
        except subprocess.TimeoutExpired:
            return f"no answer within {_ASKING} s"
    return " ".join((asked.stderr or asked.stdout).split()) if asked.returncode else ""


def _read(configuration: Path) -> dict[str, object]:
    try:
        raw = yaml.safe_load(configuration.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CannotRead(str(configuration), f"cannot be read as YAML: {error}", f"give {_WANTED}") from error
    section = raw.get("jobqueue") if isinstance(raw, dict) else None
    if not isinstance(section, dict) or not isinstance(section.get("slurm"), dict):
        raise CannotRead(str(configuration), "has no jobqueue > slurm", f"give {_WANTED}")
    return {str(name): value for name, value in raw.items()}


__all__ = ["slurm_scheduler"]
