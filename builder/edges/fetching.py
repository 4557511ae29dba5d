"""Papers named by URL: fetched once through fsspec into the work folder, where a later run finds them."""

from __future__ import annotations

import hashlib
import http.client
import re
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tqdm import tqdm

from builder.edges.redaction import url_without_secrets, without_urls_secrets
from builder.edges.store import write_whole

# Those of fsspec's protocols that name one object somewhere; not those that wrap others, unpack or run something.
_PROTOCOLS = frozenset(
    {
        "abfs",
        "az",
        "file",
        "ftp",
        "gcs",
        "gs",
        "hdfs",
        "hf",
        "http",
        "https",
        "memory",
        "oci",
        "oss",
        "s3",
        "s3a",
        "sftp",
        "webhdfs",
    }
)
_OF_THIS_MACHINE = frozenset({"file", "memory"})
_LARGEST = 2**29  # bytes: the largest PDFs of supplementary information are a few hundred MB
_TRIES = 3
_PAUSE = 2.0  # seconds before the second try; twice as many before the third
_AT_A_TIME = 8
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://.+", re.I)


class NotFetched(OSError):
    """A paper that did not come, with the reason."""


def is_url(name: str) -> bool:
    return bool(_URL.fullmatch(name))


def problem_of(url: str) -> str:
    """Why this cannot be fetched at all; empty where it may."""
    match = _URL.fullmatch(url)
    if not match or match[1].lower() not in _PROTOCOLS:
        return f"{url_without_secrets(url)} is of no protocol that papers come by: {', '.join(sorted(_PROTOCOLS))}"
    return f'{url_without_secrets(url)} chains protocols ("::")' if "::" in url else ""


def fetch_all(urls: Iterable[str], folder: Path) -> dict[str, Path]:
    """The file of each, below `folder`; one that did not come is no file, and `why_missing` says why."""
    wanted = list(dict.fromkeys(urls))
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        coming = pool.map(lambda url: _kept(url, folder), wanted)
        hidden = not wanted or not sys.stderr.isatty()
        told = tqdm(coming, "fetching", len(wanted), unit="paper", file=sys.stderr, disable=hidden, dynamic_ncols=True)
        return dict(zip(wanted, told, strict=True))


def _kept(url: str, folder: Path) -> Path:
    own = folder / hashlib.sha256(url.encode()).hexdigest()[:32]
    path = own / _name_of(url)
    if not path.is_file():
        if url_without_secrets(url) == url:  # one that opens a door is kept nowhere: its paper travels by its bytes
            write_whole(own / "url", url.encode())
        try:
            write_whole(path, fetched(url))
        except NotFetched as error:
            write_whole(own / "failure", str(error).encode())
    return path


def _name_of(url: str) -> str:
    """The URL's last part, as a file's name."""
    last = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    return re.sub(r"[^\w.+-]", "_", last)[:120].lstrip(".") or "paper"


def fetched(url: str) -> bytes:
    """The object's bytes. Raises NotFetched: three tries failed, it is too large, or what reads its protocol is absent."""
    named = url_without_secrets(url)
    for attempt in range(_TRIES):
        try:
            data = _read(url)
        except (ImportError, ValueError, FileNotFoundError, PermissionError) as error:
            raise NotFetched(f"{named}: {_cause(error, url)}") from error
        except (OSError, TimeoutError) as error:
            if attempt == _TRIES - 1:
                raise NotFetched(f"{named}: {_cause(error, url)}") from error
            time.sleep(_PAUSE * 2**attempt)
        else:
            if len(data) > _LARGEST:
                raise NotFetched(f"{named}: is larger than {_LARGEST >> 20} MiB")
            return data
    raise AssertionError(_TRIES)


def _cause(error: BaseException, url: str) -> str:
    """What the error says beside the URL, which fsspec gives as the whole word of a file that did not come."""
    status = next((told for one in _chain(error) if (told := getattr(one, "status", None))), None)
    if isinstance(status, int):
        return f"the server answered {status} {http.client.responses.get(status, '')}".rstrip()
    said = without_urls_secrets(str(error)).strip()
    if said and str(error).strip() != url:
        return said
    return "is not there" if isinstance(error, FileNotFoundError) else type(error).__name__


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _read(url: str) -> bytes:
    from fsspec.core import url_to_fs  # imports what the protocol needs

    store, path = url_to_fs(url)
    with store.open(path, "rb") as file:
        return bytes(file.read(_LARGEST + 1))


def why_missing(path: Path) -> str:
    """Why a paper was not fetched; empty where it was never tried."""
    return _said(path.with_name("failure"))


def url_of(path: Path) -> str:
    """Where other machines can fetch that paper themselves; empty where they cannot."""
    url = _said(path.with_name("url"))
    return url if url and url.partition("://")[0].lower() not in _OF_THIS_MACHINE else ""


def _said(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


__all__ = ["NotFetched", "fetch_all", "fetched", "is_url", "problem_of", "url_of", "why_missing"]
