"""Whole runs of the model path on one paper, in this process: recipe, models on loopback, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from builder import shipped
from builder.edges.engine import Limits, LocalEngine, Outcome
from builder.edges.store import Store
from builder.outcomes import Run
from builder.pipeline import Stage, stages_of
from builder.recipe import Recipe, read_recipe
from builder.records import MultiSelect
from builder.run import run
from builder.stages.rights import read_policy
from tests.loopback_model import Loopback
from tests.scripted_models import role_of

KEY = "test-key-0123456789abcdef"
ROLES = ("author", "adviser", "attacker", "checker")


def recipe_text(base_url: str, *, more: str = "", roles: Sequence[str] = ROLES, reach: str = "") -> str:
    """A family of multi-select questions alone, by a model of each role at `base_url`, or reached as `reach` says."""
    reach = reach or f'provider = "openai"\nbase_url = "{base_url}"\napi_key_env = "LOOPBACK_KEY"\nattempts = 2\ntimeout_s = 5'
    models = "\n".join(f'[models.{role}]\nmodel = "{role}-1"\n{reach}' for role in ROLES)
    named = "\n".join(f'{role} = "{role}"' for role in roles if role != "author")
    start = 'tasks = ["multi_select"]\n[identity]\nname = "x"\ntitle = "t"\nsummary = "s"\ncanary = "c"\n'
    author_of = '[multi_select]\ngenerator = "model"\nauthor = "author"\nmax_per_figure = 3\nfield_library = "Steel is etched."'
    return "\n".join([start, models, author_of, "[challenge]", named, "rounds = 2", more])


def recipe_of(base_url: str, *, more: str = "", roles: Sequence[str] = ROLES, reach: str = "") -> Recipe:
    return read_recipe(recipe_text(base_url, more=more, roles=roles, reach=reach), "x.toml")


def made(recipe: Recipe, work: Path, paper: Path, stages: Callable[[Stage], bool] = lambda _: True) -> Run:
    """A run of one paper. A child takes seconds to start, and its isolation has tests of its own."""

    def run_here(cut: Callable[[Any], Any], tasks: Sequence[Any], **_: object) -> Iterator[Outcome[Any, Any]]:
        return (Outcome(task, cut(task)) for task in tasks)

    policy = read_policy(shipped.text("licenses", "policy.toml"), "policy.toml")
    wanted = tuple(filter(stages, stages_of(recipe)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builder.edges.engine.run_isolated", run_here)
        patch.setattr("builder.edges.vlm._FIRST_PAUSE", 0.0)
        patch.setenv("LOOPBACK_KEY", KEY)
        return run(
            [(paper, None)],
            recipe,
            policy,
            Store(work),
            wanted,
            engine=LocalEngine(1),
            limits=Limits(),
            progress=lambda _: None,
        )


def items(done: Run) -> tuple[MultiSelect, ...]:
    return tuple(done.records("challenge" if "challenge" in {s.name for s in done.stages} else "multi_select", MultiSelect))


def drops(done: Run, stage: str) -> Counter[str]:
    return Counter(drop.reason for drop in done.dropped if drop.stage == stage)


def asked(server: Loopback) -> Counter[str]:
    return Counter(map(role_of, server.requests))
