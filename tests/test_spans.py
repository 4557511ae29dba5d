"""Typed spans at code-point offsets."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder import cli
from builder.lexicon.materials import FAMILIES
from builder.lexicon.techniques import TECHNIQUES, find_techniques
from builder.stages.composition import valid_composition
from builder.stages.spans import TypedSpan, quantities, span_record, spans
from tests.benchmarks.spans import MARKED, marked, score, unmarked

# Own sentences, marked by the rules of ../shared/data/marked_captions.txt.
MARKED_CASES = [
    "{M:Ti-6Al-4V} after {Q:24 h}",
    "{T:SEM} of {M:Pt/C} in {Q:0.1 M} {M:KOH}",
    "In this work, Fig. 2 C and I",
    "Figs. 2 and 3 C show the SI; CoS and As we saw. SI units",
    "{T:SEM}/{T:EDS} of {M:Au}@{M:SiO2}, {M:AgNPs} and {M:N-doped graphene}",
    "Cross-sectional {T:TEM} and {T:high-resolution TEM} after {Q:10–20 nm} and {Q:5 to 10 nm}",
    "a {Q:50-nm}-thick {M:CuSO4·5H2O} film, {Q:20 nm × 20 nm}, {Q:60 × 60 × 150 nm3}",
    "{M:O} 1s and {M:C} 1 s {T:XPS}; {M:Ni2+} and {M:OH−} ions",
    "maps of {M:C}, {M:N} and {M:Ti}; panels (B) and (C)",
    "{Q:40 e−/Å2}, {Q:2.5 × 10^18 cm−3}, {Q:−20 °C}, {Q:10,000 × g}, {Q:pH 7.4}",
    "{M:13C} {T:NMR} of {M:PMMA} in {M:CDCl3} and {M:poly(lactic acid)}",
    "{T:In situ XRD} of {M:La1−xSrxMnO3} on {M:stainless steel}",
    "mean ± SEM, n = 5, P2Y12 in HeLa cells, U2OS, (111) and [110], 2D 1T 3d",
    "Wyckoff et al. and Li et al. measured {M:zinc oxide} with {T:Raman spectra}",
    "the {M:Nd:YAG} rod, pumped by an Ar laser; Cu Kα radiation",
]


@pytest.mark.parametrize("line", MARKED_CASES)
def test_spans_are_typed_as_marked(line: str) -> None:
    text, marks = unmarked(line)
    found = {(s.type, s.start, s.end) for s in spans(text)}
    assert {(kind, text[a:b]) for kind, a, b in found} == {(kind, text[a:b]) for kind, a, b in marks}
    assert found == marks


@pytest.mark.skipif(not MARKED.is_file(), reason="no ../shared/data here")
def test_marked_captions_score_at_least_nine_tenths() -> None:
    assert {kind: s.f1 for kind, s in score(marked(MARKED)).items() if s.f1 < 0.9} == {}


def test_equal_quantities_in_other_units_are_equal() -> None:
    one, other = quantities("500 nm or 0.5 µm")
    assert (one.value, one.unit) == (other.value, other.unit)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.1 M", {"value": 0.1, "unit": "M"}),  # molar, not metres
        ("10⁻⁶ mbar", {"value": 1e-4, "unit": "Pa"}),  # NFKC would make it 10−6
        ("0.5 mA cm−2", {"value": 5.0, "unit": "A·m^-2"}),
        ("2.5 × 10^18 cm−3", {"value": 2.5e24, "unit": "m^-3"}),
        ("5 W/(m·K)", {"value": 5.0, "unit": "W·m^-1·K^-1"}),
        ("1.2 ± 0.1 nm", {"value": 1.2e-9, "uncertainty": 1e-10, "unit": "m"}),
        ("10–20 nm", {"low": 1e-8, "high": 2e-8, "value": None, "unit": "m"}),
        ("−0.1 to 0.5 V", {"low": -0.1, "high": 0.5, "unit": "V"}),
        ("60 × 60 × 150 nm3", {"sides": (6e-8, 6e-8, 1.5e-7), "unit": "m"}),
        ("1,000 cycles", {"value": 1000.0, "unit": "cycles"}),
        ("2 × 103 s", {"value": None}),  # a lost superscript or a product: not said
        ("pH 7.4", {"value": 7.4, "unit": "pH"}),
    ],
)
def test_quantities_say_what_they_are_in_base_units(text: str, said: dict[str, object]) -> None:
    (found,) = quantities(text)
    assert found.text == text
    assert {key: getattr(found, key) for key in said} == said


def test_techniques_carry_their_canonical_name() -> None:
    text = "Transmission electron microscopy, operando XRD and EEG"
    assert [(s.text, s.name) for s in spans(text)] == [
        ("Transmission electron microscopy", "TEM"),
        ("operando XRD", "XRD"),
        ("EEG", None),
    ]


def test_a_technique_is_tried_at_every_letter_it_can_begin_with() -> None:
    lost = [
        t.name for t in TECHNIQUES if not any(t.name == known.name for _, _, known in find_techniques(f"By {t.full_name}."))
    ]
    assert set(lost) <= {t.name for t in TECHNIQUES if not t.pattern.search(f"By {t.full_name}.")}


def test_materials_that_stand_for_one_another_are_valid_chemistry() -> None:
    formulas = [
        form
        for family in FAMILIES
        for form, _ in family.members
        if form and form not in {"PVDF", "PVdF", "PTFE", "PMMA", "PDMS"}
    ]
    assert [form for form in formulas if not valid_composition(form)] == []


@pytest.mark.parametrize(
    "text", ["Fe3O4", "La1−xSrxMnO3", "K3[Fe(CN)6]", "CuSO4·5H2O", "NH4+", "SO42−", "Na2O2", "W18O49", "FeS2", "TiN"]
)
def test_compositions_that_exist_are_valid(text: str) -> None:
    assert valid_composition(text)


@pytest.mark.parametrize(
    "text", ["TiO3", "AlO2", "NaCl2", "Xx2", "U2OS", "C2C12", "Ti0O2", "SiO3", "(TiO2", "", "LiHe", "TiO" * 900]
)
def test_compositions_that_cannot_be_are_not(text: str) -> None:
    assert not valid_composition(text)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(), max_size=80) | st.text("12.,×±-–−^ nmKVTiO2()[]{}/·⁻¹Å\ud800\u0301", max_size=80))
def test_spans_of_any_text_lie_in_it_apart_and_print_as_json(text: str) -> None:
    found = spans(text)
    assert all(text[s.start : s.end] == s.text and s.text for s in found)
    assert all(one.end <= other.start for one, other in zip(found, found[1:], strict=False))
    json.dumps([span_record(span) for span in found], allow_nan=False)


@pytest.mark.parametrize(
    "part", ["1 ", "((((", "Ti", "1 nm × ", "poly(", "carbon ", "C and ", "SEM ", "·5H2O", "10^", "\ud800"]
)
def test_a_long_line_of_one_thing_over_and_over_is_read(part: str) -> None:
    assert isinstance(spans(part * (6000 // len(part))), tuple)


def test_one_line_in_one_list_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "captions.txt"
    file.write_bytes("\ufeffTEM at 5 nm\r\n\nno\u2028thing".encode())
    assert cli.main(["spans", str(file)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.split("\n")[:-1]]
    assert lines == [
        [
            {"type": "technique", "start": 0, "end": 3, "text": "TEM", "value": None, "unit": None, "name": "TEM"},
            {"type": "quantity", "start": 7, "end": 11, "text": "5 nm", "value": 5e-9, "unit": "m"},
        ],
        [],
        [],
    ]


def test_a_line_that_is_not_utf8_is_named_and_lines_before_it_are_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"5 nm\n\xff\n")))
    assert cli.main(["spans", "-"]) == 3
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert "[standard input > line 2] byte 0xff (column 1) is not UTF-8" in err


def test_a_missing_file_is_an_error_that_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["spans", "/nowhere/captions.txt"]) == 3
    assert "[/nowhere/captions.txt] No such file or directory" in capsys.readouterr().err


def test_spans_are_values() -> None:
    assert TypedSpan("technique", 0, 3, "TEM", name="TEM") == spans("TEM")[0]
