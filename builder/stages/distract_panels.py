"""False panels: the words of two lettered parts of a caption change places, so that only the image can tell."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from builder.lexicon.elements import ELEMENTS
from builder.records import Edit
from builder.stages.distract_edits import Attribute, edit
from builder.stages.panel_captions import caption_parts

_MOST_WORDS = 45  # of the words that move
_LEAST_LIKE = 3.0  # times the shorter part's words, and three more: beyond it one part reads as out of its place
_DIGIT = re.compile(r"\((?P<digit>[1-9])\)")
_PLACES = (("left", "right"), ("top", "bottom"), ("upper", "lower"), ("left", "(?:middle|cent(?:er|re))", "right"))
_HELD = r"panels?|rows?|columns?|images?|side|half|part|inset"
_CLAUSE_END = re.compile(r"[.;](?=\s+(?:[A-Z(\[]|$))|;\s")
_STOP = frozenset(
    """a an the of and or in on at by with for from to as is are was were be been its their this that these those which
    shows show showing shown image images picture pictures view views figure panel panels after before using used under
    respectively sample samples""".split()  # noqa: SIM905
)
# What points from one panel to another, or tells its place in an order.
_BOUND = re.compile(
    r"\b(?:same|corresponding|respective|respectively|above|below|former|latter|previous|following|it|its|their|them|enlarged"
    r"|magnified|magnification|magnifications|zoom\w*|close-?up|insets?|detail\w*|again|another|others?|also|both|all|each|than"
    r"|compared|similar\w*|rest|remaining|selected|region|area|boxed|overview|before|after|initial|final|first|second|third|last"
    r"|left|right|upper|lower|top|bottom|early|late|earlier|later|low|high|lower|higher|small|large|control|untreated|pristine"
    r"|original|raw|reference|as[- ](?:prepared|deposited|grown|received|synthesi[sz]ed)|see|day|days|step|stage|phase [I1]"
    r"|model|original|baseline|dashed|solid|arrows?|line|lines|scale bars?|thereof|whole|part|merged?|overlay|overlaid|sum)\b",
    re.IGNORECASE,
)
_OPENS_MID = re.compile(
    r"(?:after|before|with|without|in|at|for|during|then|showing|shows?|is|are|was|were|by|from|on|to|of|where|when|which|under"
    r"|along|through|and|or|while|taken|obtained|per)\b",
    re.IGNORECASE,
)
_LEADS = re.compile(r"^.*(?:\b(?:of|using|from|with|in|for|by|on|at|to|via|through|as)|:)\s+", re.DOTALL)
_LEADS_TO_COMMA = re.compile(r"^.*(?:\b(?:of|using|from|with|in|for|by|on|at|to|via|through|as)|[:,])\s+", re.DOTALL)
_CITES = re.compile(r"[.)]\d+$|\[\d+|\ufffd|[¹²³⁴-⁹]$")  # a reference's number would stay behind or come along
_TOKEN = re.compile(r"[^\W_]+(?:[-–][^\W_]+)*")


@dataclass(frozen=True)
class _Lettered:
    """Words [start, end) that one label announces."""

    letters: tuple[str, ...]
    start: int
    end: int
    text: str
    rest: str  # what the part says beyond its first clause


def panel_swaps(caption: str, shown: Collection[str] = ()) -> Iterator[Attribute]:
    """Each two lettered parts whose first clauses can change places and really differ.

    `shown` holds the letters that the figure's panels have; where there are any, both parts' letters are among them. A series
    ("10 nm, 20 nm"), a part that points to another, and two parts of which one says all that the other says are refused.
    """
    parts = _parts(caption)
    seen = {letter.lower() for letter in shown}
    for one, other in combinations(parts, 2):
        letters = {letter.lower() for letter in (*one.letters, *other.letters)}
        if (seen and not letters <= seen) or _cited_again(caption, letters) or not _exchangeable(one, other, parts):
            continue
        edits = _moved(caption, _spans(caption, (one, other)), (1, 0))
        if edits:
            yield Attribute("panel", edits)


def panel_turns(caption: str, shown: Collection[str] = ()) -> Iterator[tuple[Attribute, ...]]:
    """Three wrong orders of each three lettered parts that may change places pairwise.

    With the true order they close a ring in which each step exchanges two parts, so that none is nearer to the others than
    the true one; the two farthest steps are equally long where one of the parts is the longest, which is put third.
    """
    parts = _parts(caption)
    free = {tuple(made.start for made in swap.edits) for swap in panel_swaps(caption, shown)}
    for three in combinations(parts, 3):
        pairs = [tuple(sorted(span[0] for span in _spans(caption, pair))) for pair in combinations(three, 2)]
        if not all(pair in free for pair in pairs):
            continue
        ring = sorted(three, key=lambda part: (len(part.text.split()), part.start))
        spans = _spans(caption, ring)
        values = [Attribute("panel", _moved(caption, spans, order)) for order in ((1, 0, 2), (1, 2, 0), (0, 2, 1))]
        if all(value.edits for value in values):
            yield tuple(values)


def _parts(caption: str) -> tuple[_Lettered, ...]:
    """The parts with their places; labels (1), (2) and (left), (right) count as letters where there are no others."""
    found = caption_parts(caption)
    if not found:
        found = next(filter(None, (caption_parts(text) for text in _relabelled(caption))), ())
    at, made = 0, []
    stands_after = bool(found) and caption.find(found[0].text) == 0
    for number, part in enumerate(found):
        printed = part.text.rstrip(" .")  # a bracket may close between the words and the stop
        start = caption.find(printed, at) if printed else -1
        if start < 0:
            continue
        at = start + len(printed)
        cut = _CLAUSE_END.search(part.text)
        text = part.text[: cut.start()] if cut else part.text
        leads = _LEADS if any("," in later.text for later in found[1:]) else _LEADS_TO_COMMA
        lead = leads.match(text) if stands_after and number == 0 and not _like_head(text, found[1].text) else None
        start, text = (start + lead.end(), text[lead.end() :]) if lead else (start, text)
        text = text.rstrip(" .,;:")
        made.append(_Lettered(part.letters, start, start + len(text), text, part.text[cut.end() :] if cut else ""))
    return tuple(made)


def _relabelled(caption: str) -> Iterator[str]:
    """The caption with labels (1), (2) or (left), (right) as letters, every other character in its place."""
    numbers = _DIGIT.findall(caption)
    if len(set(numbers)) == len(numbers) > 1:
        yield _DIGIT.sub(lambda m: f"({chr(96 + int(m['digit']))})", caption)
    for places in _PLACES:
        found = [list(re.finditer(rf"\({word}(?:\s(?:{_HELD}))?\)", caption, re.IGNORECASE)) for word in places]
        if all(len(hits) == 1 for hits in found):
            lettered = caption
            for letter, (hit,) in zip("abc", found, strict=False):
                lettered = f"{lettered[: hit.start()]}({letter:<{len(hit.group()) - 2}}){lettered[hit.end() :]}"
            yield lettered


def _like_head(first: str, second: str) -> bool:
    """Whether the second part opens as fully as the first: "TEM image of A (a) and SEM image of B (b)"."""
    return " of " in second and " of " in first


def _cited_again(caption: str, letters: Collection[str]) -> bool:
    for letter in letters:
        bracketed = len(re.findall(rf"[(\[]\s*{letter}\s*[)\]]", caption, re.IGNORECASE))
        cited = re.search(rf"\b(?:in|of|from|panels?|Figs?\.?|see|and)\s(?:\({letter}\)|{letter}\b(?!\s\w))", caption)
        if bracketed > 1 or (cited and letter != "a" and bracketed != 1):
            return True
    return False


def _exchangeable(one: _Lettered, other: _Lettered, parts: Sequence[_Lettered]) -> bool:
    short, long = sorted(len(part.text.split()) for part in (one, other))
    if not 0 < short <= long <= min(_MOST_WORDS, _LEAST_LIKE * short + 3) or len(one.letters) != len(other.letters):
        return False
    if any(_BOUND.search(part.text) or not _whole(part.text) for part in (one, other)):
        return False
    if bool(_OPENS_MID.match(one.text)) != bool(_OPENS_MID.match(other.text)):
        return False
    mine, theirs = _content(one.text), _content(other.text)
    if not (mine - theirs and theirs - mine) or _series(one, other, parts):
        return False
    if any(_content(p.text) >= own for own in (mine - theirs, theirs - mine) for p in parts if p not in (one, other)):
        return False  # out of its place it would stand twice
    left = _content(" ".join((one.rest, other.rest)))
    return not left & (mine ^ theirs) and not _BOUND.search(" ".join((one.rest, other.rest)))


def _whole(text: str) -> bool:
    return text.count("(") == text.count(")") and text.count("[") == text.count("]") and not _CITES.search(text)


def _content(text: str) -> set[str]:
    """Words that say what a part shows, singular, and formulas; numbers are none."""
    words = {token for token in _TOKEN.findall(text) if len(token) > 1 or token in ELEMENTS}
    plain = {w if any(c.isupper() for c in w[1:]) else w.lower() for w in words if not w[0].isdigit()}
    return {w.rstrip("s") if w.islower() and len(w) > 3 else w for w in plain if w.lower() not in _STOP}


def _series(one: _Lettered, other: _Lettered, parts: Sequence[_Lettered]) -> bool:
    """Whether both hold numbers that grow or fall from part to part: out of order they are seen without the image."""
    firsts = [re.search(r"\d+(?:\.\d+)?", part.text) for part in parts]
    values = [float(found.group()) for found in firsts if found]
    if not all(re.search(r"(?<![A-Za-z\d])\d", part.text) for part in (one, other)) or len(values) < 2:
        return False
    return all(a <= b for a, b in pairwise(values)) or all(a >= b for a, b in pairwise(values))


def _spans(caption: str, parts: Sequence[_Lettered]) -> list[tuple[int, int]]:
    """Where the parts' words stand, without those that all of them open or close with."""
    words = [part.text.split(" ") for part in parts]
    most = min(map(len, words)) - 1
    head = next((n for n in range(most) if len({w[n] for w in words}) > 1), most)
    tail = next((n for n in range(most - head) if len({w[-1 - n] for w in words}) > 1), most - head)
    return [
        (
            part.start + sum(len(word) + 1 for word in mine[:head]),
            part.end - sum(len(word) + 1 for word in mine[len(mine) - tail :]),
        )
        for part, mine in zip(parts, words, strict=True)
    ]


def _moved(caption: str, spans: Sequence[tuple[int, int]], order: Sequence[int]) -> tuple[Edit, ...]:
    """The edits that put at each place the words of another, by `order`; none where an article or capital cannot hold."""
    made = []
    for (start, end), source in zip(spans, order, strict=True):
        words = caption[slice(*spans[source])]
        new = _cased(caption, spans[source][0], words, start, caption[start:end])
        if new is None or not _agree(caption, start, caption[start:end], words):
            return ()
        if words != caption[start:end]:
            made.append(edit("panel", caption, start, end, new))
    return tuple(sorted(made, key=lambda one: one.start))


def _agree(caption: str, start: int, mine: str, theirs: str) -> bool:
    """Whether an article before the words, which then stays, fits both."""
    if not re.search(r"\ban?\s$", caption[:start], re.IGNORECASE):
        return True
    return (mine[0].lower() in "aeiou") == (theirs[0].lower() in "aeiou")


def _cased(caption: str, at: int, words: str, place: int, there: str) -> str | None:
    """The words with the first letter as their new place has it; None where a name would lose its capital.

    Inside a sentence a capital is a name's own and goes with it.
    """
    plain, wanted = (_PLAIN_WORD.match(text) for text in (words, there))
    if not plain or not wanted or words[0].isupper() == there[0].isupper():
        return words
    if there[0].isupper():
        return words[0].upper() + words[1:] if _opens(caption, place) else words
    if not _opens(caption, at):
        return words
    lowered = plain.group().lower()
    known = lowered in _PLAIN_OPENERS or re.search(rf"\b{lowered}\b", caption) is not None
    return words[0].lower() + words[1:] if known else None


def _opens(caption: str, start: int) -> bool:
    """Whether a sentence or a labelled part opens here."""
    return re.search(r"(?:^|[.;:|)\]])\s*(?:\(?\w{1,4}[).:,|]?\s*)?$", caption[:start]) is not None


_PLAIN_WORD = re.compile(r"[A-Za-z][a-z]+\b(?![\d(])")
_PLAIN_OPENERS = frozenset(
    """the a an scanning transmission optical atomic high low cross plan top side image images photograph photographs schematic
    typical representative magnified surface size particle histogram illustration distribution selected topography diffraction
    morphology micrograph micrographs experimental simulated measured calculated confocal bright dark electron optical
    cross-sectional plan-view comparison evolution structure example""".split()  # noqa: SIM905
)
