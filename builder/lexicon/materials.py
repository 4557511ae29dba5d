"""Materials that captions name, and reviewed families within which one can stand for another."""

from __future__ import annotations

from dataclasses import dataclass


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Alone these are words, acronyms or labels more often than elements.
NOT_ALONE = _words(
    """
    H B C N O F P S K V Y I U W In As He Be No At Os Er Th Ho Pm Tc Re La Pr Tm
    """
)
# Spelt like formulas, but words, acronyms, units and cell lines.
NOT_FORMULAS = _words(
    """
    In As At He Be No CoS SI II III IV VI VII CV CVs OCP PH CNN NC SC SNR PC BSC FC PI SO CN FIB NPs BF HP UC
    HeLa NaN CTb MeV EtBr PhD CpG SiPM CoV FoV BiP NoC HeI HeII SnR CO2RR NiCd LiB PoS CeB UPS BSE USB
    """
)
# Without a number, or of one element, yet formulas.
LONE_FORMULAS = _words(
    """
    KOH CO HF KI KF HI WC BN VN HCN KCN UC UN NCN H2 D2 N2 O2 O3 F2 I2 P4 S8 Cl2 Br2 C60 C70 NO2 BF4 PF6 NH4
    SO4 NO3 PO4 CO3 ClO4
    """
)


@dataclass(frozen=True)
class Family:
    """Materials of like chemistry and look, each as (formula, name or "")."""

    members: tuple[tuple[str, str], ...]


# Same valence and same use, reviewed by hand; so that an exchanged formula stays balanced.
FAMILIES = (
    # metals that crystallise alike (fcc) and come as particles, films and electrodes
    Family(
        (
            ("Au", "gold"),
            ("Ag", "silver"),
            ("Pt", "platinum"),
            ("Pd", "palladium"),
            ("Cu", "copper"),
            ("Rh", "rhodium"),
            ("Ir", "iridium"),
        )
    ),
    Family((("Ni", "nickel"), ("Co", "cobalt"))),
    Family((("Al", "aluminium"), ("Mg", "magnesium"))),
    Family((("Al", "aluminum"), ("Mg", "magnesium"))),
    Family((("Mo", "molybdenum"), ("W", "tungsten"), ("Ta", "tantalum"))),
    Family((("Si", "silicon"), ("Ge", "germanium"))),
    Family((("", "carbon steel"), ("", "stainless steel"))),
    # oxides by valence
    Family((("TiO2", "titania"), ("SnO2", ""), ("ZrO2", "zirconia"), ("HfO2", "hafnia"), ("CeO2", "ceria"))),
    Family((("SiO2", "silica"), ("TiO2", "titania"), ("ZrO2", "zirconia"))),
    Family((("Al2O3", "alumina"), ("Ga2O3", ""), ("In2O3", ""), ("Y2O3", "yttria"), ("La2O3", ""), ("Cr2O3", ""))),
    Family((("ZnO", ""), ("CdO", ""), ("MgO", "magnesia"), ("NiO", ""), ("CuO", ""), ("CoO", ""))),
    Family((("Fe3O4", "magnetite"), ("Co3O4", ""), ("Mn3O4", ""))),
    Family((("Fe2O3", ""), ("Cr2O3", ""), ("V2O3", ""))),
    Family((("V2O5", ""), ("Nb2O5", ""), ("Ta2O5", ""))),
    Family((("MoO3", ""), ("WO3", ""))),
    # perovskites, spinels, cathodes, salts
    Family((("SrTiO3", ""), ("BaTiO3", ""), ("CaTiO3", ""), ("PbTiO3", ""))),
    Family((("LaAlO3", ""), ("LaGaO3", ""), ("LaMnO3", ""), ("LaFeO3", ""))),
    Family((("CsPbBr3", ""), ("CsPbI3", ""), ("CsPbCl3", ""))),
    Family((("CoFe2O4", ""), ("NiFe2O4", ""), ("ZnFe2O4", ""), ("MnFe2O4", ""))),
    Family((("LiCoO2", ""), ("LiNiO2", ""), ("LiMnO2", ""))),
    Family((("LiFePO4", ""), ("LiMnPO4", ""), ("LiCoPO4", ""))),
    Family((("Li2CO3", ""), ("Na2CO3", ""), ("K2CO3", ""), ("Cs2CO3", ""))),
    Family((("NaCl", ""), ("KCl", ""), ("LiCl", ""))),
    Family((("KOH", ""), ("NaOH", ""), ("LiOH", ""))),
    Family((("H2SO4", ""), ("HClO4", ""), ("HNO3", ""))),
    Family((("AgNO3", ""), ("NaNO3", ""), ("KNO3", ""))),
    # semiconductors, chalcogenides, nitrides, carbides
    Family((("GaN", ""), ("AlN", ""), ("InN", ""))),
    Family((("GaAs", ""), ("InAs", ""), ("InP", ""), ("GaP", ""), ("GaSb", ""))),
    Family((("AlGaN", ""), ("InGaN", ""), ("InAlN", ""))),
    Family((("CdSe", ""), ("CdTe", ""), ("ZnSe", ""), ("ZnTe", ""), ("CdS", ""), ("ZnS", ""))),
    Family((("PbSe", ""), ("PbTe", ""), ("PbS", ""), ("SnTe", ""), ("SnSe", ""))),
    Family((("MoS2", ""), ("WS2", ""), ("ReS2", ""), ("NbS2", ""), ("TaS2", ""), ("SnS2", ""))),
    Family((("MoSe2", ""), ("WSe2", ""), ("NbSe2", ""), ("TaSe2", ""), ("PtSe2", ""))),
    Family((("MoTe2", ""), ("WTe2", ""))),
    Family((("Bi2Se3", ""), ("Bi2Te3", ""), ("Sb2Te3", ""), ("Sb2Se3", ""))),
    Family((("TiN", ""), ("TaN", ""), ("ZrN", ""), ("CrN", ""), ("VN", ""), ("HfN", ""))),
    Family((("TiC", ""), ("TaC", ""), ("ZrC", ""), ("WC", ""), ("NbC", ""), ("VC", ""))),
    # polymers, solvents, gases
    Family((("PVDF", ""), ("PTFE", ""))),
    Family((("PVdF", ""), ("PTFE", ""))),
    Family((("PMMA", ""), ("PDMS", ""))),
    Family((("", "polystyrene"), ("", "polyethylene"), ("", "polypropylene"))),
    Family((("", "cellulose"), ("", "chitosan"))),
    Family((("", "ethanol"), ("", "methanol"), ("", "acetone"), ("", "toluene"))),
    Family((("N2", ""), ("Ar", ""))),
)
# What a material's own structure or use prints beside it: with it in the caption no other fits.
SIGNATURES = {
    "Si": (r"7\s?[×x]\s?7", "wafer"),
    "Ge": ("wafer",),
    "Au": ("herringbone", "thiol", "plasmon"),
    "Ag": ("plasmon", "bacteri", "AgNO"),
    "Al2O3": ("sapphire", "corundum"),
    "SiO2": ("quartz", "wafer", "glass"),
}
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
    "Sn": ("tin\\b", "stann"),
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
    "Cu": ("copper", "cupr"),
    "Rh": ("rhod",),
    "Ir": ("iridi",),
    "Mg": ("magnes",),
    "Ta": ("tantal",),
    "Hf": ("hafn",),
    "Ce": ("ceri",),
    "Y": ("yttri",),
    "La": ("lanthan",),
    "In": ("indium",),
    "Cr": ("chrom",),
    "V": ("vanad",),
    "Nb": ("niob",),
    "Ca": ("calci",),
    "Pb": ("lead\\b",),
    "Cs": ("cesium", "caesium"),
    "Li": ("lithi",),
    "I": ("iod",),
    "Br": ("brom",),
    "Cl": ("chlor",),
    "As": ("arsen",),
    "P": ("phosph",),
    "Sb": ("antimon",),
    "S": ("sulph", "sulf"),
    "Re": ("rhen",),
    "Bi": ("bism",),
    "C": ("carbid",),
}
