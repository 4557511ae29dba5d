"""Names of substances that captions of materials, chemistry, physics and biology print: words, acronyms, alloys, frameworks."""

# ruff: noqa: E501 - word lists are read by kind
from __future__ import annotations

from builder.lexicon.elements import ELEMENT_NAMES

_METALS = "|".join(sorted(ELEMENT_NAMES, key=lambda name: (-len(name), name)))
_ANIONS = (
    "(?:(?:per|hydr|oxy|thio|mon|di|tri|tetra|penta|hexa|bi|sesqui)?(?:oxides?|hydroxides?|peroxides?|nitrides?|carbides?|borides?|"
    "silicides?|sulfides?|sulphides?|selenides?|tellurides?|phosphides?|arsenides?|antimonides?|fluorides?|chlorides?|bromides?|"
    "iodides?|halides?|hydrides?|carbonates?|bicarbonates?|nitrates?|nitrites?|sulfates?|sulphates?|sulfites?|phosphates?|"
    "silicates?|borates?|aluminates?|titanates?|zirconates?|niobates?|tantalates?|tungstates?|molybdates?|vanadates?|manganates?|"
    "permanganates?|chromates?|ferrites?|acetates?|formates?|oxalates?|citrates?|stearates?|acetylacetonates?|cyanides?|azides?|"
    "chlorates?|perchlorates?|borohydrides?|oxynitrides?|oxyhydroxides?|dichalcogenides?|cobaltates?|cobaltites?|manganites?|"
    "nickelates?|cuprates?|dioxides?|trioxides?|pentoxides?|monoxides?|disulfides?|disulphides?|diselenides?|ditellurides?))"
)
_STEELS = (
    "stainless|carbon|tool|mild|maraging|bearing|electrical|silicon|mould|mold|spring|rail|pipeline|dual-phase|TRIP|TWIP|DP|Hadfield|"
    "high-speed|manganese|medium-Mn|low-carbon|high-carbon|medium-carbon|low-alloy|high-alloy|high-strength|pearlitic|bainitic|"
    "martensitic|ferritic|austenitic|duplex|ODS|galvanized|galvanised"
)
# Any case. What is not a named substance by the marking rules is left out: water, air, steel phases, "polymer", "perovskite".
NAMES: tuple[str, ...] = (
    # salts, oxides and the like, by the names of the elements
    rf"(?:{_METALS}|lead|tin|ammonium|cerium|ferric|ferrous|cupric|cuprous|stannous|indium|hydrogen|(?:gallium|indium|aluminium|aluminum|boron))"
    rf"(?:\s?\([IV]+\))?(?:[\s-](?:{_METALS}|tin|lead|gallium|zinc))?\s{_ANIONS}",
    r"(?:hexagonal|cubic|pyrolytic|amorphous) boron nitride",
    rf"(?:(?:{_STEELS})\s){{1,3}}steels?",
    r"steels?",
    # carbons
    r"(?:multi-?walled? |single-?walled? |double-?walled? |few-walled )?carbon (?:nano-?tubes?|nano-?fib(?:er|re)s?|fib(?:er|re)s?|black|dots?|nitride|cloth|paper|felt|aerogels?)",
    r"(?:reduced )?graphene (?:oxides?|nanoplatelets?|nanoribbons?|quantum dots)",
    r"highly oriented pyrolytic graphite|graphite|graphene|graphdiyne|fullerenes?|nanodiamonds?|diamond|glassy carbon|activated carbon|amorphous carbon|diamond-like carbon",
    # minerals, ceramics, glasses, building materials
    r"mica|muscovite|biotite|phlogopite|sapphire|corundum|ruby|quartz|cristobalite|silica|alumina|zirconia|titania|ceria|magnesia|hafnia|yttria|"
    r"hematite|haematite|magnetite|goethite|ferrihydrite|pyrite|chalcopyrite|calcite|aragonite|vaterite|dolomite|gypsum|anhydrite|halite|apatite|"
    r"hydroxyapatite|hydroxylapatite|olivine|forsterite|fayalite|pyroxene|plagioclase|feldspar|serpentine|talc|chlorite|illite|kaolinite|montmorillonite|"
    r"bentonite|halloysite|zircon|monazite|ilmenite|chromite|bridgmanite|wadsleyite|ringwoodite|basalt|granite|gabbro|peridotite|sandstone|limestone|"
    r"shale|obsidian|zeolites?|hydrotalcite|mullite|cordierite|concrete|cement|mortar|porcelain|borosilicate glass|soda-lime glass|silica glass|"
    r"fused silica|bioactive glass|glass(?=\s(?:substrates?|slides?|plates?|wafers?|coverslips?|fib))|nacre|dentin|enamel",
    # alloys and other metals
    r"brass|bronze|cast iron|superalloys?|nitinol|permalloy|invar|kovar|amalgam|gallistan|galinstan|zamak",
    r"mxenes?|phosphorene|black phosphorus|silicene|germanene|stanene|borophene|molybdenite",
    # solvents and small molecules
    r"(?:1,\d-)?(?:di)?chlorobenzene|dichloromethane|dichloroethane|chloroform|carbon tetrachloride|toluene|benzene|(?:[pmo]-)?xylenes?|mesitylene|"
    r"hexanes?|heptane|octane|decane|dodecane|hexadecane|cyclohexane|pentane|methane|ethane|propane|butane|ethylene|propylene|acetylene|ethene|"
    r"methanol|ethanol|(?:iso|1-|2-)?propanol|isopropyl alcohol|isopropanol|butanol|octanol|glycerol|ethylene glycol|acetone|acetonitrile|nitromethane|"
    r"dimethyl ?sulfoxide|dimethyl ?formamide|tetrahydrofuran|dioxane|diethyl ether|ethyl acetate|pyridine|aniline|phenol|hydrazine|ammonia|urea|"
    r"melamine|thiourea|formaldehyde|paraformaldehyde|glutaraldehyde|benzaldehyde|oleylamine|octadecene|ethylenediamine|triethylamine|"
    r"ethylene carbonate|propylene carbonate|(?:di)?methyl carbonate|diethyl carbonate|fluoroethylene carbonate|imidazole|naphthalene|"
    r"anthracene|tetracene|pentacene|rubrene|pyrene|perylene|coronene|thiophene|porphyrins?|phthalocyanines?|ferrocene|caffeine|ibuprofen|"
    r"paracetamol|aspirin|quercetin|curcumin|doxorubicin|cholesterol|dopamine|glucose|galactose|fructose|sucrose|lactose|maltose|trehalose|"
    r"mannitol|sorbitol|ethidium bromide|rhodamine (?:[B6G]+)|rhodamine|methylene blue|methyl orange|crystal violet|fluorescein|curcumin",
    r"(?<![\d-])(?!(?:amino|nucleic|carboxylic|organic|fatty|mineral|strong|weak|dilute|humic|ribonucleic|inorganic|phenolic|basic)\s)"
    r"(?:poly\()?[a-z][a-z0-9,-]{2,24}(?:ic|ous)\sacid\)?",
    # polymers, natural and made
    r"poly\s?\([^()\n]{2,50}(?:\([^()\n]{1,30}\)[^()\n]{0,30})?\)",
    r"poly(?:ethylene(?: (?:glycol|oxide|terephthalate|naphthalate)|imine)?|propylene(?: carbonate| glycol)?|styrene|carbonate|urethane|imide|amide|aniline|"
    r"pyrrole|thiophene|acrylonitrile|acrylamide|acrylate|ester|dopamine|lactide|caprolactone|tetrafluoroethylene|dimethylsiloxane|sulfone|"
    r"ethersulfone|etherimide|vinylpyrrolidone|benzimidazole|butadiene|isoprene|urea|lysine|oxymethylene|vinylidene (?:di)?fluoride|"
    r"vinyl (?:alcohol|chloride|acetate|pyrrolidone|butyral)|methyl methacrylate|methylmethacrylate|ether ether ketone)s?",
    r"nylon(?:[- ]\d+(?:,\d+)?)?|epoxy(?: resins?)?|silicone(?: rubber)?|natural rubber|rubber|nafion|teflon|kapton|mylar|kevlar|parylene(?:[- ][CN])?|"
    r"celgard|bakelite|ecoflex|matrigel|latex|paraffin|beeswax|shellac|"
    r"(?:bacterial |carboxymethyl |hydroxypropyl (?:methyl)?|ethyl ?|methyl ?|nano-?)?cellulose(?: nanocrystals| nanofib(?:er|re|ril)s| acetate)?|"
    r"chitosan|chitin|lignin|starch|agarose|alginate|sodium alginate|gelatin|collagen|elastin|fibrin|fibronectin|laminin|keratin|"
    r"silk fibroin|silk|pectin|dextran|hyaluronan|heparin|gluten|casein|bovine serum albumin|lysozyme|h(?:a)?emoglobin|insulin|wood|cotton|bamboo",
)
# The elements by name, but for what the word more often means there.
ELEMENT_WORDS = sorted(set(ELEMENT_NAMES) - {"lead"}, key=lambda name: (-len(name), name))
NOT_THE_ELEMENT = (
    r"(?![\s-](?:vacanc|evolution|bond|footprint|emission|cycle|chain|number|standard|embrittlement|imaging|channel|signall?ing|transient|mapping\b"
    r"|intrusion|poisoning|binding|source code|capture|uptake|storage|reduction reaction|permeability|transmission rate|neutral))"
)
# Case counts; a plural s is allowed.
_ACRONYMS = (
    # polymers
    "PVDF / PVdF / P\\(VDF-TrFE\\) / P\\(VDF-TrFE-CTFE\\) / PMMA / PTFE / PDMS / PEDOT:PSS / PEDOT / PSS / P3HT / PTAA / PANI / PPy / PEO / PVA / PVP / PAN"
    " / PVC / PLA / PLLA / PDLLA / PLGA / PCL / PEG / PEGDA / PEI / PET / PEN / PEEK / PPS / HDPE / LDPE / UHMWPE / PNIPAM / PNIPAAm / PAA / PHEMA"
    " / PBI / TPU / PU / EVA / SBR / CMC / SBS / SEBS / PBAT / PHB / PBS(?=\\W) / PS-b-P2VP / PS-b-PMMA / F8BT / MEH-PPV / PTB7(?:-Th)? / PBDB-T(?:-2F)? / PM6"
    " / ITIC(?:-4F)? / PC[67]1BM / PCBM / [Ss]piro-O?MeTAD / Spiro-MeOTAD / TFB / CBP / Alq3 / SU-8 / GelMA / PFSA / ABS(?= ) / PI(?= (?:film|substrate|foil|tape)s?)"
    # carbons and layers
    " / HOPG / hBN / h-BN / c-BN / r-BN / PrGO / rGO / RGO / GO / GNPs? / LDH / [MS]WC?NT / MWCNT / SWCNT / DWCNT / CNT / CNF / CNC / DLC / C60 / C70 / g-C3N4 / MXene / TMDC?(?=s?\\b)"
    " / LIG / GQD / CQD"
    # oxides and other compounds by letters
    " / ITO / FTO / AZO / IGZO / IZO / YSZ / GDC / SDC / LSM / LSCF / BSCF / LSGM / LSMO / LCMO / STO(?!-\\d) / BTO / LAO / LSAT / PZT / PMN-PT / PZN-PT / KNN / BFO / BST"
    " / YBCO / BSCCO / YIG / GGG / YAG / LNO / NBT / TEOS / HAp / HAP / TCP / BCP / YAP / CZTS(?:e|Se|S)? / CIGSe? / MCT / ZTO / IZTO / USY / NASICON"
    # batteries
    " / NMC(?:[- ]?\\d{3})? / NCM(?:[- ]?\\d{3,4})? / NCA / LFP / LCO / LMO / LNMO / LTO / LLZT?O / LATP / LAGP / LLTO / LGPS / LPSC(?:l)? / LiPON / LiTFSI / LiFSI / LiBOB / LiDFOB"
    " / NaTFSI / LRMO / LMFP / NVP / TFSI / EC[/:]DM?E?C / EC[/:]EMC / DOL[/:]DME / FEC / DME(?= ) / DOL(?= )"
    # solvents, precursors, surfactants
    " / DMSO(?:-d6)? / DMF / NMP / THF / IPA / EtOH / MeOH / DCM / MeCN / TOPO / TOP / ODE / CTAB / SDS / PDA / HMDS / APTES / TMA / DEZ / DMAI / TIB / TDMAT / TDMAH / TDMAZ"
    " / TEMAH / TMAH / BDEAS / HFIP / TFA / EDTA / DTT / HEPES / FITC / DAPI / Hacac / CDCl3 / CD3CN / CD3OD / D2O / C6D6 / BSA / GOx / EMIM(?:-TFSI)? / BMIM(?:-PF6)?"
    " / \\[(?:EMIM|BMIM|C\\dmim)\\]\\[\\w+\\] / Triton X-100 / Tween[ -]\\d0 / Pluronic F-?127 / 4-NQO / PMA / BDC / BTC(?= )"
    # halide perovskites by their cations
    " / MAPI / CsFAMA / FAMACs"
)
ACRONYMS = tuple(_ACRONYMS.split(" / "))
# Case counts; names with a number: frameworks, steels, superalloys, light alloys.
LABELLED = (
    r"(?:ZIF|MIL|UiO|MOF|PCN|NU|DUT|IRMOF|COF|HKUST|CAU|MCM|SBA|ZSM|SAPO|KIT|SSZ|CPO|SIFSIX|TPB)-\d+[A-Z]?(?:-[A-Z][A-Za-z]*\d?)?(?:\([A-Z][a-z]?(?:,\s?[A-Z][a-z]?)*\))?",
    r"(?i:(?:AISI|SAE|SS|UNS)?[\s-]?\d{3}(?:L|LN|H)?\s(?:austenitic |ferritic |duplex )?stainless steels?)|(?:SS|AISI)\s?-?\d{3}L?|\d{3}L?\sSS|304L|316LN?|321H",
    r"(?:AISI|SAE|EN|DIN)\s?-?\d{4,5}(?: steel)?|\d{4,5} steel|(?:P91|P92|T91|H13|Q235|Q345|S355|S235|S690|X65|X70|X80|X100|D36|F82H|17-4\s?PH|18Ni-?300|Eurofer-?97|EUROFER97|9Cr-?1Mo|DP\d{3,4}|TRIP\d{3})(?:\ssteels?)?",
    r"(?:Inconel|INCONEL|Hastelloy|Haynes|Incoloy|Ren[eé]|Nimonic|Udimet|Monel|Stellite|Zircaloy|MAR-M|CMSX|PWA|Waspaloy)(?:[\s-]?[A-Z]?-?\d+[A-Z]*|\s[XN]\d?)?|IN-?(?:718|625|738|939|100)(?:LC)?|Alloy\s(?:718|625|800H?|617|22|82)",
    r"(?:AA|Al|EN AW)[\s-]?[1-8]\d{3}(?:-[THO]\d*)?|(?:[2-7]0[0-9]{2})-(?:T\d{1,3}|O|H\d{2})(?:\s(?:Al|aluminium|aluminum))?|A35[67]|A380|AlSi\d+Mg(?:0\.\d)?|ADC12",
    r"(?:AZ|ZK|WE|AM|EV|ZE|LA|ZX|LZ|QE|HK|WZ|AE|MA)(?:21|31|33|4[0123]|5[04]|6[0-3]|8[01]|91)[A-E]?(?:-T\d)?(?:\s(?:magnesium|Mg))?",
    r"Ti64|Ti-?6242|Ti-?5553|Ti17|Ti-6-4|Gr(?:ade)?\.?\s?[25]\s(?:Ti|titanium)|CP-?Ti|TC4|TA15|TB6|NiTiNOL|Vitreloy\s?\d|Vit\s?\d|Nd-?Fe-?B|NdFeB|Alnico|Sm-?Co",
    r"(?:a|nc|µc|μc|c|poly|mc|p|n)-Si(?:[:/]H)?(?![A-Za-z])|a-C(?::H)?|ta-C|a-Ge(?::H)?|a-SiC(?::H)?",
    r"(?:Ce|Eu|Nd|Yb|Er|Tm|Ho|Cr|Tb|Pr|Ti)(?:3\+|³⁺)?:(?:YAG|LuAG|GGG|YLF|YIG|GAGG)|[δγαβ]?-?Ti3C2T[xₓzX]|[A-Z][a-z]?\d?[CN]\d?T[xₓ]",
    r"\((?:BA|PEA|BDA|GA)\)2(?:\(MA\)\d)?(?:MA\d?|FA\d?|Cs\d?)?(?:Pb|Sn)\d?(?:I|Br|Cl)\d+",
    r"MG132|LPS(?= )|Alexa\s(?:Fluor\s)?\d{3}",
)
