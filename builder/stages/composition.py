"""Whether a formula is valid chemistry: elements that exist, counts in reason, charges that can balance."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.lexicon.elements import ELEMENTS, OXIDATION

Counts = dict[str, tuple[float, float]]  # least and most of each element: the two differ where a count is a letter

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉−–", "0123456789--")
_TOKEN = re.compile(r"(?P<symbol>[A-Z][a-z]?)|(?P<open>[(\[{])|(?P<shut>[)\]}])|(?P<dot>[·⋅•∙])")
_COUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?|\.\d+)?(?P<letters>(?:[-+±]?\d*\.?\d*[xyznδ](?![a-z]))*)")
_SIZES = {"2": 2, "3": 3, "4": 4, "5": 5, "²": 2, "³": 3, "⁴": 4, "⁵": 5}
_NAUGHT = re.compile(r"(?<![\d.])0\d*(?!\.|\d)")
_TWICE = re.compile(r"([A-Z][a-z]?)[\d.]*\1(?![a-z])")
LONGEST = 200  # letters of a formula
MOST = 200  # atoms of one element in a formula unit; clathrates and cages stay below
_PEROXIDES = frozenset(["H", "Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Zn"])
# Anions from the most electronegative; Pauling's scale.
_NEGATIVE = ("F", "O", "Cl", "N", "Br", "I", "S", "Se", "C", "Te", "H", "P", "As", "B", "Si", "Ge", "Sb")
_HARD = frozenset(["F", "O", "Cl", "Br", "I"])  # with these a metal always has its charge; nitrides and the rest may be metals
_CATIONIC = frozenset(["B", "Si", "P", "Ge", "As", "Sb"])  # beside oxygen or fluorine
_POLYANION = frozenset(
    ["S", "Se", "Te", "P", "I", "N", "C", "B", "As", "Sb", "Si", "Ge"]
)  # rings, chains and pairs share charge


def counts(formula: str) -> Counts | None:
    """How much of each element a formula holds, charge aside; None where it is no formula.

    >>> counts("Ca(OH)2")
    {'Ca': (1.0, 1.0), 'O': (2.0, 2.0), 'H': (2.0, 2.0)}
    """
    text = formula.translate(_SUBSCRIPTS)
    stack: list[Counts] = [{}]
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or (token["shut"] and len(stack) == 1):
            return None
        at = token.end()
        if token["open"]:
            stack.append({})
        elif token["dot"]:
            water = re.compile(r"(?:\d+(?:\.\d+)?|[xn])?").match(text, at)
            many = float(water.group()) if water and water.group()[:1].isdigit() else 1.0
            rest = counts(text[water.end() if water else at :])
            return None if rest is None or len(stack) > 1 else _added(stack[0], rest, (many, many))
        else:
            many_of = _COUNT.match(text, at)
            at = many_of.end() if many_of else at
            inner = stack.pop() if token["shut"] else {token["symbol"]: (1.0, 1.0)}
            if not set(inner) <= ELEMENTS or many_of is None:
                return None
            stack[-1] = _added(stack[-1], inner, _range(many_of))
    return stack[0] if len(stack) == 1 and stack[0] else None


def _range(count: re.Match[str]) -> tuple[float, float]:
    number = float(count["number"]) if count["number"] else None
    if not count["letters"]:
        return (1.0, 1.0) if number is None else (number, number)
    return (0.0, max(1.0, (number or 0.0) + 1.0)) if number is None or number <= 1 else (number - 1.0, number + 1.0)


def _added(one: Counts, other: Counts, times: tuple[float, float]) -> Counts:
    made = dict(one)
    for symbol, (low, high) in other.items():
        before = made.get(symbol, (0.0, 0.0))
        made[symbol] = (before[0] + low * times[0], before[1] + high * times[1])
    return made


def valid_composition(text: str) -> bool:
    """Whether a formula could be a compound, an alloy or an ion: not whether one was made.

    Every element exists, no count is nought or above two hundred, and with oxygen or a halogen the oxidation states can
    add up to the charge. Between metals, and in carbides, nitrides and their like, any ratio goes that has not too many anions.

    >>> [valid_composition(f) for f in ("TiO2", "Fe3O4", "TiO3", "CoCrFeMnNi", "Xx2", "NaCl2", "SO4^2-")]
    [True, True, False, True, False, False, True]
    """
    return any(_holds(bare, charge) for bare, charge in _charges(text.strip()))


def _holds(bare: str, charge: float) -> bool:
    held = counts(bare) if len(bare) <= LONGEST else None
    if (
        held is None
        or any(high <= 0 or high > MOST for _, high in held.values())
        or _NAUGHT.search(bare)
        or _TWICE.search(bare)
    ):
        return False
    return len(held) == 1 or _balanced(held, charge)


def _charges(text: str) -> Iterator[tuple[str, float]]:
    """The readings of a formula: "NO3-" has one charge, "SO42-" two, and the print tells neither from the other."""
    sign = re.search(r"[-+−–⁻⁺]$", text)
    if sign is None:
        yield text, 0.0
        return
    way = 1.0 if sign.group() in "+⁺" else -1.0
    before = text[: sign.start()].rstrip("^{")
    yield before, way
    if before and before[-1] in _SIZES:
        yield before[:-1].rstrip("^{"), way * _SIZES[before[-1]]


def _balanced(held: Counts, charge: float) -> bool:
    anions = [symbol for symbol in _NEGATIVE if symbol in held]
    if not anions or "He" in held or "Ne" in held or "Ar" in held:
        return not {"He", "Ne", "Ar"} & set(held)
    if {"C", "H"} <= set(held):
        return held["H"][0] <= 2 * held["C"][1] + 4 + 2 * sum(most for symbol, (_, most) in held.items() if symbol not in "CHO")
    first = anions[0]
    states = {symbol: _states(symbol, first, set(held)) for symbol in held}
    low = sum(min(a * n for a in states[s] for n in held[s]) for s in held)
    high = sum(max(a * n for a in states[s] for n in held[s]) for s in held)
    return low - 1e-6 <= charge <= high + 1e-6


def _states(symbol: str, anion: str, among: set[str]) -> tuple[float, float]:
    low, high = OXIDATION[symbol]
    if symbol == anion:
        if symbol == "O":
            return -2.0, -1.0 if among <= _PEROXIDES | {"O"} else -2.0
        return float(low), (-1 / 3 if symbol in _POLYANION else -1.0)
    if low > 0 and anion not in _HARD:
        return 0.0, float(high)
    if anion in ("F", "O") and symbol in _CATIONIC:
        return 1.0, float(high)
    return float(low), float(high)
