"""Models behind the `ask` seam: recorded replies by content hash, or any endpoint of the chat-completions protocol.

Needs the extra `microtome[model]` (the openai SDK) for endpoints, and nothing for recorded replies.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue, ValidationError

from builder.asking import Ask, Outcome, Picture, Prompt, Reply, Schema, Usage, content_hash, judged, keepable, texts_of
from builder.edges.gate import Gate
from builder.edges.redaction import body_without, redacted
from builder.edges.replies import recorded_in
from builder.edges.wording import RECIPE, Wording
from builder.errors import AskingStopped, CannotRead, UsageError
from builder.pricing import cost_usd, estimate
from builder.recipe import ModelRule, Price
from builder.stages.image_tokens import Pixels

if TYPE_CHECKING:
    import openai

LONGEST_PAUSE = 120.0  # seconds: a provider that asks for more is not waited for
_FIRST_PAUSE = 2.0  # seconds, doubled at each attempt
_KNOCK_AGAIN = 1.0  # seconds after a connection in vain: nobody is overrun by the next
_CONNECT = 10.0  # seconds for a connection: long enough for any network, and a run learns soon that nobody is there
_GIVE_UP = {401, 403, 404}  # a wrong key, model or address: no other question will fare better
_AGAIN = {408, 409, 425, 429}
_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached"}
_FILTERED = {"content_filter", "content_policy_violation"}


def ask_of(rule: ModelRule, gate: Gate | None = None, wording: Wording = RECIPE) -> Ask:
    """The model of a rule; errors name its settings by `wording`. Raises UsageError when the extra or the key is missing."""
    return _replayed(rule, wording) if rule.provider == "replay" else _Endpoint(rule, gate or Gate(), wording)


def read_reply_file(path: Path) -> Reply:
    """A reply as it was recorded. Raises CannotRead."""
    try:
        reply = Reply.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise CannotRead(str(path), f"is not a recorded reply: {str(error)[:200]}", "remove it and record it again") from error
    if reply.hash != path.stem:
        raise CannotRead(str(path), f"holds the reply to {reply.hash}", "name it by the hash that it carries")
    return reply


def _replayed(rule: ModelRule, wording: Wording) -> Ask:
    def ask(prompt: Prompt, pictures: Sequence[Picture], schema: Schema) -> Reply:
        return recorded(rule, content_hash(prompt, [p.identity for p in pictures], schema, rule), wording)

    return ask


def recorded(rule: ModelRule, name: str, wording: Wording = RECIPE) -> Reply:
    """The recorded reply to the question of that hash. Raises CannotRead."""
    folder = Path(str(rule.folder))
    if not folder.is_dir():
        said = f'there is no such folder; the recorded replies of "{rule.model}" were to be in it, seen from {Path.cwd()}'
        raise CannotRead(str(folder), said, f"mend {wording.folder}{wording.where}: a work folder's replies/ is one")
    found, file = recorded_in(folder, name), folder / f"{name}.json"
    if not found and not file.exists():
        said = f"no reply is recorded for the question {name}"
        raise CannotRead(str(folder), said, "record it with the model, or name the work folder's replies/ that has it")
    return found or read_reply_file(file)


@dataclass(frozen=True)
class _Miss:
    """A request without an answer."""

    detail: str
    again: bool  # whether another attempt may fare better
    uncertain: bool  # whether it may have been billed all the same
    pause: float | None = None  # seconds the provider asked for
    unreached: bool = False  # nobody took the connection
    filtered: bool = False  # the provider will not look at it
    billed: Usage | None = None  # said in spite of it; None: not said


class _Endpoint:
    """An endpoint of the chat-completions protocol, asked with the SDK's own retries off."""

    def __init__(self, rule: ModelRule, gate: Gate, wording: Wording) -> None:
        try:
            import openai
        except ImportError as error:
            place = wording.place.format(rule.model)
            raise UsageError(place, "the openai SDK is not installed", "pip install 'microtome[model]'") from error
        self.rule, self.gate, self.wording, self.sdk = rule, gate, wording, openai
        self.key = _key(rule, wording)
        self.client = openai.OpenAI(
            api_key=self.key or "none",
            base_url=rule.base_url,
            max_retries=0,
            timeout=openai.Timeout(float(rule.timeout_s), connect=min(_CONNECT, rule.timeout_s)),
        )

    def __call__(self, prompt: Prompt, pictures: Sequence[Picture], schema: Schema) -> Reply:
        name = content_hash(prompt, [p.identity for p in pictures], schema, self.rule)
        request = _request(prompt, pictures, schema, self.rule)
        tokens = estimate(texts_of(prompt, schema), [Pixels(p.width, p.height) for p in pictures], self.rule).likely
        wasted = Usage()
        made, uncertain, miss = 0, 0, _Miss("the run was ending", again=True, uncertain=False)
        while made < self.rule.attempts and (sent := self.gate.wait(tokens + self.rule.max_output_tokens)):
            made += 1
            got = self._once(request)
            if not schema and not isinstance(got, _Miss) and not _message_of(got):
                # any text would be an answer: an error that came under status 200 must not pass for an empty one
                got = self._without_message(got)
            if not isinstance(got, _Miss):
                self.gate.reached()
                reply = _reply(got, schema, self.rule)
                billed = reply.usage
                self.gate.settle(sent, (billed.prompt_tokens or tokens) + (billed.completion_tokens or 0))
                return reply.model_copy(update={"hash": name, "attempts": made, "uncertain": uncertain, "wasted": wasted})
            self._heed(got)
            self.gate.settle(sent, got.billed.tokens if got.billed else tokens if got.uncertain else 0)
            wasted = wasted.plus(got.billed or Usage())
            miss, uncertain = got, uncertain + got.uncertain
            pause = _FIRST_PAUSE * 2 ** (made - 1) if miss.pause is None else miss.pause
            if not miss.again or pause > LONGEST_PAUSE:
                break
            self.gate.hold(pause)
        outcome: Outcome = "refused" if miss.filtered else "failed"
        return Reply(
            hash=name,
            outcome=outcome,
            detail=miss.detail,
            model_asked=self.rule.model,
            attempts=made,
            uncertain=uncertain,
            wasted=wasted,
        )

    def _without_message(self, body: Mapping[str, JsonValue]) -> _Miss:
        """Billed as it says; where it does not say, it may have been billed all the same."""
        said = usage_of(body.get("usage"), self.rule.price)
        billed = said if said.prompt_tokens is not None and said.completion_tokens is not None else None
        detail = self._safe(f"the answer has no message: {json.dumps(body)}")
        return _Miss(detail, again=True, uncertain=billed is None, billed=billed)

    def _heed(self, miss: _Miss) -> None:
        """Raises AskingStopped when nobody is there: no other question would fare better."""
        if not miss.unreached:
            self.gate.reached()
        elif self.gate.nobody_there():
            said = f"nobody answers at {self.rule.base_url}: {miss.detail}"
            remedy = f"start the server, or mend {self.wording.base_url} or the network, and run again: replies so far are kept"
            raise AskingStopped(self.wording.place.format(self.rule.model), said, remedy)

    def _once(self, request: dict[str, object]) -> dict[str, JsonValue] | _Miss:
        """The body of one answer. Raises AskingStopped when no other question would fare better."""
        try:
            # the whole request goes as extra_body, and the answer is read as it came: endpoints differ in both
            raw = self.client.chat.completions.with_raw_response.create(model=self.rule.model, messages=[], extra_body=request)
            # a server may say the key back: what is kept of its answer is without it
            body = body_without(json.loads(raw.text), self.key)
        except self.sdk.APITimeoutError as error:
            return self._cut_off(error, f"no answer within {self.rule.timeout_s} s")
        except self.sdk.APIStatusError as error:
            return self._status(error)
        except self.sdk.APIConnectionError as error:
            return self._cut_off(error, f"{error.__cause__ or error}")
        except (ValueError, RecursionError) as error:
            return _Miss(self._safe(f"the answer is not JSON: {error}"), again=True, uncertain=True)
        return body if isinstance(body, dict) else _Miss("the answer is no JSON object", again=True, uncertain=True)

    def _cut_off(self, error: openai.APIConnectionError, said: str) -> _Miss:
        if not _never_left(error):
            return _Miss(self._safe(said), again=True, uncertain=True)
        return _Miss(self._safe(f"{error.__cause__}"), again=True, uncertain=False, pause=_KNOCK_AGAIN, unreached=True)

    def _status(self, error: openai.APIStatusError) -> _Miss:
        code, name = error.status_code, str(error.code or "")
        said = self._safe(f"HTTP {code}: {_message(error)}")
        if code in _GIVE_UP or name in _NO_MONEY:
            remedy = _remedy(code, self.rule, self.wording) + ": replies so far are kept"
            raise AskingStopped(self.wording.place.format(self.rule.model), said, remedy)
        if name in _FILTERED:
            return _Miss(said, again=False, uncertain=False, filtered=True)
        return _Miss(
            said, again=code in _AGAIN or code >= 500, uncertain=code >= 500, pause=_retry_after(error.response.headers)
        )

    def _safe(self, text: str) -> str:
        return redacted(" ".join(text.split()), self.key)[:400]


def _message(error: openai.APIStatusError) -> str:
    """What the provider says, out of whichever envelope: the protocol's own, or the plain body."""
    body = error.body
    inner = body.get("error", body) if isinstance(body, dict) else body
    said = inner.get("message") or inner.get("detail") if isinstance(inner, dict) else inner
    return str(said or error.message)


def _remedy(status: int, rule: ModelRule, wording: Wording) -> str:
    if status in (401, 403):
        named = f"name the variable with the key: {wording.api_key_env}"
        return f"mend the key in {rule.api_key_env}, or what it may do" if rule.api_key_env else named
    if status == 404:
        return f'is there a model "{rule.model}" at {rule.base_url}? mend {wording.model} or {wording.base_url}{wording.where}'
    return "mend the account at the provider"


def _key(rule: ModelRule, wording: Wording) -> str | None:
    if not rule.api_key_env:
        return None
    key = os.environ.get(rule.api_key_env, "").strip()
    if not key:
        said = f"the key of this model is read from the environment, and {rule.api_key_env} is not set"
        other = f"name another variable in {wording.api_key_env}"
        remedy = f"export {rule.api_key_env}, {other}, or {wording.no_key} where none is needed"
        raise UsageError(wording.place.format(rule.model), said, remedy)
    return key


def _never_left(error: Exception) -> bool:
    """Whether no connection was made at all, so that nothing can have been billed."""
    return type(error.__cause__).__name__ in {"ConnectError", "ConnectTimeout"}


def _request(prompt: Prompt, pictures: Sequence[Picture], schema: Schema, rule: ModelRule) -> dict[str, object]:
    shown = [{"type": "image_url", "image_url": _image(picture, rule)} for picture in pictures]
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    form = {"type": "json_schema", "json_schema": {"name": prompt.stage, "schema": dict(schema), "strict": True}}
    return {
        **rule.parameters,
        "model": rule.model,
        "messages": [*system, {"role": "user", "content": [*shown, {"type": "text", "text": prompt.user}]}],
        **({"response_format": form} if schema else {}),
        rule.output_key: rule.max_output_tokens,
    }


def _image(picture: Picture, rule: ModelRule) -> dict[str, str]:
    url = f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"
    return {"url": url} if rule.image_detail is None else {"url": url, "detail": rule.image_detail}


def _reply(body: Mapping[str, JsonValue], schema: Schema, rule: ModelRule) -> Reply:
    """The typed outcome of an answer's body; a part that is missing or of another type counts as absent."""
    choice, said = _choice_of(body), _message_of(body)
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


def _choice_of(body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    choices = body.get("choices")
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}


def _message_of(body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    message = _choice_of(body).get("message")
    return message if isinstance(message, dict) else {}


def _text(value: JsonValue) -> str | None:
    """The text, with half a surrogate pair replaced: no file in UTF-8 could hold it."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else None


def usage_of(billed: JsonValue, price: Price | None) -> Usage:
    """What a provider's usage object says, and its price. Cached and reasoning tokens stay as returned, in `billed`."""
    if not isinstance(billed, dict):
        return Usage()
    asked, answered = billed.get("prompt_tokens"), billed.get("completion_tokens")
    prompt_tokens, completion_tokens = _count(asked), _count(answered)
    usd = None
    if price and prompt_tokens is not None and completion_tokens is not None:
        usd = cost_usd(prompt_tokens, completion_tokens, price)
    kept = billed if keepable(billed) else {}  # what is paid for must be readable afterwards
    return Usage(prompt_tokens=prompt_tokens, completion_tokens=completion_tokens, billed=kept, usd=usd)


def _count(value: JsonValue) -> int | None:
    """A number of tokens; what is none counts as not said."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


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


__all__ = ["LONGEST_PAUSE", "Gate", "ask_of", "read_reply_file", "recorded", "redacted", "usage_of"]
