"""Figure captions on a page: where one starts, how far it runs, and what its label says."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from builder.pages import Box
from builder.stages.labels import LABEL, normal_label, printed_label
from builder.stages.rows import Row, between
from builder.stages.typeset import Print

TABLE = re.compile(r"\s*(?:(?:Extended\s+Data|Supplement(?:ary|al))\s+)?Table\s+(?:[A-Z]?\d{1,3}|[IVX]+)\b", re.IGNORECASE)

_PART = re.compile(r"([a-h])(?=\s*[.:|–—]|\s*$)")
_LEAD_IN = re.compile(r"^[\s■▪•►▶●□◆]*")
_AFTER_PUNCTUATION = re.compile(r"^\s*[.:|–—](?:\s|$|[A-Z(|])")
_AFTER_START = re.compile(r"^[\s.:|–—]*(?:[A-Z(\[“\"'‘]|[a-h][),.]|\d|$)")
_AFTER_CITED = re.compile(r"^\s*(?:[,;)\]]|and\b|to\b|[-–]\s*\d|[a-z]{1,2}(?:[\s,;)–-]|$)(?!\)))")
_AFTER_LOWER = re.compile(r"^[.\s]*[a-z]{2,}")
_AFTER_SENTENCE = re.compile(r"^\s*(?:shows?|depicts?|presents?|illustrates?|displays?|compares?|summari[sz]es?|is|are|was)\b")
_TAB = 3.0  # of the letter size: the widest blank between a label and its text
_COLUMN_GAP = 40.0  # points: the widest gutter between two columns of one caption
_ACCEPTED = 3.0  # of the points given in _points; the style that most labels share is worth 2


def may_start(text: str) -> bool:
    """Whether a line's text starts with a label, be it a caption's or a citation's."""
    lead = _LEAD_IN.match(text)
    return LABEL.match(text, lead.end() if lead else 0) is not None


@dataclass(frozen=True)
class Anchor:
    """A row that may start a caption."""

    page: int
    angle: int  # reading direction of its rows on the page
    index: int  # of its row among the page's rows at this angle
    printed: str
    style: tuple[str, ...]
    points: float
    part: str = ""  # the letter right after the number: one panel with a caption of its own, where others have theirs
    short: str = ""  # the label up to its chapter's number, where there is one: "Fig. 2" of "Fig. 2.13"

    @property
    def label(self) -> str:
        return normal_label(self.printed)


def anchors(rows: Sequence[Row], body: Print, *, page: int, angle: int) -> list[Anchor]:
    """Every row that starts with a label, with the points that its print and its place earn."""
    found = []
    for index, row in enumerate(rows):
        lead = _LEAD_IN.match(row.text)
        start = lead.end() if lead else 0
        match = LABEL.match(row.text, start)
        if match is None or match["plural"]:
            continue
        rest = row.text[match.end() :]
        part = _PART.match(rest)
        points = _points(row, rest, body) + _place(rows, index, body)
        first = next(span for span in row.spans if span.text.strip())
        mark = re.match(r"\s*([.:|–—]?)", rest)
        noun = row.text[match.start() : match.start("numeral")].strip()
        style = (noun, mark.group(1) if mark else "", first.font, f"{first.size:.0f}")
        printed, tail = printed_label(match), match.end() - match.end("chapter") + 1
        short = printed[:-tail] if match["chapter"] else ""
        found.append(Anchor(page, angle, index, printed, style, points, part[1] if part else "", short))
    return found


def _points(row: Row, rest: str, body: Print) -> float:
    first = next(span for span in row.spans if span.text.strip())
    points = 2.0 * (first.bold or first.font not in (body.font, row.font))
    points += 1.5 * (abs(row.size - body.size) > 0.4) + 1.0 * (row.font != body.font)
    points += 1.0 * bool(_AFTER_PUNCTUATION.match(rest)) + 1.0 * bool(_AFTER_START.match(rest))
    points -= 4.0 * bool(_AFTER_CITED.match(rest)) + 2.5 * bool(_AFTER_LOWER.match(rest))
    return points - 4.0 * bool(_AFTER_SENTENCE.match(rest))


def _place(rows: Sequence[Row], index: int, body: Print) -> float:
    """A caption opens its block or stands free; a row that runs on from the one above cites."""
    row = rows[index]
    above = [r for r in rows[:index] if r.middle < row.middle - 0.5 * row.size and _beside(r.box, row.box) > 0.3]
    if not above:
        return 1.0
    last = max(above, key=lambda r: r.box.y1)
    step = row.middle - last.middle
    if step > 1.35 * max(body.leading * row.size / body.size, row.size):
        return 2.0
    if abs(last.size - row.size) > 0.4:
        return 1.0
    same = last.block == row.block
    full = last.box.x1 > row.box.x0 + 0.8 * body.column
    return (-2.0 if same else 0.0) - (1.0 if full and last.font == row.font else 0.0)


def _beside(a: Box, b: Box) -> float:
    """Shared share of the narrower x-range."""
    return (min(a.x1, b.x1) - max(a.x0, b.x0)) / max(1.0, min(a.width, b.width))


def accepted(found: Sequence[Anchor]) -> list[Anchor]:
    """The anchors that start captions: one a label and page, in the style that most labels of the paper share."""
    found = _with_parts(_with_chapters(found))
    votes: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for anchor in found:
        if anchor.points >= _ACCEPTED:
            votes[anchor.style].add(anchor.label)
    shared = max((len(labels) for labels in votes.values()), default=0)
    house = {style for style, labels in votes.items() if len(labels) == shared} if shared >= 2 else set()
    best: dict[tuple[int, str], Anchor] = {}
    top: dict[str, float] = defaultdict(float)
    for anchor in found:
        points = anchor.points + _style_points(anchor.style, house)
        if points < _ACCEPTED:
            continue
        key = (anchor.page, anchor.label)
        if key not in best or points > best[key].points:
            best[key] = replace(anchor, points=points)
        top[anchor.label] = max(top[anchor.label], points)
    kept = [anchor for anchor in best.values() if anchor.points > top[anchor.label] - 2.0]
    return sorted(kept, key=lambda a: (a.page, a.angle, a.index))


def _with_chapters(found: Sequence[Anchor]) -> list[Anchor]:
    """A number of two parts counts in a chapter only where the paper counts so; elsewhere a blank was lost or a range cited."""
    labels = {(a.label, bool(a.short)) for a in found if a.points >= _ACCEPTED}
    kinds = Counter((_kind(label), chaptered) for label, chaptered in labels)
    out = []
    for anchor in found:
        kind = _kind(anchor.label)
        if anchor.short and kinds[kind, False] > kinds[kind, True]:
            cites = anchor.printed[len(anchor.short)] != "."
            anchor = replace(anchor, printed=anchor.short, short="", points=anchor.points - 4.0 * cites)
        out.append(anchor)
    return out


def _kind(label: str) -> str:
    """A label without its number: its series, noun and letter."""
    return re.sub(r"\d.*", "", label)


def _with_parts(found: Sequence[Anchor]) -> list[Anchor]:
    """ "Fig. 3a" is a label of its own where "Fig. 3b" has a caption too."""
    parts: dict[str, set[str]] = defaultdict(set)
    for anchor in found:
        if anchor.part and anchor.points >= _ACCEPTED:
            parts[anchor.label].add(anchor.part)
    return [replace(a, printed=a.printed + a.part, part="") if len(parts[a.label]) > 1 else a for a in found]


def _style_points(style: tuple[str, ...], house: set[tuple[str, ...]]) -> float:
    if not house:
        return 0.0
    if style in house:
        return 2.0
    return 0.0 if any(style[2:] == other[2:] for other in house) else -1.5


def extent(rows: Sequence[Row], start: int, stops: set[int], body: Print) -> list[int]:
    """Indices of the rows of the caption that starts at `start`, in reading order. `stops` are rows that start another."""
    taken = [start, *_beyond_label(rows, start, stops)]
    steps: list[float] = []
    while True:
        following = _next_row(rows, taken, stops, steps, body)
        if following is None:
            break
        steps.append(rows[following].middle - rows[taken[-1]].middle)
        taken.append(following)
    return [*taken, *_second_column(rows, taken, stops, body)]


def _second_column(rows: Sequence[Row], taken: Sequence[int], stops: set[int], body: Print) -> list[int]:
    """Rows of a caption that goes on in a column beside its first: level with it, in its own print and not the body's."""
    first, last = rows[taken[0]], rows[taken[-1]]
    if len(taken) < 2 or (last.font == body.font and abs(last.size - body.size) < 0.3):
        return []
    right = max(rows[i].box.x1 for i in taken)
    level = [i for i in between(rows, first.middle - 2, last.middle + 2) if rows[i].box.x0 > right and i not in taken]
    own = all(rows[i].font == last.font and abs(rows[i].size - last.size) < 0.3 and i not in stops for i in level)
    starts = [rows[i].box.x0 for i in level]
    if len(level) < 2 or not own or max(starts) - min(starts) > 2 or not min(starts) - right < _COLUMN_GAP:
        return []
    top = rows[level[0]]
    above = [rows[i] for i in between(rows, top.middle - 2 * body.leading, top.middle - 2)]
    runs_on = any(abs(row.size - top.size) < 0.3 and _beside(row.box, top.box) > 0.3 for row in above)
    return level if abs(top.middle - first.middle) < 2 and not runs_on and not LABEL.match(top.text) else []


def _is_bare(row: Row) -> bool:
    label = LABEL.search(row.text)
    return label is not None and len(row.text[label.end() :].strip(" .:|–—")) < 3


def _beyond_label(rows: Sequence[Row], start: int, stops: set[int]) -> list[int]:
    """The row that a wide blank parts from a label that stands alone."""
    label = rows[start]
    if not _is_bare(label):
        return []
    return [
        i
        for i, row in ((i, rows[i]) for i in between(rows, label.middle - label.size, label.middle + label.size))
        if 0 < row.box.x0 - label.box.x1 < _TAB * label.size
        and abs(row.middle - label.middle) < 0.3 * label.size
        and abs(row.size - label.size) < 0.6
        and row.words >= 3
        and i not in stops
    ][:1]


def _next_row(rows: Sequence[Row], taken: list[int], stops: set[int], steps: list[float], body: Print) -> int | None:
    first, last = rows[taken[0]], rows[taken[-1]]
    box = last.box
    for index in taken:
        box = box.join(rows[index].box)
    bare = len(taken) == 1 and _is_bare(first)
    ratio = max(1.62, 1.15 * body.leading / body.size)
    limit = 1.35 * median(steps) if steps else (2.4 if bare else ratio) * first.size
    below = [
        i
        for i in between(rows, last.middle, last.middle + limit + 1)
        if 0.4 * first.size < rows[i].middle - last.middle <= limit + 0.5 and _beside(rows[i].box, box) > 0.5 and i not in taken
    ]
    if not below:
        return None
    index = min(below, key=lambda i: (rows[i].middle, rows[i].box.x0))
    row = rows[index]
    if index in stops or TABLE.match(row.text) or not _continues(row, [rows[i] for i in taken], box, body, bare):
        return None
    return index


def _continues(row: Row, caption: Sequence[Row], box: Box, body: Print, bare: bool) -> bool:
    sizes: Counter[float] = Counter()
    for r in caption:
        sizes[round(r.size, 1)] += len(r.text)
    size = sizes.most_common(1)[0][0]
    if abs(row.size - size) > (2.0 if bare else 0.6):
        return False
    is_body = row.font == body.font and abs(row.size - body.size) < 0.3
    spans = [s for r in caption for s in r.spans if len(s.text.strip()) > 3]
    was_body = any(s.font == body.font and abs(s.size - body.size) < 0.3 for s in spans)
    if is_body and not was_body and not bare:
        return False
    centred = abs((row.box.x0 + row.box.x1) - (box.x0 + box.x1)) < 8
    if row.box.x0 < box.x0 - 3 * size and not centred:
        return False
    flush = abs(row.box.x0 - box.x0) < size  # ragged rows of one narrow column may start with the shortest
    wider = row.box.x1 > box.x1 + 2.5 * size
    return bare or centred or not wider or (flush and not is_body)
