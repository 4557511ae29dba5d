"""Two releases compared: what changed in meaning, what came and went, and the version that asks for."""

from pathlib import Path

import pytest
from small_release import cut
from written import write

from builder.cli import main
from builder.edges.validation import open_release
from builder.release.diff import ReleaseDiff, changelog_entry, diff_text, difference


def released(folder: Path, version: str, **change: object) -> Path:
    return write(folder, version=version, **change).folder


def between(tmp_path: Path, version: str, **change: object) -> ReleaseDiff:
    one, other = released(tmp_path / "a", "1.0.0"), released(tmp_path / "b", version, **change)
    return difference(open_release(one)[0], open_release(other)[0])


def other_stem() -> dict[str, object]:
    (item,) = cut().multi_select
    return {"multi_select": (item.model_copy(update={"stem": "Which of these hold?"}),)}


def other_field() -> dict[str, object]:
    first, *rest = cut().specimens
    classified = first.classified.model_copy(update={"subfield": "glasses"})
    return {"specimens": (first.model_copy(update={"classified": classified}), *rest)}


def test_another_question_under_an_old_id_asks_for_a_major_version(tmp_path: Path) -> None:
    found = between(tmp_path, "1.1.0", **other_stem())
    assert (found.level, found.stepped, found.step_is_enough) == ("major", "minor", False)
    (item,) = next(config for config in found.configs if config.config == "multi_select").changed
    assert [(change.column, change.asked) for change in item.changes] == [("question", True)]
    assert "too small" in diff_text(found)


def test_a_retired_item_asks_for_a_minor_version_and_says_how_many_are_left(tmp_path: Path) -> None:
    found = between(tmp_path, "1.1.0", descriptions=())
    assert (found.level, found.step_is_enough) == ("minor", True)
    retired = next(config for config in found.configs if config.config == "description").retired
    assert len(retired) == 1
    assert f"retired: {retired[0]}" in changelog_entry(found)
    assert "over the 0 items that ask the same" in changelog_entry(found)


def test_metadata_ask_for_a_patch_and_scores_stay_comparable(tmp_path: Path) -> None:
    found = between(tmp_path, "1.0.1", **other_field())
    assert (found.level, found.step_is_enough) == ("patch", True)
    assert "scores of both versions are comparable" in changelog_entry(found)


def test_the_same_rows_have_no_level(tmp_path: Path) -> None:
    assert all(config.level == "none" for config in between(tmp_path, "1.0.1").configs)


def test_the_command_exits_with_findings_when_the_step_is_too_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = released(tmp_path / "a", "1.0.0"), released(tmp_path / "b", "1.0.1", **other_stem())
    assert main(["diff", str(one), str(other)]) == 1
    assert main(["diff", str(one), str(one), "--json"]) == 0
    assert main(["diff", str(one), str(other), "--changelog"]) == 1
    assert main(["diff", str(one), str(tmp_path)]) == 3
    assert "1 asking something else" in capsys.readouterr().out
