"""Imaging techniques and methods of materials science: how they are written, what implies what, what can stand in for what.

Reviewed by hand from the captions of the field. In `acronyms` case counts, in `names` it does not; in both a space stands for any
space or hyphen and "~" for an optional one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

_HYPHENS = r"\-\u2010\u2011\u2012\u2013\u2212"
_TO_PATTERN = {" ": rf"[\s{_HYPHENS}]+", "~": rf"[\s{_HYPHENS}]?"}
_MODES = (
    rf"(?:(?:in|ex)[\s{_HYPHENS}]+situ|operando|time[\s{_HYPHENS}]resolved|cross[\s{_HYPHENS}]section(?:al)?)[\s{_HYPHENS}]+"
)
_MEAN_WITH_ERROR = re.compile(r"(?:±|\+/[-−]|\bmeans?\b|\berrors?\b|\bbars?\b|\bstandard\b)[^.;]{0,40}$", re.IGNORECASE)


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
        return re.compile(rf"(?<![A-Za-z0-9])(?:(?i:{_MODES}))?(?:{'|'.join(forms)})(?![A-Za-z0-9])")

    @cached_property
    def giveaway_pattern(self) -> re.Pattern[str] | None:
        """Words that point to this technique alone, or None."""
        words = "|".join(map(_expand, self.giveaways))
        return re.compile(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])", re.IGNORECASE) if words else None


def _expand(form: str) -> str:
    return "".join(_TO_PATTERN.get(letter, letter) for letter in form)


def _imaging(name: str, full_name: str, acronyms: str, names: str, **rest: str) -> Technique:
    return _technique("imaging", name, full_name, acronyms, names, rest)


def _method(name: str, full_name: str, acronyms: str, names: str, **rest: str) -> Technique:
    return _technique("method", name, full_name, acronyms, names, rest)


def _technique(
    kind: Literal["imaging", "method"], name: str, full_name: str, acronyms: str, names: str, rest: dict[str, str]
) -> Technique:
    listed = {key: _split(rest.get(key, "")) for key in ("implies", "giveaways")}
    return Technique(name, full_name, kind, _split(acronyms), _split(names), **listed, label=rest.get("label", ""))


def _split(listed: str) -> tuple[str, ...]:
    return tuple(part for part in listed.split(" / ") if part)


_SCOPE = "(?:microscop(?:y|es?|ic(?:al)?(?:ly)?)|micrograph(?:s|y|ic)?|nanograph(?:s|y)?)"
_LATTICE = (
    "lattice / fringes? / zone axis / interplanar / d spacings? / atomic columns? / dislocations? / Moir[eé] / diffraction"
)
_PROBE = "cantilevers? / topograph(?:y|ic|s) / height (?:image|map|profile|scale|sensor|difference)s? / step heights? / roughness / RMS / tip / tapping"
_TUNNEL = "tunnel(?:l?ing)? / sample bias / set~points? / pA / nA / V b(?:ias)? / constant current / dI/dV / LDOS / tip"
_SURFACE = "secondary electrons? / backscattered / fracture surfaces? / fractographs? / surface morpholog(?:y|ies) / tilted"

TECHNIQUES: tuple[Technique, ...] = (
    # ---- electron microscopy
    _imaging(
        "SEM",
        "scanning electron microscopy",
        "(?:cryo~|FE~|FIB~|FEG~|HR~|VP~|LV~|E~|BSE~|SE~|BS~)?SEM / SEM~(?:BSE|SE)",
        f"(?:field emission |environmental |high resolution |low voltage )?scanning electron {_SCOPE} / cryo~SEM",
        giveaways=_SURFACE,
    ),
    _imaging(
        "BSE",
        "backscattered electron imaging",
        "BSE / BSEI / SEM~BSE / BSE~SEM / BSD",
        "back~scattered electrons?(?: imag(?:es?|ing)| micrographs?| mode)? / back~scatter(?:ed)? (?:SEM|images?|micrographs?)",
        implies="SEM",
        giveaways="atomic number contrast / Z contrast / channel+ing",
        label="SEM",
    ),
    _imaging(
        "FIB-SEM",
        "focused ion beam scanning electron microscopy",
        "FIB[-–/]SEM",
        f"focus+ed ion beam scanning electron {_SCOPE}",
        implies="SEM",
        label="SEM",
    ),
    _imaging(
        "TEM",
        "transmission electron microscopy",
        "(?:C|E|FE|EF|ET)?TEM",
        f"(?:conventional |energy filtered )?transmission electron {_SCOPE}",
        giveaways=_LATTICE,
    ),
    _imaging(
        "cryo-TEM",
        "cryogenic transmission electron microscopy",
        "",
        f"cryo~(?:TEM|EM) / cryo(?:genic)?~(?:transmission )?electron {_SCOPE} / cryogenic TEM / cryo~transmission electron {_SCOPE}",
        implies="TEM",
        giveaways="vitreous / vitrified / grid hole",
        label="TEM",
    ),
    _imaging(
        "BF-TEM",
        "bright-field transmission electron microscopy",
        "BF~TEM / TEM~BF",
        f"bright field (?:TEM|transmission electron {_SCOPE}) / TEM bright field",
        implies="TEM",
        giveaways="bright field / BF",
        label="TEM",
    ),
    _imaging(
        "DF-TEM",
        "dark-field transmission electron microscopy",
        "DF~TEM / TEM~DF / WBDF / CDF",
        f"(?:weak beam |central )?dark field (?:TEM|transmission electron {_SCOPE}) / TEM dark field / weak beam dark field",
        implies="TEM",
        giveaways="dark field / DF / reflections?",
        label="TEM",
    ),
    _imaging(
        "HRTEM",
        "high-resolution transmission electron microscopy",
        "HR~(?:S~)??TEM / (?:AC~|Cs~)TEM / HREM",
        f"high resolution (?:TEM|transmission electron {_SCOPE}|electron {_SCOPE}) / HR transmission electron {_SCOPE}",
        implies="TEM",
        giveaways="phase contrast / defocus / SAED",
    ),
    _imaging(
        "STEM",
        "scanning transmission electron microscopy",
        "(?:AC~|Cs~|HR~|C s ~|LAADF~|MAADF~|E~)?STEM",
        f"(?:aberration corrected |high resolution )?scanning transmission electron {_SCOPE} / (?:aberration corrected|atomic resolution|high resolution) STEM",
        giveaways=_LATTICE + " / Z contrast",
    ),
    _imaging(
        "HAADF-STEM",
        "high-angle annular dark-field scanning transmission electron microscopy",
        "(?:HR~|AC~|Cs~)?HAADF(?:(?:~|/)(?:AC~|HR~|Cs~)?STEM)? / (?:AC~|HR~)?STEM(?:~|/)(?:\\()?HAADF / ADF~STEM / STEM~ADF",
        f"high angle annular dark field(?: (?:STEM|scanning transmission electron {_SCOPE}))? / annular dark field (?:STEM|scanning transmission electron {_SCOPE})"
        " / Z contrast STEM / HAADF scanning transmission electron " + _SCOPE,
        implies="STEM",
        giveaways="Z contrast / dark field / heav(?:y|ier) (?:atoms?|elements?|columns?) / bright(?:er)? (?:spots?|dots?|columns?)",
        label="STEM",
    ),
    _imaging(
        "ABF-STEM",
        "annular bright-field scanning transmission electron microscopy",
        "ABF(?:(?:~|/)STEM)? / STEM~ABF",
        f"annular bright field(?: (?:STEM|scanning transmission electron {_SCOPE}))?",
        implies="STEM",
        giveaways="bright field / light (?:atoms?|elements?|columns?)",
        label="STEM",
    ),
    _imaging(
        "BF-STEM",
        "bright-field scanning transmission electron microscopy",
        "BF~STEM / STEM~BF",
        f"bright field (?:STEM|scanning transmission electron {_SCOPE})",
        implies="STEM",
        giveaways="bright field / BF",
        label="STEM",
    ),
    _imaging(
        "4D-STEM",
        "four-dimensional scanning transmission electron microscopy",
        "4D~STEM",
        f"(?:four|4)~dimensional (?:STEM|scanning transmission electron {_SCOPE})",
        implies="STEM",
        giveaways="strain / diffraction / ptychograph(?:y|ic) / virtual",
        label="STEM",
    ),
    _imaging(
        "SAED",
        "selected-area electron diffraction",
        "SAEDP? / SADP? / NBED / NBD / CBED / MBED / μED / PED",
        "selected area (?:electron )?diffraction / (?:nano~beam|micro~beam|convergent beam|precession|nano)?~electron diffraction(?=~(?:patterns?|image|spots?|rings?|of|\\())",
        giveaways="zone axis / rings? / spots? / camera length / reciprocal / beam stop",
    ),
    _imaging(
        "FFT",
        "fast Fourier transform",
        "FFT / IFFT / FFTP",
        "(?:inverse )?fast Fourier transform(?:s|ed|ation|ations)? / Fourier (?:filtered|transforms?(?= of (?:the )?(?:image|panel|HR|STEM|STM|region|area)))",
        giveaways="reciprocal / spots? / filtered / inverse",
    ),
    # ---- scanning probes
    _imaging(
        "AFM",
        "atomic force microscopy",
        "(?:nc~|NC~|FM~|AM~|HS~|LC~|TM~|q~Plus )?AFM / SFM",
        f"(?:non~contact |high speed |tapping mode )?(?:atomic|scanning) force {_SCOPE}",
        giveaways=_PROBE,
    ),
    _imaging(
        "KPFM",
        "Kelvin probe force microscopy",
        "KPFM / SKPM / KFM / SKPFM",
        f"(?:scanning )?Kelvin probe(?: force)? {_SCOPE} / surface potential {_SCOPE}",
        implies="AFM",
        giveaways="surface potential / contact potential / work function / CPD",
        label="AFM",
    ),
    _imaging(
        "MFM",
        "magnetic force microscopy",
        "MFM",
        f"magnetic force {_SCOPE}",
        implies="AFM",
        giveaways="magnetic / domains? / stray fields? / lift",
        label="AFM",
    ),
    _imaging(
        "PFM",
        "piezoresponse force microscopy",
        "PFM / VPFM / LPFM / SSPFM",
        f"pie[sz]o~(?:electric )?response force {_SCOPE}",
        implies="AFM",
        giveaways="piezo(?:electric|response)? / ferroelectric / polari[sz]ation / domains? / poled",
        label="AFM",
    ),
    _imaging(
        "c-AFM",
        "conductive atomic force microscopy",
        "[Cc]~AFM / CAFM / TUNA",
        f"conduct(?:ive|ing) (?:AFM|atomic force {_SCOPE})",
        implies="AFM",
        giveaways="current (?:map|image)s? / bias",
        label="AFM",
    ),
    _imaging(
        "EFM",
        "electrostatic force microscopy",
        "EFM",
        f"electrostatic force {_SCOPE}",
        implies="AFM",
        giveaways="charges? / phase shift / bias",
        label="AFM",
    ),
    _imaging(
        "STM",
        "scanning tunneling microscopy",
        "(?:SP~|LT~|VT~|UHV~|EC~)?STM",
        f"(?:spin polari[sz]ed |low temperature )?scanning tunnell?ing {_SCOPE}",
        giveaways=_TUNNEL,
    ),
    _imaging(
        "dI/dV",
        "differential conductance mapping",
        "[dd𝑑][II𝐼][/∕⁄][dd𝑑][VV𝑉]",
        "differential conductance",
        giveaways="LDOS / density of states / gap / bias",
        label="STM",
    ),
    _imaging(
        "SNOM",
        "scanning near-field optical microscopy",
        "(?:s~)?SNOM / NSOM / nano~FTIR",
        f"(?:scattering type )?(?:scanning )?near field optical {_SCOPE} / near field scanning optical {_SCOPE}",
        giveaways="near field / plasmons? / polaritons?",
    ),
    _imaging(
        "SECM",
        "scanning electrochemical microscopy",
        "SECM / SECCM",
        f"scanning electrochemical (?:cell )?{_SCOPE}",
        giveaways="feedback / tip current",
    ),
    _imaging(
        "SHPM",
        "scanning Hall probe microscopy",
        "SHPM / SSM",
        f"scanning (?:Hall probe|SQUID) {_SCOPE}",
        giveaways="vortices / vortex / magnetic",
    ),
    # ---- element, phase and orientation maps
    _imaging(
        "EDS",
        "energy-dispersive X-ray spectroscopy",
        "(?:STEM|SEM|TEM)[-–/]EDXS? / EDXS? / EDS / EDAX / XEDS / EDXA",
        "energy dispersive (?:X~ray )?(?:spectro(?:scopy|scopic|metry)|analys[ie]s|spectrum imaging|mapping)",
        giveaways="Kα / Lα / at\\.%|at% / wt%",
    ),
    _imaging(
        "EPMA",
        "electron probe microanalysis",
        "EPMA / EMPA",
        "electron (?:probe )?micro~probe(?: analy[sz](?:is|er))? / electron probe micro~analy[sz](?:is|er)",
        implies="WDS",
        giveaways="Kα / wavelength dispersive",
    ),
    _imaging(
        "WDS",
        "wavelength-dispersive X-ray spectroscopy",
        "WDS / WDX",
        "wavelength dispersive (?:X~ray )?spectro(?:scopy|metry)",
        label="EPMA",
    ),
    _imaging(
        "EBSD",
        "electron backscatter diffraction",
        "EBSD / OIM",
        "electron back~scatter(?:ed)? diffraction / orientation imag(?:e|ing) microscopy",
        giveaways="Kikuchi / inverse pole figures? / IPF / KAM / misorientations? / band contrast / pole figures? / orientations?",
    ),
    _imaging(
        "TKD",
        "transmission Kikuchi diffraction",
        "TKD / t~EBSD",
        "transmission Kikuchi diffraction",
        giveaways="thin foil / lamella",
    ),
    _imaging(
        "APT",
        "atom probe tomography",
        "APT / LEAP / 3DAP",
        "(?:local electrode )?atom probe(?: tomograph(?:y|ic)| reconstructions?)?",
        giveaways="iso~(?:surfaces?|concentration) / proximity histogram / proxigram / ions?",
    ),
    _imaging("XRF", "X-ray fluorescence", "(?:[µμ]~|SR~)?XRF", "(?:micro~)?X~ray fluorescence", giveaways="Kα / fluorescence"),
    _imaging(
        "SIMS",
        "secondary ion mass spectrometry",
        "(?:ToF|TOF|Nano|nano)?~SIMS",
        "(?:time of flight )?secondary ion mass spectro(?:metry|scopy)",
        giveaways="m/z / sputter(?:ing|ed)? / depth profiles? / counts",
    ),
    _imaging(
        "CL",
        "cathodoluminescence",
        "SEM~CL / CL(?= (?:map|image|intensit|spectr|emission|micrograph|signal))",
        "cathodo~luminescen(?:ce|t)",
        giveaways="emission / luminescence / panchromatic",
    ),
    # ---- light
    _imaging(
        "optical",
        "optical microscopy",
        "OM(?= (?:image|micrograph|photo|picture|observation))s? / POM / PLM / LOM / DIC(?= (?:image|micrograph|microscop))",
        f"(?:polari[sz](?:ed|ing) (?:light |optical )?)?(?:optical|light|polari[sz]ation|stereo~|digital|metallurgical|petrographic|phase contrast|dark~field optical)"
        f"~{_SCOPE} / polari[sz](?:ed|ing) {_SCOPE} / (?:bright~field |dark~field |polari[sz]ed )?(?:optical|light) (?:microscope )?(?:micrographs?|micro~photographs?)"
        " / optical (?:microscope )?image(?:s|ry)? / photo~micrographs? / thin section (?:photographs?|images?) / cross(?:ed)? polari[sz](?:ed|ers) / crossed nicols / plane~polari[sz]ed light"
        " / transmitted light / reflected light / differential interference contrast(?: microscopy)? / micro~photographs?",
        giveaways="etch(?:ed|ant) / polari[sz](?:ed|ers?) / nicols / objective / stained / dark~field / bright~field",
    ),
    _imaging(
        "fluorescence",
        "fluorescence microscopy",
        "FLIM / TIRFM? / FM(?= images?)",
        f"(?:epi~|immuno~|auto~)?fluorescen(?:ce|t) (?:light )?(?:{_SCOPE}|images?|imaging|photo~micrographs?|photographs?) / immuno~fluorescen(?:ce|t)(?: stain(?:ing|ed)?)? / epi~fluorescence",
        giveaways="fluoresc(?:ence|ent|ein) / dyes? / stain(?:ed|ing)? / GFP / DAPI / green / red / labell?ed / excitation",
    ),
    _imaging(
        "confocal",
        "confocal microscopy",
        "CLSM / LSCM / CSLM / LSM / CFM",
        f"(?:laser )?(?:scanning )?confocal (?:laser )?(?:scanning )?(?:fluorescen(?:ce|t) )?(?:{_SCOPE}|images?|imaging|stacks?|slices?|z stacks?|optical sections?|profilomet(?:ry|er)) / laser scanning (?:fluorescence )?{_SCOPE}",
        giveaways="z stacks? / optical sections? / fluoresc(?:ence|ent) / dyes? / stain(?:ed|ing)? / GFP / DAPI / labell?ed",
    ),
    _imaging(
        "two-photon",
        "two-photon microscopy",
        "TPM / TPEF / 2PEF / SHG(?= (?:image|microscop|map))",
        f"(?:two|multi|2)~photon (?:excited )?(?:fluorescence )?(?:{_SCOPE}|imaging) / second harmonic generation (?:{_SCOPE}|imag(?:es?|ing))",
        giveaways="excitation / second harmonic",
    ),
    _imaging(
        "super-resolution",
        "super-resolution microscopy",
        "STED / d?STORM / PALM / SIM(?= images?)",
        f"super~resolution (?:{_SCOPE}|images?|imaging) / structured illumination {_SCOPE} / stimulated emission depletion(?: {_SCOPE})?",
    ),
    _imaging(
        "Raman mapping",
        "Raman mapping",
        "",
        f"Raman (?:intensity )?(?:maps?|mapping|imag(?:es?|ing)|{_SCOPE})",
        implies="Raman",
    ),
    _imaging(
        "MOKE",
        "magneto-optical Kerr microscopy",
        "MOKE / Kerr (?:microscop(?:y|e)|images?)",
        f"magneto~optic(?:al)? (?:Kerr )?(?:effect|{_SCOPE}|images?|imaging)",
        giveaways="Kerr / domains? / magnet(?:ic|ization)",
    ),
    _imaging(
        "holography",
        "holographic microscopy",
        "DHM",
        f"(?:digital |off~axis |electron )?hologra(?:phy|ms?|phic {_SCOPE})",
        giveaways="phase / interference",
    ),
    # ---- X-rays, neutrons, medicine
    _imaging(
        "CT",
        "computed tomography",
        "CT(?= (?:scan|image|slice|imaging|volume|data|section|reconstruction|tomogra|angiogra))s? / (?:SR~|HR~|XR~)CT / CBCT",
        "(?:computed|computeri[sz]ed) (?:axial )?tomograph(?:y|ic)",
    ),
    _imaging(
        "X-ray CT",
        "X-ray computed tomography",
        "(?:nano|micro|[µμ]|u|SR~[µμ]|synchrotron )~(?:X~)?CT / (?:SR~)?X~CT / XCT / XMT / X[-–‐]?ray (?:micro|[µμ]|nano)?~CT / SRXTM",
        "(?:synchrotron )?(?:radiation )?X~ray (?:micro|nano)?~(?:computed |computeri[sz]ed )?(?:micro|nano)?~tomo(?:graphy|graphic|grams?|graphs?|graphies) / (?:X~ray )?micro~(?:computed )?~tomograph(?:y|ic) / synchrotron (?:radiation )?(?:micro)?tomograph(?:y|ic)",
        implies="CT",
        giveaways="voxels? / absorption / attenuation / beamline / keV / synchrotron",
    ),
    _imaging(
        "electron tomography",
        "electron tomography",
        "",
        "electron tomogra(?:phy|phic|ms?) / (?:TEM|STEM) tomogra(?:phy|phic|ms?) / cryo~ET",
        implies="TEM",
        giveaways="tilt series",
        label="TEM",
    ),
    _imaging(
        "X-ray radiography",
        "X-ray radiography",
        "",
        "(?:synchrotron )?(?:X~ray )?(?:micro)?radiogra(?:phy|phs?|phic|ms?) / X~ray (?:imag(?:es?|ing)|transmission images?|projections?) / neutron (?:radiograph(?:y|s|ic)|imag(?:es?|ing))",
        giveaways="attenuation / absorption / keV / synchrotron",
    ),
    _imaging(
        "X-ray microscopy",
        "X-ray microscopy",
        "TXM / STXM / XRM / PEEM",
        f"(?:scanning )?(?:transmission )?X~ray {_SCOPE} / X~ray ptychograph(?:y|ic) / photoemission electron {_SCOPE}",
        giveaways="beamline / keV / absorption / edge",
    ),
    _imaging(
        "X-ray topography",
        "X-ray topography",
        "XRT",
        "X~ray topogra(?:phy|phs?|phic|ms?) / white beam topograph(?:y|s)",
        giveaways="diffraction vector",
    ),
    _imaging(
        "MRI",
        "magnetic resonance imaging",
        "(?:f|d|s|T[12][- ])?MRI / MRA(?= images?)",
        "magnetic resonance (?:imag(?:es?|ing)|angiograph(?:y|ic))",
        giveaways="weighted / T1 / T2 / contrast agent / sagittal / axial",
    ),
    _imaging(
        "ultrasound",
        "ultrasound imaging",
        "SAM(?= images?) / C~scans?",
        f"(?:ultrasound|ultrasonic) (?:imag(?:es?|ing)|C~scans?) / (?:scanning )?acoustic {_SCOPE} / sonogra(?:phy|ms?) / echocardiogra(?:phy|ms?)",
    ),
    _imaging(
        "thermography",
        "infrared thermography",
        "",
        "(?:infrared |IR |lock~in )?thermogra(?:phy|phic|ms?) / (?:infrared|IR|thermal) (?:camera )?(?:imag(?:es?|ing))",
        giveaways="temperatures? / emissivity",
    ),
    _imaging(
        "high-speed camera",
        "high-speed imaging",
        "",
        "high speed (?:camera|video|imag(?:es?|ing)|photograph(?:s|y)) / schlieren(?: imag(?:es?|ing))? / shadowgraph(?:s|y)?",
    ),
    _imaging(
        "profilometry",
        "optical profilometry",
        "WLI",
        "(?:optical |stylus |3D )?profilomet(?:ry|er)(?: imag(?:es?|ing))? / white light interferomet(?:ry|er|ric)",
        giveaways="roughness / height",
    ),
    _imaging(
        "LEED",
        "low-energy electron diffraction",
        "LEED / LEEM / RHEED",
        "low energy electron diffraction / reflection high energy electron diffraction / low energy electron " + _SCOPE,
        giveaways="spots? / superstructure",
    ),
    # ---- diffraction and scattering
    _method(
        "XRD",
        "X-ray diffraction",
        "(?:P|SC|GI|HR|HT|W|S)?~XRDP? / GID",
        "(?:powder |single crystal |grazing incidence |synchrotron |high resolution )?X~ray (?:powder )?(?:diffract(?:ion|ograms?|ometry)|rocking curves?) / Rietveld(?: refinements?)? / (?:powder )?diffractograms?",
        giveaways="2θ / 2~theta / JCPDS / PDF card / ICSD / Bragg / Rietveld / peaks? index(?:ed|ing) / reflections? / diffract(?:ion|ogram)s?",
    ),
    _method(
        "neutron diffraction",
        "neutron diffraction",
        "NPD / ND(?= pattern)",
        "neutron (?:powder )?diffraction",
        giveaways="neutrons? / Rietveld / Bragg",
    ),
    _method(
        "SAXS",
        "small-angle X-ray scattering",
        "(?:GI|US|U)?~SAXS",
        "(?:grazing incidence )?small angle X~ray scattering",
        giveaways="q / scattering",
    ),
    _method(
        "WAXS",
        "wide-angle X-ray scattering",
        "(?:GI)?~WAXS / GIWAXD / WAXD",
        "(?:grazing incidence )?wide angle X~ray (?:scattering|diffraction)",
        giveaways="q / scattering",
    ),
    _method(
        "SANS", "small-angle neutron scattering", "(?:GI)?SANS", "small angle neutron scattering", giveaways="neutrons? / q"
    ),
    _method("XRR", "X-ray reflectivity", "XRR", "X~ray reflect(?:ivity|ometry)", giveaways="reflectivity"),
    _method("PDF analysis", "pair distribution function", "", "pair distribution functions?(?: analysis)?"),
    _method("DLS", "dynamic light scattering", "DLS", "dynamic light scattering", giveaways="hydrodynamic"),
    # ---- spectroscopy
    _method(
        "XPS",
        "X-ray photoelectron spectroscopy",
        "(?:AR|HAX|AP|NAP|HR)?~XPS / HAXPES / ESCA",
        "(?:hard )?X~ray photo~electron (?:spectro(?:scopy|metry|scopic)|spectr(?:a|um)) / core level photoemission",
        giveaways="binding energ(?:y|ies) / [1-4][spdf](?:[1357]/2)? / Shirley / deconvolut(?:ed|ion) / core levels?",
    ),
    _method(
        "UPS",
        "ultraviolet photoelectron spectroscopy",
        "UPS",
        "ultraviolet photo~electron spectroscopy",
        giveaways="work function / He I / valence band",
    ),
    _method(
        "ARPES",
        "angle-resolved photoemission spectroscopy",
        "(?:\\w~)?ARPES",
        "angle resolved photo~(?:emission|electron)(?: spectroscopy)?",
        giveaways="Fermi / band dispersion / momentum / binding energ(?:y|ies) / photons?",
    ),
    _method("AES", "Auger electron spectroscopy", "AES", "Auger(?: electron)?(?: spectro(?:scopy|metry))?", giveaways="Auger"),
    _method(
        "XANES",
        "X-ray absorption near-edge structure",
        "XANES / NEXAFS",
        "(?:near edge )?X~ray absorption (?:near edge|fine) structure(?=~(?:\\(XANES|\\(NEXAFS|spectr))",
        implies="XAS",
        giveaways="white lines? / edges? / edge / absorption / normali[sz]ed",
    ),
    _method(
        "EXAFS",
        "extended X-ray absorption fine structure",
        "(?:FT~)?EXAFS",
        "extended X~ray absorption fine structure",
        implies="XAS",
        giveaways="k3 / k2 / R space / edges? / coordination / Fourier",
    ),
    _method(
        "XAS",
        "X-ray absorption spectroscopy",
        "XAS / XAFS / XMCD",
        "X~ray absorption (?:spectro(?:scopy|scopic)|spectr(?:a|um)) / soft X~ray absorption",
        giveaways="edges? / edge / absorption",
    ),
    _method(
        "EELS",
        "electron energy loss spectroscopy",
        "(?:STEM[-–/])?(?:HR|V)?EELS / ELNES",
        "electron energy loss (?:spectro(?:scopy|scopic|metry)|spectr(?:a|um)|near edge)",
        giveaways="edges? / edge / energy loss / zero loss / low loss / plasmons?",
    ),
    _method(
        "Raman",
        "Raman spectroscopy",
        "SERS / TERS",
        "(?:micro |surface enhanced |tip enhanced )?Raman(?: (?:spectro(?:scopy|scopic|metry)|spectr(?:a|um)|scattering))?",
        giveaways="Stokes / cm[-−⁻][1¹] / (?:D|G|2D) (?:band|peak)s? / excited at / laser / phonons?",
    ),
    _method(
        "FTIR",
        "Fourier-transform infrared spectroscopy",
        "(?:ATR~)?FT~IR(?:[-– ]ATR)? / DRIFTS / IRRAS / ATR",
        "Fourier transform(?:ed)? infra~red(?: (?:spectro(?:scopy|scopic|metry)|spectr(?:a|um)))? / infra~red (?:absorption )?(?:spectro(?:scopy|scopic)|spectr(?:a|um)) / IR spectr(?:a|um|oscopy)",
        giveaways="transmittance / cm[-−⁻][1¹] / stretch(?:ing)? / vibrations? / wavenumbers?",
    ),
    _method(
        "UV-vis",
        "ultraviolet-visible spectroscopy",
        "UV(?:~|/)[Vv]is(?:(?:~|/)NIR)?(?: DRS)? / DRS",
        "ultra~violet[-–/ ]visible(?: (?:near infrared )?(?:spectro(?:scopy|photometry)|spectr(?:a|um)))? / (?:diffuse reflectance|optical absorption|absorbance) spectr(?:a|um|oscopy)",
        giveaways="absorbance / absorption / Tauc / reflectance / transmittance / band gap",
    ),
    _method(
        "PL",
        "photoluminescence spectroscopy",
        "(?:TR|SS|\u00b5|μ)?PL(?=~(?:spectr|intensit|emission|decay|map|peak|quantum|lifetime|excitation|\\)))(?:E)? / TRPL / PLE",
        "photo~luminescence(?: (?:spectro(?:scopy|scopic)|spectr(?:a|um)|excitation))? / fluorescence (?:emission )?(?:spectro(?:scopy|scopic)|spectr(?:a|um))",
        giveaways="emission / excitation / excited / luminescence / quantum yields? / lifetimes?",
    ),
    _method(
        "NMR",
        "nuclear magnetic resonance",
        "(?:MAS |ss|SS)?NMR",
        "(?:solid state |magic angle spinning )?nuclear magnetic resonance(?: spectro(?:scopy|metry))?",
        giveaways="ppm / chemical shifts? / MAS / 1H / 13C / 7Li / spinning / deuterated",
    ),
    _method(
        "EPR",
        "electron paramagnetic resonance",
        "EPR / ESR",
        "electron (?:paramagnetic|spin) resonance",
        giveaways="g factor / g values? / hyperfine / spins?",
    ),
    _method(
        "Mössbauer",
        "Mössbauer spectroscopy",
        "",
        "M(?:ö|o|oe)ssbauer(?: (?:spectro(?:scopy|scopic)|spectr(?:a|um)))?",
        giveaways="57~Fe / isomer shift / hyperfine",
    ),
    _method(
        "mass spectrometry",
        "mass spectrometry",
        "(?:GC|LC|ICP|MALDI|ESI|LA~ICP)(?:~|/)(?:TOF~)?MS / ICP~(?:OES|AES|MS) / MALDI~TOF",
        "(?:inductively coupled plasma )?mass spectro(?:metry|scopy)",
        giveaways="m/z / isotop(?:e|ic)s?",
    ),
    _method(
        "HPLC",
        "high-performance liquid chromatography",
        "HPLC / GPC / SEC~MALS",
        "(?:high performance )?liquid chromatograph(?:y|ic) / gel permeation chromatography / gas chromatograph(?:y|ic)",
        giveaways="retention / elution",
    ),
    # ---- thermal, electrochemical, sorption, magnetic, mechanical
    _method(
        "TGA",
        "thermogravimetric analysis",
        "TGA / TG(?=~(?:curve|analys|profile|and DTG|[-–/]))s? / TG[-–/](?:DTA|DSC|MS) / DTG",
        "thermo~gravimetr(?:y|ic)(?: analys[ei]s)?",
        giveaways="weight loss / mass loss / residual mass",
    ),
    _method(
        "DSC",
        "differential scanning calorimetry",
        "DSC",
        "differential scanning calorimet(?:ry|ric)",
        giveaways="heat flow / endotherm(?:ic|s)? / exotherm(?:ic|s)? / glass transition / enthalp(?:y|ies) / melting",
    ),
    _method(
        "DTA",
        "differential thermal analysis",
        "DTA",
        "differential thermal analysis",
        giveaways="endotherm(?:ic|s)? / exotherm(?:ic|s)?",
    ),
    _method(
        "DMA",
        "dynamic mechanical analysis",
        "DMT?A",
        "dynamic mechanical (?:thermal )?analysis",
        giveaways="storage modul(?:us|i) / loss modul(?:us|i) / tan~δ",
    ),
    _method(
        "TPD",
        "temperature-programmed desorption",
        "(?:NH3|CO2|H2|CO)?[-–]?TP[DR]",
        "temperature programmed (?:desorption|reduction|oxidation)",
        giveaways="desorption / desorbed",
    ),
    _method(
        "CV",
        "cyclic voltammetry",
        "CV(?=~(?:curve|profile|scan|plot|cycl|at |of |test|measure|\\)|and |,))s?",
        "cyclic voltammo?gra(?:ms?|phs?|phy) / cyclic voltammetr(?:y|ic)",
        giveaways="redox / scan rates? / oxidation peaks? / reduction peaks? / reversib(?:le|ility) / mV~s",
    ),
    _method(
        "LSV",
        "linear sweep voltammetry",
        "LSV",
        "linear (?:sweep|scan) voltammetr(?:y|ic) / linear sweep voltammo?grams?",
        giveaways="overpotentials? / onset / Tafel / polari[sz]ation curves?",
    ),
    _method(
        "EIS",
        "electrochemical impedance spectroscopy",
        "EIS",
        "(?:electrochemical )?impedance (?:spectro(?:scopy|scopic)|spectr(?:a|um)) / Nyquist(?: plots?)?",
        giveaways="Nyquist / impedance / equivalent circuits? / Bode / charge transfer resistance",
    ),
    _method(
        "GITT",
        "galvanostatic intermittent titration",
        "GITT / PITT",
        "(?:galvano|potentio)static intermittent titration(?: technique)?",
        giveaways="diffusion coefficients? / relaxation",
    ),
    _method(
        "BET",
        "Brunauer–Emmett–Teller analysis",
        "BET / BJH",
        "Brunauer Emmett(?: and)? Teller / (?:N2|nitrogen|gas) (?:adsorption|sorption|physisorption)(?: desorption)? isotherms?",
        giveaways="isotherms? / adsorption / surface areas? / pore (?:size|volume)",
    ),
    _method(
        "VSM",
        "vibrating-sample magnetometry",
        "VSM",
        "vibrating sample magnetomet(?:ry|er)",
        giveaways="hysteresis / magneti[sz]ation / coerciv(?:e|ity)",
    ),
    _method(
        "SQUID",
        "SQUID magnetometry",
        "SQUID / PPMS",
        "superconducting quantum interference device(?: magnetometry)?",
        giveaways="magneti[sz]ation / ZFC / FC",
    ),
    _method(
        "nanoindentation",
        "nanoindentation",
        "",
        "(?:nano|micro)~indentation",
        giveaways="hardness / load displacement / indent(?:er|s|ation)? / Berkovich",
    ),
    _method(
        "ellipsometry",
        "spectroscopic ellipsometry",
        "",
        "(?:spectroscopic )?ellipsomet(?:ry|ric)",
        giveaways="refractive ind(?:ex|ices)",
    ),
    _method("QCM", "quartz crystal microbalance", "QCM(?:[-–]D)?", "quartz crystal microbalance", giveaways="frequency"),
    _method(
        "Hall effect", "Hall effect measurement", "", "Hall (?:effect )?measurements?", giveaways="mobilit(?:y|ies) / carrier"
    ),
    _method(
        "DFT",
        "density functional theory",
        "DFT(?:\\+U)?",
        "density functional theory",
        giveaways="calculat(?:ed|ions?) / simulat(?:ed|ions?) / first principles",
    ),
    _method(
        "MD",
        "molecular dynamics",
        "MD(?= simulation)s? / AIMD",
        "(?:ab initio )?molecular dynamics",
        giveaways="simulat(?:ed|ions?) / trajector(?:y|ies) / snapshots?",
    ),
    _method(
        "FEM",
        "finite element analysis",
        "FEM / FEA",
        "finite elements?(?: (?:analysis|method|model(?:l?ing)?|simulations?))?",
        giveaways="simulat(?:ed|ions?) / mesh",
    ),
)
_BY_NAME = {technique.name: technique for technique in TECHNIQUES}

# Members of a set look alike enough to be mistaken for one another, and none of them is a kind of another.
CONFUSION_SETS: tuple[tuple[str, ...], ...] = (
    ("SEM", "TEM"),
    ("SEM", "optical"),
    ("AFM", "STM"),
    ("AFM", "SEM"),
    ("HRTEM", "HAADF-STEM", "STM"),
    ("HAADF-STEM", "ABF-STEM", "BF-STEM"),
    ("BF-TEM", "DF-TEM"),
    ("STEM", "SEM"),
    ("SAED", "FFT"),
    ("KPFM", "MFM", "PFM", "c-AFM", "EFM"),
    ("EDS", "EELS", "XRF"),
    ("EPMA", "EDS"),
    ("EBSD", "TKD"),
    ("confocal", "two-photon"),
    ("X-ray CT", "MRI"),
    ("XRD", "XPS", "Raman"),
    ("XRD", "neutron diffraction"),
    ("XPS", "XANES", "AES"),
    ("XANES", "EELS"),
    ("EXAFS", "PDF analysis"),
    ("Raman", "FTIR"),
    ("UV-vis", "PL"),
    ("NMR", "EPR"),
    ("SAXS", "SANS"),
    ("TGA", "DSC", "DTA"),
    ("CV", "LSV"),
    ("VSM", "SQUID"),
    ("HPLC", "mass spectrometry"),
)


def technique(name: str) -> Technique:
    """The technique of that canonical name; KeyError when there is none."""
    return _BY_NAME[name]


def related(one: Technique, other: Technique) -> bool:
    """Whether one is the other, or a kind of it, directly or by way of a third: then a swap could leave the text true."""
    return one.name in _closure(other.name) or other.name in _closure(one.name)


def _closure(name: str) -> frozenset[str]:
    known = _BY_NAME.get(name)
    return frozenset({name}).union(*(_closure(wider) for wider in (known.implies if known else ())))


def confusable(one: Technique) -> tuple[Technique, ...]:
    """Techniques that could be swapped in for this one, in the order of the table; none is the same or a sub-kind."""
    names = {name for group in CONFUSION_SETS if one.name in group for name in group}
    return tuple(other for other in TECHNIQUES if other.name in names and not related(one, other))


def find_techniques(text: str) -> tuple[tuple[int, int, Technique], ...]:
    """Every written mention as (start, end, technique), in reading order; of overlapping ones the longest.

    >>> [(text[a:b], t.name) for text in ["HAADF-STEM and XRD of TiO2"] for a, b, t in find_techniques(text)]
    [('HAADF-STEM', 'HAADF-STEM'), ('XRD', 'XRD')]
    """
    hits = sorted(_hits(text), key=lambda hit: (hit[0] - hit[1], hit[0], hit[2].name))
    taken: list[tuple[int, int, Technique]] = []
    for start, end, found in hits:
        if all(end <= a or start >= b for a, b, _ in taken):
            taken.append((start, end, found))
    return tuple(sorted(taken, key=lambda hit: hit[0]))


def _hits(text: str) -> Iterator[tuple[int, int, Technique]]:
    for known in TECHNIQUES:
        for match in known.pattern.finditer(text):
            if not (known.name == "SEM" and match.group().startswith("SEM") and _MEAN_WITH_ERROR.search(text[: match.start()])):
                yield match.start(), match.end(), known
