"""Materials that captions name: elements, acronyms and trivial names, and reviewed families within which one can stand for another."""

from __future__ import annotations

from dataclasses import dataclass

ELEMENTS = frozenset(
    ["H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar", "K", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb", "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Th", "U"]
)
# Alone these are words, acronyms or labels more often than elements.
NOT_ALONE = frozenset(["H", "B", "C", "N", "O", "F", "P", "S", "K", "V", "Y", "I", "U", "W", "In", "As", "He", "Be", "No", "At", "Os", "Er", "Th", "Ho", "Pm", "Tc", "Re"])
NOT_FORMULAS = frozenset(["In", "As", "At", "He", "Be", "No", "CoS", "SI", "II", "III", "IV", "VI", "CV", "CVs", "OCP", "PH", "CNN", "NC", "SC", "SNR", "PC", "BSC", "FC", "PI", "SO", "CN", "FIB", "NPs", "BF", "IV", "HP", "UC"])
NAMES = (
    "reduced graphene oxide",
    "graphene oxide",
    "hexagonal boron nitride",
    "boron nitride",
    "silicon nitride",
    "silicon carbide",
    "silicon dioxide",
    "titanium dioxide",
    "carbon nanotubes?",
    "stainless steel",
    "carbon steel",
    "highly oriented pyrolytic graphite",
    "graphene",
    "graphite",
    "mica",
    "sapphire",
    "quartz",
    "silica",
    "alumina",
    "zirconia",
    "titania",
    "ceria",
    "hematite",
    "magnetite",
    "toluene",
    "ethanol",
    "methanol",
    "acetone",
    "pentacene",
    "cellulose",
    "chitosan",
    "polystyrene",
    "polyethylene",
    "polypropylene",
    "MXenes?",
    "gold",
    "silver",
    "copper",
    "platinum",
    "palladium",
    "nickel",
    "cobalt",
    "silicon",
    "germanium",
    "aluminium",
    "aluminum",
    "titanium",
    "tungsten",
    "imidazole",
    "quercetin",
)
ACRONYMS = ("PVDF", "PVdF", "PMMA", "PTFE", "PDMS", "PEDOT:PSS", "HOPG", "hBN", "h-BN", "rGO", "LDH", "GO", "PEO", "PVA", "PVP", "PAN")


@dataclass(frozen=True)
class Family:
    """Materials of like chemistry and look, each as (formula, name or ""); `stems` also betray each of them."""

    members: tuple[tuple[str, str], ...]


# Same valence and same use, reviewed by hand; so that an exchanged formula stays balanced.
FAMILIES = (
    Family((("Au", "gold"), ("Ag", "silver"))),
    Family((("Pt", "platinum"), ("Pd", "palladium"))),
    Family((("Ni", "nickel"), ("Co", "cobalt"))),
    Family((("Si", "silicon"), ("Ge", "germanium"))),
    Family((("TiO2", "titania"), ("SnO2", ""), ("ZrO2", "zirconia"))),
    Family((("MoS2", ""), ("WS2", ""))),
    Family((("MoSe2", ""), ("WSe2", ""))),
    Family((("GaN", ""), ("AlN", ""))),
    Family((("Fe3O4", "magnetite"), ("Co3O4", ""), ("Mn3O4", ""))),
    Family((("ZnO", ""), ("CdO", ""))),
    Family((("SrTiO3", ""), ("BaTiO3", ""))),
    Family((("LiCoO2", ""), ("LiNiO2", ""))),
    Family((("Bi2Se3", ""), ("Bi2Te3", ""))),
    Family((("NaCl", ""), ("KCl", ""))),
    Family((("KOH", ""), ("NaOH", ""))),
    Family((("PVDF", ""), ("PTFE", ""))),
    Family((("N2", ""), ("Ar", ""))),
)
# What the word for an element looks like inside other words, and what else names it.
STEMS = {
    "Au": ("gold", "auri", "auro"),
    "Ag": ("silver", "argent"),
    "Pt": ("platin",),
    "Pd": ("pallad",),
    "Ni": ("nickel",),
    "Co": ("cobalt",),
    "Si": ("silic", "silan", "silox"),
    "Ge": ("german",),
    "Ti": ("titan", "anatase", "rutile", "brookite"),
    "Sn": ("tin", "stann"),
    "Zr": ("zircon", "ysz"),
    "Mo": ("molybd",),
    "W": ("tungst", "wolfram"),
    "Ga": ("galli",),
    "Al": ("alumin",),
    "Fe": ("iron", "ferr", "magnetite", "hematite"),
    "Mn": ("mangan",),
    "Zn": ("zinc",),
    "Cd": ("cadm",),
    "Sr": ("stront",),
    "Ba": ("barium",),
    "Se": ("selen",),
    "Te": ("tellur",),
    "Na": ("sodium",),
    "K": ("potass",),
    "N": ("nitr",),
    "Ar": ("argon",),
}
