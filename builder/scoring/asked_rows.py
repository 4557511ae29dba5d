"""Rows as models are asked them: prompt, letters and key of an item, and the table that VLMEvalKit reads.

Each release carries this file, byte for byte, under harness/.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from .asked_prompt import prompt_of

TSV_COLUMNS = ("index", "image", "question", "options", "answer", "paper_id", "figure_id", "scale")
TSV_NEEDS = ("id", "image", "image_sha256", "question", "options", "answer", "paper_id", "figure_id", "scale")


@dataclass(frozen=True)
class Asked:
    """One item as a model is asked it: the prompt, the letters of its options and of those that are right."""

    id: str
    prompt: str
    labels: tuple[str, ...]
    key: tuple[str, ...]


def asked(row: Mapping[str, Any]) -> Asked:
    """What a row of a config with options asks. A key that is a number is the place of the one right option."""
    labels = tuple(ascii_uppercase[: len(row["options"])])
    answer = row["answer"]
    key = (labels[answer],) if isinstance(answer, int) else tuple(str(letter) for letter in answer)
    return Asked(str(row["id"]), prompt_of(row["question"], row["options"]), labels, key)


def is_asked(row: Mapping[str, Any]) -> bool:
    """A row whose image may not be shared has none, and is not asked."""
    return row["image"] is not None


def content_of(hashes: Iterable[tuple[str, str]]) -> str:
    """SHA-256 over the (id, content hash) of a table's rows, in their order."""
    whole = hashlib.sha256()
    for name, content in hashes:
        whole.update(f"{name} {content}\n".encode())
    return whole.hexdigest()


def tsv_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """VLMEvalKit's table, line by line: `image` holds the PNG in base64, or the index of an earlier row with the same one."""
    yield _line(TSV_COLUMNS)
    first: dict[str, str] = {}
    for row in rows:
        if not is_asked(row):
            continue
        item = asked(row)
        shown = first.setdefault(row["image_sha256"], item.id)
        image = shown if shown != item.id else _base64(row["image"])
        key = ",".join(item.key)
        yield _line((item.id, image, item.prompt, "".join(item.labels), key, row["paper_id"], row["figure_id"], row["scale"]))


def _base64(image: Mapping[str, Any]) -> str:
    """Of a cell's bytes; empty where it has none, which is for others to find."""
    data = image.get("bytes")
    return base64.b64encode(data).decode() if isinstance(data, bytes) else ""


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


__all__ = ["TSV_COLUMNS", "TSV_NEEDS", "Asked", "asked", "content_of", "is_asked", "tsv_lines"]
