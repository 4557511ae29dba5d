"""Paid calls: intent on disk, the call, the reply on disk, done; under one limit of requests and one cap of spending.

After kill -9 at most the calls then in flight are paid twice: their intents are on disk without a reply, and are counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Protocol

from builder.asking import Ask, Picture, PictureRef, Question, Reply, Spent, Usage, prompt_tokens_of
from builder.edges.gate import Gate
from builder.edges.replies import Intent, Replies, paid_for
from builder.edges.store import Store
from builder.edges.vlm import ask_of
from builder.edges.wording import RECIPE, Wording
from builder.errors import AskingStopped, MicrotomeError
from builder.pricing import cost_usd
from builder.recipe import Asking, ModelRule

_IN_A_ROW = 5  # questions that get no answer one after the other: the provider is down, not the question bad


@dataclass
class _Purse:
    """Tokens and USD spent in this work folder, with what calls in flight may still cost."""

    cap: Asking
    wording: Wording
    tokens: int = 0
    usd: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, tokens: int, usd: float) -> None:
        """Raises AskingStopped when a call of that cost could pass the cap."""
        remedy = "raise it and run again: replies so far are kept and cost nothing"
        with self.lock:
            if self.tokens + tokens > self.cap.max_tokens:
                said = f"{self.tokens} of {self.cap.max_tokens} tokens are spent or reserved, the next call may take {tokens}"
                raise AskingStopped(self.wording.max_tokens, said, remedy)
            if self.cap.max_usd is not None and self.usd + usd > self.cap.max_usd:
                said = f"{self.usd:.4f} of {self.cap.max_usd} USD are spent or reserved, the next call may take {usd:.4f}"
                raise AskingStopped(self.wording.max_usd, said, remedy)
        self.add(tokens, usd)

    def add(self, tokens: int, usd: float) -> None:
        with self.lock:
            self.tokens, self.usd = self.tokens + tokens, self.usd + usd


class Asker(Protocol):
    """Whom a run hands its questions: the desk, or the notebook of a dry run."""

    spent: Spent
    stopped: str
    replies: Replies

    def answer(self, questions: Sequence[Question]) -> dict[str, Reply]: ...


def put_picture(store: Store, picture: Picture) -> PictureRef:
    """The picture in the store, for the driver to send."""
    return PictureRef(
        sha256=store.put_blob(picture.data),
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        identity=picture.identity,
    )


class Desk:
    """Where the driver asks: every question once, whatever asks for it and however often."""

    def __init__(
        self,
        store: Store,
        models: Mapping[str, ModelRule],
        cap: Asking,
        make: Callable[..., Ask] = ask_of,
        heard: Callable[[Reply], None] = lambda _: None,
        wording: Wording = RECIPE,
    ) -> None:
        self.store, self.models, self.cap = store, models, cap
        self.replies, self.spent = Replies(store.root), Spent()
        self.stopped = ""  # why no further question is asked, where the run is finished all the same
        self._heard = heard  # told of each newly asked question as it comes back
        self._make, self._gates, self._asks = make, dict[tuple[str, str], Gate](), dict[str, Ask]()
        self._lost: dict[str, Reply] = {}
        self._in_a_row = 0
        self._interrupted = {intent.hash: intent for intent in self.replies.open_intents()}
        self._wording = wording
        self._purse = _Purse(cap, wording)
        self._purse.add(*self.replies.paid())

    def answer(self, questions: Sequence[Question]) -> dict[str, Reply]:
        """Ask what is not on disk yet. Returned are the questions that got no answer, by hash: they are asked anew next time.

        Raises AskingStopped after the calls in flight are on disk: a cap, a provider that refuses, or one that is down.
        Where the recipe wants such a run finished, all that is left to ask is returned as without an answer instead.
        """
        unique = {question.hash: question for question in questions}
        todo = [question for name, question in unique.items() if self.replies.get(name) is None]
        self._count(asked=len(unique), reused=len(unique) - len(todo))
        if not self.stopped:
            try:
                self._ask_all(todo)
            except AskingStopped as stopped:
                if self.cap.on_stop == "exit":
                    raise
                self.stopped = str(stopped)
        for question in todo if self.stopped else ():
            if question.hash not in self._lost and self.replies.get(question.hash) is None:
                model = self.models[question.model].model
                self._lost[question.hash] = Reply(
                    hash=question.hash, outcome="failed", detail="asking had stopped", model_asked=model, attempts=0
                )
                self._count(unanswered=1)
        return {question.hash: self._lost[question.hash] for question in todo if question.hash in self._lost}

    @property
    def committed(self) -> tuple[int, float]:
        """Tokens and USD that count against the caps: the whole work folder's, calls in flight at their most."""
        return self._purse.tokens, self._purse.usd

    def _ask_all(self, todo: Sequence[Question]) -> None:
        with ThreadPoolExecutor(self.cap.in_flight) as pool:
            running: set[Future[Reply]] = set()
            try:
                for question in todo:
                    if len(running) >= self.cap.in_flight:
                        running = self._settled(running)
                    ask, intent = self._ready(question)
                    running.add(pool.submit(self._call, question, intent, ask))
                while running:
                    running = self._settled(running)
            except BaseException:
                for gate in self._gates.values():
                    gate.close()  # calls in flight come to their end; none of them is tried again
                raise

    def _gate(self, rule: ModelRule) -> Gate:
        """One gate for each model of a provider, by whatever names a recipe reaches it."""
        return self._gates.setdefault(
            (rule.base_url, rule.model),
            Gate(requests_per_minute=rule.requests_per_minute, tokens_per_minute=rule.tokens_per_minute),
        )

    def _ready(self, question: Question) -> tuple[Ask, Intent]:
        """The way to ask, and what is reserved and written before the call."""
        rule = self.models[question.model]
        if question.model not in self._asks:
            self._asks[question.model] = self._make(rule, self._gate(rule))
        free = rule.provider == "replay"
        usd = cost_usd(question.prompt_tokens, rule.max_output_tokens, rule.price) if rule.price and not free else 0.0
        tokens = 0 if free else question.prompt_tokens + rule.max_output_tokens
        self._purse.reserve(tokens, usd)
        earlier = self._interrupted.get(question.hash)
        intent = Intent(hash=question.hash, model=question.model, tries=1, tokens=tokens, usd=usd)
        if earlier:
            intent = intent.model_copy(update={"tries": 1 + earlier.tries, "wasted": earlier.wasted})
        return self._asks[question.model], intent

    def _call(self, question: Question, intent: Intent, ask: Ask) -> Reply:
        """One question's whole life: intent durable, the call, the reply durable, done."""
        pictures = [Picture(self.store.blob(p.sha256), p.media_type, p.width, p.height, p.identity) for p in question.pictures]
        free = self.models[question.model].provider == "replay"
        self.replies.ready(question.hash)
        if not free:
            self.replies.intend(intent)
        try:
            said = ask(question.prompt, pictures, question.answer_schema)
        except MicrotomeError:
            self._unsettled(intent, 0, Usage())
            raise
        known = {
            "hash": question.hash,
            "stage": question.prompt.stage,
            "source": "replay" if free else "endpoint",
            "estimated_tokens": question.prompt_tokens,
            "likely_tokens": question.likely_tokens,
            "most_tokens": intent.tokens,
            "most_usd": intent.usd,
            "pictures": len(pictures),
            "picture_bytes": sum(len(picture.data) for picture in pictures),
        }
        reply = said.model_copy(update=known)
        tokens, usd = paid_for(reply)
        self._purse.add(tokens - intent.tokens, usd - intent.usd)
        if reply.outcome == "failed":
            self._lost[reply.hash] = reply
            self._unsettled(intent, reply.uncertain, reply.wasted)
        else:
            earlier = {"uncertain": reply.uncertain + intent.tries - 1, "wasted": reply.wasted.plus(intent.wasted)}
            self.replies.put(reply.model_copy(update=earlier))
            self.replies.settle(question.hash)
        self._report(reply, intent, free)
        return reply

    def _unsettled(self, intent: Intent, uncertain: int, billed: Usage) -> None:
        """No reply: the intent stays where a request was or may have been paid, and goes where none was."""
        tries, wasted = intent.tries - 1 + uncertain, intent.wasted.plus(billed)
        if tries or wasted.tokens:
            self.replies.intend(intent.model_copy(update={"tries": tries, "wasted": wasted}))
        else:
            self.replies.settle(intent.hash)

    def _report(self, reply: Reply, intent: Intent, free: bool) -> None:
        said = reply.usage
        failed = reply.outcome == "failed"
        self._count(
            answered=not failed,
            unanswered=failed,
            replayed=free,
            requests=0 if free else reply.attempts,
            prompt_tokens=0 if free else (0 if failed else prompt_tokens_of(reply)) + (reply.wasted.prompt_tokens or 0),
            completion_tokens=0 if free else (said.completion_tokens or 0) + (reply.wasted.completion_tokens or 0),
            estimated_tokens=0 if free or failed else reply.estimated_tokens,
            usd=0.0 if free else (said.usd or 0.0) + (reply.wasted.usd or 0.0),
            maybe_twice=intent.tries - 1,
        )

    def _count(self, **more: float) -> None:
        with self._purse.lock:
            self.spent = replace(self.spent, **{name: getattr(self.spent, name) + n for name, n in more.items()})

    def _settled(self, running: set[Future[Reply]]) -> set[Future[Reply]]:
        """Those still running after at least one came back. Raises AskingStopped when too many in a row have no answer."""
        done, left = wait(running, return_when=FIRST_COMPLETED)
        for reply in (future.result() for future in done):
            self._heard(reply)
            self._in_a_row = self._in_a_row + 1 if reply.outcome == "failed" else 0
            if self._in_a_row >= _IN_A_ROW:
                said = f"{_IN_A_ROW} questions in a row got no answer; the last: {reply.detail}"
                place = self._wording.place.format(reply.model_asked)
                raise AskingStopped(place, said, "run again when it answers: replies so far are kept")
        return left


__all__ = ["Asker", "Desk", "put_picture"]
