"""One technique and the small language its written forms are given in.

In `acronyms` case counts, in `names` it does not; in both a space stands for any
space or hyphen and "~" for an optional one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

_HYPHENS = r"\-\u2010\u2011\u2012\u2013\u2212"
_TO_PATTERN = {" ": rf"[\s{_HYPHENS}]+", "~": rf"[\s{_HYPHENS}]?"}
# Words of how it was measured, which belong to the technique's name.
MODES = re.compile(rf"(?<![A-Za-z])(?i:(?:in|ex)[\s{_HYPHENS}]+situ|operando|time[\s{_HYPHENS}]resolved)[\s{_HYPHENS}]+")


@dataclass(frozen=True)
class Technique:
    """One technique. `name` is its short form as a swap would print it, `full_name` the long one."""

    name: str
    full_name: str
    kind: Literal["imaging", "method"]
    acronyms: tuple[str, ...]  # patterns, case-sensitive
    names: tuple[str, ...]  # patterns, any case
    implies: tuple[str, ...] = ()  # what a picture of this kind also is, so that a swap to it would be true
    giveaways: tuple[str, ...] = ()  # patterns, any case, that tell this technique apart without its name
    label: str = field(default="")  # under this name figures are labelled; empty: under `name`

    @property
    def reported(self) -> str:
        """The name under which a figure of this technique is labelled: an HAADF-STEM picture under STEM."""
        return self.label or self.name

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Every written form, as a whole word."""
        acronyms = "|".join(map(_expand, self.acronyms))
        names = "|".join(map(_expand, self.names))
        forms = [f"(?:{acronyms})s?"] * bool(acronyms) + [f"(?i:{names})"] * bool(names)
        return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(forms)})(?![A-Za-z0-9])")

    @cached_property
    def openers(self) -> frozenset[str]:
        """The letters that a written form can begin with; "" among them where any can."""
        named = {letter for form in self.names for letter in _openers(form)}
        cased = {other for letter in named for other in (letter.lower(), letter.upper())}
        return frozenset(cased | {letter for form in self.acronyms for letter in _openers(form)})

    @cached_property
    def giveaway_pattern(self) -> re.Pattern[str] | None:
        """Words that point to this technique alone, or None."""
        words = "|".join(map(_expand, self.giveaways))
        return re.compile(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])", re.IGNORECASE) if words else None


def _expand(form: str) -> str:
    return "".join(_TO_PATTERN.get(letter, letter) for letter in form)


def _openers(form: str) -> set[str]:
    """The letters that a form can begin with, read off its notation; "" for any."""
    return _branch(form, 0)[0]


def _branch(form: str, at: int) -> tuple[set[str], bool, int]:
    """Openers of the alternatives from `at` to their bracket's end, whether they may be empty, and where that end is."""
    letters: set[str] = set()
    empty, open_yet = False, True
    while at < len(form) and form[at] != ")":
        if form[at] == "|":
            empty, open_yet, at = empty or open_yet, True, at + 1
            continue
        own, may_be_empty, at = _atom(form, at)
        quantifier = re.compile(r"(?:[?*]|\{0,\d*\}|(?P<needed>\+|\{\d+(?:,\d*)?\}))\??").match(form, at)
        if quantifier:
            at = quantifier.end()
            may_be_empty = may_be_empty or quantifier["needed"] is None
        if open_yet:
            letters |= own
            open_yet = may_be_empty
    return letters, empty or open_yet, at


def _atom(form: str, at: int) -> tuple[set[str], bool, int]:
    letter = form[at]
    if form.startswith(("(?=", "(?!", "(?<"), at):
        return set(), True, _branch(form, at + (4 if form[at + 2] == "<" else 3))[2] + 1
    if form.startswith("(?:", at):
        letters, empty, end = _branch(form, at + 3)
        return letters, empty, end + 1
    if letter == "[":
        end = form.index("]", at)
        return ({""} if "\\" in form[at:end] else set(form[at + 1 : end])), False, end + 1
    if letter == "\\":
        return ({""} if form[at + 1] in "wds" else {form[at + 1]}), form[at + 1] == "b", at + 2
    return set(" -\u2010\u2011\u2012\u2013\u2212" if letter in " ~" else letter), letter == "~", at + 1


def imaging(name: str, full_name: str, acronyms: str, names: str, **rest: str) -> Technique:
    return _technique("imaging", name, full_name, acronyms, names, rest)


def method(name: str, full_name: str, acronyms: str, names: str, **rest: str) -> Technique:
    return _technique("method", name, full_name, acronyms, names, rest)


def _technique(
    kind: Literal["imaging", "method"], name: str, full_name: str, acronyms: str, names: str, rest: dict[str, str]
) -> Technique:
    listed = {key: _split(rest.get(key, "")) for key in ("implies", "giveaways")}
    return Technique(name, full_name, kind, _split(acronyms), _split(names), **listed, label=rest.get("label", ""))


def _split(listed: str) -> tuple[str, ...]:
    return tuple(part for part in listed.split(" / ") if part)
