"""Words of captions that have one opposite: directions and trends, states and conditions, colours and shapes of marks."""

# ruff: noqa: E501 - a table is read by rows
from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal


@dataclass(frozen=True)
class Contrast:
    """Words and their opposites, form by form, read both ways. `kept_by`: words beside which the contrast is no free choice."""

    type: Literal["trend", "condition"]
    forms: tuple[tuple[str, str], ...]
    kept_by: str = ""

    @cached_property
    def guard(self) -> re.Pattern[str] | None:
        """Words of a caption that make the word part of a name, or give its opposite away."""
        return re.compile(rf"(?<![A-Za-z])(?:{self.kept_by})", re.IGNORECASE) if self.kept_by else None


def _both(kind: Literal["trend", "condition"], forms: str, kept_by: str = "") -> Contrast:
    """Forms as "one other / ones others"; a blank inside a form is written "_"."""
    pairs = [tuple(word.replace("_", " ") for word in pair.split()) for pair in forms.split(" / ")]
    return Contrast(kind, tuple((one, other) for one, other in pairs), kept_by)


# Reviewed by hand: each pair has no third value that a caption could mean, in the sense that the guards leave.
CONTRASTS: tuple[Contrast, ...] = (
    # ---- which way a quantity goes
    _both("trend", "increase decrease / increases decreases / increased decreased / increasing decreasing"),
    _both("trend", "higher lower / highest lowest", "higher[- ]order|lower (?:of|panel|row|part|half|inset|image|left|right|layer|surface|side|curve|trace|limb|jaw)"),
    _both("trend", "larger smaller / largest smallest"),
    _both("trend", "faster slower / fastest slowest"),
    _both("trend", "thicker thinner / thickest thinnest"),
    _both("trend", "stronger weaker / strongest weakest"),
    _both("trend", "longer shorter / longest shortest", "no longer"),
    _both("trend", "maximum minimum / maxima minima", "maximum (?:intensity )?projection|average|mean|up to|ranging|maximum likelihood|full width"),
    _both("trend", "upward downward / upwards downwards"),
    _both("trend", "heating cooling", "heating (?:stage|plate|element|rate)|Joule|cooling (?:system|water)|quench|calorimet"),
    _both("trend", "charging discharging / charged discharged", "(?:positively|negatively) charged|charged (?:particle|residue|group|surface|defect)|charging effect|capacity retention|ions?\\b|(?:doubly|singly|multiply)"),
    _both("trend", "clockwise counterclockwise / clockwise anticlockwise"),
    # ---- where it is seen, and from where
    _both("trend", "left right", "right[- ]angle|right[- ]hand|left[- ]hand|left behind|are left|is left|right after|all right"),
    _both("trend", "top bottom", "top[- ](?:view|down|gate|hat|performing)|bottom[- ]up|on top|atop"),
    _both("trend", "uppermost lowermost"),
    _both("trend", "leftmost rightmost"),
    _both("trend", "vertical horizontal / vertically horizontally"),
    _both("trend", "longitudinal transverse / longitudinally transversely", "axis|axes"),
    _both("trend", "parallel perpendicular", "parallel[- ](?:plate|comput|experiment)|in parallel|orthogonal"),
    _both("trend", "inner outer / innermost outermost / inside outside"),
    _both("trend", "proximal distal / proximally distally"),
    _both("trend", "dorsal ventral / dorsally ventrally", "dorsal root|ventral horn|dorsal horn"),
    _both("trend", "anterior posterior / anteriorly posteriorly"),
    _both("trend", "ipsilateral contralateral", "ipsi|contra"),
    _both("trend", "sagittal coronal"),
    _both("trend", "convex concave"),
    _both("trend", "tensile compressive", "tensile (?:test|specimen|tester|machine|strength|curve|bar)"),
    _both("trend", "cross-sectional plan-view / cross-sectional top-view", "depth|thickness|interface|stack|profile|layers?\\b|on (?:the )?(?:substrate|wafer)|surface"),
    _both("trend", "cross-section_image plan-view_image / cross-section_images plan-view_images / cross-section_SEM plan-view_SEM / cross-section_TEM plan-view_TEM", "depth|thickness|interface|stack|profile|layers?\\b|on (?:the )?(?:substrate|wafer)|surface|cross-section of"),
    _both("trend", "bright dark / brighter darker", "(?:bright|dark)[- ]?field|in the dark|dark (?:current|counts?|state|matter)|[BD]F\\b"),
    _both("trend", "front rear / front back", "front[- ](?:end|line)|back[- ](?:ground|scatter|contact|gate|illuminat)|wave front|in front"),
    # ---- what was done to it, and in what surroundings
    _both("condition", "as-prepared annealed / as-deposited annealed / as-grown annealed / as-received annealed / as-synthesized annealed / as-synthesised annealed", "anneal|heat[- ]treat|°\\s?C"),
    _both("condition", "untreated treated / undoped doped / uncoated coated / unirradiated irradiated / unannealed annealed / unpolished polished / unfilled filled / unstained stained / undeformed deformed / unmodified modified / unloaded loaded / unheated heated / uninfected infected / undamaged damaged / unstrained strained / unsupported supported / uncured cured / unreacted reacted / unetched etched / unexposed exposed", "control"),
    _both("condition", "before after / prior_to after"),
    _both("condition", "in_air in_vacuum / under_vacuum in_air", "oxygen|O2\\b|ambient|UHV|mbar|Torr|Pa\\b|SEM\\b|TEM\\b"),
    _both("condition", "in_argon in_oxygen / in_nitrogen in_oxygen / argon_atmosphere oxygen_atmosphere / nitrogen_atmosphere oxygen_atmosphere", "oxid|glove"),
    _both("condition", "in_the_dark under_illumination / in_darkness under_illumination / under_illumination in_the_dark", "photo|light|laser|mW|lamp"),
    _both("condition", "wet dry", "wet[- ](?:spinning|chemical)|dry ice|freez|lyophil|water|dried|humid"),
    _both("condition", "hydrated dehydrated"),
    _both("condition", "acidic alkaline", "pH|KOH|NaOH|H2SO4|HCl|acid\\b"),
    _both("condition", "aqueous ethanolic", "aqueous (?:phase|electrolyte|batter)|water"),
    _both("condition", "hydrophobic hydrophilic / hydrophobicity hydrophilicity", "contact angle|super"),
    _both("condition", "amorphous crystalline", "single[- ]crystal|polycrystal|lattice|diffract|XRD|carbon|SAED|fringe"),
    _both("condition", "single-crystal polycrystalline / single-crystalline polycrystalline", "grain|\\[\\d{3}\\]|\\(\\d{3}\\)|epitax"),
    _both("condition", "monolayer bilayer / monolayers bilayers", "few[- ]layer|multilayer|Langmuir|lipid"),
    _both("condition", "n-type p-type", "acceptor|donor"),
    _both("condition", "gram-negative gram-positive / Gram-negative Gram-positive", "coli|aureus|aeruginosa|subtilis|Klebsiella|Salmonella|Bacillus|Staphyl|Pseudo"),
    _both("condition", "in_vivo in_vitro", "mice|mouse|rats?\\b|cultured?|cell line"),
    _both("condition", "ex_situ in_situ / ex-situ in-situ", "operando|real[- ]time"),
    _both("condition", "male female / males females", "pregnan|ovar|testi|sperm|he\\b|she\\b"),
    _both("condition", "initial final", "initial(?:ly)? (?:guess|condition)|cycles?\\b"),
    _both("condition", "fresh aged / fresh spent"),
    _both("condition", "healthy diseased"),
    _both("condition", "acute chronic"),
    _both("condition", "benign malignant", "cancer|carcinom|tumou?r"),
    _both("condition", "anode cathode / anodes cathodes / anodic cathodic", "lithium|Li\\b|oxygen (?:evolution|reduction)|hydrogen|anodi[sz]|graphite|LiFePO|NMC|LSM|Ni-YSZ|charge|dual|sulfur|silicon|Si\\b|carbon|HPC"),
    _both("condition", "smooth rough", "roughness"),
    _both("condition", "porous dense", "pores?\\b|porosity|densit|densif"),
    _both("condition", "two-dimensional three-dimensional", "height|z[- ]|volume|tomogra|contour|\\d[- ]?D\\b.*\\d[- ]?D\\b|graphene|heterostruct|materials?"),
    _both("condition", "nanoparticles nanorods / nanoparticle nanorod", "[A-Za-z]*NPs?\\b|particles?\\b|spher|diameter|colloid|quantum"),
    _both("condition", "nanowires nanoparticles / nanowire nanoparticle / nanorods nanoparticles / nanorod nanoparticle", "NWs?\\b|NRs?\\b|[A-Za-z]*NPs?\\b|diameter|length|axial|axis|array|spher"),
    _both("condition", "nanosheets nanotubes / nanosheet nanotube", "NSs?\\b|CNT|layer|carbon|thick|diameter"),
    _both("condition", "spherical rod-like / spherical cubic", "spheres?\\b|sphericity|radius|aberration|coordinate|harmonic"),
)  # fmt: skip
# What no other word of its sentence may stand after: "after 40 h" has no "before 40 h".
NEEDS_EVENT = frozenset({"after", "before", "prior to"})

# Colours that marks are drawn in, each with those that no eye takes for it.
UNLIKE_COLOURS: dict[str, tuple[str, ...]] = {
    "red": ("blue", "green", "yellow", "white"),
    "blue": ("red", "yellow", "white", "green"),
    "green": ("red", "white", "blue", "black"),
    "yellow": ("red", "blue", "white", "green"),
    "white": ("red", "yellow", "black", "blue"),
    "black": ("white", "red", "blue", "yellow"),
    "orange": ("blue", "green", "white"),
    "purple": ("yellow", "green", "white"),
    "magenta": ("yellow", "green", "white"),
    "cyan": ("red", "yellow", "black"),
    "pink": ("green", "blue", "black"),
    "grey": ("red", "blue"),
    "gray": ("red", "blue"),
    "brown": ("blue", "green"),
}
# Shapes and strokes that marks have, each with those that no eye takes for it; plural with plural.
UNLIKE_SHAPES: dict[str, tuple[str, ...]] = {
    "circle": ("rectangle", "triangle"),
    "circles": ("rectangles", "squares", "triangles"),
    "square": ("circle", "triangle"),
    "squares": ("circles", "triangles"),
    "rectangle": ("circle", "triangle"),
    "rectangles": ("circles", "triangles"),
    "box": ("circle", "triangle"),
    "boxes": ("circles", "triangles"),
    "triangles": ("circles", "squares"),
    "diamonds": ("circles", "triangles"),
    "asterisk": ("circle",),
    "asterisks": ("circles", "triangles"),
    "arrows": ("circles", "asterisks", "rectangles"),
    "arrow": ("circle", "rectangle"),
    "arrowheads": ("circles", "asterisks"),
    "stars": ("circles", "squares"),
    "dashed": ("solid",),
    "dotted": ("solid",),
    "solid": ("dashed",),
}
# Beside these a colour is that of a glow, which is never black.
GLOWING = r"confocal|fluoresc|label|antibod|immuno|stain|merge"
# Words that tell what two colours give together.
MIXED = (
    r"\bmerged?\b.*\b(?:orange|yellow|white|purple|magenta)|\bappears?\s(?:orange|yellow|white|purple|magenta|cyan)|co-?locali"
)
# Stains, probes and models whose colour is a convention that a text alone tells.
CONVENTIONAL = r"\bDAPI\b|\bHoechst\b|\b[eE]?[GRCY]FP\b|\bFITC\b|\bTRITC\b|\bCy\d\b|Alexa|phalloidin|propidium|mCherry|\brhodamine|\bH&E\b|\batoms?\b|\bspheres?\b|\bballs?\b|\bx-axis|\bred[- ]shift|\bblue[- ]shift|false[- ]colou?r"

__all__ = ["CONTRASTS", "CONVENTIONAL", "GLOWING", "MIXED", "NEEDS_EVENT", "UNLIKE_COLOURS", "UNLIKE_SHAPES", "Contrast"]
