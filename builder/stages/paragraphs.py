"""A paper's body paragraphs in reading order, whole again where a column, a page, a figure or an equation broke them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from builder.records import Figure
from builder.stages.labels import LABEL
from builder.stages.reading import ColumnRow, body_rows, columns
from builder.stages.reflow import reflow, vocabulary
from builder.stages.typeset import Typeset

_SAME_SIZE = 0.7  # points: letters of one paragraph
_JITTER = 0.35  # points: sizes that PDF writers give to letters of one size
_NEW_PITCH = 1.45  # of the column's usual row distance: more is a break
_INDENT = (0.5, 5.0)  # of the letter size: first rows stand in by this much
_LONG = 20  # words in a piece that surely is running text
_INDENTS = 0.08  # of those stand in: the paper marks paragraphs so; pieces after headings and breaks do not
_SHORT_ROW = 0.1  # of the column's width missing at the right: the row ends its paragraph
_PROSE_WORDS = 8  # in a paragraph; headings, labels and cells have fewer
_LOOK_BACK = 12  # paragraphs: notes and cells of a table may stand between the halves of one
_SENTENCE_END = re.compile(r"[.!?:][)\]”\"’']*(?:\s?\[[\d,–\- ]+\]|[⁰¹²³⁴⁵⁶⁷⁸⁹,–-]+)*\s*$")
_ABBREVIATION = re.compile(r"\b(?:[Ff]igs?|[Rr]efs?|[Ee]qs?|al|e\.g|i\.e|cf|vs|ca|approx|[Nn]os?|resp)\.$")
_LOWER = re.compile(r"[a-zà-öø-ÿ]+[\s,;.)-]")
_CONTINUES_AFTER_EQUATION = re.compile(r"(?:where|with|in which|which|and|or|for|if|is|are|as|thus|so)\b")
_TABLE_CAPTION = re.compile(r"\s*(?:Supplementary\s+)?T(?:able|ABLE)\s+[A-Z]?[.\-]?(?:\d+|[IVX]+)\b\s*(?:[.:|(A-Z–—]|$)")
_REFERENCES = re.compile(
    r"\s*(?:[\dIVX]+\.?\s*)?(?:references(?: and notes)?|bibliography|literature cited|notes and references)\s*:?\s*$", re.I
)
_ENTRY = re.compile(r"\s*(?:\[\d+\]|\(?\d{1,3}[.)]?\s|[A-ZÀ-Ö][\w'’-]+,? (?:[A-Z]\.|[A-Z]{1,3}[,. ]))")
_YEAR = re.compile(r"\b(?:19|20)\d\d[a-z]?\b")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of running text."""

    text: str
    page: int  # where it starts, from 1


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows that stand together in one column."""

    rows: tuple[ColumnRow, ...]
    indented: bool
    full: bool  # its last row runs to the column's right edge
    body: float  # the paper's usual letter size

    @property
    def text(self) -> str:
        return reflow([row.text for row in self.rows])

    @property
    def words(self) -> int:
        return sum(row.words for row in self.rows)

    @property
    def size(self) -> float:
        return max(self.rows, key=lambda row: len(row.text)).size

    @property
    def bold(self) -> bool:
        return all(row.bold for row in self.rows)


def paragraphs(paper: Typeset, figures: Sequence[Figure]) -> list[Paragraph]:
    """Body paragraphs of a paper. Captions, words inside figures, tables, running heads and the reference list are left out."""
    rows = body_rows(paper)
    words = vocabulary(row.text for row in rows)
    body = paper.body.size
    rows = [row for row in rows if not _in_figure(row, figures, body)]
    pieces: list[_Piece] = []
    for page in paper.pages:
        for column in columns([row for row in rows if row.page == page.number]):
            pieces += _pieces(column, body)
    joined = _whole(_body_only(pieces))
    return [Paragraph(reflow([row.text for row in piece.rows], words), piece.rows[0].page) for piece in joined]


def _in_figure(row: ColumnRow, figures: Iterable[Figure], body: float) -> bool:
    """Whether a row belongs to a figure or its caption; a body-sized row of many words inside a figure's box does not."""
    x, y = (row.box.x0 + row.box.x1) / 2, (row.box.y0 + row.box.y1) / 2
    label_like = row.words < _PROSE_WORDS or abs(row.size - body) > _SAME_SIZE
    for figure in figures:
        for page, box, whole in ((figure.caption.page, figure.caption.bbox, True), (figure.page, figure.bbox, label_like)):
            if whole and page == row.page and box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1:
                return True
    return False


def _pieces(column: Sequence[ColumnRow], body: float) -> list[_Piece]:
    """A column cut where a paragraph, a heading or a gap begins."""
    margin = _edges(column)[0] if column else 0.0
    rows = [row for row in column if not _is_scrap(row, body) or _is_last_word(row, margin)]
    if not rows:
        return []
    left, right = _edges(rows)
    pitch = _pitch(rows)
    cuts = [0] + [i for i in range(1, len(rows)) if _begins(rows[i - 1], rows[i], left=left, right=right, pitch=pitch)]
    return [
        _Piece(
            tuple(rows[start:end]),
            _is_indented(rows[start], left),
            _is_full(rows[start:end], left, right),
            body,
        )
        for start, end in zip(cuts, [*cuts[1:], len(rows)], strict=True)
    ]


def _is_full(rows: Sequence[ColumnRow], left: float, right: float) -> bool:
    """Whether the last row runs to the right edge: of its own paragraph, where that has rows enough to show one."""
    if len(rows) > 3:
        left, right = min(row.box.x0 for row in rows), max(row.box.x1 for row in rows)
    return right - rows[-1].box.x1 < _SHORT_ROW * (right - left)


def _is_scrap(row: ColumnRow, body: float) -> bool:
    """Loose indices, equation marks and axis ticks: no word of three letters, or letters far below the body's size."""
    return re.search(r"[^\W\d_]{2,}", row.text) is None or (row.size < 0.7 * body and row.words < _PROSE_WORDS)


def _is_last_word(row: ColumnRow, left: float) -> bool:
    """The end of a sentence alone on its row: "2015." at the column's left edge."""
    return abs(row.box.x0 - left) < 2 and _ends(row.text)


def _edges(rows: Sequence[ColumnRow]) -> tuple[float, float]:
    full = [row for row in rows if row.words >= 4] or rows
    lefts = Counter(round(row.box.x0) for row in full)
    left = max(lefts, key=lambda x: (lefts[x], -x)) if len(full) > 3 else min(lefts)
    return float(left), max(row.box.x1 for row in full)


def _pitch(rows: Sequence[ColumnRow]) -> float:
    steps = sorted(b.box.y1 - a.box.y1 for a, b in zip(rows, rows[1:], strict=False) if b.box.y1 - a.box.y1 > 0.5 * a.size)
    return steps[len(steps) // 2] if steps else rows[0].box.height


def _begins(last: ColumnRow, row: ColumnRow, *, left: float, right: float, pitch: float) -> bool:
    """Whether a row begins something new after the one above it."""
    if row.box.y1 - last.box.y1 > _NEW_PITCH * max(pitch, 0.9 * row.size):
        return True
    if abs(last.size - row.size) > _SAME_SIZE or last.bold != row.bold:
        return not _runs_in(last, row, right - _SHORT_ROW * (right - left))
    if _is_indented(row, left) and abs(row.box.x0 - last.box.x0) > 0.3 * row.size:
        return True
    short = right - last.box.x1 > _SHORT_ROW * (right - left)
    return short and (_ends(last.text) or last.font != row.font) and not _LOWER.match(row.text)


def _runs_in(last: ColumnRow, row: ColumnRow, edge: float) -> bool:
    """Whether the row above is a heading in letters of its own with the first words of the paragraph behind it."""
    return last.block == row.block and last.box.x1 > edge and not _ends(last.text) and _LOWER.match(row.text) is not None


def _is_indented(row: ColumnRow, left: float) -> bool:
    return _INDENT[0] * row.size < row.box.x0 - left < _INDENT[1] * row.size


def _ends(text: str) -> bool:
    text = text.rstrip()
    return bool(_SENTENCE_END.search(text)) and not _ABBREVIATION.search(text)


def _body_only(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Pieces without captions and without the entries of the reference list."""
    out: list[_Piece] = []
    listing = False
    for piece in pieces:
        text = piece.text
        if piece.words < _PROSE_WORDS and (piece.bold or text[:1].isupper() or text[:1].isdigit()):
            listing = bool(_REFERENCES.match(text)) or (listing and not piece.bold)
        if (
            piece.words >= _LONG
            and abs(piece.size - piece.body) <= _SAME_SIZE
            and LABEL.search(text)
            and not _ENTRY.match(text)
        ):
            listing = False  # methods or an appendix after the list
        entry = listing and (_ENTRY.match(text) or _YEAR.search(text))
        if not entry and not _TABLE_CAPTION.match(text) and not _is_caption(piece):
            out.append(piece)
    return out


def _is_caption(piece: _Piece) -> bool:
    """A caption that no located figure claims: a label, then a mark or, in other letters than the body's, a new sentence."""
    text = piece.text
    label = LABEL.match(text)
    if label is None:
        return False
    rest = text[label.end() :]
    if re.match(r"\s*[.:|]\s*(?:\(?[A-Z(]|\(?[a-z]\)|$)|\s*[–—]\s", rest):
        return True
    stands_out = piece.size < piece.body - 0.4 or piece.rows[0].bold
    return stands_out and re.match(r"[a-z]?\s*(?:\(|[A-Z]|$)", rest) is not None


def _whole(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Paragraphs with their continuations joined; headings, labels and scraps left out."""
    standing_in = [p.indented for p in pieces if p.words >= _LONG and abs(p.size - p.body) <= _SAME_SIZE]
    indents = sum(standing_in) > max(2, _INDENTS * len(standing_in))
    out: list[_Piece] = []
    between = 0  # headings and equations since the last paragraph; smaller letters are cells, labels and notes
    for piece in pieces:
        at = _host(out, piece)
        if at is not None and _carries_on(out[at], piece, indents=indents, apart=between > 0):
            out[at] = replace(piece, rows=out[at].rows + piece.rows, indented=out[at].indented)
            between = 0
        elif piece.words >= _PROSE_WORDS and not piece.bold:
            out.append(piece)
            between = 0
        elif piece.size > piece.body - _SAME_SIZE:
            between += 1
    return out


def _host(out: Sequence[_Piece], piece: _Piece) -> int | None:
    """Which of the last paragraphs a piece would continue: the last in its letters, but for notes below a broken-off one."""
    last = range(len(out) - 1, max(-1, len(out) - 1 - _LOOK_BACK), -1)
    alike = [i for i in last if abs(out[i].size - piece.size) <= _SAME_SIZE]
    if _LOWER.match(piece.rows[0].text.lstrip()):
        open_ended = (i for i in alike if out[i].full and not _ends(out[i].rows[-1].text) and out[i].words >= _LONG)
        return next(open_ended, alike[0] if alike else None)
    return alike[0] if alike else None


def _carries_on(first: _Piece, piece: _Piece, *, indents: bool, apart: bool) -> bool:
    """Whether a piece continues a paragraph that a column, page, figure or equation broke off."""
    if piece.bold != first.bold or piece.rows[0].page - first.rows[-1].page > 2:
        return False
    start, ended = piece.rows[0].text.lstrip(), _ends(first.rows[-1].text)
    if _LOWER.match(start):
        return not ended or (apart and _CONTINUES_AFTER_EQUATION.match(start) is not None)
    if not ended:
        alike = abs(first.size - piece.size) <= _JITTER  # a note below the column is smaller
        return piece.words >= _PROSE_WORDS and not piece.indented and first.full and alike
    return indents and not piece.indented and not apart and first.full and piece.words >= _PROSE_WORDS
