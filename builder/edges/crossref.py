"""Crossref's REST API: one work at a time, politely, with a time limit."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote, urlsplit

import httpx2

from builder import __version__
from builder.errors import CannotRead

API = "https://api.crossref.org"
_SECONDS = 30.0  # for one reply
_PAUSE = 0.25  # seconds between requests: the public pool allows 5 a second, the polite one more (crossref.org, 2025)
_TRIES, _LONGEST = 4, 60.0  # of a request that is put off; seconds of one wait
_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_NOT_THERE = 404


def fetch_works(
    dois: Sequence[str], mailto: str, base_url: str, *, pause: float = _PAUSE, sleep: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """The reply of each DOI that Crossref knows, as one line of JSON, in order. Raises CannotRead when it does not answer."""
    if urlsplit(base_url).scheme not in ("http", "https"):
        raise CannotRead(base_url, "is no http(s) address", f"name the API's base, such as {API}")
    agent = f"microtome/{__version__} (mailto:{mailto})"
    with httpx2.Client(timeout=_SECONDS, headers={"user-agent": agent}, follow_redirects=True) as client:
        for number, doi in enumerate(dois):
            if number:
                sleep(pause)
            reply = _asked(client, f"{base_url.rstrip('/')}/works/{quote(doi, safe='')}", mailto, sleep)
            if reply is not None:
                yield reply


def _asked(client: httpx2.Client, url: str, mailto: str, sleep: Callable[[float], None]) -> str | None:
    problem = ""
    for attempt in range(_TRIES):
        wait = min(_LONGEST, 2.0**attempt)
        try:
            reply = client.get(url, params={"mailto": mailto})
            if reply.status_code == _NOT_THERE:
                return None
            if reply.status_code not in _BUSY:
                return _read(reply, url)
            problem = f"answered {reply.status_code}"
            asked_for = reply.headers.get("retry-after", "")
            wait = min(_LONGEST, float(asked_for)) if asked_for.isdecimal() else wait
        except httpx2.HTTPError as error:
            problem = f"does not answer: {type(error).__name__}: {error}"
        if attempt + 1 < _TRIES:
            sleep(wait)
    raise CannotRead(url, f"{problem}, {_TRIES} times", "try again later, or give the works as a file with --crossref")


def _read(reply: httpx2.Response, url: str) -> str:
    if not reply.is_success:
        raise CannotRead(url, f"answered {reply.status_code}", "check --mailto and the base URL")
    try:
        return json.dumps(reply.json(), ensure_ascii=False)
    except ValueError:
        raise CannotRead(url, "answered something that is not JSON", "check the base URL") from None


__all__ = ["API", "fetch_works"]
