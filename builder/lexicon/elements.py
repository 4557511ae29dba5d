"""The chemical elements: symbol, names, and the oxidation states in which their compounds are met."""

from __future__ import annotations

# Common oxidation states: Greenwood & Earnshaw, Chemistry of the Elements, 2nd edition.
_TABLE = """
H hydrogen -1 1; He helium 0; Li lithium 1; Be beryllium 2; B boron -5 3; C carbon -4 4; N nitrogen -3 5; O oxygen -2;
F fluorine -1; Ne neon 0; Na sodium 1; Mg magnesium 2; Al aluminium|aluminum 3; Si silicon -4 4; P phosphorus -3 5;
S sulfur|sulphur -2 6; Cl chlorine -1 7; Ar argon 0; K potassium 1; Ca calcium 2; Sc scandium 3; Ti titanium 2 4;
V vanadium 2 5; Cr chromium 2 6; Mn manganese 2 7; Fe iron 2 6; Co cobalt 2 4; Ni nickel 2 4; Cu copper 1 3; Zn zinc 2;
Ga gallium 1 3; Ge germanium -4 4; As arsenic -3 5; Se selenium -2 6; Br bromine -1 7; Kr krypton 0 2; Rb rubidium 1;
Sr strontium 2; Y yttrium 3; Zr zirconium 2 4; Nb niobium 2 5; Mo molybdenum 2 6; Tc technetium 4 7; Ru ruthenium 2 8;
Rh rhodium 1 4; Pd palladium 2 4; Ag silver 1 2; Cd cadmium 2; In indium 1 3; Sn tin -4 4; Sb antimony -3 5;
Te tellurium -2 6; I iodine -1 7; Xe xenon 0 8; Cs caesium|cesium 1; Ba barium 2; La lanthanum 3; Ce cerium 3 4;
Pr praseodymium 3 4; Nd neodymium 3; Pm promethium 3; Sm samarium 2 3; Eu europium 2 3; Gd gadolinium 3; Tb terbium 3 4;
Dy dysprosium 3; Ho holmium 3; Er erbium 3; Tm thulium 2 3; Yb ytterbium 2 3; Lu lutetium 3; Hf hafnium 4;
Ta tantalum 3 5; W tungsten 2 6; Re rhenium 3 7; Os osmium 2 8; Ir iridium 3 6; Pt platinum 2 4; Au gold 1 3;
Hg mercury 1 2; Tl thallium 1 3; Pb lead -4 4; Bi bismuth -3 5; Th thorium 4; U uranium 3 6
"""
_ROWS = [row.split() for row in _TABLE.split(";")]
ELEMENTS = frozenset(row[0] for row in _ROWS)
ELEMENT_NAMES = {name: row[0] for row in _ROWS for name in row[1].split("|")}
# Lowest and highest state of each; between them a compound may hold a mixture.
OXIDATION = {row[0]: (int(row[2]), int(row[-1])) for row in _ROWS}
