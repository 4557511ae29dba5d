"""Papers: PDF files named one by one, by folder or in a papers.csv, as a list in a stable order."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from builder.edges.fetching import fetch_all, is_url, problem_of
from builder.edges.redaction import url_without_secrets
from builder.errors import CannotRead
from builder.stages.ingest import PaperRow

COLUMNS = ("file", "doi", "arxiv_id", "licence", "rights_holder", "source_url")
_SHOWN = 120  # characters of a name in an error
_FINDINGS = 100  # that one error names
_REMEDY = "name PDF files, URLs of some, folders that hold some, or a papers.csv with the columns " + ", ".join(COLUMNS)


def named_paper(text: str) -> Path | str:
    """A path, or a URL as it is."""
    return text if is_url(text) else Path(text)


def find_papers(paths: Sequence[Path | str], fetched: Path | None = None) -> list[tuple[Path, PaperRow | None]]:
    """PDFs in the order they are named, a folder's by name; a paper named twice comes once, with its row if any has one.

    Those named by URL are fetched into the folder `fetched`; one that does not come is named all the same, and not there.
    Raises CannotRead with every finding.
    """
    found: dict[str, tuple[Path | str, PaperRow | None]] = {}
    problems: list[str] = []
    for path in paths:
        for pdf, row in _of_path(path, problems):
            key = os.path.realpath(pdf) if isinstance(pdf, Path) else pdf  # a loop of links is told when it is read
            if key not in found or found[key][1] is None:
                found[key] = (pdf, row)
    urls = [pdf for pdf, _ in found.values() if isinstance(pdf, str)]
    problems += filter(None, map(problem_of if fetched else _not_here, urls))
    if problems:
        more = [f"and {len(problems) - _FINDINGS} more"] if len(problems) > _FINDINGS else []
        raise CannotRead("--papers", "; ".join([*problems[:_FINDINGS], *more]), _REMEDY)
    files = fetch_all(urls, fetched) if fetched else {}
    return [(files[pdf] if isinstance(pdf, str) else pdf, row) for pdf, row in found.values()]


def _not_here(url: str) -> str:
    return f"{url_without_secrets(url)}: this command reads files only"


def _of_path(path: Path | str, problems: list[str]) -> Iterator[tuple[Path | str, PaperRow | None]]:
    if isinstance(path, str):
        yield path, None
    elif unusable := _unusable(path):
        problems.append(unusable)
    elif path.is_dir():
        yield from ((pdf, None) for pdf in _of_folder(path, problems))
    elif not path.is_file():
        problems.append(f"{path} does not exist" if not path.exists() else f"{path} is neither a file nor a folder")
    elif path.suffix.lower() == ".csv":
        yield from _of_csv(path, problems)
    else:
        yield path, None


def _of_folder(folder: Path, problems: list[str]) -> list[Path]:
    """All that is named as a PDF, also behind links; what is no file by that name has its outcome when it is read."""
    files = []
    for place, below, names in os.walk(folder, followlinks=True, onerror=lambda error: problems.append(_unread(error))):
        below[:] = [name for name in below if not _within(Path(place, name), Path(place))]
        files += [Path(place, name) for name in names if Path(name).suffix.lower() == ".pdf"]
    if not files and not problems:
        problems.append(f"{folder} holds no PDF")
    return sorted(files, key=lambda p: p.relative_to(folder).as_posix())


def _unread(error: OSError) -> str:
    return f"{error.filename} cannot be read: {error.strerror}"


def _within(linked: Path, place: Path) -> bool:
    """Whether a folder is a link to one that holds it: its walk would have no end."""
    return linked.is_symlink() and place.resolve().is_relative_to(linked.resolve())


def _of_csv(path: Path, problems: list[str]) -> list[tuple[Path | str, PaperRow]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.DictReader(io.StringIO(text), strict=True, restkey="")
        columns, raws = list(reader.fieldnames or ()), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.append(f"{path} cannot be read as CSV in UTF-8: {error}")
        return []
    wrong = list(_wrong_columns(columns))
    if wrong or not raws:
        problems.extend(f"{path}: {finding}" for finding in wrong or ["no rows"])
        return []
    pairs = [pair for line, raw in enumerate(raws, start=2) for pair in _of_row(path, line, raw, problems)]
    named = Counter(pdf if isinstance(pdf, str) else pdf.resolve() for pdf, _ in pairs)
    twice = sorted((pdf if isinstance(pdf, str) else pdf.name, n) for pdf, n in named.items() if n > 1)
    problems.extend(f"{path}: {name} stands on {n} rows; keep one" for name, n in twice)
    return pairs


def _wrong_columns(columns: Iterable[str]) -> Iterator[str]:
    named = list(columns)
    for column in COLUMNS:
        if column not in named:
            yield f"column {column} is missing"
    for column in sorted(set(named) - set(COLUMNS)):
        yield f'column "{_short(column)}" is not known'
    for column in sorted(column for column, count in Counter(named).items() if count > 1):
        yield f"column {_short(column)} stands twice"


def _unusable(path: Path) -> str | None:
    """Why the system takes no such name: too long, a loop of links, a NUL. One that is only missing is a name."""
    try:
        path.lstat()
        path.resolve()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return f"{_short(path)} cannot be looked up: {error.strerror}"
    except (ValueError, RuntimeError) as error:  # a NUL; pathlib's word for a loop
        return f"{_short(path)} cannot be looked up: {str(error).partition(' from ')[0]}"
    return None


def _short(path: Path | str) -> str:
    name = str(path)
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}... ({len(name)} characters)"


def _of_row(path: Path, line: int, raw: dict[str, str], problems: list[str]) -> Iterator[tuple[Path | str, PaperRow]]:
    values = {k: (v or "").strip() or None for k, v in raw.items() if k}
    if values["source_url"]:
        values["source_url"] = url_without_secrets(values["source_url"])
    name = values["file"]
    place = f"{path} row {line}"
    if "" in raw:
        problems.append(f"{place}: more cells than columns")
    elif name is None:
        problems.append(f"{place}: file is empty")
    elif values["source_url"] and not values["source_url"].startswith(("https://", "http://")):
        problems.append(f"{place}: source_url {values['source_url']} is not an http(s) address")
    elif is_url(name):
        web = url_without_secrets(name) if name.startswith(("https://", "http://")) else None
        yield name, PaperRow.model_validate({**values, "source_url": values["source_url"] or web})
    elif unusable := _unusable(path.parent / name):
        problems.append(f"{place}: {unusable}")
    elif not (path.parent / name).resolve().is_relative_to(path.parent.resolve()):
        problems.append(f"{place}: {name} lies outside {path.parent}")
    elif not (path.parent / name).is_file():
        problems.append(f"{place}: {name} does not exist in {path.parent}")
    else:
        yield path.parent / name, PaperRow.model_validate(values)
