"""Items that models fail, as a reader would judge them: image, question, key, answers, evidence, source and licence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from builder.release.rows import ALPHABET, CaptionMatchingRow, EvidenceRow, MultiSelectRow
from builder.reporting.facts import Section
from builder.reporting.items import ItemFigures, answers_of
from builder.reporting.runs import Run

QuestionRow = CaptionMatchingRow | MultiSelectRow


@dataclass(frozen=True)
class Shown:
    """A released image scaled down for the page."""

    uri: str  # data:image/jpeg;base64,...
    width: int  # pixels
    height: int


@dataclass(frozen=True)
class Choice:
    """One option of a shown item."""

    letter: str
    text: str
    right: bool
    chosen_by: int  # models
    why: str  # rubric and evidence


@dataclass(frozen=True)
class Exhibit:
    """One item of the gallery."""

    item: ItemFigures
    row: QuestionRow
    shown: Shown
    reason: str
    choices: tuple[Choice, ...]
    answers: tuple[tuple[str, str], ...]  # selection, the models that made it

    @property
    def changes(self) -> str:
        done = f"scaled to {self.shown.width} \N{MULTIPLICATION SIGN} {self.shown.height} pixels, JPEG, for this page"
        return f"{self.row.changes}; {done}" if self.row.changes else done


def wanted(section: Section, most: int) -> tuple[str, ...]:
    """Ids of the items to show first: suspect keys, then the hardest. As many again stand by for rows that may not be shown."""
    failed = [item for item in section.items if item.difficulty > 0]
    failed.sort(key=lambda item: (not item.suspect, -item.difficulty, item.id))
    return tuple(item.id for item in failed[: 2 * most])


def may_be_shown(row: QuestionRow) -> bool:
    """Only what an open release publishes, and only with the line that names its makers."""
    return row.tier == "open" and row.image is not None and row.attribution is not None


def gallery(
    section: Section, runs: Sequence[Run], rows: Mapping[str, QuestionRow], images: Mapping[str, Shown], most: int
) -> tuple[Exhibit, ...]:
    """The exhibits of a section, as many as `most`. `rows` and `images` by item id."""
    items = {item.id: item for item in section.items}
    mine = [run for run in runs if run.model in section.models]
    ids = [one for one in wanted(section, most) if one in rows and one in images and may_be_shown(rows[one])]
    return tuple(_exhibit(items[one], rows[one], images[one], mine) for one in ids[:most])


def _exhibit(item: ItemFigures, row: QuestionRow, shown: Shown, runs: Sequence[Run]) -> Exhibit:
    answers: dict[str, list[str]] = {}
    letters: list[str] = []
    for model, answer in answers_of(runs, item.id):
        letters += answer.answer
        answers.setdefault(", ".join(answer.answer) or answer.status, []).append(model)
    return Exhibit(
        item=item,
        row=row,
        shown=shown,
        reason=_reason(item),
        choices=tuple(_choice(row, place, letters) for place in range(len(row.options))),
        answers=tuple((given, ", ".join(models)) for given, models in sorted(answers.items())),
    )


def _reason(item: ItemFigures) -> str:
    hard = f"mean score {1 - item.difficulty:.2f} over {item.models} models"
    if item.suspect and item.discrimination is not None:
        return f"suspect key: discrimination {item.discrimination:.2f}; {hard}"
    return hard


def _choice(row: QuestionRow, place: int, letters: Sequence[str]) -> Choice:
    letter = ALPHABET[place]
    if isinstance(row, CaptionMatchingRow):
        right, why = place == row.answer, "as printed" if place == row.answer else _edited(row, place)
    else:
        right, why = letter in row.answer, _reasons(row, place)
    return Choice(letter, row.options[place], right, letters.count(letter), why)


def _edited(row: CaptionMatchingRow, place: int) -> str:
    return "; ".join(f"{edit.type}: {edit.original!r} became {edit.replacement!r}" for edit in row.edits[place])


def _reasons(row: MultiSelectRow, place: int) -> str:
    """The rubric, then where its evidence stands; words that the rubric quotes are not said twice."""
    rubric = row.rubrics[place]
    told = [_found(one, rubric) for one in row.evidence[place]]
    return " ".join([*([rubric] if rubric else []), *(["Evidence: " + "; ".join(told) + "."] if told else [])])


def _found(one: EvidenceRow, rubric: str) -> str:
    where = f"{one.source} of {one.of}" + (f", panel {one.panel}" if one.panel else "")
    return where if one.text in rubric else f"{where}: \N{LEFT DOUBLE QUOTATION MARK}{one.text}\N{RIGHT DOUBLE QUOTATION MARK}"


__all__ = ["Choice", "Exhibit", "QuestionRow", "Shown", "gallery", "may_be_shown", "wanted"]
