"""The command `metrics`: the metrics in the folder where `evaluate` finds them."""

from __future__ import annotations

import argparse

from builder.edges.metric_folders import install, metric_folders, state, uninstall
from builder.errors import Exit


def add_metrics(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    for verb, command, what in (
        ("install", _metrics_install, "make evaluate.load(NAME) work offline, from any directory"),
        ("list", _metrics_list, "name, version and what it scores"),
        ("check", _metrics_check, "is what evaluate.load(NAME) would load this version of ours?"),
        ("uninstall", _metrics_uninstall, "take the installed copies away"),
    ):
        one = verbs.add_parser(verb, help=what, description=what)
        one.add_argument("names", metavar="NAME", nargs="*", help="a metric from `microtome metrics list` (default: all)")
        one.set_defaults(command=command)


def _metrics_install(arguments: argparse.Namespace) -> int:
    for folder in metric_folders(tuple(arguments.names)):
        print(f"{folder.name:<24}{folder.version:<8}{install(folder)}")
    return Exit.OK


def _metrics_list(arguments: argparse.Namespace) -> int:
    for folder in metric_folders(tuple(arguments.names)):
        print(f"{folder.name:<24}{folder.version:<8}{folder.summary}")
    return Exit.OK


def _metrics_check(arguments: argparse.Namespace) -> int:
    states = {folder.name: state(folder) for folder in metric_folders(tuple(arguments.names))}
    for name, told in states.items():
        print(f"{name:<24}{told}")
    return Exit.OK if set(states.values()) == {"installed"} else Exit.FINDINGS


def _metrics_uninstall(arguments: argparse.Namespace) -> int:
    for folder in metric_folders(tuple(arguments.names)):
        print(f"{folder.name:<24}{'removed' if uninstall(folder) else 'was not installed'}")
    return Exit.OK


__all__ = ["add_metrics"]
