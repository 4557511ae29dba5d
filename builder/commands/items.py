"""Commands on texts, answers and items that need no papers: spans, parse, battery."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from builder.edges.asked_items import read_items
from builder.edges.lines import text_lines
from builder.errors import Exit
from builder.parsing import labels_of, parsed
from builder.recipe import BatteryRule
from builder.release.attacks import attacked
from builder.release.attacks_told import battery_table
from builder.stages.spans import span_record, spans


def add_spans(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="UTF-8 text, one caption or sentence a line; - for the standard input")
    parser.set_defaults(command=_spans)


def add_parse(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "answers", metavar="FILE|-", help='JSON lines: {"text": "...", "options": ["A", ...]}, options optional'
    )
    parser.add_argument("--options", metavar="A-F", default="A-F", help="labels where a line has none (default: A-F)")
    parser.set_defaults(command=_parse)


def add_battery(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "items", metavar="RELEASE|FILE.jsonl", type=Path, help="a release, or lines of {id, paper, stem, options, answer}"
    )
    parser.add_argument("--alpha", metavar="P", type=_share, default=BatteryRule().alpha, help="family-wise (default: 0.05)")
    parser.add_argument("--json", action="store_true", help="estimates, certificate and picks of each item as one JSON list")
    parser.set_defaults(command=_battery)


def _spans(arguments: argparse.Namespace) -> int:
    for line in text_lines(arguments.file):
        print(json.dumps([span_record(span) for span in spans(line)], ensure_ascii=False), flush=True)
    return Exit.OK


def _parse(arguments: argparse.Namespace) -> int:
    options = labels_of(arguments.options)
    for told in parsed(text_lines(arguments.answers), options, arguments.answers):
        print(told, flush=True)
    return Exit.OK


def _battery(arguments: argparse.Namespace) -> int:
    configs = [attacked(name, items, {}, arguments.alpha) for name, items in read_items(arguments.items).items()]
    if arguments.json:
        print(json.dumps([config.model_dump(mode="json") for config in configs], ensure_ascii=False, indent=1))
    else:
        print("\n\n".join(map(battery_table, configs)))
    return Exit.FINDINGS if any(config.certificate.verdict == "failed" for config in configs) else Exit.OK


def _share(text: str) -> float:
    if not re.fullmatch(r"0?\.[0-9]*[1-9][0-9]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a share between 0 and 1, such as 0.05")
    return float(text)


__all__ = ["add_battery", "add_parse", "add_spans"]
