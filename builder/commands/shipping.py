"""`microtome schemas`, `stages` and `recipes`: what this version ships."""

from __future__ import annotations

import argparse
from pathlib import Path

from builder import shipped
from builder.edges.store import write_whole
from builder.errors import Exit
from builder.pipeline import STAGES
from builder.release.schemas import schema_files
from builder.reporting.run_report import run_schema_files
from builder.reporting.schemas import report_schema_files
from builder.scoring.schemas import scoring_schema_files


def add_schemas(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.set_defaults(command=_schemas)


def add_stages(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_stages)


def add_recipes(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_recipes)


def _schemas(arguments: argparse.Namespace) -> int:
    found = schema_files() | scoring_schema_files() | report_schema_files() | run_schema_files()
    for name, text in found.items():
        write_whole(arguments.folder / name, text.encode())
    return Exit.OK


def _stages(_: argparse.Namespace) -> int:
    for number, stage in enumerate(STAGES, 1):
        print(f"{number:>2}  {stage.name:<18}{stage.unit:<10}{stage.summary}")
    return Exit.OK


def _recipes(_: argparse.Namespace) -> int:
    for name in shipped.recipe_names():
        recipe = shipped.load_recipe(name)
        print(f"{name:<12}{recipe.identity.title}\n{'':<12}{recipe.identity.summary}\n{'':<12}tasks: {', '.join(recipe.tasks)}")
    return Exit.OK
