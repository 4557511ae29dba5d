"""README's commands are run, in an empty folder, as a newcomer would run them."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def newcomer(folder: Path) -> dict[str, str]:
    quiet = {"HF_HUB_OFFLINE": "1", "HF_EVALUATE_OFFLINE": "1", "HF_HOME": str(folder / "hf"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    return {**os.environ, **quiet, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "tests").mkdir()
    for name in ("papers", "captions.txt"):
        (folder / "tests" / name).symlink_to(ROOT / "tests" / name)
    return folder


def test_commands_of_the_readme_run_and_what_they_built_loads_and_scores(folder: Path) -> None:
    for line in [line for block in blocks("sh") for line in block.splitlines() if line.startswith("microtome")]:
        done = subprocess.run(shlex.split(line), cwd=folder, env=newcomer(folder), capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert (folder / "my-release" / "README.md").is_file()
    assert list((folder / "figure-crops").glob("*.png"))
    script = "\n".join(blocks("python"))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=newcomer(folder), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "1.0"


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", "\n".join(blocks("sh")), re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_every_command_recipe_metric_and_exit_code_is_in_the_readme() -> None:
    from builder.errors import Exit
    from builder.shipped import recipe_names

    commands = re.search(r"^commands:\n(.*?)\n\n", _help(), re.M | re.S)
    assert commands
    for command in re.findall(r"^    (\w+)", commands[1], re.M):
        assert f"microtome {command}" in README, command
    for name in [
        *recipe_names(),
        *(path.name for path in (ROOT / "metrics_hub").iterdir() if (path / f"{path.name}.py").is_file()),
    ]:
        assert name in README, name
    for code in Exit:
        assert f"| {code.value} |" in README


def _help() -> str:
    return subprocess.run([sys.executable, "-m", "builder.cli", "--help"], capture_output=True, text=True, check=True).stdout
