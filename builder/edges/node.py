"""What a worker of a cluster does: says what it runs and sees, and cuts one paper at a time in a confined child of its own."""

from __future__ import annotations

import multiprocessing
import platform
import socket
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Protocol, TypeVar

from builder import __version__
from builder.bench import Source
from builder.edges import ocr, pdf
from builder.edges.engine import Children, Failure, Limits
from builder.edges.fence import Fence, missing
from builder.edges.store import sha256_of
from builder.pipeline import code_versions
from builder.records import digest


class PaperTask(Protocol):
    """A task about one paper."""

    @property
    def source(self) -> Source: ...

    @property
    def work(self) -> Path: ...

    @property
    def asked(self) -> tuple[str, ...]:
        """Hashes of its questions that have been put: their replies are in the work folder."""


T = TypeVar("T", bound=PaperTask)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Versions:
    """All that a paper's receipts depend on beside recipe and paper, and what reads them on the way."""

    microtome: str
    code: str  # hash of the code versions of all stages
    pymupdf: str
    ocr: str  # what reads words off pixels; empty where it is not installed
    python: str

    def __str__(self) -> str:
        also = f", {self.ocr}" if self.ocr else ""
        return f"microtome {self.microtome} (code {self.code[:12]}), {self.pymupdf}{also}, Python {self.python}"

    def differing(self, other: Versions) -> str:
        """What differs, as `name mine, name theirs`; empty where nothing does."""
        pairs = [(f.name, getattr(self, f.name), getattr(other, f.name)) for f in fields(self)]
        unlike = [(name, mine[:40] or "none", theirs[:40] or "none") for name, mine, theirs in pairs if mine != theirs]
        return "; ".join(f"{name}: {mine} there, {theirs} here" for name, mine, theirs in unlike)


def versions() -> Versions:
    """Of this process. Python's patch version changes nothing that travels."""
    python = ".".join(platform.python_version_tuple()[:2])
    return Versions(__version__, digest(code_versions()), pdf.READER, ocr.reader(), python)


@dataclass(frozen=True)
class Introduction:
    """What a worker says of itself."""

    host: str
    versions: Versions
    blind: str  # why its work folder is not the driver's; empty where it is
    missing: tuple[str, ...]  # what its machine cannot keep a child from


@dataclass(frozen=True)
class Unfit:
    """A worker that must not cut: its versions are others, or it does not see what the driver sees."""

    worker: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class Seat:
    """Where a task is being worked on."""

    worker: str  # its address
    threads: int  # papers it cuts at a time
    scratch: Path  # a folder of its own on its own disk


@dataclass(frozen=True)
class Order:
    """What the driver wants of every worker in one run."""

    run: str  # its name
    versions: Versions
    probe: Path | None  # a file of the driver's in the work folder; None: no folder is shared
    limits: Limits


def introduced(probe: Path | None) -> Introduction:
    """Answer the driver's first question."""
    return Introduction(socket.gethostname(), versions(), _blind(probe) if probe else "", missing())


def _blind(probe: Path) -> str:
    try:
        probe.read_bytes()
        left = probe.with_name(f"{probe.name}-{uuid.uuid4().hex[:12]}")
        left.write_bytes(b"")
        left.unlink()
    except OSError as error:
        return f"cannot read and write {probe.parent}: {error.strerror or error}"
    return ""


def cut_there(order: Order, fence: Fence, seat: Seat, function: Callable[[T], Result], task: T) -> Result | Failure | Unfit:
    """The worker's part of one task. Raises a MicrotomeError of the child: a full disk ends the run, not the paper."""
    unfit = misfit(order, seat) or _unread(task.source, seat)
    return unfit or children(order, fence, seat.threads).outcome(function, task).result


def misfit(order: Order, seat: Seat) -> Unfit | None:
    """Asked for every paper, since workers come and go in a run."""
    differing = versions().differing(order.versions)
    if differing:
        return Unfit(seat.worker, f"runs other versions than this driver ({differing})", SAME_VERSIONS)
    if order.probe and not order.probe.is_file():
        return Unfit(seat.worker, f"does not see the work folder {order.probe.parent}", SHARE)
    return None


def _unread(source: Source, seat: Seat) -> Unfit | None:
    try:
        seen = sha256_of(source.path)
    except OSError as error:
        return Unfit(seat.worker, f"cannot read the paper {source.path}: {error.strerror or error}", SHARE)
    return None if seen == source.sha256 else Unfit(seat.worker, f"sees other bytes in {source.path} than the driver", SHARE)


SAME_VERSIONS = "install the driver's versions on every node: one container image, or one environment on a shared folder"
SHARE = "put --work and the papers on a folder that all nodes mount under one path, or give --no-shared-folder"

_LOCK = threading.Lock()
_KEPT: dict[tuple[Order, Fence], Children] = {}


def children(order: Order, fence: Fence, threads: int) -> Children:
    """This worker's children for that run. A run that went without ending them leaves them to the worker's end."""
    with _LOCK:
        if (order, fence) not in _KEPT:
            multiprocessing.current_process().daemon = False  # Dask's nanny sets it, and a daemon may have no child
            _KEPT[order, fence] = Children(threads, order.limits, fence)
        return _KEPT[order, fence]


def end_children(run: str) -> None:
    """That run is over."""
    with _LOCK:
        for order, fence in [kept for kept in _KEPT if kept[0].run == run]:
            _KEPT.pop((order, fence)).close()


__all__ = [
    "SAME_VERSIONS",
    "SHARE",
    "Introduction",
    "Order",
    "PaperTask",
    "Seat",
    "Unfit",
    "Versions",
    "cut_there",
    "end_children",
    "introduced",
    "misfit",
    "versions",
]
