"""One benchmark family, read from TOML: what is kept, how it is cut, what is asked. An unknown key is an error."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from math import isfinite
from typing import Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from builder.errors import UsageError
from builder.records import Kind, Record, Scale, digest
from builder.scoring.battery import FREE, TESTED
from builder.stages.image_tokens import Family
from builder.toml_text import read_toml

Task = Literal["caption_matching", "description", "multi_select"]
Tier = Literal["open", "private"]


class Identity(Record):
    """What the family is called and how it is cited."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    summary: str
    canary: str = Field(description="GUID carried by every row, card, manifest and PNG, so that leaks can be found")
    seed: int = 0


class Papers(Record):
    """Which papers are read. Both papers of the field set a date window; None leaves it open."""

    published_from: str | None = None  # ISO date or a prefix of one
    published_until: str | None = None


class CropRule(Record):
    """How figures are rendered where their box does not show one raster, whose own pixels are taken."""

    dpi: int = Field(300, ge=72, le=1200)
    max_pixels: int = Field(40_000_000, ge=1_000_000, description="above it the dpi is lowered and recorded")
    margin: float = Field(2.0, ge=0, le=20, description="points added on each side")


class ReferenceRule(Record):
    """CSMBench III-A2: the window of the merged paragraph."""

    min_tokens: int = Field(100, ge=1)
    max_tokens: int = Field(300, ge=1)


class FieldRule(Record):
    """One field of science with its keywords; a keyword is matched as a whole word, case-insensitively."""

    keywords: tuple[str, ...]
    subfields: dict[str, tuple[str, ...]] = {}


class Ocr(Record):
    """Are letters and scale labels that only pixels show read? It needs the extra [ocr] and seconds a figure."""

    use: Literal["never", "always"] = "never"


class Keep(Record):
    """Which figures become items."""

    kinds: tuple[Kind, ...] = ("micrograph", "photo", "mixed")
    scales: tuple[Scale, ...] = ("atomic", "micro", "meso", "macro", "unknown")
    techniques: tuple[str, ...] = Field((), description="a figure with one of these is kept; empty: all are")


class CaptionMatchingRule(Record):
    """What a caption must carry to become four options."""

    min_words: int = 8
    max_words: int = 400
    max_per_figure: int = Field(6, ge=1, le=6, description="items of one figure, each over other words of its caption")


class DescriptionRule(Record):
    """CSMBench III-B1."""

    prompt: str = (
        "Describe this figure in 100 to 300 words. Rely on what is visible and on the caption, and draw the "
        "scientific conclusions that the evidence supports."
    )


class MultiSelectRule(Record):
    """How multi-select questions are written (SPM-Bench section 2)."""

    generator: Literal["rules", "model"] = "rules"
    author: str | None = Field(None, description="a name of [models], for generator model")
    options: int = Field(6, ge=4, le=10, description="of each question")
    max_per_figure: int = Field(6, ge=1, le=20)
    embedding: Literal["lexical", "minilm"] = Field(
        "lexical",
        description="what finds the sibling figures that are hardest to tell apart; minilm needs the extra [semantic]",
    )
    field_library: str = Field("", description="said to the author: what is particular to the field")
    self_check: bool = Field(True, description="the author answers its own question, which is dropped where the keys differ")


class ChallengeRule(Record):
    """Who attacks an item before it is kept, and when it is given up (SPM-Bench section 2, adversarial optimisation)."""

    adviser: str | None = Field(None, description="a name of [models]: scores six criteria and asks for revisions")
    attacker: str | None = Field(None, description="a name of [models]: answers without the image")
    checker: str | None = Field(
        None, description="a name of [models]: does a revised item still ask the same? None: the adviser, or else the attacker"
    )
    rounds: int = Field(3, ge=1, le=10, description="of revision, after which an item is given up")
    pass_score: float = Field(4.0, ge=1, le=5, description="least score of each criterion")

    @property
    def asks(self) -> bool:
        return bool(self.adviser or self.attacker)


class AuditRule(Record):
    """SPM-Bench section 4.6: a stratified sample of the finished items, judged on five dimensions."""

    judges: tuple[str, ...] = Field((), description="names of [models]")
    sample: int = Field(200, ge=1, description="items, drawn evenly over modality, Bloom level and generator")


class BatteryRule(Record):
    """The shortcut battery: answerers that never look at the image."""

    model: str | None = Field(None, description="a name of [models] that is asked without the image too")
    alpha: float = Field(0.05, gt=0, lt=1, description="of the one-sided tests, family-wise by Holm")
    blocks: tuple[str, ...] = Field((), description="attacks that stop a release where they beat chance significantly")

    @model_validator(mode="after")
    def _blocking_attacks_are_run(self) -> BatteryRule:
        tested = (*FREE, *(TESTED if self.model else ()))
        for name in self.blocks:
            if name not in tested:
                needs = "needs battery.model" if name in TESTED else f"is not one of {', '.join(tested)}"
                raise ValueError(f"blocks: the attack {name!r} {needs}")
        return self


class Split(Record):
    """Splits are drawn by paper: never one paper in both."""

    validation_share: float = Field(0.1, ge=0, le=0.5)
    min_validation_papers: int = Field(1, ge=0)


class Price(Record):
    """What a provider bills, in USD for a million tokens."""

    input_usd: float = Field(ge=0)
    output_usd: float = Field(ge=0)


_SET_HERE = {  # parameters of the protocol, and why a rule does not give them
    **dict.fromkeys(("messages", "response_format"), "is made of each question: leave it out"),
    "model": "is sent from the model's own setting: leave it out",
    **dict.fromkeys(("max_tokens", "max_completion_tokens"), "is sent by output key and max output tokens: set those"),
    "n": "one answer is read of each request: ask for more with repeats",
    **dict.fromkeys(("stream", "stream_options"), "answers are read whole: leave it out"),
}
_ADDRESS = r"^https?://[^/?#@\s]+(/[^?#@\s]*)?$"
_VARIABLE = r"^([A-Z][A-Z0-9_]*)?$"
_WANTED = {  # in words, by pattern
    _ADDRESS: "start with http:// or https://, such as http://127.0.0.1:8000/v1, without user, query or fragment",
    _VARIABLE: "name an environment variable in capitals, digits and underscores; the key itself is never given",
}


class ModelRule(Record):
    """A model that stages may ask, and how it is reached. The key itself never stands in a recipe."""

    provider: Literal["openai", "replay"] = Field(description="any endpoint of that protocol, or a folder of recorded replies")
    model: str = Field(min_length=1, description="model id as the provider names it")
    base_url: str = Field("https://api.openai.com/v1", pattern=_ADDRESS)
    api_key_env: str | None = Field(
        "OPENAI_API_KEY", pattern=_VARIABLE, description='variable with the key; "": the endpoint needs none'
    )
    folder: str | None = Field(None, description="of recorded replies, for provider replay; a work folder's replies/ is one")
    family: Family | None = Field(None, description="whose rule prices a picture before it is sent; None: the dearest one's")
    max_output_tokens: int = Field(4096, ge=16)
    expected_output_tokens: int | None = Field(
        None, ge=1, description="of an answer, for dry runs; None: what this work folder's replies took, or the stage expects"
    )
    output_key: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"
    image_detail: Literal["auto", "low", "high"] | None = None
    parameters: dict[str, str | int | float | bool] = Field({}, description="sent as they are: temperature, seed, ...")
    timeout_s: int = Field(120, ge=1)
    attempts: int = Field(4, ge=1, le=10, description="calls for one answer, the first one counted")
    requests_per_minute: int | None = Field(None, ge=1, description="None: as fast as in_flight and the provider allow")
    tokens_per_minute: int | None = Field(
        None, ge=1, description="prompt and completion; in flight by estimate, then as billed"
    )
    price: Price | None = None

    @field_validator("parameters")
    @classmethod
    def _only_what_is_not_set_elsewhere(cls, given: dict[str, str | int | float | bool]) -> dict[str, str | int | float | bool]:
        for name, value in given.items():
            if name in _SET_HERE:
                raise ValueError(f"{name}: {_SET_HERE[name]}")
            if isinstance(value, float) and not isfinite(value):
                raise ValueError(f"{name}: is {value}, which no JSON can say; give a finite number")
            if name == "temperature" and (isinstance(value, str | bool) or value < 0):
                raise ValueError(f"{name}: give a number from 0")
        return given

    @model_validator(mode="after")
    def _replies_have_a_folder(self) -> ModelRule:
        if (self.provider == "replay") != (self.folder is not None):
            raise ValueError('provider "replay" needs `folder`, and no other provider has one')
        return self

    @property
    def settings(self) -> dict[str, object]:
        """What an answer depends on, and nothing of how the model is reached."""
        return self.model_dump(mode="json", include={"model", "max_output_tokens", "image_detail", "parameters"})


class Asking(Record):
    """One limit for all models that a run asks. Tokens and USD count over the whole work folder, earlier runs included."""

    in_flight: int = Field(4, ge=1, le=64, description="requests at a time")
    max_tokens: int = Field(2_000_000, ge=1, description="prompt and completion; no call is made that could pass it")
    max_usd: float | None = Field(None, gt=0, description="by the models' prices")
    expected_items: float | None = Field(
        None, gt=0, description="questions that an author writes of a figure, for dry runs; None: 2 of 3 that it may"
    )
    expected_revisions: float | None = Field(
        None, ge=0, description="of an item over all rounds, for dry runs; None: one for two items"
    )
    on_stop: Literal["exit", "finish"] = Field(
        "exit",
        description="when a cap, a refusing provider or one that is down ends the asking: end the run, or finish it "
        "without the missing answers; the exit code is 6 both times",
    )


class PointRule(Record):
    """SPM-Bench's cloud-local split: a vision model sees the page's thumbnail and returns boxes, the crop is made here."""

    use: Literal["never", "low_confidence", "always"] = "never"
    below: float = Field(0.6, ge=0, le=1, description="a figure of lower confidence is asked for, under low_confidence")
    model: str | None = Field(None, description="a name of [models]")
    thumbnail_px: int = Field(1024, ge=256, le=4096, description="long side")
    least_px: int | None = Field(None, ge=256, description="the model's family may choose a cheaper side down to this one")
    units: Literal["thousandths", "fractions"] = Field("thousandths", description="of the page's sides, in which boxes return")
    max_overlap: float = Field(0.1, ge=0, le=1, description="of two figures, as a share of the smaller one")
    note: str = Field("", description="said to the model beside the template: what is particular to the field")


class Recipe(Record):
    """A whole family."""

    identity: Identity
    tasks: tuple[Task, ...]
    papers: Papers = Papers()
    crop: CropRule = CropRule()
    reference: ReferenceRule = ReferenceRule()
    ocr: Ocr = Ocr()
    keep: Keep = Keep()
    caption_matching: CaptionMatchingRule = CaptionMatchingRule()
    description: DescriptionRule = DescriptionRule()
    multi_select: MultiSelectRule = MultiSelectRule()
    challenge: ChallengeRule = ChallengeRule()
    audit: AuditRule = AuditRule()
    battery: BatteryRule = BatteryRule()
    split: Split = Split()
    fields: dict[str, FieldRule] = {}
    models: dict[str, ModelRule] = {}
    asking: Asking = Asking()
    point: PointRule = PointRule()
    tier: Tier = Field("open", description="set by --tier, not by the file")

    @model_validator(mode="after")
    def _asked_models_are_known(self) -> Recipe:
        for key, name in self._asked_models():
            if name not in self.models:
                raise ValueError(f"{key} {name!r} is not one of [models]: {', '.join(self.models) or 'there are none'}")
        if self.asking.max_usd is not None:
            unpriced = [name for name, rule in self.models.items() if rule.provider != "replay" and rule.price is None]
            if unpriced:
                raise ValueError(f"asking.max_usd needs a price for {', '.join(unpriced)}")
        return self

    def _asked_models(self) -> Iterator[tuple[str, str | None]]:
        """Each key that names a model, with the name; one that is needed and left out is None."""
        if self.point.use != "never":
            yield "point.model", self.point.model
        if self.multi_select.generator == "model":
            yield "multi_select.author", self.multi_select.author
        named = {
            "challenge.adviser": self.challenge.adviser,
            "challenge.attacker": self.challenge.attacker,
            "challenge.checker": self.challenge.checker,
            "battery.model": self.battery.model,
        }
        yield from ((key, name) for key, name in named.items() if name is not None)
        yield from (("audit.judges", judge) for judge in self.audit.judges)

    @property
    def hash(self) -> str:
        """Of all that rows depend on: how models are reached and what they may cost is left out, and so are unused models."""
        plain = self.model_dump(mode="json", exclude={"models", "asking", "point"})
        if self.models:
            plain["models"] = {name: rule.settings for name, rule in self.models.items()}
        if self.point.use != "never":
            plain["point"] = self.point.model_dump(mode="json")
        return digest(plain)


def read_recipe(text: str, place: str) -> Recipe:
    """Recipe from TOML text; `place` names the file in errors. Raises UsageError with every finding."""
    try:
        raw = read_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(place, f"not TOML: {error}", "mend the syntax at that line") from error
    if "tier" in raw:
        raise UsageError(f"{place} > tier", "a recipe does not choose the tier", "remove it and use --tier open|private")
    try:
        return Recipe.model_validate(raw)
    except ValidationError as error:
        found = error.errors()
        told = [_finding(e["loc"], said_of(e), e["input"]) for e in found[:_TOLD]]
        more = [f"and {len(found) - _TOLD} more"] if len(found) > _TOLD else []
        raise UsageError(place, "; ".join([*told, *more]), _REMEDY) from error


def said_of(error: ErrorDetails) -> str:
    """What is wrong, in words: a pattern is said as what is wanted."""
    pattern = error.get("ctx", {}).get("pattern")
    return _WANTED.get(str(pattern), error["msg"].removeprefix("Value error, "))


_TOLD = 100  # findings that one error names
_REMEDY = "see `microtome recipes` and builder/recipes/ for keys and values that are known"


def _finding(loc: tuple[int | str, ...], message: str, value: object) -> str:
    # a key pasted into a recipe must not reach a terminal or a log: the section of models is never shown
    shown = "not shown" if loc[:1] == ("models",) or "key" in str(loc[-1:]).lower() else repr(value)
    told = ": ".join(part for part in (".".join(map(str, loc)), message) if part)
    if isinstance(value, dict):  # of a whole section the message has said what matters
        return told
    return f"{told} (is {shown if len(shown) < 60 else shown[:57] + '...'})"
