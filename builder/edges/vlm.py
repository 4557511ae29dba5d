"""Models behind the `ask` seam: recorded replies by content hash, or any endpoint of the chat-completions protocol.

Needs the extra `microtome[model]` (the openai SDK) for endpoints, and nothing for recorded replies.
"""

from __future__ import annotations

import base64
import json
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue, ValidationError

from builder.asking import Ask, Outcome, Picture, Prompt, Reply, Schema, Usage, content_hash, judged
from builder.errors import AskingStopped, CannotRead, UsageError
from builder.recipe import ModelRule, Price

if TYPE_CHECKING:
    import openai

LONGEST_PAUSE = 120.0  # seconds: a provider that asks for more is not waited for
_FIRST_PAUSE = 2.0  # seconds, doubled at each attempt
_LOOK = 1.0  # seconds between looks at whether the run is ending
_GIVE_UP = {401, 403, 404}  # a wrong key, model or address: no other question will fare better
_AGAIN = {408, 409, 425, 429}
_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached"}
_FILTERED = {"content_filter", "content_policy_violation"}
_KEY_LIKE = re.compile(r"(?:\bsk-|\bBearer\s+|\bAIza)[\w*.\-]{4,}", re.IGNORECASE)


@dataclass
class Gate:
    """No request leaves before the time that the provider asked for, whichever thread it asked."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    closed: bool = False
    _until: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Until a request may leave, or the gate is closed."""
        while not self.closed and (left := self._until - self.clock()) > 0:
            self.sleep(min(left, _LOOK))

    def close(self) -> None:
        """The run is ending: nobody waits any more, and no request is made a second time."""
        self.closed = True

    def hold(self, seconds: float) -> None:
        with self._lock:
            self._until = max(self._until, self.clock() + seconds)


def ask_of(rule: ModelRule, gate: Gate | None = None) -> Ask:
    """The model that a recipe names. Raises UsageError when the extra or the key is missing."""
    return _replayed(rule) if rule.provider == "replay" else _Endpoint(rule, gate or Gate())


def redacted(text: str, secret: str | None) -> str:
    """The text without the key, and without what looks like one."""
    return _KEY_LIKE.sub("[key]", text.replace(secret, "[key]") if secret else text)


def read_reply_file(path: Path) -> Reply:
    """A reply as it was recorded. Raises CannotRead."""
    try:
        reply = Reply.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise CannotRead(
            str(path), "no reply is recorded for this question", "record it with the model, or mend the hash"
        ) from error
    except (OSError, ValidationError) as error:
        raise CannotRead(str(path), f"is not a recorded reply: {str(error)[:200]}", "remove it and record it again") from error
    if reply.hash != path.stem:
        raise CannotRead(str(path), f"holds the reply to {reply.hash}", "name it by the hash that it carries")
    return reply


def _replayed(rule: ModelRule) -> Ask:
    folder = Path(str(rule.folder))

    def ask(prompt: Prompt, pictures: Sequence[Picture], schema: Schema) -> Reply:
        name = content_hash(prompt, [p.identity for p in pictures], schema, rule)
        nested = folder / name[:2] / f"{name}.json"
        return read_reply_file(nested if nested.is_file() else folder / f"{name}.json")

    return ask


@dataclass(frozen=True)
class _Miss:
    """A request without an answer."""

    detail: str
    again: bool  # whether another attempt may fare better
    uncertain: bool  # whether it may have been billed all the same
    pause: float | None = None  # seconds the provider asked for
    filtered: bool = False  # the provider will not look at it


class _Endpoint:
    """An endpoint of the chat-completions protocol, asked with the SDK's own retries off."""

    def __init__(self, rule: ModelRule, gate: Gate) -> None:
        try:
            import openai
        except ImportError as error:
            raise UsageError("models", "the openai SDK is not installed", "pip install 'microtome[model]'") from error
        self.rule, self.gate, self.sdk = rule, gate, openai
        self.key = _key(rule)
        self.client = openai.OpenAI(
            api_key=self.key or "none", base_url=rule.base_url, max_retries=0, timeout=float(rule.timeout_s)
        )

    def __call__(self, prompt: Prompt, pictures: Sequence[Picture], schema: Schema) -> Reply:
        name = content_hash(prompt, [p.identity for p in pictures], schema, self.rule)
        request = _request(prompt, pictures, schema, self.rule)
        made, uncertain, miss = 0, 0, _Miss("the run was ending", again=True, uncertain=False)
        while made < self.rule.attempts:
            self.gate.wait()
            if self.gate.closed:
                break
            made += 1
            got = self._once(request)
            if not isinstance(got, _Miss):
                reply = _reply(got, schema, self.rule)
                return reply.model_copy(update={"hash": name, "attempts": made, "uncertain": uncertain})
            miss, uncertain = got, uncertain + got.uncertain
            pause = _FIRST_PAUSE * 2 ** (made - 1) if miss.pause is None else miss.pause
            if not miss.again or pause > LONGEST_PAUSE:
                break
            self.gate.hold(pause)
        outcome: Outcome = "refused" if miss.filtered else "failed"
        return Reply(
            hash=name, outcome=outcome, detail=miss.detail, model_asked=self.rule.model, attempts=made, uncertain=uncertain
        )

    def _once(self, request: dict[str, object]) -> dict[str, JsonValue] | _Miss:
        """The body of one answer. Raises AskingStopped when no other question would fare better."""
        try:
            # the whole request goes as extra_body, and the answer is read as it came: endpoints differ in both
            raw = self.client.chat.completions.with_raw_response.create(model=self.rule.model, messages=[], extra_body=request)
            body = json.loads(raw.text)
        except self.sdk.APITimeoutError as error:
            return _Miss(f"no answer within {self.rule.timeout_s} s", again=True, uncertain=not _never_left(error))
        except self.sdk.APIStatusError as error:
            return self._status(error)
        except self.sdk.APIConnectionError as error:
            return _Miss(self._safe(f"{error.__cause__ or error}"), again=True, uncertain=not _never_left(error))
        except ValueError as error:
            return _Miss(self._safe(f"the answer is not JSON: {error}"), again=True, uncertain=True)
        return body if isinstance(body, dict) else _Miss("the answer is no JSON object", again=True, uncertain=True)

    def _status(self, error: openai.APIStatusError) -> _Miss:
        code, name = error.status_code, str(error.code or "")
        said = self._safe(f"HTTP {code}: {error.message}")
        if code in _GIVE_UP or name in _NO_MONEY:
            raise AskingStopped(
                f"models > {self.rule.model}", said, "mend key, model, base_url or account; replies so far are kept"
            )
        if name in _FILTERED:
            return _Miss(said, again=False, uncertain=False, filtered=True)
        return _Miss(
            said, again=code in _AGAIN or code >= 500, uncertain=code >= 500, pause=_retry_after(error.response.headers)
        )

    def _safe(self, text: str) -> str:
        return redacted(" ".join(text.split())[:400], self.key)


def _key(rule: ModelRule) -> str | None:
    if rule.api_key_env is None:
        return None
    key = os.environ.get(rule.api_key_env, "").strip()
    if not key:
        remedy = f"export {rule.api_key_env}, or name another variable in api_key_env"
        raise UsageError(f"models > {rule.model}", f"no key: {rule.api_key_env} is not set", remedy)
    return key


def _never_left(error: Exception) -> bool:
    """Whether no connection was made at all, so that nothing can have been billed."""
    return type(error.__cause__).__name__ in {"ConnectError", "ConnectTimeout"}


def _request(prompt: Prompt, pictures: Sequence[Picture], schema: Schema, rule: ModelRule) -> dict[str, object]:
    shown = [{"type": "image_url", "image_url": _image(picture, rule)} for picture in pictures]
    return {
        **rule.parameters,
        "model": rule.model,
        "messages": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": [*shown, {"type": "text", "text": prompt.user}]},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": prompt.stage, "schema": dict(schema), "strict": True},
        },
        rule.output_key: rule.max_output_tokens,
    }


def _image(picture: Picture, rule: ModelRule) -> dict[str, str]:
    url = f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"
    return {"url": url} if rule.image_detail is None else {"url": url, "detail": rule.image_detail}


def _reply(body: Mapping[str, JsonValue], schema: Schema, rule: ModelRule) -> Reply:
    """The typed outcome of an answer's body; a part that is missing or of another type counts as absent."""
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    message = choice.get("message")
    said = message if isinstance(message, dict) else {}
    text, refusal, finish = _text(said.get("content")), _text(said.get("refusal")), _text(choice.get("finish_reason"))
    outcome, value, detail = judged(text or "", finish, refusal, schema)
    return Reply(
        hash="",
        outcome=outcome,
        value=value,
        text=text or "",
        detail=detail,
        model_asked=rule.model,
        model_answered=_text(body.get("model")),
        finish_reason=finish,
        usage=usage_of(body.get("usage"), rule.price),
    )


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def usage_of(billed: JsonValue, price: Price | None) -> Usage:
    """What a provider's usage object says, and its price. Cached and reasoning tokens stay as returned, in `billed`."""
    if not isinstance(billed, dict):
        return Usage()
    asked, answered = billed.get("prompt_tokens"), billed.get("completion_tokens")
    prompt_tokens = asked if isinstance(asked, int) else None
    completion_tokens = answered if isinstance(answered, int) else None
    usd = None
    if price and prompt_tokens is not None and completion_tokens is not None:
        usd = cost_usd(prompt_tokens, completion_tokens, price)
    return Usage(prompt_tokens=prompt_tokens, completion_tokens=completion_tokens, billed=billed, usd=usd)


def cost_usd(prompt_tokens: int, completion_tokens: int, price: Price) -> float:
    return round((prompt_tokens * price.input_usd + completion_tokens * price.output_usd) / 1e6, 8)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the provider asks to wait for: Retry-After in seconds or as a date, or its header in milliseconds."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        said = headers.get("retry-after", "")
        return (
            max(0.0, float(said)) if not said[:1].isalpha() else max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
        )
    except ValueError:
        return None


__all__ = ["LONGEST_PAUSE", "Gate", "ask_of", "cost_usd", "read_reply_file", "redacted", "usage_of"]
