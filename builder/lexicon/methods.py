"""Spectroscopy, diffraction and other methods: how they are written, what they imply, what gives them away."""

# ruff: noqa: E501 - a table is read by rows
# fmt: off
from __future__ import annotations

from builder.lexicon.technique import Technique, method

METHODS: tuple[Technique, ...] = (
    # ---- diffraction and scattering
    method(
        "XRD",
        "X-ray diffraction",
        "(?:(?:P|SC|GI|HR|HT|W|S|SR)~)?XRDP? / [Pp]owder XRD / [Ss]ynchrotron XRD / GID",
        "(?:powder |single crystal |grazing incidence |synchrotron |high resolution )?X~ray (?:powder )?(?:diffract(?:ion|ograms?|ometry)|rocking curves?) / Rietveld(?: refinements?)? / (?:powder )?diffractograms?",
        giveaways="2θ / 2~theta / JCPDS / PDF card / ICSD / Bragg / Rietveld / peaks? index(?:ed|ing) / reflections? / diffract(?:ion|ogram)s?",
    ),
    method("neutron diffraction", "neutron diffraction", "NPD / ND(?= pattern)", "neutron (?:powder )?diffraction", giveaways="neutrons? / Rietveld / Bragg"),
    method("SAXS", "small-angle X-ray scattering", "(?:(?:GI|US|U)~)?SAXS / GISAXS", "(?:grazing incidence )?small angle X~ray scattering", giveaways="q / scattering"),
    method("WAXS", "wide-angle X-ray scattering", "(?:GI~)?WAXS / GIWAXD / WAXD", "(?:grazing incidence )?wide angle X~ray (?:scattering|diffraction)", giveaways="q / scattering"),
    method("SANS", "small-angle neutron scattering", "(?:GI)?SANS", "small angle neutron scattering", giveaways="neutrons? / q"),
    method("XRR", "X-ray reflectivity", "XRR", "X~ray reflect(?:ivity|ometry)", giveaways="reflectivity"),
    method("PDF analysis", "pair distribution function", "", "pair distribution functions?(?: analysis)?"),
    method("DLS", "dynamic light scattering", "DLS", "dynamic light scattering", giveaways="hydrodynamic"),
    # ---- spectroscopy
    method("XPS", "X-ray photoelectron spectroscopy", "(?:(?:AR|HAX|AP|NAP)~)?XPS / HAXPES / ESCA", "(?:hard )?X~ray photo~electron (?:spectro(?:scopy|metry|scopic)|spectr(?:a|um)) / core level photoemission", giveaways="binding energ(?:y|ies) / [1-4][spdf](?:[1357]/2)? / Shirley / deconvolut(?:ed|ion) / core levels?"),
    method("UPS", "ultraviolet photoelectron spectroscopy", "UPS", "ultraviolet photo~electron spectroscopy", giveaways="work function / He I / valence band"),
    method("ARPES", "angle-resolved photoemission spectroscopy", "(?:(?:nano|micro|spin|tr|[µμ])~)?ARPES", "angle resolved photo~(?:emission|electron)(?: spectroscopy)?", giveaways="Fermi / band dispersion / momentum / binding energ(?:y|ies) / photons?"),
    method("AES", "Auger electron spectroscopy", "AES", "Auger(?: electron)?(?: spectro(?:scopy|metry))?", giveaways="Auger"),
    method("XANES", "X-ray absorption near-edge structure", "XANES / NEXAFS", "(?:near edge )?X~ray absorption (?:near edge|fine) structure(?=~(?:\\(XANES|\\(NEXAFS|spectr))", implies="XAS", giveaways="white lines? / edges? / edge / absorption / normali[sz]ed"),
    method("EXAFS", "extended X-ray absorption fine structure", "(?:FT~)?EXAFS", "extended X~ray absorption fine structure", implies="XAS", giveaways="k3 / k2 / R space / edges? / coordination / Fourier"),
    method("XAS", "X-ray absorption spectroscopy", "XAS / XAFS / XMCD", "X~ray absorption (?:spectro(?:scopy|scopic)|spectr(?:a|um)) / soft X~ray absorption", giveaways="edges? / edge / absorption"),
    method("EELS", "electron energy loss spectroscopy", "(?:STEM[-–/])?(?:HR|V)?EELS / ELNES", "electron energy loss (?:spectro(?:scopy|scopic|metry)|spectr(?:a|um)|near edge)", giveaways="edges? / edge / energy loss / zero loss / low loss / plasmons?"),
    method("Raman", "Raman spectroscopy", "SERS / TERS", "(?:micro |surface enhanced |tip enhanced )?Raman(?: (?:spectro(?:scopy|scopic|metry)|spectr(?:a|um)|scattering))?", giveaways="Stokes / cm[-−⁻][1¹] / (?:D|G|2D) (?:band|peak)s? / excited at / laser / phonons?"),
    method(
        "FTIR",
        "Fourier-transform infrared spectroscopy",
        "(?:ATR~)?FT~IR(?:[-– ]ATR)? / DRIFTS / IRRAS / ATR",
        "Fourier transform(?:ed)? infra~red(?: (?:spectro(?:scopy|scopic|metry)|spectr(?:a|um)))? / (?:attenuated total reflectance )?infra~red (?:absorption )?(?:spectro(?:scopy|scopic)|spectr(?:a|um)) / (?:FT~)?IR spectr(?:a|um|oscopy)",
        giveaways="transmittance / cm[-−⁻][1¹] / stretch(?:ing)? / vibrations? / wavenumbers?",
    ),
    method(
        "UV-vis",
        "ultraviolet-visible spectroscopy",
        "UV(?:~|/)[Vv]is(?:(?:~|/)NIR)?(?: DRS)? / DRS",
        "ultra~violet[-–/ ]visible(?: (?:near infrared )?(?:spectro(?:scopy|photometry)|spectr(?:a|um)))? / (?:diffuse reflectance|optical absorption|absorbance) spectr(?:a|um|oscopy)",
        giveaways="absorbance / absorption / Tauc / reflectance / transmittance / band gap",
    ),
    method(
        "PL",
        "photoluminescence spectroscopy",
        "(?:TR~|SS|[µμ]~)?PL(?=~(?:spectr|intensit|emission|decay|map|peak|quantum|lifetime|excitation|imag|measure|and|of|\\)|,)) / TR~PL / PLE(?= spectr| map|,|\\))",
        "photo~luminescence(?: (?:spectro(?:scopy|scopic)|spectr(?:a|um)|excitation))? / fluorescence (?:emission )?(?:spectro(?:scopy|scopic)|spectr(?:a|um))",
        giveaways="emission / excitation / excited / luminescence / quantum yields? / lifetimes?",
    ),
    method("NMR", "nuclear magnetic resonance", "(?:(?:MAS|DOSY|HSQC|COSY|NOESY|CP~MAS|PFG) |ss|SS)?NMR", "(?:solid state |magic angle spinning )?nuclear magnetic resonance(?: spectro(?:scopy|metry))?", giveaways="ppm / chemical shifts? / MAS / 1H / 13C / 7Li / spinning / deuterated"),
    method("EPR", "electron paramagnetic resonance", "EPR / ESR", "electron (?:paramagnetic|spin) resonance", giveaways="g factor / g values? / hyperfine / spins?"),
    method("Mössbauer", "Mössbauer spectroscopy", "", "M(?:ö|o|oe)ssbauer(?: (?:spectro(?:scopy|scopic)|spectr(?:a|um)))?", giveaways="57~Fe / isomer shift / hyperfine"),
    method("mass spectrometry", "mass spectrometry", "(?:GC|LC|UPLC|HPLC|ICP|MALDI|ESI|LA~ICP|DART|TG)(?:~|/)(?:Q~)?(?:TOF~)?MS(?:/MS)? / ICP~(?:OES|AES|MS) / MALDI~TO[Ff](?:[- ]MS)? / QMS / MS/MS / HRMS / DEMS / OEMS", "(?:inductively coupled plasma )?(?:quadrupole |tandem )?mass spectro(?:metr(?:y|ic)|scopy) / mass spectra", giveaways="m/z / isotop(?:e|ic)s?"),
    method("HPLC", "high-performance liquid chromatography", "U?HPLC / UPLC / GPC(?=~(?:trace|curve|chromato|analys|measure|elut)) / SEC~MALS / GC(?= (?:trace|analys|chromato))", "(?:high performance )?liquid chromatograph(?:y|ic) / gel permeation chromatography / gas chromatograph(?:y|ic)", giveaways="retention / elution"),
    # ---- thermal, electrochemical, sorption, magnetic, mechanical
    method("TGA", "thermogravimetric analysis", "TGA / TG(?=~(?:curve|analys|profile|and DTG|[-–/]))s? / TG[-–/](?:DTA|DSC|MS) / DTG", "thermo~gravimetr(?:y|ic)(?: analys[ei]s)?", giveaways="weight loss / mass loss / residual mass"),
    method("DSC", "differential scanning calorimetry", "DSC", "differential scanning calorimet(?:ry|ric)", giveaways="heat flow / endotherm(?:ic|s)? / exotherm(?:ic|s)? / glass transition / enthalp(?:y|ies) / melting"),
    method("DTA", "differential thermal analysis", "DTA", "differential thermal analysis", giveaways="endotherm(?:ic|s)? / exotherm(?:ic|s)?"),
    method("DMA", "dynamic mechanical analysis", "DMT?A(?=~(?:curve|test|measure|analys|result|trace|data|profile|\\)|,|\\.|and|of))", "dynamic mechanical (?:thermal )?analysis", giveaways="storage modul(?:us|i) / loss modul(?:us|i) / tan~δ"),
    method("TPD", "temperature-programmed desorption", "(?:(?:NH3|CO2|H2|CO|O2)[-–])?TP[DRO]", "temperature programmed (?:desorption|reduction|oxidation)", giveaways="desorption / desorbed"),
    method("CV", "cyclic voltammetry", "CV(?=s?~(?:curve|profile|scan|plot|cycl|at |of |test|measure|\\)|and |,|results?|data))s?", "cyclic voltammo?gra(?:ms?|phs?|phy) / cyclic voltammetr(?:y|ic)", giveaways="redox / scan rates? / oxidation peaks? / reduction peaks? / reversib(?:le|ility) / mV~s"),
    method("LSV", "linear sweep voltammetry", "LSV", "linear (?:sweep|scan) voltammetr(?:y|ic) / linear sweep voltammo?grams?", giveaways="overpotentials? / onset / Tafel / polari[sz]ation curves?"),
    method("EIS", "electrochemical impedance spectroscopy", "EIS", "(?:electrochemical )?impedance (?:spectro(?:scopy|scopic)|spectr(?:a|um)) / Nyquist(?: plots?)?", giveaways="Nyquist / impedance / equivalent circuits? / Bode / charge transfer resistance"),
    method("GITT", "galvanostatic intermittent titration", "GITT / PITT", "(?:galvano|potentio)static intermittent titration(?: technique)?", giveaways="diffusion coefficients? / relaxation"),
    method("BET", "Brunauer–Emmett–Teller analysis", "BET / BJH", "Brunauer Emmett(?: and)? Teller / (?:N2|nitrogen|gas) (?:adsorption|sorption|physisorption)(?: desorption)? isotherms?", giveaways="isotherms? / adsorption / surface areas? / pore (?:size|volume)"),
    method("VSM", "vibrating-sample magnetometry", "VSM", "vibrating sample magnetomet(?:ry|er)", giveaways="hysteresis / magneti[sz]ation / coerciv(?:e|ity)"),
    method("SQUID", "SQUID magnetometry", "SQUID / PPMS", "superconducting quantum interference device(?: magnetometry)?", giveaways="magneti[sz]ation / ZFC / FC"),
    method("nanoindentation", "nanoindentation", "", "(?:nano|micro)~indentation(?: tests?)?", giveaways="hardness / load displacement / indent(?:er|s|ation)? / Berkovich"),
    method("ellipsometry", "spectroscopic ellipsometry", "", "(?:spectroscopic )?ellipsomet(?:ry|ric)", giveaways="refractive ind(?:ex|ices)"),
    method("QCM", "quartz crystal microbalance", "QCM(?:[-–]D)?", "quartz crystal microbalance", giveaways="frequency"),
    method("Hall effect", "Hall effect measurement", "", "Hall (?:effect )?measurements?", giveaways="mobilit(?:y|ies) / carrier"),
    method("DFT", "density functional theory", "DFT(?:\\+U)?", "density functional theory", giveaways="calculat(?:ed|ions?) / simulat(?:ed|ions?) / first principles"),
    method("MD", "molecular dynamics", "MD(?= simulation)s? / AIMD", "(?:ab initio )?molecular dynamics", giveaways="simulat(?:ed|ions?) / trajector(?:y|ies) / snapshots?"),
    method("FEM", "finite element analysis", "FEM / FEA", "finite elements?(?: (?:analysis|method|model(?:l?ing)?|simulations?))?", giveaways="simulat(?:ed|ions?) / mesh"),
)
