"""The receipts of a work folder, as a test looks at them or takes them away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def receipts_of(work: Path, stage: str) -> Iterator[bytes]:
    """The lines of that stage, of all papers."""
    for path in work.glob("receipts/*/*.jsonl"):
        yield from (line for line in path.read_bytes().splitlines() if _is_of(line, stage))


def forget(work: Path, stage: str) -> None:
    """As if the stage had not been reached."""
    for path in work.glob("receipts/*/*.jsonl"):
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(line for line in lines if not _is_of(line, stage)))


def _is_of(line: bytes, stage: str) -> bool:
    return line.startswith(f'{{"stage": "{stage}", '.encode())
