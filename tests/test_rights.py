"""Rights by licence and by credit, and the policy file that decides them."""

from pathlib import Path

import pytest

from builder.errors import UsageError
from builder.pages import Box
from builder.records import Caption, ClassifiedFigure, Figure, Licence, PairedFigure, Paper
from builder.stages.licence import SPDX_PORTS
from builder.stages.rights import Policy, attribution, decide, find_credit, read_policy

LICENSES = Path(__file__).parents[1] / "licenses"
POLICY = read_policy((LICENSES / "policy.toml").read_text(encoding="utf-8"), "licenses/policy.toml")


def figure(caption: str = "Figure 1. SEM image of the film.") -> ClassifiedFigure:
    box = Box(0, 0, 10, 10)
    found = Caption(id="x#1#Figure 1", label="Figure 1", page=1, bbox=box, text=caption)
    located = Figure(
        id="fig-0", caption=found, page=1, bbox=box, side="below", confidence=1, raster_share=1, paths=0, words=0
    )  # fmt: skip
    return ClassifiedFigure(
        paired=PairedFigure(figure=located, label="Figure 1", caption=caption), kind="micrograph", scale="micro"
    )


def paper(spdx: str, doi: str | None = "10.1000/x", authors: tuple[str, ...] = ("Ada Lovelace",)) -> Paper:
    source = f"https://doi.org/{doi}" if doi else None
    licence = Licence(spdx=spdx, url=None, source="pdf")
    return Paper(
        id="x", file="x.pdf", sha256="0", pages=1, title="Films", authors=authors, doi=doi, licence=licence, source_url=source
    )  # fmt: skip


@pytest.mark.parametrize(
    ("spdx", "tier", "questions", "commercial", "reasons"),
    [
        ("CC-BY-4.0", "open", True, True, ()),
        ("CC-BY-2.0", "open", True, True, ()),
        ("LicenseRef-CC-BY", "open", True, True, ()),
        ("LicenseRef-CC-BY-3.0-FR", "open", True, True, ()),
        ("CC-BY-NC-4.0", "open", True, False, ()),
        ("CC-BY-SA-4.0", "open", False, True, ("sa-incompatible",)),
        ("CC-BY-NC-SA-3.0", "open", True, False, ()),
        ("CC-BY-NC-SA-1.0", "open", False, False, ("sa-incompatible",)),
        ("CC-BY-ND-4.0", "pointer", False, False, ("nd-licence",)),
        ("LicenseRef-CC-BY-NC-ND", "pointer", False, False, ("nd-licence",)),
        ("LicenseRef-CC-BY-NC-ND-3.0-CH", "pointer", False, False, ("nd-licence",)),
        ("CC0-1.0", "open", True, True, ()),
        ("LicenseRef-ACS-AuthorChoice", "pointer", False, False, ("no-open-licence",)),
        ("unknown", "pointer", False, False, ("unknown-licence",)),
        ("MIT", "pointer", False, False, ("unknown-licence",)),
    ],
)
def test_rights_follow_the_licence(spdx: str, tier: str, questions: bool, commercial: bool, reasons: tuple[str, ...]) -> None:
    rights = decide(paper(spdx), figure(), POLICY)
    assert (rights.tier, rights.questions, rights.image.commercial, rights.reasons) == (tier, questions, commercial, reasons)


def test_every_act_on_a_pointer_is_forbidden() -> None:
    rights = decide(paper("CC-BY-NC-ND-4.0"), figure(), POLICY)
    assert not any(
        getattr(act, name)
        for act in (rights.image, rights.caption, rights.paragraph)
        for name in ("share", "adapt", "commercial")
    )


CREDITED = [
    "Figure 1. Film. Reproduced with permission from Ref. 12.",
    "Figure 1. Film. Reproduced with permission.[72] Copyright 2020, American Chemical Society.",
    "Figure 1. Film, adapted from Smith et al.",
    "Figure 1. Film (redrawn after George29).",
    "Figure 1. Film (redrawn after George²⁹).",
    "Figure 1. Film (redrawn after Potts and Kessels³⁷).",
    "Figure 1. Film. © 2019 Elsevier.",
    "Figure 1. Film. Image courtesy of J. Doe.",
    "Figure 1. Film. Photo credit: Jane Doe, MIT.",
    "Figure 1. Film, taken from [12].",
    "Figure 1. Film, modified from Ref. 3.",
    "Figure 1. Film. Reprinted by permission of Springer.",
    "Figure 1. Film. From Ref. [4].",
    "Figure 1. Results from Ref. [45] are shown as disks.",
    "Figure 1. Film. Reproduced from Canepa et al. (2017), licensed under CC BY 4.0.",
]


@pytest.mark.parametrize("caption", CREDITED)
def test_credit_to_others_withholds_the_figure_and_is_kept(caption: str) -> None:
    rights = decide(paper("CC-BY-4.0"), figure(caption), POLICY)
    assert (rights.tier, rights.questions, rights.reasons) == ("pointer", False, ("third-party-credit",))
    assert rights.credit
    assert rights.credit in caption


@pytest.mark.parametrize(
    "caption",
    [
        "Figure 1. (a) Film and (b) its profile. (c) Spectra taken from the same region.",
        "Figure 1. Values taken from Table 2, in parts of the film adapted to the substrate.",
        "Figure 1. The results can be reproduced at will; permission bits and (c) Raman maps.",
        "Figure 1. Images after 5 cycles, modified surface obtained from the melt.",
        "Figure 1. Film. © 2021 The Authors. Published by Wiley-VCH.",
        "Figure 1. Film. This journal is © The Royal Society of Chemistry 2015",
        "Figure 1. Images taken from [110] direction; samples reused after 3 cycles, see Refs. 3 and 4.",
        "Figure 1. Spectra taken from Sample A and Sample B in 2019.",
        "Figure 1. Peaks extracted from the spectra in (C) 2 h and (C) The rest.",
    ],
)
def test_plain_words_are_no_credit(caption: str) -> None:
    assert find_credit(caption) is None


def test_cc_figure_without_creator_or_doi_is_a_pointer() -> None:
    assert decide(paper("CC-BY-4.0", doi=None, authors=()), figure(), POLICY).reasons == ("no-attribution",)
    assert decide(paper("CC-BY-4.0", authors=()), figure(), POLICY).tier == "open"
    assert decide(paper("CC0-1.0", doi=None, authors=()), figure(), POLICY).tier == "open"


def test_attribution_names_title_creators_licence_and_source() -> None:
    assert attribution(paper("LicenseRef-CC-BY")) == (
        '"Films"; Ada Lovelace; licence: CC-BY (no version printed); source: https://doi.org/10.1000/x'
    )
    assert "creators named at the source" in attribution(paper("CC-BY-4.0", authors=()))


def test_policy_covers_every_creative_commons_id_and_each_open_one_has_its_text_or_is_a_port() -> None:
    families = ("BY", "BY-NC", "BY-SA", "BY-NC-SA", "BY-ND", "BY-NC-ND")
    for spdx in [f"CC-{f}-{v}" for f in families for v in ("1.0", "2.0", "2.5", "3.0", "4.0")] + sorted(SPDX_PORTS):
        terms = POLICY.of(spdx)
        assert terms is not None, spdx
        assert (terms.tier == "pointer") == ("-ND" in spdx)
        assert terms.tier == "pointer" or spdx in SPDX_PORTS or (LICENSES / f"{spdx}.txt").is_file(), spdx


def test_policy_says_that_it_is_no_finding_of_law() -> None:
    assert "NOT A FINDING OF LAW" in (LICENSES / "policy.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("version = 1\nterms = []\ncolour = 1", "colour: Extra inputs are not permitted"),
        ("version = ", "not TOML"),
        ("version = 1", "terms: Field required"),
    ],
)
def test_wrong_policy_is_an_error_that_names_the_place(text: str, finding: str) -> None:
    with pytest.raises(UsageError, match="policy.toml") as caught:
        read_policy(text, "policy.toml")
    assert finding in str(caught.value)


def test_a_licence_listed_twice_is_an_error() -> None:
    terms = POLICY.terms[0].model_dump(mode="json")
    twice = Policy.model_validate({"version": 1, "terms": [terms, terms]})
    assert twice.of("CC-BY-4.0") is not None
    head = (LICENSES / "policy.toml").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="listed twice"):
        read_policy(head + head[head.index("[[terms]]") :], "policy.toml")
