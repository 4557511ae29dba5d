"""Rows on a shelf: the same rows and the same release as in memory, whatever the number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from small_release import cut, packed

from builder import shipped
from builder.edges.shelf import HELD, DiskShelf
from builder.errors import CannotWrite
from builder.release.attacks import attacked, drawn, items_of
from builder.release.card import card_facts, render_card
from builder.release.files import json_text
from builder.release.image_sources import ImageSources, sources_text
from builder.release.package import package
from builder.release.revise import draft
from builder.release.shelf import Changed, Index, Joined, put_down

ROWS = [{"id": f"row {n}", "text": "é \u2028 " * n, "parts": [[n, 0.1 * n], []], "none": None} for n in range(9)]


@dataclass
class Asks:
    """What the battery reads of a row to draw it."""

    id: str
    paper_id: str = ""
    figure_id: str = ""
    question: str = ""
    options: tuple[str, ...] = ()
    answer: object = 0


def test_rows_come_back_as_they_were_put_down_in_any_order() -> None:
    rows = put_down(ROWS, DiskShelf())
    assert list(rows) == ROWS == list(rows)
    assert [rows[3], rows[-1]] == [ROWS[3], ROWS[-1]]
    assert rows[2:5] == ROWS[2:5]
    with pytest.raises(IndexError):
        rows[len(ROWS)]


def test_what_does_not_fit_in_memory_is_read_back_from_the_disk() -> None:
    shelf, half = DiskShelf(), b"x" * (HELD // 2)
    numbers = [shelf.put(half + b"%d" % n) for n in range(5)]
    assert [shelf.text(number)[-1:] for number in reversed(numbers)] == [b"4", b"3", b"2", b"1", b"0"]
    assert all(len(shelf.text(number)) == len(half) + 1 for number in numbers)


def test_a_shelf_without_a_place_to_write_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = DiskShelf()
    shelf.put(b"x" * HELD)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "not there"))
    with pytest.raises(CannotWrite):
        shelf.put(b"y")


def test_tables_join_change_and_look_up_without_reading_the_rest() -> None:
    one, other = put_down(ROWS[:4], DiskShelf()), ROWS[4:]
    both = Joined([one, other])
    assert list(both) == ROWS
    assert [len(both), both[5]] == [len(ROWS), ROWS[5]]
    assert Changed(both, lambda row: row["id"])[-1] == "row 8"
    index = Index({str(row["id"]): (both, number) for number, row in enumerate(both)})
    assert [index["row 2"], index.get("row 9"), len(index)] == [ROWS[2], None, len(ROWS)]


def test_a_release_on_a_shelf_is_the_release_in_memory() -> None:
    shelved = package(cut(), DiskShelf())
    assert shelved.logical_hash == packed().logical_hash
    assert {key: tuple(rows) for key, rows in shelved.tables.items()} == dict(packed().tables)


def test_records_in_another_order_give_the_same_release() -> None:
    one = cut()
    back = {name: tuple(reversed(getattr(one, name))) for name in ("specimens", "caption_matching", "multi_select")}
    assert package(cut(**back)).tables == packed().tables


def test_the_battery_draws_the_same_items_where_others_come() -> None:
    rows = [Asks(f"cm-{n}") for n in range(40)]
    names = [row.id for row in drawn(rows, 10)]
    assert len(names) == 10
    assert names == sorted(names, key=lambda name: int(name.removeprefix("cm-")))
    more = [row.id for row in drawn([*rows, *(Asks(f"ms-{n}") for n in range(5))], 10)]
    assert len(set(more) - set(names)) == sum(name.startswith("ms-") for name in more)
    assert drawn(rows, 40) == rows


def test_certificate_and_card_say_of_how_many_items_the_attacked_ones_were_drawn() -> None:
    one, (config, items) = packed(), next(iter(items_of(packed()).items()))
    assert one.attacks
    fewer = attacked(config, items[1:], {}, 0.05, len(items))
    assert fewer.certificate.test.endswith(f"; over {len(items) - 1} of its {len(items)} items, drawn by the hash of their ids")
    assert "drawn" not in one.attacks.configs[0].certificate.test
    facts = card_facts(replace(one, attacks=one.attacks.model_copy(update={"configs": (fewer,)})))
    assert f"{len(items) - 1} of {len(items)} items (drawn" in render_card(facts, shipped.text("cards", "dataset_card.md.j2"))


def test_the_ledger_of_images_is_the_json_of_its_record() -> None:
    for tables in (packed().tables, {}):
        text = sources_text("a canary", tables)
        assert json_text(ImageSources.model_validate_json(text)) == text
    assert '"images": []' in text


def test_a_draft_reads_its_rows_from_the_release_and_from_what_changed() -> None:
    before = draft(packed(), "1.0.1")
    name = packed().rows("description")[0].id
    changed = before.row(name).model_copy(update={"title": "Another"})
    after = before.with_rows([changed])
    assert [after.row(name).title, before.row(name).title == "Another", len(after.rows)] == ["Another", False, len(before.rows)]
    assert {key: tuple(rows) for key, rows in before.rows.tables().items()} == dict(packed().tables)
