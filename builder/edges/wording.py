"""How errors name a model's settings: as the keys of a recipe, or as the options of `ask` and `judge`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """The place of a model, `{}` standing for its name, and what each of its settings is called where it was given."""

    place: str
    model: str
    base_url: str
    api_key_env: str
    no_key: str  # how to say that none is needed
    folder: str
    max_tokens: str
    max_usd: str
    family: str
    price: str
    where: str  # they stand; empty where their names say so


RECIPE = Wording(
    place="models > {}",
    model="model",
    base_url="base_url",
    api_key_env="api_key_env",
    no_key='write api_key_env = ""',
    folder="`folder`",
    max_tokens="asking > max_tokens",
    max_usd="asking > max_usd",
    family="`family`",
    price="price",
    where=" in the recipe",
)
OPTIONS = Wording(
    place="--model {}",
    model="--model",
    base_url="--base-url",
    api_key_env="--api-key-env",
    no_key='give --api-key-env ""',
    folder="--replay",
    max_tokens="--max-tokens",
    max_usd="--max-usd",
    family="--family",
    price="--price",
    where="",
)

__all__ = ["OPTIONS", "RECIPE", "Wording"]
