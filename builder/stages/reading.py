"""A page's rows of text in the order a reader takes them: down a column, column after column, band after band."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from builder.pages import Box, Line
from builder.stages.reflow import line_text
from builder.stages.typeset import Typeset, is_running

_WORD_GAP = 2.5  # of the letter size: words of a stretched line stand apart up to this far, columns further
_OVERLAP = 1.2  # of the letter size: a raised sign may stand over the lowered index before it
_SAME_ROW = 0.5  # of the lower line's height that two pieces of one row share
_PROSE_WORDS = 5  # in a row that is running text and not a label or a cell
_GUTTER = 5.0  # points: the least between two columns
_SPAN_SHARE = 0.8  # of two columns' width together: a block that wide lies across both
_DIGITS = re.compile(r"\d+")
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ "


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One row of text in one column: what lies side by side on a printed row may be two."""

    text: str
    box: Box
    size: float  # points
    bold: bool
    font: str  # of the longest span
    page: int
    block: int

    @property
    def words(self) -> int:
        return len(self.text.split())


def body_rows(paper: Typeset) -> list[ColumnRow]:
    """A paper's upright lines as the PDF has them, without running heads and feet: `columns` joins them to rows."""
    return [
        _row(line, page.number)
        for page, rows in zip(paper.pages, paper.rows, strict=True)
        for line in _outside(page.lines, [row.box for row in rows if is_running(row, page, paper.body)])
    ]


def _outside(lines: Iterable[Line], heads: Sequence[Box]) -> list[Line]:
    return [line for line in lines if line.angle == 0 and not any(head.join(line.box) == head for head in heads)]


def _row(line: Line, page: int) -> ColumnRow:
    letters = [span for span in line.spans if span.text.strip()]
    font = max(line.spans, key=lambda span: len(span.text)).font
    return ColumnRow(line_text(line), line.box, line.size, all(span.bold for span in letters), font, page, line.block)


def columns(rows: Sequence[ColumnRow]) -> list[list[ColumnRow]]:
    """One page's rows, as columns in reading order: blocks across several columns part the page into bands."""
    blocks: dict[int, list[ColumnRow]] = defaultdict(list)
    for row in rows:
        blocks[row.block].append(row)
    boxes = {number: _around(block) for number, block in blocks.items()}
    prose = [boxes[n] for n in _prose_blocks(blocks)]
    across = sorted((n for n in blocks if _lies_across(boxes[n], prose)), key=lambda n: boxes[n].y0)
    out: list[list[ColumnRow]] = []
    waiting = [n for n in blocks if n not in set(across)]
    for divider in across:
        above = [n for n in waiting if _middle(boxes[n]) < _middle(boxes[divider])]
        waiting = [n for n in waiting if n not in set(above)]
        out += _side_by_side(above, blocks, boxes)
        out.append(_downward(blocks[divider]))
    return out + _side_by_side(waiting, blocks, boxes)


def _prose_blocks(blocks: dict[int, list[ColumnRow]]) -> list[int]:
    """Blocks of running text that show where the columns are: of two rows and more, unless most rows stand in blocks of one."""
    rows = {n: sum(row.words >= _PROSE_WORDS for row in block) for n, block in blocks.items()}
    tall = [n for n, count in rows.items() if count > 1]
    return tall if 2 * sum(rows[n] for n in tall) >= sum(rows.values()) else [n for n, count in rows.items() if count]


def _around(rows: Sequence[ColumnRow]) -> Box:
    box = rows[0].box
    for row in rows[1:]:
        box = box.join(row.box)
    return box


def _middle(box: Box) -> float:
    return (box.y0 + box.y1) / 2


def _lies_across(box: Box, prose: Sequence[Box]) -> bool:
    inside = [p for p in prose if p is not box and p.width > 0.2 * box.width and _shared(box, p) > 0.5 * p.width]
    return any(
        right.x0 - left.x1 > _GUTTER and box.width >= _SPAN_SHARE * (left.width + right.width)
        for left in inside
        for right in inside
        if left is not right
    )


def _shared(a: Box, b: Box) -> float:
    """Width, in points, that two boxes have in common."""
    return min(a.x1, b.x1) - max(a.x0, b.x0)


def _side_by_side(numbers: Sequence[int], blocks: dict[int, list[ColumnRow]], boxes: dict[int, Box]) -> list[list[ColumnRow]]:
    stacks: list[tuple[Box, list[ColumnRow]]] = []
    for n in sorted(numbers, key=lambda n: (-boxes[n].width, boxes[n])):
        box = boxes[n]
        for i, (wide, rows) in enumerate(stacks):
            if _shared(box, wide) > 0.5 * min(box.width, wide.width):
                stacks[i] = (Box(min(wide.x0, box.x0), wide.y0, max(wide.x1, box.x1), wide.y1), rows + blocks[n])
                break
        else:
            stacks.append((box, list(blocks[n])))
    return [_downward(rows) for _, rows in sorted(stacks, key=lambda stack: stack[0].x0)]


def _downward(pieces: Iterable[ColumnRow]) -> list[ColumnRow]:
    """Rows from the top down, the pieces of one row joined: stretched blanks and raised letters set them apart."""
    rows: list[list[ColumnRow]] = []
    for piece in sorted(pieces, key=lambda piece: (_middle(piece.box), piece.box.x0)):
        if rows and _beside(rows[-1][0], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [row for group in rows for row in _joined(sorted(group, key=lambda piece: piece.box.x0))]


def _beside(first: ColumnRow, piece: ColumnRow) -> bool:
    shared = min(first.box.y1, piece.box.y1) - max(first.box.y0, piece.box.y0)
    return shared > _SAME_ROW * min(first.box.height, piece.box.height)


def _joined(pieces: Sequence[ColumnRow]) -> list[ColumnRow]:
    out: list[ColumnRow] = []
    for piece in pieces:
        gap = piece.box.x0 - out[-1].box.x1 if out else 0.0
        if out and _is_index(out[-1], piece, gap):
            at = len(out[-1].text.rstrip(_RAISED))
            out[-1] = replace(out[-1], text=out[-1].text[:at] + piece.text.strip() + out[-1].text[at:])
        elif out and _continues(out[-1], piece, gap):
            out[-1] = _join(out[-1], piece, gap)
        else:
            out.append(piece)
    return out


def _is_index(last: ColumnRow, piece: ColumnRow, gap: float) -> bool:
    """Whether a piece is the lowered index under a raised charge: MoO4 with 2- above the 4."""
    return gap < 0 and piece.size < 0.85 * last.size and _DIGITS.fullmatch(piece.text.strip()) is not None


def _continues(last: ColumnRow, piece: ColumnRow, gap: float) -> bool:
    if _DIGITS.fullmatch(last.text.strip()) and gap > 0.5 * piece.size:
        return False  # the number of a line, not its first word
    return -_OVERLAP * piece.size < gap < _WORD_GAP * max(last.size, piece.size)


def _join(last: ColumnRow, piece: ColumnRow, gap: float) -> ColumnRow:
    blank = "" if gap < 0.1 * last.size else " "
    longer = max(last, piece, key=lambda row: len(row.text))
    text, bold = last.text + blank + piece.text, last.bold and piece.bold
    return replace(last, text=text, box=last.box.join(piece.box), size=longer.size, font=longer.font, bold=bold)
