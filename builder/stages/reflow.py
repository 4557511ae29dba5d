"""Join the printed lines of a paragraph into running text, as its author wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from builder.pages import Line, Span

_SUPERSCRIPTS = str.maketrans("0123456789+-−–=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾")
_RAISED = re.compile(r"[-−–+]?\d+|\d*[-−–+]")  # exponent, charge or reference number: what Unicode can raise
_RAISED_LIST = re.compile(r"\d+(?:[,–-]\d+)+")  # reference numbers: each raised, the marks between stay
_RAISED_RANGE = re.compile(r"(?<=[⁰¹²³⁴⁵⁶⁷⁸⁹])⁻(?=[⁰¹²³⁴⁵⁶⁷⁸⁹])")  # reference numbers "⁸–¹¹": no exponent reads so
_SMALLER = 0.9  # of the line's letters: a raised span of full size is a flag set by a shifted baseline, not a superscript

_HYPHENS = "\u2010\u2011-"  # the plain one last: inside [] it then stands for itself
_SOFT = "\u00ad"
_WORD = re.compile(rf"[^\W\d_]+(?:[{_HYPHENS}][^\W\d_]+)*")
_BREAKS = frozenset(_HYPHENS + _SOFT)
_HEAD = re.compile(rf"(\w[\w{_HYPHENS}]*)[{_HYPHENS}]$")
_TAIL = re.compile(r"[^\W_]+")
_HANGING = frozenset({"and", "or", "to", "und", "versus", "vs"})  # "pre- and post-": the hyphen stands for a word to come
# First halves that are written together with what follows, words though both halves be: "wave" and "length".
_CLOSED_HEADS = frozenset(
    """micro nano multi inter intra under over with out how more there where further through some any every back can not up
    down in on off photo electro thermo bio hetero homo super sub semi trans wave band work frame net side""".split()  # noqa: SIM905
)
_FULL_WORD = re.compile(r"\w{2,}(?:est|ing|ed|ly)")  # a first half that is a word by its ending: "nearest-neighbour"
# Second halves that make compounds, not words: what a hyphen before them was printed for.
_COMPOUND_TAILS = frozenset(
    """based like doped free type rich treated coated assisted induced dependent resolved resolution loaded supported mediated
    step layer shaped sized ray situ vis spin transfer ion phase""".split()  # noqa: SIM905
)


def line_text(line: Line) -> str:
    """A line's text with raised digits and signs as Unicode superscripts: 10 and a raised -6 give "10⁻⁶", never "10-6".

    Raised reference numbers come out the same way ("shown¹²"), so they stay apart from the words and can be told from
    numbers; raised letters ("5th") stay letters. Soft hyphens inside the line go; one at its end stays for `reflow`.
    """
    return spans_text(line.spans, line.size)


def spans_text(spans: Sequence[Span], size: float) -> str:
    """The text of `line_text` from the spans of a line or row whose letters have `size` points."""
    text = "".join(_span_text(span, size) for span in _dashed(spans))
    text = _RAISED_RANGE.sub("–", text)
    return re.sub(rf"{_SOFT}(?!\s*$)", "", text)


def _dashed(spans: Sequence[Span]) -> Iterator[Span]:
    """Spans, with the dash between numbers restored where its font has no Unicode map and the reader saw an "e".

    Publishers' Advent fonts give "10e15" for 10–15: a lone "e" in a face of its own between two digits.
    """
    for before, span, after in zip((None, *spans), spans, (*spans[1:], None), strict=False):
        alone = before and after and span.text == "e" and span.font not in (before.font, after.font)
        if before and after and alone and before.text[-1:].isdigit() and after.text[:1].isdigit():
            yield replace(span, text="–")
        else:
            yield span


def _span_text(span: Span, size: float) -> str:
    core = span.text.strip()
    if not span.superscript or span.size > _SMALLER * size:
        return span.text
    if _RAISED.fullmatch(core):
        return span.text.replace(core, core.translate(_SUPERSCRIPTS))
    if _RAISED_LIST.fullmatch(core):
        return span.text.replace(core, re.sub(r"\d+", lambda m: m[0].translate(_SUPERSCRIPTS), core))
    return span.text


def is_broken(line: str) -> bool:
    """Whether a line ends with a hyphen: in a word that the next one ends, or in a compound."""
    return line.rstrip()[-1:] in _BREAKS


def vocabulary(lines: Iterable[str]) -> frozenset[str]:
    """Lower-case words and hyphenated compounds printed whole in a paper: what tells a broken word from a compound.

    >>> sorted(vocabulary(["a high-resolution image of micro-", "scopy in use"]))
    ['a', 'high', 'high-resolution', 'image', 'in', 'of', 'resolution', 'use']
    """
    tokens: set[str] = set()
    broken = False
    for line in lines:
        parts = line.split()
        parts = parts[1:] if broken else parts
        broken = is_broken(line)
        tokens.update(parts[:-1] if broken else parts)
    words = set(_WORD.findall(_plain("\n".join(tokens))))
    for word in [word for word in words if "-" in word]:
        parts = word.split("-")
        words.update((*parts, *map("-".join, zip(parts, parts[1:], strict=False))))
    return frozenset(words)


def reflow(lines: Sequence[str], words: frozenset[str] = frozenset()) -> str:
    """One paragraph from its lines: single spaces, words broken at a line end made whole, real hyphens kept.

    `words` is the paper's `vocabulary`: a compound printed whole elsewhere keeps its hyphen.

    >>> reflow(["Trans- ", "mission electron micro-", "scopy of X-", "ray and Fe-", "N-C"])
    'Transmission electron microscopy of X-ray and Fe-N-C'
    """
    text = ""
    for line in (" ".join(line.split()) for line in lines):
        if line:
            text = _join(text, line, words) if text else line
    return text.replace(_SOFT, "")


def _join(text: str, line: str, words: frozenset[str]) -> str:
    if text.endswith(_SOFT):
        return text[:-1] + line
    last = text.rsplit(" ", 1)[-1]
    head = _HEAD.search(last)
    if head is not None:
        tail = _TAIL.match(line)
        if tail is None or tail[0].lower() in _HANGING:
            return f"{text} {line}"
        return (text if _keeps_hyphen(head[1], tail[0], words) else text[:-1]) + line
    if re.search(r"\w[–—/]$|\)[-–]$", last):
        return text + line
    return f"{text} {line}"


def _keeps_hyphen(head: str, tail: str, words: frozenset[str]) -> bool:
    """Whether head-tail is a compound and not one word broken in two."""
    part = re.split(rf"[{_HYPHENS}]", head)[-1]
    if not tail[0].islower() and not (part.isupper() and tail.isupper() and len(part) > 1):
        return True
    if not part.isalpha() or len(part) == 1:
        return True
    first, second = _plain(part), _plain(tail)
    if _known(first + second, words):
        return False
    if _known(f"{first}-{second}", words) or second in _COMPOUND_TAILS:
        return True
    if first in _CLOSED_HEADS or not _known(second, words):
        return False
    halves = min(len(first), len(second)) >= 3 and first in words
    return halves or (len(second) >= 4 and _FULL_WORD.fullmatch(first) is not None)


def _known(word: str, words: frozenset[str]) -> bool:
    """Whether the paper prints the word elsewhere, in the singular or the plural."""
    return word in words or f"{word}s" in words or (word.endswith("s") and word[:-1] in words)


def _plain(text: str) -> str:
    for hyphen in _HYPHENS[:-1]:
        text = text.replace(hyphen, "-")
    return text.lower()
