"""Measurements that captions name beside the techniques that figures are labelled by; written forms only, by family."""

# ruff: noqa: E501 - a table is read by rows
# fmt: off
from __future__ import annotations

from builder.lexicon.technique import Technique, method


def _family(name: str, acronyms: str, names: str) -> Technique:
    """Several measurements that are alike; what one is called is what is written."""
    return method("", name, acronyms, names)


MEASUREMENTS: tuple[Technique, ...] = (
    _family("neutron reflectometry", "PNR", "(?:polari[sz]ed )?neutron reflect(?:ivity|ometry)"),
    _family("microED", "MicroED / 3D ED / cRED / ADT(?=-)|UED", "(?:micro~crystal|three dimensional|continuous rotation|ultrafast) electron diffraction"),
    _family("electron diffraction", "", "(?:transmission )?electron diffraction"),
    _family("electron channelling and induced current", "c?ECCI / EBIC / XBIC", "electron channell?ing contrast imaging / electron beam induced current"),
    _family("phase contrast", "i?DPC(?:~STEM)?", "(?:integrated )?differential phase contrast(?: STEM)?"),
    _family("ptychography", "", "(?:multislice |electron )?ptycho(?:graphy|graphic)"),
    _family("coherent diffraction", "B?CDI(?= )", "(?:Bragg )?coherent (?:X~ray )?diffracti(?:on|ve) imaging"),
    _family("diffraction microscopy and velocimetry", "HEDM / 3DXRD / (?:Lab)?DCT / PLIF / PIV", "high energy (?:X~ray )?diffraction microscopy / diffraction contrast tomography / particle image velocimetry / Laue (?:micro~)?diffraction"),
    _family("electron microscopy at large", "SBF~SEM / SBEM / CLEM / ssTEM", "serial block~face (?:SEM|scanning electron microscopy) / correlative light and electron microscopy / immuno~(?:electron microscopy|gold labell?ing) / negative~stain (?:TEM|electron microscopy|EM) / electron (?:microscopy|micrographs?)"),
    _family("crystallography", "", "X~ray (?:crystallograph(?:y|ic)|crystal structure analysis)"),
    _family("tunnelling spectroscopy", "STS / IETS / SJTM", "scanning tunnell?ing spectro(?:scopy|scopic)|tunnell?ing spectro(?:scopy|scopic)"),
    _family("scanning probes", "SThM / SICM / SPM / SMM / sMIM / SSRM / SCM(?= ) / AFM~IR / PiFM / PTIR / LFM / FFM / BE~PFM / CR~AFM / SECCM / SVET / SKP", "scanning (?:probe|thermal|ion conductance|microwave(?: impedance)?|capacitance|spreading resistance|vibrating electrode|Kelvin probe) (?:microscopy|technique) / friction force microscopy / lateral force microscopy / force spectroscopy"),
    _family("magnetometry", "", "(?:scanning )?(?:NV|nitrogen vacancy)(?: center| centre)? (?:magnetometry|microscopy)"),
    _family("ion and laser beams", "RBS(?:/C)? / ERDA / NRA / PIXE / LEIS / HI~ERDA / GD~?OES / LIBS / PGAA / NAA", "Rutherford back~scattering(?: spectro(?:metry|scopy))? / elastic recoil detection(?: analysis)? / (?:particle|proton) induced X~ray emission / nuclear reaction analysis / laser induced breakdown spectroscopy / glow discharge(?: optical emission| mass)? spectro(?:metry|scopy) / low energy ion scattering / optical emission spectroscopy"),
    _family("X-ray emission and dichroism", "RIXS / XES / XMLD / XMCD / HERFD(?:-X[AN][A-Z]*)? / XPEEM / X~PEEM / XRMS / XPCS / NRIXS / TXRF / IXS", "resonant inelastic X~ray scattering / X~ray emission spectroscopy / X~ray magnetic (?:circular|linear) dichroism / inelastic X~ray scattering / X~ray photon correlation spectroscopy"),
    _family("neutron spectroscopy", "INS / QENS / USANS / NPDF", "(?:quasi~?elastic|inelastic|polari[sz]ed) neutron scattering / neutron scattering"),
    _family("muSR", "[µμ]SR", "muon spin (?:rotation|relaxation)(?: spectroscopy)?"),
    _family("nonlinear optics", "CARS / SRS(?= (?:image|microscop)) / THG(?= ) / SHG / SFG / VSFG / RA~SHG", "coherent anti~Stokes Raman (?:scattering|spectroscopy)(?: microscopy)? / stimulated Raman scattering(?: microscopy)? / second harmonic generation / (?:vibrational )?sum frequency generation(?: spectroscopy)?"),
    _family("light scattering", "BLS(?= )", "Brillouin (?:light scattering|spectroscopy|scattering|microscopy) / static light scattering / light scattering / nanoparticle tracking analysis"),
    _family("ultrafast spectroscopy", "fs~TA / TAS(?= ) / TRTS / THz~TDS / OPTP / 2DES / TCSPC / FTIR~ATR / NIRS / DOAS / CRDS", "(?:femtosecond |ultrafast )?transient absorption(?: (?:spectroscopy|microscopy))? / pump~probe(?: (?:spectroscopy|microscopy))? / (?:terahertz|THz) time~domain spectroscopy / time~correlated single~photon counting / time~domain thermoreflectance / TDTR"),
    _family("absorption and dichroism", "AAS", "(?:atomic |optical )?absorption spectro(?:scopy|photometry) / (?:UV |spectro)?spectrophotomet(?:ry|ric) / fluorimetry / circular dichroism(?: spectroscopy)? / photo~thermal deflection spectroscopy / diffuse reflectance(?: spectroscopy)?"),
    _family("luminescence", "EL(?= (?:spectr|intensit|image|emission|map))", "electro~luminescence / thermo~luminescence / chemi~luminescence / bioluminescence imaging"),
    _family("photoemission", "(?:I|LE)?IPES / LEIPS / PES(?= (?:spectr|measure)) / CEMS", "(?:inverse )?photo~emission spectroscopy / photo~electron spectroscopy"),
    _family("fluorescence", "FRAP / FRET / FCS(?= (?:curve|measure)) / smFRET / FISH / BiFC / LSFM", "fluorescence (?:correlation spectroscopy|recovery after photobleaching|in situ hybridi[sz]ation|resonance energy transfer) / F(?:ö|o)rster resonance energy transfer / light~sheet (?:fluorescence )?microscopy / total internal reflection fluorescence(?: microscopy)?"),
    _family("interference and echoes", "OCTA? / OFDI / DInSAR / InSAR / LiDAR / GPR(?= (?:profile|data|section|image|survey))", "optical coherence tomography(?: angiography)? / interferomet(?:ry|er|ric microscopy) / quantitative phase imaging / photo~acoustic (?:imaging|microscopy|tomography) / ground penetrating radar / spatial light interference microscopy"),
    _family("medicine", "PET(?=[-/ ](?:CT|MRI|scan|imag)) / SPECT(?=[-/ ]) / CTA / MRA / DSA(?= ) / EEG / i?EEG / MEG(?= ) / EMG / ECG / EKG / DTI(?= ) / fNIRS / DEXA", "positron emission tomography / single~photon emission computed tomography / computed tomography angiogra(?:phy|ms?) / CT angiogra(?:phy|ms?) / electro(?:encephalo|myo|cardio)gra(?:phy|ms?) / (?:digital subtraction )?angiography / diffusion tensor imaging / mammogra(?:phy|ms?)"),
    _family("molecular biology", "SDS~PAGE / BN~PAGE / EMSA / ELISA / (?:RT~)?(?:q)?(?:RT~)?PCR / RNA~seq / ChIP~seq / scRNA~seq / ATAC~seq / FACS / IHC / IF(?= stain) / CyTOF / TUNEL", "(?:western|northern|southern) blot(?:s|ting)? / immuno~blot(?:s|ting)? / (?:agarose |polyacrylamide )?gel electrophoresis / flow cytometry / immuno~histo~chemi(?:stry|cal staining) / immuno~cytochemistry / polymerase chain reaction / patch~clamp(?: recordings?)? / enzyme~linked immunosorbent assay / Sanger sequencing"),
    _family("binding", "ITC / BLI / SPR(?=~(?:sensorgram|spectroscop|assay|measure)) / AUC(?= (?:sediment|analysis)) / MST(?= )", "isothermal titration calorimetry / bio~layer interferometry / microscale thermophoresis / analytical ultracentrifugation / surface plasmon resonance(?= (?:assay|spectroscopy|sensorgram)) / micro~calorimetry / calorimetry"),
    _family("electrochemistry", "GCD / DPV / SWV / R?RDE / ACV(?= ) / EQCM(?:-D)? / E~QCM / DRT(?= (?:analysis|plot|spectr))", "galvanostatic (?:charge[-–/ ]discharge|cycling) / chrono~(?:ampero|potentio|coulo)metr(?:y|ic) / differential pulse voltammetr(?:y|ic) / square wave voltammetr(?:y|ic) / rotating (?:ring~)?disk electrode / (?:anodic )?stripping voltammetry / voltammetry / potentiometry / coulometry"),
    _family("thermal analysis", "STA(?= (?:curve|measure)) / TMA(?= (?:curve|measure)) / Py~GC[-/]MS / ARC(?= test)", "dilatomet(?:ry|er|ric) / thermo~mechanical analysis / simultaneous thermal analysis / laser flash analysis / accelerating rate calorimetry"),
    _family("porosimetry", "MIP(?= (?:curve|measure|test|result|,|and))", "mercury (?:intrusion )?porosimetry / helium pycnometry / capillary flow porometry"),
    _family("resonance and magnetometry", "FMR / AGM(?= ) / MPMS / ODMR / CESR / NQR", "ferromagnetic resonance / optically detected magnetic resonance / (?:SQUID |torque )?magnetometr(?:y|ic) / (?:magnetic |AC )susceptometry"),
    _family("electrical", "DLTS / TSC(?= ) / SCLC / DLOS / CELIV", "deep~level transient spectroscopy / space~charge~limited current / impedance analysis / (?:broadband )?dielectric spectroscopy / four~(?:point|probe)(?: probe)? (?:method|measurements?)"),
    _family("mechanics", "DIC(?=~(?:strain|analys|map|measure|technique|method|\\)))", "digital image correlation / acoustic emission / ultrasonic testing / photo~elasticity"),
    _family("flow, mass and surface", "", "rheo~?met(?:ry|er|ric) / rheology / viscometry / tribometry / goniometry / gravimetry / dynamic vapou?r sorption"),
    _family("reflectance", "RAS(?= spectr) / MOIF", "reflectance (?:anisotropy spectroscopy|spectroscopy) / ellipsometry"),
)
