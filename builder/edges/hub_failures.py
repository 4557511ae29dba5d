"""What a failure at the Hub means: whether it may pass by itself, what happened, and what to do about it."""

from __future__ import annotations

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, OfflineModeIsEnabled

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_XET_TOKEN = ("/xet-write-token/", "/xet-read-token/")  # asked of every Hub, unless HF_HUB_DISABLE_XET is set


def cause_of(error: BaseException) -> BaseException:
    """What lies under the client's own wrapping of a failed upload or download."""
    while not isinstance(error, httpx2.HTTPError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def may_pass(error: BaseException) -> bool:
    """Whether the same request may succeed later."""
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in _PASSING
    return isinstance(error, httpx2.TransportError) and not isinstance(error, httpx2.UnsupportedProtocol)


def retry_after(error: BaseException) -> float:
    """Seconds that the Hub asked to wait; 0 where it did not, or named a date."""
    said = error.response.headers.get("Retry-After", "") if isinstance(error, HfHubHTTPError) else ""
    return float(said) if said.isdigit() else 0.0


def told(error: BaseException, *, has_token: bool, sends: bool) -> tuple[str, str]:
    """What happened and what to do about it; `sends`: the command publishes, and goes on where it stopped."""
    again = "run the same command again" + (": it goes on where it stopped" if sends else "")
    if isinstance(error, OfflineModeIsEnabled):
        return "offline mode is on", "unset HF_HUB_OFFLINE, then run the same command again"
    if any(part in f"{error}/" for part in _XET_TOKEN) and "404" in str(error):
        return "this Hub has no Xet storage (404 of its token)", f"set HF_HUB_DISABLE_XET=1, then {again}"
    if not isinstance(error, HfHubHTTPError):
        what = "does not answer" if isinstance(error, httpx2.TransportError) else "gave no answer of the Hub's kind"
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        remedy = f"see whether {constants.ENDPOINT} can be reached (HF_ENDPOINT names it), then {again}"
        return f"the Hub at {constants.ENDPOINT} {what} ({said})", remedy
    return _answered(error, has_token, sends, again)


def _answered(error: HfHubHTTPError, has_token: bool, sends: bool, again: str) -> tuple[str, str]:
    status = error.response.status_code
    said = " ".join((error.server_message or "").split())[:300]
    if status == 401:
        right = "a token that may write there" if sends else "a token with read access that was granted there"
        name = "" if sends else "check the name; "
        remedy = f"{name}run `hf auth login`, or set HF_TOKEN to {right}; {again}"
        return f"the Hub does not accept {'the token' if has_token else 'a request without a token'} (401: {said})", remedy
    if isinstance(error, GatedRepoError) and not sends:
        return f"the Hub refuses ({status}: {said})", f"ask for read access on its page; once it was granted, {again}"
    if status in (402, 403):
        return f"the Hub refuses ({status}: {said})", "get the right or the room that it names, then " + again
    if status == 404:
        return f"is not on the Hub, or not for you ({said or 'not found'})", "check the name, the revision and the token"
    if status in _PASSING:
        wait = retry_after(error)
        return f"the Hub is busy ({status}: {said})", f"wait {wait:.0f} s, then {again}" if wait else again
    return f"the Hub says {status}: {said}", again


__all__ = ["cause_of", "may_pass", "retry_after", "told"]
