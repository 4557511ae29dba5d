"""What attacks.json and reviews.json hold: how the items stood up to answerers without the image, and to judges."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from builder.records import Record

Share = float
Selected = Annotated[str, Field(pattern=r"^[A-Z]+$")]


class Estimate(Record):
    """A mean over items against chance, all in [0, 1]."""

    value: Share
    chance: Share = Field(description="exact, from the number of options and of right ones of each item")
    low: Share | None = Field(description="95 % interval, bootstrap over papers; null where there is one paper")
    high: Share | None


class AttackLine(Record):
    """What one attack scores over a config."""

    attack: str
    model: str | None = Field(description="model id as the provider names it; null: a free attack")
    items: int = Field(ge=0, description="that the attack answered")
    papers: int = Field(ge=0)
    accuracy: Estimate = Field(description="share of its pick (options of the highest score) that is right; chance k / n")
    pairs: Estimate = Field(description="share of pairs of a right and a wrong option ranked in this order (AUC); chance 1 / 2")
    exact_match: Estimate = Field(
        description="share of items whose selection is the key; chance: as many options, drawn blindly"
    )
    p_value: float | None = Field(description="one-sided, of accuracy and pairs together; null: not tested")
    p_adjusted: float | None = Field(description="by Holm over the tested attacks of the config")
    significant: bool


class Certificate(Record):
    """What the battery certifies of a config."""

    verdict: Literal["passed", "underpowered", "failed"] = Field(
        description="failed: an attack beats chance; underpowered: none does, and there are too few items or papers to say more"
    )
    items: int = Field(ge=0)
    papers: int = Field(ge=0)
    least_items: int = Field(description="below which nothing passes")
    attacks_tested: int = Field(ge=0)
    alpha: float = Field(description="family-wise")
    correction: Literal["Holm"]
    test: str = Field(description="in words")
    power: float = Field(description="of minimum_detectable_effect")
    minimum_detectable_effect: float | None = Field(
        description="accuracy above chance that would be found whichever attack had it; null where not even all right is"
    )


class Gain(Record):
    """The model with the image against the same model without it, on the items that it answered both ways."""

    statistic: Literal["exact_match", "pairs"]
    with_image: Share
    without_image: Share
    difference: float
    low: float | None = Field(description="95 % interval, bootstrap over papers; null where there is one paper")
    high: float | None
    p_value: float | None = Field(description="two-sided, sign flips by paper")
    items: int
    papers: int


class AttackedItem(Record):
    """One item: what each attack picked, so that items can be chosen by what they withstand."""

    id: str
    picked: dict[str, Selected | None] = Field(
        description='by attack: letters of all options of the highest score, "BD"; null: none'
    )
    unanswered: dict[str, str] = Field(description="by attack of a model: why there is no answer")
    beaten_by: tuple[str, ...] = Field(description="attacks that picked right options only")


class AttackedConfig(Record):
    """The battery over one config."""

    config: str
    certificate: Certificate
    right_options: dict[str, int] = Field(description='items by options and right ones: "2 of 6"')
    attacks: tuple[AttackLine, ...] = Field(description="one line an attack that answered anything")
    models: dict[str, str] = Field(description="by attack of a model: its id as the provider names it")
    unanswered: dict[str, dict[str, int]] = Field(description="by attack of a model: items without an answer, by outcome")
    visual_gain: tuple[Gain, ...] = Field(description="empty without a model")
    items: tuple[AttackedItem, ...]


class Attacks(Record):
    """attacks.json."""

    canary: str
    logical_hash: str = Field(description="of the release whose rows were attacked")
    seed: int
    configs: tuple[AttackedConfig, ...]


Dimension = Literal["scientific_accuracy", "question_clarity", "option_quality", "answer_correctness", "overall_quality"]
DIMENSIONS: tuple[Dimension, ...] = (
    "scientific_accuracy",
    "question_clarity",
    "option_quality",
    "answer_correctness",
    "overall_quality",
)  # SPM-Bench, table 6


class Scores(Record):
    """One judge's scores of one item, 1 to 5 each."""

    scientific_accuracy: int = Field(ge=1, le=5)
    question_clarity: int = Field(ge=1, le=5)
    option_quality: int = Field(ge=1, le=5)
    answer_correctness: int = Field(ge=1, le=5)
    overall_quality: int = Field(ge=1, le=5)


class Judgement(Record):
    """What one judge said of one item."""

    item: str
    judge: str = Field(description="name of the recipe's [models]")
    model: str = Field(description="model id as the provider names it")
    prompt_hash: str = Field(description="content hash of the question that was asked")
    scores: Scores | None = Field(description="null: no answer, and in no mean")
    reason: str | None = Field(
        description="why there are no scores: refused, truncated, malformed, failed, not-asked; null where there are"
    )
    note: str = Field(description="the judge's own words")


class JudgeMean(Record):
    """One cell of the table of means."""

    judge: str
    dimension: Dimension
    mean: float | None = Field(description="1 to 5; null without judgements")
    items: int


class Agreement(Record):
    """How far the judges agree on one dimension."""

    dimension: Dimension
    alpha: float | None = Field(
        description="Krippendorff's, ordinal: 1 perfect, 0 as by chance; null where nothing varies or nothing is judged twice"
    )
    items: int = Field(description="judged by two or more")


class Asked(Record):
    """What became of one judge's questions."""

    judge: str
    asked: int
    answered: int
    unanswered: dict[str, int] = Field(description="by reason")


class Stratum(Record):
    """One stratum of the sample."""

    config: str
    modality: str
    bloom_level: int | None
    generator: str
    items: int = Field(description="in the release")
    sampled: int


class Making(Record):
    """What a model said of an item while it was made."""

    item: str
    role: str
    round: int
    model: str
    prompt_hash: str
    outcome: str
    scores: dict[str, float]
    note: str


class MakingCount(Record):
    """Outcomes of one role."""

    role: str
    model: str
    passed: int
    failed: int
    no_answer: int


class Reviews(Record):
    """reviews.json: the audit of a sample of the finished items, and the reviews of every item while it was made."""

    canary: str
    logical_hash: str = Field(description="of the release whose rows were reviewed")
    judges: tuple[str, ...] = Field(description="empty: the recipe asks for no audit")
    wanted: int = Field(description="items that the recipe asks for")
    strata: tuple[Stratum, ...]
    means: tuple[JudgeMean, ...]
    agreement: tuple[Agreement, ...]
    coverage: tuple[Asked, ...]
    judgements: tuple[Judgement, ...]
    made_counts: tuple[MakingCount, ...]
    made: tuple[Making, ...]
