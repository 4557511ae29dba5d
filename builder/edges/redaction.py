"""Texts of strangers without our keys: a server may say a key back, whole, in part or in a traceback."""

from __future__ import annotations

import re

from pydantic import JsonValue

SECRET = 12  # characters from which a key is one: local servers are given words such as "none"
_KEY_LIKE = re.compile(r"(?:\bsk-|\bhf_|\bBearer\s+|\bAIza)[\w*.\-]{4,}", re.IGNORECASE)


def redacted(text: str, secret: str | None, mark: str = "[key]") -> str:
    """The text without the key, and without what looks like one. Cut a text after this, not before: half a key is a key."""
    return _KEY_LIKE.sub(mark, text.replace(secret, mark) if secret else text)


def body_without(body: JsonValue, secret: str | None) -> JsonValue:
    """JSON without the key in any of its texts, however the server had escaped it. Nothing else of it is touched."""
    if not secret or len(secret) < SECRET:
        return body
    if isinstance(body, str):
        return body.replace(secret, "[key]")
    if isinstance(body, list):
        return [body_without(one, secret) for one in body]
    if isinstance(body, dict):
        return {name.replace(secret, "[key]"): body_without(value, secret) for name, value in body.items()}
    return body


__all__ = ["SECRET", "body_without", "redacted"]
