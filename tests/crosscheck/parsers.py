"""The texts of tests/answers.jsonl through other kits' own parsers, each run in an environment of its own.

    python3 -m venv /tmp/lm-eval && /tmp/lm-eval/bin/pip install torch==2.13.0 && /tmp/lm-eval/bin/pip install lm-eval
    /tmp/lm-eval/bin/python tests/crosscheck/parsers.py read lm-eval > /tmp/parsed/lm-eval.jsonl

and so on for every peer below; then, with microtome's own Python, the table: `tests/crosscheck/parsers.py table /tmp/parsed`.
A peer's code is called as the peer calls it. One that draws a letter by lot is run under four seeds:
where they differ, it drew.
"""

from __future__ import annotations

import importlib.metadata
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

TEXTS = Path(__file__).parents[1] / "answers.jsonl"
SEEDS = (1, 2, 3, 4)
KINDS = ("one option", "several options", "no option")  # what a text chooses
CHOSEN = ("right", "wrong", "drawn", "unread")
GOOD = ("right", "left")
CAPTIONS = (
    "etching front of the first specimen", "annealed foil in cross-section", "lattice fringes beside the twin",
    "powder after ball milling", "fracture surface at room temperature", "map of the surface potential",
    "grain after cold rolling", "film on a stepped substrate", "dimples along the notch", "tilt series of a needle",
)  # fmt: skip  # texts of the options, for peers that look for those; none of them stands in a text
Read = Callable[[str, list[str]], "set[str] | None"]


def inspect_ai() -> Read:
    """The multiple_choice solver's reading with multiple_correct=True."""
    from inspect_ai.solver._multiple_choice import parse_answers

    return lambda text, labels: parse_answers(_inspect_state(text, labels), multiple_correct=True)


def _inspect_state(text: str, labels: list[str]) -> object:
    from inspect_ai.model import ModelOutput
    from inspect_ai.solver import TaskState

    output = ModelOutput.from_content("any/model", text)
    return TaskState("any/model", 1, 1, "", [], choices=list(CAPTIONS[: len(labels)]), output=output)


def evalscope() -> Read:
    """The multi-choice adapter's reading with multiple_correct=True."""
    from types import SimpleNamespace

    from evalscope.utils.multi_choices import parse_answers

    return lambda text, labels: parse_answers(SimpleNamespace(choices=labels), multiple_correct=True, completion=text)


def lmms_eval() -> Read:
    """Its reading of MMMU, which it uses for most multiple-choice tasks; one letter."""
    from lmms_eval.tasks._task_utils.mmmu_mcq_utils import parse_mmmu_multi_choice_response as parse

    return lambda text, labels: {parse(text, labels, dict(zip(labels, CAPTIONS, strict=False)))}


def lm_eval_mmmu() -> Read:
    """lm-eval's reading of MMMU, which is MMMU's own; one letter."""
    from lm_eval.tasks.mmmu.utils import parse_multi_choice_response as parse

    return lambda text, labels: {parse(text, labels, dict(zip(labels, CAPTIONS, strict=False)))}


def lm_eval_gpqa() -> Read:
    """lm-eval's `flexible-extract` as its GPQA tasks set it; one letter."""
    from lm_eval.filters.extraction import MultiChoiceRegexFilter

    flexible = MultiChoiceRegexFilter(r"(\([A-Z]\))", group_select=-1, ignore_case=True, ignore_punctuation=True)

    cases = [(str(case["text"] or ""), list(case.get("options", "ABCDEF"))) for case in texts()]  # type: ignore[call-overload]
    docs = [{"choices": list(CAPTIONS[: len(labels)])} for _, labels in cases]
    found = flexible.apply([[text] for text, _ in cases], docs)  # one call: each takes seconds to list all punctuation
    told = {(text, len(labels)): one[0] for (text, labels), one in zip(cases, found, strict=True)}
    return lambda text, labels: None if (one := told[text, len(labels)]) == "[invalid]" else {one.strip("()")}


def lighteval() -> Read:
    """Its reading of GPQA: indices, with and without an anchor; one letter."""
    from types import SimpleNamespace

    from lighteval.metrics.utils.extractive_match_utils import (
        IndicesExtractionConfig,
        extract_target_from_pred,
        get_extraction_regexes,
    )
    from lighteval.utils.language import Language

    wanted = [IndicesExtractionConfig(prefix_for_extraction="NativeLetters", try_extract_without_anchor=True)]

    def read(text: str, labels: list[str]) -> set[str]:
        regexes = get_extraction_regexes(SimpleNamespace(choices=labels), wanted, Language.ENGLISH)
        return set(extract_target_from_pred(text, regexes))

    return read


def vlmevalkit() -> Read:
    """VLMEvalKit's can_infer, before it asks a judge; one letter. From `ms-vlmeval`, ModelScope's package of it on PyPI."""
    import importlib.util
    import logging
    import types

    logger = types.ModuleType("vlmeval.smp.log")
    logger.get_logger = logging.getLogger  # type: ignore[attr-defined]
    sys.modules["vlmeval.smp.log"] = logger  # the package as a whole would import torchvision and every model
    at = Path(str(importlib.metadata.distribution("ms-vlmeval").locate_file("vlmeval/utils/matching_util.py")))
    spec = importlib.util.spec_from_file_location("matching_util", at)
    assert spec
    assert spec.loader
    matching = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(matching)
    can_infer = matching.can_infer

    def read(text: str, labels: list[str]) -> set[str] | None:
        found = can_infer(text, dict(zip(labels, CAPTIONS, strict=False)))
        return {found} if found and found != "Z" else None

    return read


PEERS: dict[str, tuple[str, Callable[[], Read]]] = {
    "inspect-ai": ("inspect-ai", inspect_ai),
    "evalscope": ("evalscope", evalscope),
    "VLMEvalKit": ("ms-vlmeval", vlmevalkit),
    "lighteval": ("lighteval", lighteval),
    "lm-eval gpqa": ("lm-eval", lm_eval_gpqa),
    "lm-eval mmmu": ("lm-eval", lm_eval_mmmu),
    "lmms-eval": ("lmms-eval", lmms_eval),
}


def texts() -> list[dict[str, object]]:
    """Cases whose labels are letters from A on: no peer takes other labels."""
    cases = [json.loads(line) for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    return [case for case in cases if all(len(label) == 1 and label.isupper() for label in case.get("options", "A"))]


def read(peer: str) -> Iterator[str]:
    """One line a text: what the peer selects, and whether it drew it by lot."""
    package, make = PEERS[peer]
    parse = make()
    print(f"{package} {importlib.metadata.version(package)}", file=sys.stderr)
    yield json.dumps({"peer": peer, "version": importlib.metadata.version(package)})
    for case in texts():
        labels = list(case.get("options", "ABCDEF"))  # type: ignore[call-overload]
        found = []
        for seed in SEEDS:
            random.seed(seed)
            try:
                found.append(sorted(parse(str(case["text"] or ""), labels) or ()))
            except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
                found.append([f"crash: {type(error).__name__}"])
        yield json.dumps({"text": case["text"], "found": found[0], "drawn": any(one != found[0] for one in found)})


def verdict(case: dict[str, object], line: dict[str, object]) -> str:
    """right, wrong, unread, left or credited; drawn beside it where a lot decided."""
    found, key = line["found"], case["answer"]
    if found and str(found[0]).startswith("crash"):  # type: ignore[index]
        return "crash"
    if line["drawn"]:
        return "drawn"
    if key:
        return "right" if found == key else "wrong" if found else "unread"
    return "credited" if found else "left"


def kind_of(case: dict[str, object]) -> str:
    return KINDS[min(len(case["answer"]), 2) - 1]  # type: ignore[arg-type]


def ours(cases: list[dict[str, object]]) -> list[str]:
    """microtome's own verdicts, by the same code."""
    sys.path.insert(0, str(TEXTS.parents[1]))
    from builder.scoring.answers import parse_answer

    told = []
    for case in cases:
        labels = tuple(case.get("options", "ABCDEF"))  # type: ignore[arg-type]
        found = parse_answer(case["text"], labels, finish_reason=case.get("finish_reason"))  # type: ignore[arg-type]
        told.append(verdict(case, {"found": sorted(found.answer), "drawn": False}))
    return told


def table(folder: Path) -> str:
    """The comparison as Markdown: by peer and by what a text holds."""
    cases = texts()
    seen, named = {"microtome": ours(cases)}, {"microtome": "microtome"}
    for peer in PEERS:
        head, *rows = [json.loads(line) for line in (folder / f"{peer.replace(' ', '-')}.jsonl").read_text().splitlines()]
        assert [row["text"] for row in rows] == [case["text"] for case in cases], f"{peer}: read the texts again"
        seen[peer] = [verdict(case, row) for case, row in zip(cases, rows, strict=True)]
        named[peer] = f"{peer} {head['version']}"
    return "\n".join([*_by_kind(cases, seen, named), "", *_by_status(cases, seen), "", _said(seen)])


def _by_kind(cases: list[dict[str, object]], seen: dict[str, list[str]], named: dict[str, str]) -> Iterator[str]:
    sizes = Counter(map(kind_of, cases))
    one, several, none = (f"{kind} ({sizes[kind]})" for kind in KINDS)
    chose = "right / wrong / by lot / unread"
    yield f"| parser | {one}: {chose} | {several}: {chose} | {none}: left / credited / by lot |"
    yield "| --- | --- | --- | --- |"
    for peer, verdicts in seen.items():
        count = Counter(zip(map(kind_of, cases), verdicts, strict=True))
        cells = [
            " / ".join(str(count[kind, one]) for one in (("left", "credited", "drawn") if kind == KINDS[2] else CHOSEN))
            for kind in KINDS
        ]
        crashed = sum(one == "crash" for one in verdicts)
        yield f"| {named[peer]}{f', {crashed} crashes' if crashed else ''} | {' | '.join(cells)} |"


def _by_status(cases: list[dict[str, object]], seen: dict[str, list[str]]) -> Iterator[str]:
    yield "| right reading | texts | " + " | ".join(seen) + " |"
    yield "| --- | --- |" + " --- |" * len(seen)
    for status in dict.fromkeys(str(case["status"]) for case in cases):
        at = [index for index, case in enumerate(cases) if case["status"] == status]
        good = [sum(verdicts[index] in GOOD for index in at) for verdicts in seen.values()]
        yield f"| {status} | {len(at)} | " + " | ".join(map(str, good)) + " |"


def _said(seen: dict[str, list[str]]) -> str:
    rows = list(zip(*(verdicts for peer, verdicts in seen.items() if peer != "microtome"), strict=True))
    good = sum(all(one in GOOD for one in row) for row in rows)
    deceived = sum(any(one in {"wrong", "credited", "drawn"} for one in row) for row in rows)
    told = f"{good} of {len(rows)} texts are read right by all {len(PEERS)} peers;"
    return f"{told} {deceived} are given a wrong or a drawn option by at least one."


def main() -> None:
    match sys.argv[1:]:
        case ["read", peer] if peer in PEERS:
            for line in read(peer):
                print(line)
        case ["table", folder]:
            print(table(Path(folder)))
        case _:
            sys.exit(f"usage: parsers.py read PEER | table DIR; PEER is one of {', '.join(PEERS)}")


if __name__ == "__main__":
    main()
