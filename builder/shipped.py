"""Find what the wheel carries, in a wheel and in a checkout: cards/, harness/, licenses/, metrics_hub/, recipes, tables."""

from __future__ import annotations

from pathlib import Path

from builder.errors import UsageError
from builder.recipe import Recipe, read_recipe
from builder.toml_text import LONGEST

_HERE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder `cards`, `licenses`, `metrics_hub` or `harness`, beside `builder/` in a checkout and inside it in a wheel."""
    inside = _HERE / "_shipped" / name
    return inside if inside.is_dir() else _HERE.parent / name


def text(name: str, *parts: str) -> str:
    """A shipped file's text: text("licenses", "policy.toml")."""
    return folder(name).joinpath(*parts).read_text(encoding="utf-8")


def prompt(stage: str) -> str:
    """The template of a stage that asks a model."""
    return (_HERE / "prompts" / f"{stage}.j2").read_text(encoding="utf-8")


def page_part(name: str) -> str:
    """A template or style sheet of the pages that `report` and `leaderboard` write."""
    return (_HERE / "reporting" / name).read_text(encoding="utf-8")


def judge_anchors() -> str:
    """JSON of the descriptions with a known score that every judge scores."""
    return (_HERE / "prompts" / "judge_anchors.json").read_text(encoding="utf-8")


def recipe_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (_HERE / "recipes").glob("*.toml")))


def load_recipe(name_or_path: str) -> Recipe:
    """A shipped recipe by name, or one read from a TOML file. Raises UsageError."""
    path = _HERE / "recipes" / f"{name_or_path}.toml" if name_or_path in recipe_names() else Path(name_or_path)
    try:
        with path.open("rb") as file:
            source = file.read(4 * LONGEST + 1)  # a character has four bytes at most
        if len(source) > 4 * LONGEST:
            raise UsageError(name_or_path, f"is larger than {4 * LONGEST >> 20} MiB", "name a recipe: a few kilobytes of TOML")
        text = source.decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError as error:
        known = ", ".join(recipe_names())
        raise UsageError(name_or_path, "no such recipe", f"name one of {known}, or a TOML file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(name_or_path, f"cannot read the recipe: {error}", "name a TOML file in UTF-8") from error
    return read_recipe(text, path.name)


def table_names() -> tuple[str, ...]:
    """Published tables that are shipped: a CSV as printed and a TOML that says what it holds."""
    return tuple(sorted(path.stem for path in (_HERE / "published_tables").glob("*.csv")))


def published_table(name: str) -> tuple[str, str]:
    """The CSV and the TOML of a published table, from `table_names`."""
    here = _HERE / "published_tables"
    return (here / f"{name}.csv").read_text(encoding="utf-8"), (here / f"{name}.toml").read_text(encoding="utf-8")
