"""What a model answered, one line an item: the file that `ask` writes, that harnesses export and that `score` reads."""

from __future__ import annotations

from pydantic import Field

from builder.records import Record
from builder.scoring.answers import Status


class Prediction(Record):
    """One answer to one item. Given is `text` (raw, parsed when scored) or `answer` (a parsed set, with its `status`)."""

    id: str = Field(min_length=1, description="of the row that was asked")
    model: str = Field(min_length=1, description="model id as the provider names it")
    text: str | None = Field(default=None, description="the whole reply as it came; null for a request that failed")
    answer: tuple[str, ...] | None = Field(default=None, description="labels selected, where the text was parsed elsewhere")
    status: Status | None = Field(default=None, description="of that parse; null: `text` is parsed when scored")
    finish_reason: str | None = Field(default=None, description='the provider\'s: "stop", "length"')
    confidence: float | None = Field(default=None, ge=0, le=1, description="stated by the model; null: read from `text`")
    difficulty: float | None = Field(default=None, ge=0, le=1, description="perceived, stated by the model")
    prompt_tokens: int | None = Field(default=None, ge=0, description="billed")
    completion_tokens: int | None = Field(default=None, ge=0, description="billed, thinking included")
    repeat: int = Field(default=0, ge=0, description="0 for the first time the item was asked")
    prompt_hash: str | None = Field(default=None, description="SHA-256 of the prompt's template and settings")
    detail: str | None = Field(default=None, description="why there is no text, or none that the model finished")
    model_answered: str | None = Field(default=None, description="model id that the provider's reply names")
    image_width: int | None = Field(
        default=None, ge=1, description="pixels of the image as it was sent: full resolution, if it may"
    )
    image_height: int | None = Field(default=None, ge=1, description="pixels")


__all__ = ["Prediction"]
