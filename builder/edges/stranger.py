"""What a stranger's process does with a release: load every config with `datasets`, decode every image, say what it got.

Run by edges/loading.py in a process of its own, for `datasets` reads its cache's place when it is imported.
Arguments: a folder or a repository, its revision or "", and JSON of configs, splits and rows. On stdout one JSON object a
finding, one with the logical hash of all rows for each way of loading, then "done". An error not named here ends the process.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Any

from datasets import Image, load_dataset
from datasets.exceptions import DatasetsError
from pyarrow import ArrowException

from builder.records import pixels_digest
from builder.release.logical import content_hash, logical_hash_of


def main() -> None:
    """Load not streaming and streaming; say what is wrong, and what the rows hash to. Of a row nothing but its hash is kept."""
    source, revision, configs = sys.argv[1], sys.argv[2] or None, json.loads(sys.argv[3])
    decoded: dict[str, str] = {}  # hash of an image's pixels, by that of its bytes: a figure is shown by many rows
    for streaming in (False, True):
        tables: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for config, splits in configs.items():
            for split, rows in splits.items():
                say = {"config": config, "split": split, "streaming": streaming}
                try:
                    tables[config, split] = list(_hashes(source, revision, config, split, streaming, decoded))
                    if len(tables[config, split]) != rows:
                        print(json.dumps(say | {"error": f"gives {len(tables[config, split])} rows; wanted {rows}"}))
                except (DatasetsError, ArrowException, OSError, ValueError, TypeError, KeyError) as error:
                    message = " ".join(str(error).partition("\n")[0].split())
                    print(json.dumps(say | {"error": f"{type(error).__name__}: {message}"}))
        print(json.dumps({"streaming": streaming, "logical_hash": logical_hash_of(tables)}))
    print("done")


def _hashes(
    source: str, revision: str | None, config: str, split: str, streaming: bool, decoded: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """Each row's id and content hash. Raises ValueError for a row or an image that is not what it says."""
    loaded = load_dataset(source, config, split=split, streaming=streaming, revision=revision)
    decoder = Image()
    for row in loaded.cast_column("image", Image(decode=False)):
        if row["image"]:
            if _pixels(decoder, row["image"], decoded) != row["pixels_sha256"]:
                raise ValueError(f"{row['id']}: the image is not that of its row")
            row["image"] = {"path": row["image"]["path"]}
        elif row["tier"] != "pointer":
            raise ValueError(f"{row['id']}: has no image")
        found = content_hash(row)
        if found != row["content_hash"]:
            raise ValueError(f"{row['id']}: is not the row that its content_hash names")
        yield str(row["id"]), found


def _pixels(decoder: Image, image: dict[str, Any], decoded: dict[str, str]) -> str:
    name = hashlib.sha256(image["bytes"]).hexdigest() if image["bytes"] else ""
    if name not in decoded:
        rgb = decoder.decode_example(image).convert("RGB")
        pixels = pixels_digest(rgb.width, rgb.height, rgb.tobytes())
        if not name:  # somewhere else than in the row
            return pixels
        decoded[name] = pixels
    return decoded[name]


if __name__ == "__main__":
    main()
