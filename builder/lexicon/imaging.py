"""Imaging techniques: how they are written, what they imply, what gives them away."""

# ruff: noqa: E501 - a table is read by rows
# fmt: off
from __future__ import annotations

from builder.lexicon.technique import Technique, imaging

_SCOPE = "(?:microscop(?:y|es?|ic(?:al)?(?:ly)?)|micrograph(?:s|y|ic)?|nanograph(?:s|y)?)"
_LATTICE = "lattice / fringes? / zone axis / interplanar / d spacings? / atomic columns? / dislocations? / Moir[eé] / diffraction"
_PROBE = "cantilevers? / topograph(?:y|ic|s) / height (?:image|map|profile|scale|sensor|difference)s? / step heights? / roughness / RMS / tip / tapping"
_TUNNEL = "tunnel(?:l?ing)? / sample bias / set~points? / pA / nA / V b(?:ias)? / constant current / dI/dV / LDOS / tip"
_SURFACE = "secondary electrons? / backscattered / fracture surfaces? / fractographs? / surface morpholog(?:y|ies) / tilted"

IMAGING: tuple[Technique, ...] = (
    # ---- electron microscopy
    imaging("SEM", "scanning electron microscopy", "(?:[Cc]ryo~|FE~|FEG~|HR~|VP~|LV~|E~|BSE~|SE~|BS~)?SEM / SEM~(?:BSE|SE)", f"(?:field emission |environmental |high resolution |low voltage )?scanning electron {_SCOPE} / cryo~SEM", giveaways=_SURFACE),
    imaging("BSE", "backscattered electron imaging", "BSE / BSEI / SEM~BSE / BSE~SEM / BSD", "back~scattered electrons?(?: imag(?:es?|ing)| micrographs?| mode)? / back~scatter(?:ed)? (?:SEM|images?|micrographs?)", implies="SEM", giveaways="atomic number contrast / Z contrast / channel+ing", label="SEM"),
    imaging("FIB-SEM", "focused ion beam scanning electron microscopy", "P?FIB[-–/]SEM", f"(?:plasma )?focus+ed ion beam scanning electron {_SCOPE}", implies="SEM", label="SEM"),
    imaging("TEM", "transmission electron microscopy", "(?:C|E|FE|EF|ET|L)?TEM / [Ll]orentz TEM / (?:[Ll]iquid|[Gg]as)~(?:cell|phase) TEM", f"(?:conventional |energy filtered |environmental |Lorentz )?transmission electron {_SCOPE}", giveaways=_LATTICE),
    imaging("cryo-TEM", "cryogenic transmission electron microscopy", "", f"cryo~(?:TEM|EM) / cryo(?:genic)?~(?:transmission )?electron {_SCOPE} / cryogenic TEM / cryo~transmission electron {_SCOPE}", implies="TEM", giveaways="vitreous / vitrified / grid hole", label="TEM"),
    imaging("BF-TEM", "bright-field transmission electron microscopy", "BF~TEM / TEM~BF", f"bright field (?:TEM|transmission electron {_SCOPE}) / TEM bright field", implies="TEM", giveaways="bright field / BF", label="TEM"),
    imaging("DF-TEM", "dark-field transmission electron microscopy", "DF~TEM / TEM~DF / WBDF / CDF", f"(?:weak beam |central )?dark field (?:TEM|transmission electron {_SCOPE}) / TEM dark field / weak beam dark field", implies="TEM", giveaways="dark field / DF / reflections?", label="TEM"),
    imaging("HRTEM", "high-resolution transmission electron microscopy", "HR~(?:S~)??TEM / (?:AC~|Cs~)TEM / HREM", f"high resolution (?:TEM|transmission electron {_SCOPE}|electron {_SCOPE}) / HR transmission electron {_SCOPE}", implies="TEM", giveaways="phase contrast / defocus / SAED"),
    imaging("STEM", "scanning transmission electron microscopy", "(?:AC~|Cs~|HR~|C s ~|LAADF~|MAADF~|E~)?STEM", f"(?:aberration corrected |high resolution )?scanning transmission electron {_SCOPE} / (?:aberration corrected|atomic resolution|high resolution) STEM", giveaways=_LATTICE + " / Z contrast"),
    imaging(
        "HAADF-STEM",
        "high-angle annular dark-field scanning transmission electron microscopy",
        "(?:HR~|AC~|Cs~)?HAADF(?:(?:~|/)(?:AC~|HR~|Cs~)?STEM)? / (?:AC~|HR~)?STEM(?:~|/)(?:\\()?HAADF / ADF~STEM / STEM~ADF",
        f"high angle annular dark field(?: (?:STEM|scanning transmission electron {_SCOPE}))? / annular dark field (?:STEM|scanning transmission electron {_SCOPE}) / Z contrast STEM / HAADF scanning transmission electron " + _SCOPE,
        implies="STEM",
        giveaways="Z contrast / dark field / heav(?:y|ier) (?:atoms?|elements?|columns?) / bright(?:er)? (?:spots?|dots?|columns?)",
        label="STEM",
    ),
    imaging("ABF-STEM", "annular bright-field scanning transmission electron microscopy", "ABF(?:(?:~|/)STEM)? / STEM~ABF", f"annular bright field(?: (?:STEM|scanning transmission electron {_SCOPE}))?", implies="STEM", giveaways="bright field / light (?:atoms?|elements?|columns?)", label="STEM"),
    imaging("BF-STEM", "bright-field scanning transmission electron microscopy", "BF~STEM / STEM~BF", f"bright field (?:STEM|scanning transmission electron {_SCOPE})", implies="STEM", giveaways="bright field / BF", label="STEM"),
    imaging("4D-STEM", "four-dimensional scanning transmission electron microscopy", "4D~STEM", f"(?:four|4)~dimensional (?:STEM|scanning transmission electron {_SCOPE})", implies="STEM", giveaways="strain / diffraction / ptychograph(?:y|ic) / virtual", label="STEM"),
    imaging(
        "SAED",
        "selected-area electron diffraction",
        "SAEDP? / SADP? / NBED / NBD / CBED / MBED / μED / PED",
        "selected area (?:electron )?diffraction / (?:nano~beam|micro~beam|convergent beam|precession|nano)?~electron diffraction(?=~(?:patterns?|image|spots?|rings?|of|\\())",
        giveaways="zone axis / rings? / spots? / camera length / reciprocal / beam stop",
    ),
    imaging("FFT", "fast Fourier transform", "FFT / IFFT / FFTP", "(?:inverse )?fast Fourier transform(?:s|ed|ation|ations)? / Fourier (?:filtered|transforms?(?= of (?:the )?(?:image|panel|HR|STEM|STM|region|area)))", giveaways="reciprocal / spots? / filtered / inverse"),
    # ---- scanning probes
    imaging("AFM", "atomic force microscopy", "(?:nc~|NC~|FM~|AM~|HS~|LC~|TM~|q~Plus )?AFM / SFM", f"(?:non~contact |high speed |tapping mode )?(?:atomic|scanning) force {_SCOPE}", giveaways=_PROBE),
    imaging("KPFM", "Kelvin probe force microscopy", "KPFM / SKPM / KFM / SKPFM", f"(?:scanning )?Kelvin probe(?: force)? {_SCOPE} / surface potential {_SCOPE}", implies="AFM", giveaways="surface potential / contact potential / work function / CPD", label="AFM"),
    imaging("MFM", "magnetic force microscopy", "MFM", f"magnetic force {_SCOPE}", implies="AFM", giveaways="magnetic / domains? / stray fields? / lift", label="AFM"),
    imaging("PFM", "piezoresponse force microscopy", "PFM / VPFM / LPFM / SSPFM", f"pie[sz]o~(?:electric )?response force {_SCOPE}", implies="AFM", giveaways="piezo(?:electric|response)? / ferroelectric / polari[sz]ation / domains? / poled", label="AFM"),
    imaging("c-AFM", "conductive atomic force microscopy", "[Cc]~AFM / CAFM / TUNA", f"conduct(?:ive|ing) (?:AFM|atomic force {_SCOPE})", implies="AFM", giveaways="current (?:map|image)s? / bias", label="AFM"),
    imaging("EFM", "electrostatic force microscopy", "EFM", f"electrostatic force {_SCOPE}", implies="AFM", giveaways="charges? / phase shift / bias", label="AFM"),
    imaging("STM", "scanning tunneling microscopy", "(?:SP~|LT~|VT~|UHV~|EC~)?STM", f"(?:spin polari[sz]ed |low temperature )?scanning tunnell?ing {_SCOPE}", giveaways=_TUNNEL),
    imaging("dI/dV", "differential conductance mapping", "[dd𝑑][II𝐼][/∕⁄][dd𝑑][VV𝑉]", "differential conductance", giveaways="LDOS / density of states / gap / bias", label="STM"),
    imaging("SNOM", "scanning near-field optical microscopy", "(?:s~)?SNOM / NSOM / nano~FTIR", f"(?:scattering type )?(?:scanning )?near field optical {_SCOPE} / near field scanning optical {_SCOPE}", giveaways="near field / plasmons? / polaritons?"),
    imaging("SECM", "scanning electrochemical microscopy", "SECM / SECCM", f"scanning electrochemical (?:cell )?{_SCOPE}", giveaways="feedback / tip current"),
    imaging("SHPM", "scanning Hall probe microscopy", "SHPM / SSM", f"scanning (?:Hall probe|SQUID) {_SCOPE}", giveaways="vortices / vortex / magnetic"),
    # ---- element, phase and orientation maps
    imaging("EDS", "energy-dispersive X-ray spectroscopy", "(?:HAADF-)?(?:STEM|SEM|TEM)[-–](?:EDXS?|EDS) / EDXS? / EDS / EDAX / XEDS / EDXA", "energy dispersive (?:X~ray )?(?:spectro(?:scopy|scopic|metry)|analys[ie]s|spectrum imaging|mapping)", giveaways="Kα / Lα / at\\.%|at% / wt%"),
    imaging("EPMA", "electron probe microanalysis", "EPMA / EMPA", "electron (?:probe )?micro~probe(?: analy[sz](?:is|er))? / electron probe micro~analy[sz](?:is|er)", implies="WDS", giveaways="Kα / wavelength dispersive"),
    imaging("WDS", "wavelength-dispersive X-ray spectroscopy", "WDS / WDX", "wavelength dispersive (?:X~ray )?spectro(?:scopy|metry)", label="EPMA"),
    imaging("EBSD", "electron backscatter diffraction", "EBSD / OIM", "electron back~scatter(?:ed)? diffraction / orientation imag(?:e|ing) microscopy", giveaways="Kikuchi / inverse pole figures? / IPF / KAM / misorientations? / band contrast / pole figures? / orientations?"),
    imaging("TKD", "transmission Kikuchi diffraction", "TKD / t~EBSD", "transmission Kikuchi diffraction", giveaways="thin foil / lamella"),
    imaging("APT", "atom probe tomography", "APT / LEAP / 3DAP", "(?:local electrode )?atom probe(?: tomograph(?:y|ic)| reconstructions?)?", giveaways="iso~(?:surfaces?|concentration) / proximity histogram / proxigram / ions?"),
    imaging("XRF", "X-ray fluorescence", "(?:[µμ]~|SR~)?XRF", "(?:micro~)?X~ray fluorescence", giveaways="Kα / fluorescence"),
    imaging("SIMS", "secondary ion mass spectrometry", "(?:(?:ToF|TOF|Nano|nano|D)~)?SIMS", "(?:time of flight )?secondary ion mass spectro(?:metry|scopy)", giveaways="m/z / sputter(?:ing|ed)? / depth profiles? / counts"),
    imaging("CL", "cathodoluminescence", "SEM~CL / CL(?= (?:map|image|intensit|spectr|emission|micrograph|signal))", "cathodo~luminescen(?:ce|t)", giveaways="emission / luminescence / panchromatic"),
    # ---- light
    imaging(
        "optical",
        "optical microscopy",
        "OM(?= (?:image|micrograph|photo|picture|observation))s? / POM / PLM / LOM / DIC(?= (?:image|micrograph|microscop))",
        f"(?:polari[sz](?:ed|ing) (?:light |optical )?)?(?:optical|light|polari[sz]ation|stereo~|digital|metallurgical|petrographic|phase contrast|dark~field optical)"
        f"~{_SCOPE} / polari[sz](?:ed|ing) {_SCOPE} / (?:bright~field |dark~field |polari[sz]ed )?(?:optical|light) (?:microscope )?(?:micrographs?|micro~photographs?)"
        " / optical (?:microscope )?image(?:s|ry)? / photo~micrographs? / thin section (?:photographs?|images?) / cross(?:ed)? polari[sz](?:ed|ers) / crossed nicols / plane~polari[sz]ed light"
        " / transmitted light / reflected light / differential interference contrast(?: microscopy)? / micro~photographs?",
        giveaways="etch(?:ed|ant) / polari[sz](?:ed|ers?) / nicols / objective / stained / dark~field / bright~field",
    ),
    imaging(
        "fluorescence",
        "fluorescence microscopy",
        "FLIM / TIRFM? / FM(?= images?)",
        f"(?:epi~|immuno~|auto~)?fluorescen(?:ce|t) (?:light )?(?:{_SCOPE}|images?|imaging|photo~micrographs?|photographs?) / immuno~fluorescen(?:ce|t)(?: stain(?:ing|ed)?)? / epi~fluorescence",
        giveaways="fluoresc(?:ence|ent|ein) / dyes? / stain(?:ed|ing)? / GFP / DAPI / green / red / labell?ed / excitation",
    ),
    imaging(
        "confocal",
        "confocal microscopy",
        "CLSM / LSCM / CSLM / LSM / CFM",
        f"(?:laser )?(?:scanning )?confocal (?:laser )?(?:scanning )?(?:fluorescen(?:ce|t) )?(?:{_SCOPE}|images?|imaging|stacks?|slices?|z stacks?|optical sections?|profilomet(?:ry|er)) / laser scanning (?:fluorescence )?{_SCOPE}",
        giveaways="z stacks? / optical sections? / fluoresc(?:ence|ent) / dyes? / stain(?:ed|ing)? / GFP / DAPI / labell?ed",
    ),
    imaging("two-photon", "two-photon microscopy", "TPM / TPEF / 2PEF / SHG(?= (?:image|microscop|map))", f"(?:two|multi|2)~photon (?:excited )?(?:fluorescence )?(?:{_SCOPE}|imaging) / second harmonic generation (?:{_SCOPE}|imag(?:es?|ing))", giveaways="excitation / second harmonic"),
    imaging("super-resolution", "super-resolution microscopy", "STED / d?STORM / PALM / SIM(?= images?)", f"super~resolution (?:{_SCOPE}|images?|imaging) / structured illumination {_SCOPE} / stimulated emission depletion(?: {_SCOPE})?"),
    imaging("Raman mapping", "Raman mapping", "", f"Raman (?:intensity )?(?:maps?|mapping|imag(?:es?|ing)|{_SCOPE})", implies="Raman"),
    imaging("MOKE", "magneto-optical Kerr microscopy", "MOKE / Kerr (?:microscop(?:y|e)|images?)", f"magneto~optic(?:al)? (?:Kerr )?(?:effect|{_SCOPE}|images?|imaging)", giveaways="Kerr / domains? / magnet(?:ic|ization)"),
    imaging("holography", "holographic microscopy", "DHM", f"(?:digital |off~axis |electron )?hologra(?:phy|ms?|phic {_SCOPE})", giveaways="phase / interference"),
    # ---- X-rays, neutrons, medicine
    imaging("CT", "computed tomography", "CT(?= (?:scan|image|slice|imaging|volume|data|section|reconstruction|tomogra|angiogra))s? / (?:SR~|HR~|XR~)CT / CBCT", "(?:computed|computeri[sz]ed) (?:axial )?tomograph(?:y|ic)"),
    imaging(
        "X-ray CT",
        "X-ray computed tomography",
        "(?:[Nn]ano|[Mm]icro|[µμ]|u|SR~[µμ]|[Ss]ynchrotron )~(?:X~)?CT / (?:SR~)?X~CT / XCT / XMT / X[-–‐]?ray (?:micro|[µμ]|nano)?~CT / SRXTM",
        "(?:synchrotron )?(?:radiation )?X~ray (?:micro|nano)?~(?:computed |computeri[sz]ed )?(?:micro|nano)?~tomo(?:graphy|graphic|grams?|graphs?|graphies) / (?:X~ray )?micro~(?:computed )?~tomograph(?:y|ic) / synchrotron (?:radiation )?(?:micro)?tomograph(?:y|ic)",
        implies="CT",
        giveaways="voxels? / absorption / attenuation / beamline / keV / synchrotron",
    ),
    imaging("electron tomography", "electron tomography", "", "electron tomogra(?:phy|phic|ms?) / (?:TEM|STEM) tomogra(?:phy|phic|ms?) / cryo~ET", implies="TEM", giveaways="tilt series", label="TEM"),
    imaging("X-ray radiography", "X-ray radiography", "", "(?:synchrotron )?(?:X~ray )?(?:micro)?radiogra(?:phy|phs?|phic|ms?) / X~ray (?:imag(?:es?|ing)|transmission images?|projections?) / neutron (?:radiograph(?:y|s|ic)|imag(?:es?|ing))", giveaways="attenuation / absorption / keV / synchrotron"),
    imaging("X-ray microscopy", "X-ray microscopy", "TXM / STXM / XRM / PEEM", f"(?:scanning )?(?:transmission )?X~ray {_SCOPE} / X~ray ptychograph(?:y|ic) / photoemission electron {_SCOPE}", giveaways="beamline / keV / absorption / edge"),
    imaging("X-ray topography", "X-ray topography", "XRT", "X~ray topogra(?:phy|phs?|phic|ms?) / white beam topograph(?:y|s)", giveaways="diffraction vector"),
    imaging("MRI", "magnetic resonance imaging", "(?:f|d|s|T[12][- ])?MRI / MRA(?= images?)", "magnetic resonance (?:imag(?:es?|ing)|angiograph(?:y|ic))", giveaways="weighted / T1 / T2 / contrast agent / sagittal / axial"),
    imaging("ultrasound", "ultrasound imaging", "SAM(?= images?) / C~scans?", f"(?:ultrasound|ultrasonic) (?:imag(?:es?|ing)|C~scans?) / (?:scanning )?acoustic {_SCOPE} / sonogra(?:phy|ms?) / echocardiogra(?:phy|ms?)"),
    imaging("thermography", "infrared thermography", "", "(?:infrared |IR |lock~in )?thermogra(?:phy|phic|ms?) / (?:infrared|IR|thermal) (?:camera )?(?:imag(?:es?|ing))", giveaways="temperatures? / emissivity"),
    imaging("high-speed camera", "high-speed imaging", "", "high speed (?:camera|video|imag(?:es?|ing)|photograph(?:s|y)) / schlieren(?: imag(?:es?|ing))? / shadowgraph(?:s|y)?"),
    imaging("profilometry", "optical profilometry", "WLI", "(?:optical |stylus |3D )?profilomet(?:ry|er)(?: imag(?:es?|ing))? / white light interferomet(?:ry|er|ric)", giveaways="roughness / height"),
    imaging("LEED", "low-energy electron diffraction", "LEED / LEEM / RHEED", "low energy electron diffraction / reflection high energy electron diffraction / low energy electron " + _SCOPE, giveaways="spots? / superstructure"),
)
