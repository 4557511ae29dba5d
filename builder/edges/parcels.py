"""Papers cut by workers that share no folder with the driver: each travels with what is known of it, and comes back whole."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from builder.asking import Reply
from builder.edges.cluster import Cluster
from builder.edges.dask_engine import seat, settled
from builder.edges.engine import Failure, Limits, Outcome
from builder.edges.fence import Fence
from builder.edges.fetching import NotFetched, fetched, url_of
from builder.edges.node import Order, PaperTask, Seat, Unfit, children, misfit
from builder.edges.replies import Replies
from builder.edges.store import Store, write_whole

P = TypeVar("P", bound=PaperTask)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Parcel:
    """A task with its paper, by URL or in full, and what the driver's work folder has of it."""

    task: Any  # a PaperTask that is a dataclass
    url: str
    paper: bytes  # empty where the URL is given
    files: dict[str, bytes]
    replies: tuple[Reply, ...]


@dataclass(frozen=True)
class Returned:
    """What came of it, and the files of the worker's work folder."""

    result: object
    files: dict[str, bytes]


@dataclass(frozen=True)
class ParcelEngine:
    """An engine whose workers see nothing of the driver's disk."""

    cluster: Cluster

    def outcomes(
        self, function: Callable[[P], Result], tasks: Sequence[P], limits: Limits, fence: Fence
    ) -> Iterator[Outcome[P, Result]]:
        """As DaskEngine's; what the workers made is in the driver's work folder when its outcome is told."""
        order = Order(self.cluster.name, self.cluster.versions, None, limits)
        call = partial(_cut_parcel, order, function)
        for outcome in settled(self.cluster, call, tasks, limits, packed=self._packed):
            yield Outcome(outcome.task, self._unpacked(outcome.task, outcome.result))

    def _packed(self, task: P) -> Parcel:
        sha, replies = task.source.sha256, Replies(task.work)
        known = tuple(reply for name in task.asked if (reply := replies.get(name)))
        url = url_of(task.source.path)
        return Parcel(task, url, b"" if url else task.source.path.read_bytes(), Store(task.work).files_of(sha), known)

    def _unpacked(self, task: P, result: Any) -> Any:
        if isinstance(result, Failure):
            return result
        Store(task.work).take_in(task.source.sha256, result.files)
        return result.result


def _cut_parcel(order: Order, function: Callable[[Any], object], parcel: Parcel) -> Returned | Failure | Unfit:
    """The worker's part: a folder for this paper alone, which goes when it is done."""
    here = seat()
    unfit = misfit(order, here)
    if unfit:
        return unfit
    desk = here.scratch / f"{parcel.task.source.sha256}-{uuid.uuid4().hex[:8]}"
    try:
        return _cut_at(desk, order, here, function, parcel)
    except NotFetched as error:
        return Failure("unreadable-file", f"worker {here.worker}: {error}")
    finally:
        shutil.rmtree(desk, ignore_errors=True)


def _cut_at(desk: Path, order: Order, here: Seat, function: Callable[[Any], object], parcel: Parcel) -> Returned | Failure:
    source = parcel.task.source
    data = parcel.paper or fetched(parcel.url)
    if hashlib.sha256(data).hexdigest() != source.sha256:
        raise NotFetched(f"{parcel.url} gave other bytes than to the driver")
    path, work = desk / "paper" / source.path.name, desk / "work"
    write_whole(path, data)
    store = Store(work)
    store.take_in(source.sha256, parcel.files)
    for reply in parcel.replies:
        Replies(work).put(reply)
    task = replace(parcel.task, source=replace(source, path=path), work=work)
    fence = Fence((here.scratch,), (here.scratch,))
    result = children(order, fence, here.threads).outcome(function, task).result
    made = {name: content for name, content in store.files().items() if name not in parcel.files}
    changed = {name: content for name, content in store.files_of(source.sha256).items() if parcel.files.get(name) != content}
    return result if isinstance(result, Failure) else Returned(result, made | changed)


__all__ = ["Parcel", "ParcelEngine", "Returned"]
