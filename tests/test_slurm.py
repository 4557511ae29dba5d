"""Workers as Slurm jobs: what is wrong with the configuration, the machine or the queue is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("dask_jobqueue")

from builder.cli import main
from builder.errors import Exit

PAPER = Path(__file__).parent / "papers" / "wire-fracture.pdf"
GOOD = """
jobqueue:
  slurm:
    cores: 1
    memory: 2GB
    queue: batch
    scheduler-options: {host: 127.0.0.1}
"""


def figures(folder: Path, configuration: Path) -> int:
    options = ["--engine", "dask", "--slurm", str(configuration), "--workers", "2", "--wait", "1"]
    return main(["figures", str(PAPER), "--work", str(folder / "work"), *options])


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("jobqueue: [", "cannot be read as YAML"),
        ("- 1", "has no jobqueue > slurm"),
        ("jobqueue: {pbs: {cores: 1}}", "has no jobqueue > slurm"),
        ("jobqueue: {slurm: {queue: x}}", "dask-jobqueue refuses it: You must specify how "),
    ],
)
def test_a_configuration_that_is_none_is_named(
    text: str, finding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "sbatch", "#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    configuration = put(tmp_path, "slurm.yaml", text)
    assert figures(tmp_path, configuration) == Exit.CANNOT_READ
    said = capsys.readouterr().err
    assert str(configuration) in said
    assert finding in said


def test_a_machine_without_slurm_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert figures(tmp_path, put(tmp_path, "slurm.yaml", GOOD)) == Exit.USAGE
    assert "this machine has no sbatch" in capsys.readouterr().err


def test_a_queue_that_refuses_the_jobs_is_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "sbatch", '#!/bin/sh\necho "sbatch: error: invalid partition specified: batch" >&2\nexit 1\n')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert figures(tmp_path, put(tmp_path, "slurm.yaml", GOOD)) == Exit.CLUSTER_STOPPED
    said = capsys.readouterr().err
    assert "Slurm refuses the jobs" in said
    assert "invalid partition specified: batch" in said


def test_jobs_that_stay_in_the_queue_are_waited_for_and_no_longer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "sbatch", '#!/bin/sh\ncp "$(eval echo \\${$#})" "$(dirname "$0")/job.sh"\necho "Submitted batch job 7"\n')
    put(tmp_path, "scancel", '#!/bin/sh\necho "$@" >> "$(dirname "$0")/cancelled"\n')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert figures(tmp_path, put(tmp_path, "slurm.yaml", GOOD)) == Exit.CLUSTER_STOPPED
    assert "no worker is there" in capsys.readouterr().err
    assert "#SBATCH -p batch" in (tmp_path / "job.sh").read_text()
    assert "7" in (tmp_path / "cancelled").read_text()
