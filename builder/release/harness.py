"""The folder harness/ of a release: tasks for Inspect, lmms-eval, VLMEvalKit and LightEval around one parser and one prompt."""

from __future__ import annotations

from collections.abc import Mapping

from builder.release.data_files import loaded_as
from builder.release.files import json_text
from builder.release.rows import SPLITS, Config, Packed, SplitName
from builder.scoring.answers import PARSER_VERSION
from builder.scoring.asked_prompt import PROMPT_VERSION, prompt_hash
from builder.scoring.asked_rows import content_of
from builder.scoring.reply_scores import METRICS, VERSIONS

FOLDER = "harness"
COPIED = (
    "answer_forms",
    "answer_marks",
    "answer_statements",
    "answer_values",
    "answers",
    "asked_prompt",
    "asked_rows",
    "caption_match",
    "option_rows",
    "option_sets",
    "reply_scores",
)  # modules of builder/scoring that stand in harness/microtome_scoring/
ASKED: tuple[Config, ...] = ("caption_matching", "multi_select")
YAML = "lmms_eval/task.yaml.in"
README = "README.md"

Table = tuple[Config, SplitName]


def harness_texts(packed: Packed, sources: Mapping[str, str], tsv_md5: Mapping[Table, str]) -> dict[str, str]:
    """Paths in the release and their texts; none where no item can be asked.

    `sources` are the files as microtome carries them, by path below harness/; `tsv_md5` is, for each table of ASKED, the MD5
    of the TSV that VLMEvalKit reads.
    """
    shown = {key for key, rows in packed.tables.items() if key[0] in ASKED and any(row.image for row in rows)}
    if not shown:
        return {}
    absent = {f"{config}.py" for config in ASKED if not any((config, split) in shown for split in SPLITS)}
    texts = {
        path: text for path, text in sources.items() if path not in (YAML, README) and path.rpartition("/")[2] not in absent
    }
    texts["release.json"] = json_text(_facts(packed, tsv_md5))
    for config in ASKED:
        split = next((s for s in reversed(SPLITS) if (config, s) in shown), None)
        if split:
            texts[f"lmms_eval/{packed.cut.recipe.identity.name}_{config}.yaml"] = _task(packed, config, split, sources[YAML])
    texts[README] = _filled(sources[README], _names(packed))
    return {f"{FOLDER}/{path}": text for path, text in texts.items()}


def _names(packed: Packed) -> dict[str, str]:
    return {
        "benchmark": packed.cut.recipe.identity.name,
        "version": packed.cut.version,
        "signature": packed.signature,
        "prompt_hash": prompt_hash(),
        "prompt_version": PROMPT_VERSION,
        "parser": PARSER_VERSION,
    }


def _facts(packed: Packed, tsv_md5: Mapping[Table, str]) -> dict[str, object]:
    tables: dict[str, dict[str, object]] = {}
    for (config, split), rows in packed.tables.items():
        if config in ASKED:
            tables.setdefault(config, {})[split] = {
                "file": loaded_as(packed.shards, config, split),
                "rows": len(rows),
                "asked": sum(row.image is not None for row in rows),
                "content": content_of((row.id, row.content_hash) for row in rows),
                "tsv_md5": tsv_md5[config, split],
            }
    metrics = {metric: VERSIONS[metric] for config in tables for metric in METRICS[config]}
    return {**_names(packed), "metrics": metrics, "tables": tables}


def _task(packed: Packed, config: Config, split: SplitName, template: str) -> str:
    metrics = "\n".join(
        f"  - metric: {metric}\n    aggregation: !function utils.exact_mean\n    higher_is_better: true"
        for metric in METRICS[config]
    )
    own = {"config": config, "split": split, "file": loaded_as(packed.shards, config, split), "metrics": metrics}
    return _filled(template, _names(packed) | own)


def _filled(template: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        template = template.replace("{" + name + "}", value)
    return template


__all__ = ["ASKED", "COPIED", "FOLDER", "harness_texts"]
