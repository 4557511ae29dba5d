"""Materials of a text: formulas by rule and checked by their chemistry, names and acronyms by the lexicon."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.lexicon.elements import ELEMENTS
from builder.lexicon.materials import LONE_FORMULAS, NOT_ALONE, NOT_FORMULAS
from builder.lexicon.substances import ACRONYMS, ELEMENT_WORDS, LABELLED, NAMES, NOT_THE_ELEMENT
from builder.stages.composition import valid_composition
from builder.stages.span_types import TypedSpan

_SYMBOL = "(?:" + "|".join(sorted(ELEMENTS, key=lambda e: (-len(e), e))) + ")"
_LIGAND = "(?:acac|OAc|OtBu|OiPr|OPr|OEt|OMe|OTf|TFSI|FSI|tmhd|thd|NMe2|NEt2|EtCp|MeCp|Cp|Me|Et|Ph|Ac|tBu|iPr|MA|FA|PEA|GA|OBu)"
_COUNT = (
    r"(?:\d/\d(?=[A-Z])|(?:\d++(?:\.\d++)?|[₀-₉]++(?:\.[₀-₉]++)?)?(?:[-−–+±](?:\d*\.?\d*)[xyzδ](?![a-z])|[xyzδₓ](?![a-z]))*+"
    r"|[xyz](?![a-z]))"
)
_UNIT = f"(?:{_SYMBOL}{_COUNT})"
_INNER = rf"(?:{_UNIT}|{_LIGAND}{_COUNT}|,\s?(?={_SYMBOL}))"
_DEEP = rf"[(\[](?:{_INNER}|\((?:{_INNER})++\){_COUNT})++[)\]]{_COUNT}"
_CHARGE = r"(?:(?<=[A-Za-z\])])?[1-5]?[+⁺](?![\w+])|[²³⁴]?[⁺⁻]|(?<=[\dHN])−(?=[\s,.;:)]|or\b|by\b)|\^\{?\d?[-+−]\}?)?"
_CATION = r"(?:MA|FA|PEA|BA|GA)\d?(?=(?:MA|FA|Cs|Pb|Sn|Ge))"
_BODY = rf"(?:{_CATION}|{_UNIT}|{_DEEP}|{_LIGAND}{_COUNT}(?![a-z]))"
_WATER = rf"(?:\s?[·⋅•∙]\s?(?:\d+(?:\.\d+)?|[xn])?(?:{_UNIT})++)?"
_PHASE = r"(?:[α-ωΑ-Ω][′'*]?[-‐–]|(?<![A-Za-z0-9])[1-9]{1,2}[HRTC][′']?[-‐–])?"
_DOPED = rf"(?::\s?{_SYMBOL}(?:\d?[+⁺]|[²³]⁺)?(?:[,/]\s?{_SYMBOL}(?:\d?[+⁺]|[²³]⁺)?)*(?![a-zA-Z]))?"
_FORMULA = re.compile(rf"(?<![A-Za-z0-9.#])(?<!#\s){_PHASE}(?P<bare>{_BODY}++){_WATER}{_DOPED}{_CHARGE}(?![A-Za-z0-9⁰-⁹])")
_ISOTOPE = re.compile(
    r"(?<![\w.])(?:1H|2H|3He|6Li|7Li|9Be|1[013][BC]|1[45]N|17O|18O|19F|23Na|25Mg|27Al|29Si|31P|33S|3[57]Cl|39K|43Ca|4[79]Ti|51V|5[35]Cr|"
    r"55Mn|57Fe|59Co|6[35]Cu|67Zn|71Ga|7[73]Se|77Se|79Br|81Br|8[57]Rb|8[79]Y|93Nb|95Mo|109Ag|113Cd|119Sn|125Te|127I|129Xe|133Cs|139La|"
    r"183W|195Pt|199Hg|20[57]Tl|207Pb|209Bi|235U|238U)(?![\w])"
)
_NMR_ONLY = re.compile(r"\{?.{0,14}?(?:NMR|MAS|nucle|spectr|MRI|isotop|label|-enriched|-\{)")
_PARTICLES = re.compile(rf"(?<![A-Za-z0-9])(?:{_SYMBOL}(?:\d+(?:{_SYMBOL})?)?){{1,3}}(?:NP|NR|NW|NC|QD|NS|NT)s?(?![A-Za-z0-9])")
_PART = rf"(?:\d+(?:\.\d+)?)?{_SYMBOL}(?:\d+(?:\.\d+)?)?"
_CHAIN = re.compile(
    rf"(?<![\w-])(?:{_SYMBOL}(?:\d+(?:\.\d+)?)?(?:[-–‐−]{_PART})++)(?:[-–\s]LDHs?)?(?![\w⁰-⁹])(?![-–‐−/][A-Za-z0-9])(?!\s?(?:bond|stretch|vibration|"
    r"distance|coordination|peak|band|pair|scattering|shell|path|interaction|angle|batter|ion|redox|metal\sbond))"
)
_MIXED = re.compile(rf"(?<![\w-])(?:(?:{_SYMBOL}){{1,4}}[-–\s]LDHs?|{_SYMBOL}/C(?![\w])|{_SYMBOL}{{1,2}}\d?/C(?![\w/-]))")
_NAMED = re.compile(rf"(?<![A-Za-z])(?:(?i:{'|'.join(NAMES)})|(?i:{'|'.join(ELEMENT_WORDS)}){NOT_THE_ELEMENT})(?![A-Za-z])")
_ACRONYM = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(ACRONYMS)})s?(?![A-Za-z0-9])")
_LABELLED = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(LABELLED)})(?![A-Za-z0-9])")
_HOST = re.compile(r"(?:(?:co-)?doped|-substituted|-alloyed)\s")
_AFTER = re.compile(
    r"\s?(?:[KLM][₁-₃123]?(?:,[23])?[-\s‐–]edge|\d\s?[spdf](?:[⁰-⁹\d/]*)\b|metals?\b|[KLM][αβ])"
    r"|[-‐–−](?:(?:co)?doped|doping|terminated|rich|poor|covered|deficient|containing|polar|face|implanted|based|free|alloyed|substituted|coated|"
    r"decorated|enriched|depleted|passivated|intercalated|site|atoms?|vacanc|bearing|modified|diffusion|segregat|supported|loaded)"
    r"|\s(?:atoms?|ions?|atomic|radicals?|segregation|interstitials?|vacanc|sublattice|columns?|dopants?|dop(?:ed|ing)|sources?|contents?|concentrations?|"
    r"signals?|(?:elemental\s)?maps?|mapping|adatoms?|implant|plasmas?|flux|impurit|incorporation|diffusion|depletion|deficien|enrichment|sites?|species|layers?|"
    r"films?|coatings?|tips?|wires?|foils?|substrates?|electrodes?|targets?|clusters?|particles|nano|contacts?|powders?|crystals?|thin|distribution|isosurface|"
    r"isotop|pressures?|precursors?|terminat|terminations?)"
)
_LISTED = re.compile(
    rf"(?<![A-Za-z0-9.(/-])(?:\([a-z]\)\s?)?{_SYMBOL}(?![A-Za-z0-9])(?:(?:,\s?(?:and\s|or\s)?|\s(?:and|or|&)\s|/)(?:\([a-z]\)\s?)?{_SYMBOL}(?![A-Za-z0-9.-]))+"
)
_TOLD = re.compile(
    r"(?:\bmaps?|mapping|distributions?|profiles?|signals?|concentrations?|percentages?|contents?|elements?|atoms|ions|images?|fractions?|spectra|edges?|ratios?|"
    r"amounts?|scans?|intensit(?:y|ies))(?:\s(?:of|for|from))?(?:\sthe)?\s?[:(=]?\s?$|=\s?$"
)
_LABELS = frozenset("BCFHIK")
_MEMBERS = frozenset("HCNOFSIB")  # a formula of single letters holds one of these: P2Y12 is a receptor
_RADIATION = re.compile(
    r"\s?[-‐]?K[αa][₁1]?,?\s?(?:radiation|source|X[-‐]?ray|\(|λ|line\b|irradiation|anode)|\s?(?:[-–]Ne\s)?lasers?\b"
)
_WRAPPED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_SHARE = re.compile(r"\b(?:presence|amounts?|traces?|absence|loss|segregation|incorporation|concentration|content) of $")
_PERSON = re.compile(r"\s(?:et al|and co-?workers)|,\s[A-Z]\.|\s=\s\d")
_INITIAL = re.compile(r"(?:\b[A-Z]\.\s?|\bet\s|\bFig(?:ure)?s?\.?\s|\bTable\s)$")


def materials(text: str, shut: bytearray) -> Iterator[TypedSpan]:
    """Every named material, compound, alloy or element outside `shut` (1 at each code point that is taken), longest first."""
    found = sorted(_candidates(text), key=lambda span: (span[0] - span[1], span[0]))
    for start, end in found:
        if not any(shut[start:end]):
            shut[start:end] = b"\1" * (end - start)
            yield TypedSpan("material", start, end, text[start:end])


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    plain: dict[int, int] = {}
    for pattern in (_NAMED, _ACRONYM, _LABELLED, _CHAIN, _MIXED, _PARTICLES):
        for match in pattern.finditer(text):
            if _is_material(match, text):
                plain[match.start()] = max(match.end(), plain.get(match.start(), 0))
    for match in _FORMULA.finditer(text):
        if _is_formula(match, text):
            start, end = match.span()
            if _WRAPPED.fullmatch(match.group()):
                start, end = start + 1, end - 1
            plain[start] = max(end, plain.get(start, 0))
    for match in _ISOTOPE.finditer(text):
        if len(match.group()) > 2 or _NMR_ONLY.match(text, match.end()):
            plain[match.start()] = match.end()
    for start, end in _listed(text):
        plain[start] = max(end, plain.get(start, 0))
    yield from plain.items()
    yield from _doped(text, plain)


def _doped(text: str, plain: dict[int, int]) -> Iterator[tuple[int, int]]:
    """ "N-doped graphene" is one material."""
    for start, end in plain.items():
        joint = re.compile(r"[-‐–](?:co)?doped\s").match(text, end)
        if joint and joint.end() in plain:
            yield start, plain[joint.end()]


def _is_material(match: re.Match[str], text: str) -> bool:
    word = match.group()
    if _RADIATION.match(text, match.end()) or word in NOT_FORMULAS:
        return False
    if match.re is _CHAIN:
        symbols = re.findall(_SYMBOL, word)
        return any(len(symbol) == 2 for symbol in symbols) and not set(word.split("-")) & {"In", "As"} and len(set(symbols)) > 1
    return True


def _is_formula(match: re.Match[str], text: str) -> bool:
    word, bare = match.group(), match["bare"]
    if _WRAPPED.fullmatch(bare):
        word, bare = word.strip("()[]"), bare[1:-1]
    if word in NOT_FORMULAS or bare in NOT_FORMULAS or _RADIATION.match(text, match.end()):
        return False
    before = text[max(0, match.start() - 8) : match.start()]
    charged = word[-1] in "+⁺⁻−}"
    if bare in ELEMENTS:
        if bare not in ("I", "In") and _SHARE.search(text[max(0, match.start() - 24) : match.start()]):
            return True
        if charged or len(word) > len(bare):
            return True
        lone = bare not in NOT_ALONE or _AFTER.match(text, match.end()) is not None
        return lone and not _PERSON.match(text, match.end()) and not _INITIAL.search(before)
    return bare in LONE_FORMULAS or _is_compound(bare, charged)


def _is_compound(bare: str, charged: bool) -> bool:
    """Whether what is spelt like a formula is one: letters alone make words too, so that chemistry decides."""
    symbols = re.findall(_SYMBOL, re.sub(_LIGAND, "", bare))
    counted = re.search(r"[\d₀-₉xyzδ]", bare) is not None
    if not symbols or re.fullmatch("[A-Z]+s", bare):
        return False
    if len(set(symbols)) == 1 and not re.search(_LIGAND, bare):
        return charged
    if any(len(symbol) == 2 for symbol in symbols) or re.search(rf"{_LIGAND}", bare):
        return counted or len(symbols) > 1 or len(bare) > 3
    if charged and bare in ("OH", "CN", "SCN", "OCN"):
        return True
    told = counted and len(bare) > 2 and re.search(r"\d|x\b", bare) is not None and not _MEMBERS.isdisjoint(symbols)
    return told and (charged or valid_composition(bare))


def _listed(text: str) -> Iterator[tuple[int, int]]:
    """Symbols in a list of elements, single letters too: "maps of C, N and Ti"; panel letters are none."""
    for match in _LISTED.finditer(text):
        symbols = list(re.finditer(rf"(?<![A-Za-z]){_SYMBOL}(?![A-Za-z])", match.group()))
        sure = any(len(s.group()) == 2 and s.group() not in NOT_ALONE for s in symbols)
        told = _TOLD.search(text[max(0, match.start() - 40) : match.start()]) or _AFTER.match(text, match.end())
        if told or (sure and not {s.group() for s in symbols} <= _LABELS):
            yield from ((match.start() + s.start(), match.start() + s.end()) for s in symbols)
