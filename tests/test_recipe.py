"""The shipped recipes: valid, distinct, and strict about keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.errors import UsageError
from builder.recipe import read_recipe

RECIPES = sorted((Path(__file__).parents[1] / "builder" / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_shipped_recipe_is_valid_and_named_like_its_file(path: Path) -> None:
    assert read_recipe(path.read_text(encoding="utf-8"), path.name).identity.name == path.stem


def test_every_recipe_has_its_own_canary() -> None:
    canaries = [read_recipe(path.read_text(encoding="utf-8"), path.name).identity.canary for path in RECIPES]
    assert len(set(canaries)) == len(canaries) == 2


def test_unknown_key_is_refused_with_its_place() -> None:
    text = RECIPES[0].read_text(encoding="utf-8") + "\n[taxonomy]\nscale = 1\n"
    with pytest.raises(UsageError, match="taxonomy"):
        read_recipe(text, "x.toml")
