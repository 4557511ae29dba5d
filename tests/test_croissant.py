"""Croissant: mlcroissant takes it without an error and reads every record through it."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from small_release import packed

from builder.edges.parquet import cells_of, write_parquet
from builder.release.croissant import OWN_LICENCE, croissant
from builder.release.data_files import data_path
from builder.release.rows import ROWS, ManifestFile, Packed

mlcroissant = pytest.importorskip("mlcroissant")


def png(_: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3), (200, 10, 10)).save(buffer, "PNG")
    return buffer.getvalue()


def written(folder: Path, release: Packed) -> dict[str, Any]:
    files = []
    for (config, split), rows in release.tables.items():
        path = data_path(config, split)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with (folder / path).open("wb") as file:
            write_parquet(file, config, cells_of(rows, png))
        data = (folder / path).read_bytes()
        files.append(ManifestFile(path=path, bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), rows=len(rows)))
    described = croissant(release, files)
    (folder / "croissant.json").write_text(json.dumps(described), encoding="utf-8")
    return described


def test_mlcroissant_finds_no_error_and_reads_every_record(tmp_path: Path) -> None:
    release = packed()
    written(tmp_path, release)
    dataset = mlcroissant.Dataset(jsonld=str(tmp_path / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    for config in ROWS:
        read = {record[f"{config}/id"].decode(): record for record in dataset.records(config)}
        assert set(read) == {row.id for row in release.rows(config)}
        for row in release.rows(config):
            image = read[row.id][f"{config}/image"]
            assert (image is None) if row.image is None else image.size == (4, 3)


def test_every_column_is_a_field_but_lists_of_lists(tmp_path: Path) -> None:
    described = written(tmp_path, packed())
    for records in described["recordSet"]:
        config = records["@id"]
        named = {field["@id"].split("/")[1] for field in records["field"]}
        missing = set(ROWS[config].model_fields) - named
        assert missing == {"caption_matching": {"edits"}, "multi_select": {"edits", "evidence"}}.get(config, set())
        assert all(name in records["description"] for name in missing)


def test_files_are_named_with_their_hashes_and_sizes(tmp_path: Path) -> None:
    release = packed()
    objects = {one["@id"]: one for one in written(tmp_path, release)["distribution"] if one["@type"] == "cr:FileObject"}
    assert set(objects) == {data_path(*key) for key in release.tables}
    for path, one in objects.items():
        data = (tmp_path / path).read_bytes()
        assert one["sha256"] == hashlib.sha256(data).hexdigest()
        assert one["contentSize"] == f"{len(data)} B"


def test_only_licences_of_what_is_shown_stand_beside_our_own() -> None:
    described = croissant(packed(), ())
    assert described["license"] == [OWN_LICENCE, "https://creativecommons.org/licenses/by/4.0/"]


def test_pointers_and_drops_are_in_the_responsible_ai_fields() -> None:
    missing = str(croissant(packed(), ())["rai:dataCollectionMissingData"])
    assert missing.startswith("9 records dropped")
    assert "1 figures are pointers" in missing


def test_the_same_release_gives_the_same_bytes() -> None:
    assert json.dumps(croissant(packed(), ())) == json.dumps(croissant(packed(), ()))
