"""The wheel carries what it needs and works outside the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from builder.pipeline import code_versions

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(out / "site")
    return out / "site"


def test_the_wheel_carries_cards_licences_metrics_recipes_and_schemas(unpacked: Path) -> None:
    for name in ("cards", "harness", "licenses", "metrics_hub"):
        here = {p.relative_to(ROOT / name) for p in (ROOT / name).rglob("*") if p.is_file() and "__pycache__" not in p.parts}
        there = {
            p.relative_to(unpacked / "builder" / "_shipped" / name) for p in (unpacked / "builder/_shipped" / name).rglob("*")
        }
        assert here <= there, name
    assert list((unpacked / "builder" / "recipes").glob("*.toml"))
    assert list((unpacked / "builder" / "schemas").glob("*.json"))
    assert list((unpacked / "builder" / "prompts").glob("*.j2"))
    assert not (unpacked / "tests").exists()


def test_the_wheel_runs_from_an_empty_folder(unpacked: Path, tmp_path: Path) -> None:
    script = (
        "import builder, sys; from builder.cli import main; from builder.pipeline import code_versions; "
        "print(builder.__file__, dict(code_versions())); sys.exit(main(['recipes']))"
    )
    env = {**os.environ, "PYTHONPATH": str(unpacked)}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(unpacked) in done.stdout
    assert "csm_bench" in done.stdout
    assert str(dict(code_versions())) in done.stdout  # a work folder goes on under either
