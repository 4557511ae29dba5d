"""One paper on the table: its PDF, opened only when a stage has to look at it, and what the stages have made so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from builder.asking import Picture, Prompt, Question, Reply, Schema, Waiting, question_of
from builder.edges import pdf
from builder.edges.calls import put_picture
from builder.edges.images import picture_of
from builder.edges.ocr import lines_of, words_of
from builder.edges.replies import Replies
from builder.edges.store import Store, legible
from builder.pages import Box, Page, Word
from builder.recipe import Recipe
from builder.records import Caption, Figure, Paper, Record
from builder.stages.ingest import PaperRow
from builder.stages.reflow import line_text, reflow
from builder.stages.rights import Policy
from builder.stages.scene import drawn_zone
from builder.stages.sieve import SievedPage, has_graphics
from builder.stages.typeset import Typeset, typeset_of

R = TypeVar("R", bound=Record)
LOOK_DPI = 100  # what the classifier is shown
_PIXELS_TO_READ = 0.02  # share of a figure under rasters: what is drawn has its words in the text layer
OCR_DPI = 200  # what words are read off
LOOK_MAX_POINTS = 2000.0  # a longer side is shown at a lower dpi: 14,400 pt pages exist


@dataclass(frozen=True)
class Source:
    """One PDF to cut, with its row of papers.csv if there is one."""

    path: Path
    sha256: str
    row: PaperRow | None

    @property
    def name(self) -> str:
        """The file's, as records carry it."""
        return legible(self.path)


class ChangedMeanwhile(Exception):
    """The file is another one than the run was given: nothing of it may stand under the first one's hash."""


class Bench:
    """One paper on the table. The PDF is opened only if a stage has to look at it."""

    def __init__(
        self, source: Source, recipe: Recipe, policy: Policy, store: Store, unanswered: Mapping[str, Reply] | None = None
    ) -> None:
        self.source, self.recipe, self.policy, self.store = source, recipe, policy, store
        self.unanswered = unanswered or {}  # questions that got no answer in this run, by hash
        self.provisional = False  # something was made without an answer that a later run may get
        self.unsaved: set[str] = set()  # stages whose receipts are not on disk for that reason
        self.made: dict[str, tuple[Record, ...]] = {}
        self.seconds: dict[str, float] = {}  # that each stage took here, as far as it came; in no receipt
        self._words: dict[str, tuple[Word, ...]] = {}
        self._open = ExitStack()

    @cached_property
    def pdf(self) -> pdf.PdfFile:
        """The open PDF. Raises RefusedPdf, and ChangedMeanwhile where the file is no longer the one that was to be cut."""
        found = self._open.enter_context(pdf.open_pdf(self.source.path))
        if found.sha256 != self.source.sha256:
            raise ChangedMeanwhile(f"{self.source.name} was {self.source.sha256} when the run began, and is {found.sha256}")
        return found

    def close(self) -> None:
        self._open.close()

    @cached_property
    def _read(self) -> tuple[tuple[Page, ...], tuple[tuple[int, str], ...]]:
        pages, broken = [], []
        for number in range(1, self.pdf.pages + 1):
            try:
                pages.append(self._legible(pdf.read_page(self.pdf, number)))
            except pdf.RefusedPdf as error:
                broken.append((number, error.detail))
        return tuple(pages), tuple(broken)

    def _legible(self, page: Page) -> Page:
        """The page with the lines of a scan read off its pixels, where the recipe asks for it."""
        if page.lines or self.recipe.ocr.use == "never" or not has_graphics(page):
            return page
        whole = Box(0, 0, page.width, page.height)
        dpi = int(OCR_DPI * min(1.0, LOOK_MAX_POINTS / max(page.width, page.height))) or 1
        return replace(page, lines=lines_of(pdf.render(self.pdf, page.number, whole, dpi), whole))

    @property
    def pages(self) -> tuple[Page, ...]:
        return self._read[0]

    @property
    def broken_pages(self) -> tuple[tuple[int, str], ...]:
        return self._read[1]

    @property
    def page_numbers(self) -> list[int]:
        """Of all pages, legible or broken, as they were when the paper was opened: MuPDF loses some as it mends a file."""
        return sorted([page.number for page in self.pages] + [number for number, _ in self.broken_pages])

    @cached_property
    def typeset(self) -> Typeset:
        """How the paper is set, worked out once for all stages that look at its pages."""
        return typeset_of(self.pages)

    @cached_property
    def text(self) -> str:
        """Everything the paper's text layer says, block by block."""
        blocks: dict[tuple[int, int], list[str]] = {}
        for page in self.pages:
            for line in page.lines:
                blocks.setdefault((page.number, line.block), []).append(line_text(line))
        return "\n".join(reflow(lines) for lines in blocks.values())

    @property
    def paper(self) -> Paper:
        (paper,) = self.made["ingest"]
        assert isinstance(paper, Paper)
        return paper

    def sieved(self) -> list[SievedPage]:
        """The kept pages with their captions, and a grey render that boxes are tightened on."""
        by_page: dict[int, list[Caption]] = {}
        for caption in self.of("sieve", Caption):
            by_page.setdefault(caption.page, []).append(caption)
        kept = [(page, tuple(by_page[page.number])) for page in self.pages if page.number in by_page]
        return [SievedPage(self._grey(page, captions), captions) for page, captions in kept]

    def _grey(self, page: Page, captions: Sequence[Caption]) -> Page:
        try:
            return pdf.with_grey(self.pdf, page, drawn_zone(page, [c.bbox for c in captions]))
        except pdf.RefusedPdf:  # located by its objects alone; the crop decides whether the page can be rendered
            return page

    def look(self, figure: Figure, dpi: int = LOOK_DPI) -> npt.NDArray[np.uint8]:
        """The figure as uint8 RGB (h, w, 3). Raises RefusedPdf."""
        longest = max(figure.bbox.width, figure.bbox.height, 1.0)
        return pdf.render(self.pdf, figure.page, figure.bbox, int(dpi * min(1.0, LOOK_MAX_POINTS / longest)) or 1)

    def read_words(self, figure: Figure) -> tuple[Word, ...]:
        """Words read off the figure's pixels, where the recipe asks for it. Raises RefusedPdf, and UsageError without OCR."""
        if self.recipe.ocr.use == "never" or figure.raster_share < _PIXELS_TO_READ:
            return ()
        if figure.id not in self._words:
            self._words[figure.id] = words_of(self.look(figure, OCR_DPI), figure.bbox)
        return self._words[figure.id]

    def page(self, number: int) -> Page:
        return next(page for page in self.pages if page.number == number)

    def words_in(self, figure: Figure) -> tuple[str, ...]:
        lines = self.page(figure.page).lines
        return tuple(line.text for line in lines if line.box.meet(figure.bbox).area > 0.5 * line.box.area)

    def of(self, stage: str, kind: type[R]) -> list[R]:
        return [record for record in self.made[stage] if isinstance(record, kind)]

    def thumbnail(self, page: Page, long_side: int) -> Picture:
        """The whole page as a PNG whose long side has `long_side` pixels. Raises RefusedPdf."""
        return picture_of(pdf.thumbnail(self.pdf, page, long_side))

    def question(
        self,
        model: str,
        prompt: Prompt,
        pictures: Sequence[Picture],
        schema: Schema,
        *,
        answer_tokens: int | None = None,
    ) -> Question:
        """A question to one of the recipe's models, its pictures in the store for the driver to send."""
        refs = [put_picture(self.store, picture) for picture in pictures]
        return question_of(model, self.recipe.models[model], prompt, refs, schema, answer_tokens=answer_tokens)

    def replies(self, questions: Sequence[Question]) -> list[Reply]:
        """The replies, in the order of the questions. Raises Waiting with those that nobody has asked yet."""
        disk = Replies(self.store.root)
        found = {q.hash: disk.get(q.hash) or self.unanswered.get(q.hash) for q in questions}
        missing = tuple(q for q in questions if found[q.hash] is None)
        if missing:
            raise Waiting(missing)
        told = [reply for q in questions if (reply := found[q.hash])]
        self.provisional |= any(reply.outcome == "failed" for reply in told)
        return told
