"""What a reply holds beside what was said: the thinking of a model, the marks of its template, and signs without end."""

from __future__ import annotations

import re

from .answer_forms import FULL_WIDTH

_UNSEEN = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))  # they part nothing on a page
_FOLDED = re.compile("[" + "".join(map(chr, (*FULL_WIDTH, *_UNSEEN))) + "]")  # is there anything to translate
_FOLD: dict[int, int | str | None] = {**FULL_WIDTH, **_UNSEEN}
_THOUGHT = re.compile(
    r"[<◁](?P<shut>/?)(?P<name>think|thinking|reasoning|scratchpad|analysis)[>▷]|<\|(?P<edge>begin|end)_of_thought\|>",
    re.IGNORECASE,
)
_FINAL = "<|channel|>final<|message|>"  # the channels of gpt-oss
_UNSAID = ("<|channel|>analysis", "<|channel|>commentary")
_ENDS = (
    "</s>",
    "<|im_end|>",
    "<|eot_id|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<|return|>",
    "<|end|>",
    "<|eom_id|>",
    "<eos>",
    "<|end_of_solution|>",
    "<|end▁of▁sentence|>",
)  # of the templates in use, once full-width signs are folded
_LONG = re.compile(r"([\W_])\1{63,}")  # no statement has as much of one sign


def said_of(text: str) -> tuple[str, bool]:
    """The text without what was only thought and without end tokens, and whether it ends in the middle of a thought."""
    text = text if text.isascii() or not _FOLDED.search(text) else text.translate(_FOLD)
    if "<" not in text and "◁" not in text:
        return text, False
    text = _unended(text)
    at = text.rfind(_FINAL)
    if at >= 0:
        text = text[at + len(_FINAL) :]
    elif any(channel in text for channel in _UNSAID):
        return "", True
    return _unthought(text)


def squashed(text: str) -> str:
    """The text with at most 64 of one sign in a row, letters and digits aside."""
    return _LONG.sub(lambda run: run[0][:64], text)


def _unended(text: str) -> str:
    end = bare = len(text)
    while True:
        while bare and text[bare - 1].isspace():
            bare -= 1
        token = next((token for token in _ENDS if text.endswith(token, 0, bare)), None)
        if token is None:
            return text[:end]
        end = bare = bare - len(token)


def _unthought(text: str) -> tuple[str, bool]:
    """Each pair of tags goes with what it holds; before a close alone stood a thought that the prompt's template opened."""
    tags = [(*_kind(match), match.start(), match.end()) for match in _THOUGHT.finditer(text)]
    last_close = {name: start for name, opens, start, _ in tags if not opens}
    kept, at, waits, cut = [""], 0, "", -1
    for name, opens, start, end in tags:
        if waits:
            if not opens and name == waits:
                kept.append(" ")
                at, waits = end, ""
        elif opens and last_close.get(name, -1) > start:
            if cut < 0:
                kept.append(text[at:start])
            waits = name
        elif opens:
            if cut < 0:
                kept.append(text[at:start])
                cut = start
        else:
            kept, at, cut = [""], end, -1
    return ("".join(kept), True) if cut >= 0 else ("".join(kept) + text[at:], False)


def _kind(match: re.Match[str]) -> tuple[str, bool]:
    if match["edge"]:
        return "thought", match["edge"].lower() == "begin"
    return match["name"].lower(), not match["shut"]


__all__ = ["said_of", "squashed"]
