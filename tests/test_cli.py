"""The command line: every verb explains itself, and costs no more to start than what it needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from builder.cli import main
from builder.errors import Exit


def verbs(capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(SystemExit):
        main(["--help"])
    return re.findall(r"^    ([a-z-]+) ", capsys.readouterr().out, re.MULTILINE)


def test_every_verb_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    found = verbs(capsys)
    assert len(found) > 25
    for verb in found:
        with pytest.raises(SystemExit) as ended:
            main([verb, "--help"])
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith(f"usage: microtome {verb} ")


@pytest.mark.parametrize(
    ("verb", "option", "value"),
    [
        ("build", "--timeout", "99999999999999999999"),
        ("figures", "--timeout", "0"),
        ("savings", "--memory", "9" * 5000),
        ("hydrate", "--memory", "-1"),
        ("hydrate", "--jobs", "100000"),
    ],
)
def test_a_limit_that_no_machine_has_is_refused_with_its_bounds(
    verb: str, option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "a", f"{option}={value}"])
    assert ended.value.code == Exit.USAGE
    assert re.search(f"{option}: .* is not a whole number from 1 to [0-9,]+", capsys.readouterr().err)


def test_what_a_verb_does_not_need_is_not_loaded() -> None:
    looked = "import sys, builder.cli; print(sorted({'datasets', 'pymupdf', 'pandas', 'pyarrow'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


def test_children_do_not_load_what_pymupdf_brings_along() -> None:
    looked = "import sys, builder.run; print(sorted({'onnxruntime', 'pymupdf4llm', 'datasets', 'pandas'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


def test_what_is_printed_is_utf_8_whatever_the_terminal_speaks(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("imaged by TEM after 2 h at 300 °C", encoding="utf-8")
    command = [sys.executable, "-m", "builder.cli", "spans", str(text)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], env=os.environ | {"PYTHONIOENCODING": "latin-1"}, stdout=-1)
    assert "300 °C" in done.stdout.decode("utf-8")
