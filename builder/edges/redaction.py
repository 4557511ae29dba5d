"""Texts of strangers without our keys: a server may say a key back, whole, in part or in a traceback."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from pydantic import JsonValue

SECRET = 12  # characters from which a key is one: local servers are given words such as "none"
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE)
_SIGNING = re.compile(
    r"([^=]*(?:sig|token|key|secret|passw|credential|auth|session|policy)[^=]*)=.*", re.IGNORECASE | re.DOTALL
)
_KEY_LIKE = re.compile(r"(?:\bsk-|\bhf_|\bBearer\s+|\bAIza)[\w*.\-]{4,}", re.IGNORECASE)


def redacted(text: str, secret: str | None, mark: str = "[key]") -> str:
    """The text without the key, and without what looks like one. Cut a text after this, not before: half a key is a key."""
    return _KEY_LIKE.sub(mark, text.replace(secret, mark) if secret else text)


def url_without_secrets(url: str) -> str:
    """The URL without user and password, and without the values in its query of what signs or opens something.

    >>> url_without_secrets("https://me:pw@h/a.pdf?id=7&X-Amz-Signature=9f")
    'https://h/a.pdf?id=7&X-Amz-Signature=[key]'
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # an address of no host: nobody is let in by it
        return url
    if not parts.netloc:
        return url
    query = "&".join(_SIGNING.sub(r"\1=[key]", part) for part in parts.query.split("&"))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query))


def without_urls_secrets(text: str) -> str:
    """A text that holds URLs, each without what it opens doors with."""
    return _URL.sub(lambda found: url_without_secrets(found.group()), text)


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


__all__ = ["SECRET", "body_without", "redacted", "url_without_secrets", "without_urls_secrets"]
