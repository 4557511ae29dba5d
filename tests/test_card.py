"""The dataset card: every number recomputed from the rows, nothing of a paper becomes markup, no fact is made up."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from small_release import HOSTILE, cut, packed, paper, recipe

from builder.errors import MicrotomeError
from builder.records import Paper
from builder.release.card import MissingFact, card_facts, cited, escaped, render_card
from builder.release.cite import bibtex, citation_key
from builder.release.coverage import coverage
from builder.release.data_files import data_path
from builder.release.rows import CONFIGS, LEAKAGE_NOTE, PRIVATE_BANNER, CaptionMatchingRow, FigureRow, Packed

TEMPLATE = (Path(__file__).parents[1] / "cards" / "dataset_card.md.j2").read_text(encoding="utf-8")


def card(release: Packed) -> str:
    return render_card(card_facts(release), TEMPLATE)


def table(text: str, heading: str) -> dict[str, list[str]]:
    """Cells by the first one, of the first table after a heading or line."""
    lines = text[text.index(heading) :].splitlines()[1:]
    start = next(i for i, line in enumerate(lines) if line.startswith("| ---"))
    rows = []
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return {row[0]: row[1:] for row in rows}


def test_the_card_of_a_small_release_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    golden("card.md", card(packed()))


def test_the_same_release_gives_the_same_card() -> None:
    assert card(packed()) == card(packed())


def test_the_front_matter_lists_exactly_the_files_of_the_release() -> None:
    release = packed()
    front = yaml.safe_load(card(release).split("---\n")[1])
    listed = {(c["config_name"], f["split"]): f["path"] for c in front["configs"] for f in c["data_files"]}
    assert listed == {key: data_path(*key) for key in release.tables}
    assert front["license"] == "cc-by-nc-sa-4.0"
    assert front["pretty_name"] == "Small bench"
    assert "dataset_info" not in front  # features there would silently override the files'


def test_a_hostile_benchmark_title_stays_one_yaml_string() -> None:
    named = recipe().model_copy(
        update={"identity": recipe().identity.model_copy(update={"title": 'x"\n---\nlicense: mit\u2028'})}
    )
    text = card(packed(recipe=named))
    front = yaml.safe_load(text.split("\n---\n")[0].removeprefix("---\n"))
    assert front["pretty_name"] == 'x"\n---\nlicense: mit\u2028'
    assert front["license"] == "cc-by-nc-sa-4.0"


def test_every_coverage_number_is_the_count_of_rows_with_an_image() -> None:
    release = packed()
    text = card(release)
    for name, value in (("scale", "scale"), ("kind", "kind"), ("field", "field"), ("publisher", "publisher"), ("year", "year")):
        shown = {config: [row for row in release.rows(config) if row.image] for config in CONFIGS}
        expected = {c: Counter(str(getattr(row, value)) for row in rows) for c, rows in shown.items()}
        printed = table(text, f"### By {name}\n")
        assert set(printed) == set(expected["figures"])
        for line, cells in printed.items():
            assert [int(cell) for cell in cells[: len(CONFIGS)]] == [expected[config][line] for config in CONFIGS]
            assert cells[len(CONFIGS)] == f"{100 * expected['figures'][line] / len(shown['figures']):.1f} %"


def test_a_figure_of_two_techniques_counts_in_both() -> None:
    printed = table(card(packed()), "### By modality")
    assert {name: cells[0] for name, cells in printed.items()} == {"SEM": "1", "AFM": "1", "STM": "1", "unknown": "1"}


def test_rows_papers_and_images_of_each_split_are_counted() -> None:
    release = packed()
    lines = [(s.config, s.split, s.rows, s.images, s.papers) for s in coverage(release).splits]
    assert lines == [
        (config, split, len(rows), sum(bool(row.image) for row in rows), len({row.paper_id for row in rows}))
        for (config, split), rows in release.tables.items()
    ]
    for config, split, rows, images, papers in lines:
        assert f"| `{config}` | `{split}` | {rows} | {images} | {papers} |" in card(release)


def test_read_is_kept_and_dropped_in_every_line_of_the_drops_table() -> None:
    printed = table(card(packed()), "## What was dropped")
    assert printed["sieve"] == ["pages", "12", "4", "8", "4", "7 no-caption, 1 no-graphics"]
    assert all(int(cells[1]) == int(cells[2]) + int(cells[3]) for cells in printed.values())


def test_own_licence_is_stated_above_the_licences_table() -> None:
    text = card(packed())
    said = text.index("covers our own content (questions, keys, annotations, selection)")
    assert said < text.index("| licence of images and quotations |")
    printed = table(text, "## Licences")
    assert printed["CC-BY-4.0 https://creativecommons.org/licenses/by/4.0/"] == ["3", "3", "1", "1", "0"]
    assert printed["CC-BY-NC-ND-4.0 https://creativecommons.org/licenses/by-nc-nd/4.0/"] == ["0", "0", "0", "0", "1"]


def test_pointer_figures_are_counted_with_their_reasons_and_show_no_title() -> None:
    text = card(packed())
    assert table(text, "| why a figure is a pointer")
    assert coverage(packed()).withheld == {"nd-licence": 1}
    assert "A title that must not be shown" not in text
    assert "A title that must not be shown" not in bibtex(cited(packed()))


def test_figures_without_a_creator_are_counted() -> None:
    release = packed()
    rows = [row for row in release.rows("figures") if isinstance(row, FigureRow)]
    assert coverage(release).nameless == sum(bool(row.image) and not row.creators for row in rows) == 1
    assert "stands for it (CC BY 4.0 section 3(a)(2)): 1." in card(release)


def test_keys_and_edit_types_are_those_of_the_items() -> None:
    release = packed()
    items = [row for row in release.rows("caption_matching") if isinstance(row, CaptionMatchingRow)]
    counted = coverage(release)
    assert sum(sum(seats) for seats in counted.keys.values()) == len(items)
    assert [sum(seats) for seats in zip(*counted.keys.values(), strict=True)] == [
        sum(i.answer == k for i in items) for k in range(4)
    ]
    assert counted.edit_types == {"composition": 3, "method": 3}
    assert counted.attributes == {2: 3}


def test_a_config_or_split_without_rows_is_named() -> None:
    assert "- `description`, split `validation`: no paper of this split gave a row" in card(packed())
    assert "- `description`: no figure gave a row" in card(packed(descriptions=()))


def test_a_release_of_figures_alone_has_a_card_without_items() -> None:
    text = card(packed(caption_matching=(), descriptions=(), multi_select=()))
    assert 'load_dataset("org/bench", "figures", revision="v1.0.0")' in text
    assert "keys at" not in text
    assert "## Score" not in text


def test_the_card_carries_leakage_note_canary_and_signature_word_for_word() -> None:
    release = packed()
    text = card(release)
    for needed in (
        LEAKAGE_NOTE,
        release.cut.recipe.identity.canary,
        release.signature,
        release.logical_hash,
        release.cut.recipe.hash,
    ):
        assert needed in text


def test_only_a_private_release_carries_the_banner() -> None:
    assert PRIVATE_BANNER not in card(packed())
    private = recipe().model_copy(update={"tier": "private"})
    assert f"> **{PRIVATE_BANNER}**" in card(packed(recipe=private))


def test_each_attack_without_the_image_has_a_line_with_its_chance() -> None:
    release = packed()
    assert release.attacks
    config = next(one for one in release.attacks.configs if one.config == "caption_matching")
    printed = table(card(release), "### `caption_matching`")
    assert list(printed) == [f"`{line.attack}`" for line in config.attacks]
    assert {cells[2] for cells in printed.values()} == {"25.0 %"}


def test_a_hostile_title_is_text_in_its_cell() -> None:
    text = card(packed())
    assert "<script" not in text
    line = next(line for line in text.splitlines() if "alert(1)" in line)
    assert (
        line
        == (
            r"| &lt;script&gt;alert(1)&lt;/script&gt; \| --- \| \[x\](javascript:0) ## \"Gold\" &amp; \`glass\` on "
            r"\$SiO\_2\$ \{\{ facts \}\} | 2024 | 10.9999/a | "
        ).replace('\\"', '"')
        + f"`{citation_key(cut().papers[0])}` |"
    )


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<script>", "&lt;script&gt;"),
        ("a | b", r"a \| b"),
        ("---", r"\---"),
        ("# title", r"\# title"),
        ("1. first", r"1\. first"),
        ("line\r\n\r\n| x |", r"line \| x \|"),
        ("![i](http://x)", r"!\[i\](http://x)"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("\\|", r"\\\|"),
        ("10.1000/x-y", "10.1000/x-y"),
        ("{{ 7 * 7 }}", r"\{\{ 7 \* 7 \}\}"),
    ],
)
def test_text_of_a_paper_never_becomes_markup(given: str, shown: str) -> None:
    assert escaped(given) == shown


@pytest.mark.parametrize("template", ["{{ facts.downloads }}", "{{ seen.stars | thousands }}", "{{ nothing }}"])
def test_a_missing_fact_is_an_error_and_never_a_placeholder(template: str) -> None:
    with pytest.raises(MissingFact, match="a fact is missing: .*undefined|has no attribute"):
        render_card(card_facts(packed()), template)
    assert issubclass(MissingFact, MicrotomeError)


def test_a_broken_template_names_its_line() -> None:
    with pytest.raises(MissingFact, match="card > line 2"):
        render_card(card_facts(packed()), "a\n{% if %}")


def test_each_shown_paper_has_one_bibtex_entry_with_a_key_from_its_id() -> None:
    text = bibtex(cited(packed()))
    assert text.count("@article{") == 2
    assert re.findall(r"@article\{(.*),", text) == sorted(citation_key(p) for p in cut().papers[:2])
    renamed = cut().papers[1].model_copy(update={"title": "Corrected"})
    assert citation_key(renamed) == citation_key(cut().papers[1])


def test_bibtex_escapes_what_a_title_may_hold() -> None:
    entry = bibtex([paper("a", "CC-BY-4.0", "u", title=HOSTILE)])
    assert r"\& `glass` on \$SiO\_2\$ \textbraceleft{}\textbraceleft{} facts" in entry
    alone = bibtex([paper("a", "CC-BY-4.0", "u", title="a { b", authors=("Sample, Bo and sons", "Ann Example"))])
    assert alone.count("{") == alone.count("}")
    assert "author = {{Sample, Bo and sons} and Ann Example}" in alone


def test_a_paper_of_which_nothing_was_read_is_cited_by_its_hash() -> None:
    entry = bibtex([Paper(id="sha256:" + "0" * 64, file="x.pdf", sha256="0" * 64, pages=1)])
    assert "note = {title not read; file SHA-256 " + "0" * 64 + "}" in entry
    assert "author" not in entry
