"""Every folder of metrics_hub, as a stranger meets it: evaluate's own contract, bare names, a Space, several processes."""

from __future__ import annotations

import ast
import doctest
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from builder.cli import main
from builder.edges.metric_folders import MetricFolder, metric_folders
from builder.scoring import sip_f1

ROOT = Path(__file__).parents[1]
FOLDERS = metric_folders()
SCORING = ROOT / "builder" / "scoring"
SEMANTIC = {"description_similarity": "sentence_transformers"}  # what a metric needs beyond the main install


def name_of(folder: MetricFolder) -> str:
    return folder.name


def needs(folder: MetricFolder) -> None:
    package = SEMANTIC.get(folder.name)
    if package and importlib.util.find_spec(package) is None:
        pytest.skip(f"{folder.name} needs pip install 'microtome[semantic]'")


def offline(home: Path) -> dict[str, str]:
    return {**os.environ, "HF_HOME": str(home), "HF_EVALUATE_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""}


def run(code: str, *arguments: str, home: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        cwd=home,
        env={**offline(home), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


# ---- what a folder holds


def test_the_family_is_whole() -> None:
    assert [folder.name for folder in FOLDERS] == [
        "calibration_error",
        "caption_match_accuracy",
        "description_similarity",
        "exact_set_match",
        "option_f1",
        "response_profile",
        "sip_f1",
        "spc",
    ]


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_folder_carries_the_builders_bytes_and_names_every_module_they_import(folder: MetricFolder) -> None:
    for sibling in folder.siblings:
        assert (folder.path / f"{sibling}.py").read_bytes() == (SCORING / f"{sibling}.py").read_bytes(), "run make regenerate"
        tree = ast.parse((SCORING / f"{sibling}.py").read_text(encoding="utf-8"))
        inner = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level}
        assert inner <= set(folder.siblings), "evaluate fetches only what the metric's own file names"
    stray = {path.name for path in folder.path.glob("*.py")} - {f"{name}.py" for name in (folder.name, "app", *folder.siblings)}
    assert not stray


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_folder_is_a_whole_space(folder: MetricFolder) -> None:
    card = (folder.path / "README.md").read_text(encoding="utf-8")
    _, front, body = card.split("---\n", 2)
    meta = yaml.safe_load(front)
    assert meta["sdk"] == "gradio"
    assert meta["app_file"] == "app.py"
    assert meta["license"] == "apache-2.0"
    assert {"evaluate", "metric"} <= set(meta["tags"])
    assert (folder.path / "app.py").is_file()
    assert "evaluate" in (folder.path / "requirements.txt").read_text(encoding="utf-8")
    for heading in ("## Formula", "## Worked values", "## Limits", "## How to use", "## Citation"):
        assert heading in body, heading
    assert folder.version in body


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_examples_of_a_card_run_and_give_what_they_say(folder: MetricFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    needs(folder)
    examples = doctest.DocTestParser().get_examples((folder.path / "README.md").read_text(encoding="utf-8"))
    assert sum(bool(example.want) for example in examples) >= 2
    _run_doctest("\n".join(example.source + example.want for example in examples), folder, monkeypatch)


# ---- evaluate's contract


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_the_contract_of_evaluate(folder: MetricFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """As huggingface/evaluate's LocalModuleTest: loads, no **kwargs, documented, at least two examples, and they run."""
    needs(folder)
    import evaluate

    monkeypatch.setenv("HF_EVALUATE_OFFLINE", "1")
    metric = evaluate.load(str(folder.path))
    source = ast.parse((folder.path / f"{folder.name}.py").read_text(encoding="utf-8"))
    (compute,) = [node for node in ast.walk(source) if isinstance(node, ast.FunctionDef) and node.name == "_compute"]
    assert compute.args.kwarg is None
    classes = [node for node in ast.walk(source) if isinstance(node, ast.ClassDef)]
    assert [ast.unparse(base) for node in classes for base in node.bases] == ["evaluate.Metric"]
    assert metric.name == folder.name
    assert metric.description.strip()
    assert metric.inputs_description.count(">>>") >= 2
    _run_doctest(metric.inputs_description, folder, monkeypatch)


def _run_doctest(text: str, folder: MetricFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    import evaluate

    monkeypatch.chdir(folder.path.parent)
    monkeypatch.setenv("HF_EVALUATE_OFFLINE", "1")
    test = doctest.DocTestParser().get_doctest(text, {"evaluate": evaluate}, folder.name, None, 0)
    told: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=told.append)
    assert not told, "".join(told)


INPUTS: dict[str, dict[str, list[object]]] = {
    "calibration_error": {"predictions": ["A", None], "references": ["A", "B"], "confidences": [0.9, 0.2]},
    "caption_match_accuracy": {"predictions": ["A", None], "references": ["A", "B"]},
    "description_similarity": {"predictions": ["a grey film", None], "references": ["a grey film", "cracks"]},
    "exact_set_match": {"predictions": ["A", None], "references": ["A", "B"]},
    "option_f1": {"predictions": ["A", None], "references": ["A", "B"]},
    "response_profile": {"predictions": ["A", None], "references": ["A", "B"], "options": ["A, B", "A, B"]},
    "sip_f1": {"predictions": ["A", None], "references": ["A", "B"]},
    "spc": {"predictions": ["A", None], "references": ["A", "B"]},
}


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_result_carries_name_version_parameters_n_and_unanswered_and_is_json(folder: MetricFolder) -> None:
    needs(folder)
    import evaluate

    result = evaluate.load(str(folder.path)).compute(**INPUTS[folder.name])
    assert (result["metric"], result["version"], result["n"], result["unanswered"]) == (folder.name, folder.version, 2, 1)
    assert folder.name in result
    assert isinstance(result["parameters"], dict)
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_rows_added_one_by_one_in_batches_or_at_once_give_the_same(folder: MetricFolder) -> None:
    needs(folder)
    import evaluate

    metric, rows = evaluate.load(str(folder.path)), INPUTS[folder.name]
    at_once = metric.compute(**rows)
    metric.add_batch(**rows)
    in_batches = metric.compute()
    singular = {"predictions": "prediction", "references": "reference"}
    for row in range(2):
        metric.add(**{singular.get(name, name): values[row] for name, values in rows.items()})
    assert metric.compute() == in_batches == at_once


BAD_ROWS = (
    (["A", 3], ["A", "B"], "prediction 1 "),
    (["A", "B"], ["A", None], "reference 1 "),
    (["A"], ["A", "B"], "1 predictions|Mismatch"),
)


@pytest.mark.parametrize(("predictions", "references", "message"), BAD_ROWS)
@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_bad_row_is_refused_in_a_batch_by_its_number(
    folder: MetricFolder, predictions: list[object], references: list[object], message: str
) -> None:
    needs(folder)
    import evaluate

    rest = {name: values for name, values in INPUTS[folder.name].items() if name not in ("predictions", "references")}
    metric = evaluate.load(str(folder.path))
    with pytest.raises(ValueError, match=message):
        metric.add_batch(predictions=predictions, references=references, **rest)


def test_arrows_own_reading_of_a_string_among_lists_cannot_happen() -> None:
    """Stock evaluate turns [["A"], "AB"] into [["A"], ["A", "B"]] without a word."""
    import evaluate

    metric = evaluate.load(str(ROOT / "metrics_hub" / "sip_f1"))
    with pytest.raises(ValueError, match="prediction 1 is 'AB'"):
        metric.compute(predictions=[["A"], "AB"], references=[["A"], ["A", "B"]])
    with pytest.raises(ValueError, match="prediction 0 is 'AB'"):
        metric.add(prediction="AB", reference=["A", "B"])


# ---- bare names


def test_metrics_install_makes_bare_names_work_offline_from_any_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("evaluate.config.HF_MODULES_CACHE", tmp_path / "modules")
    monkeypatch.chdir(tmp_path)
    names = ["sip_f1", "response_profile"]
    assert main(["metrics", "check", *names]) == 1
    assert capsys.readouterr().out.count("not installed: microtome metrics install") == 2
    assert main(["metrics", "install", *names]) == 0
    assert main(["metrics", "check", *names]) == 0
    code = "import evaluate; print(evaluate.load('sip_f1').compute(predictions=['A'], references=['A, B'])['n'])"
    assert run(code, home=tmp_path) == "1"
    assert main(["metrics", "uninstall", *names]) == 0
    assert main(["metrics", "uninstall", "sip_f1"]) == 0
    assert "was not installed" in capsys.readouterr().out


def test_metrics_check_tells_an_edited_a_foreign_and_a_hidden_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("evaluate.config.HF_MODULES_CACHE", tmp_path / "modules")
    monkeypatch.chdir(tmp_path)
    main(["metrics", "install", "spc"])
    (installed,) = (tmp_path / "modules").rglob("spc.py")
    installed.write_text(installed.read_text() + "\n# edited\n")
    assert main(["metrics", "check", "spc"]) == 1
    assert "an edited or older copy is installed" in capsys.readouterr().out
    main(["metrics", "install", "spc"])
    foreign = installed.parents[1] / ("f" * 64)
    foreign.mkdir()
    (foreign / "spc.py").write_text("")
    os.utime(foreign / "spc.py", (4_000_000_000, 4_000_000_000))
    assert main(["metrics", "check", "spc"]) == 1
    assert "evaluate would take another, newer copy" in capsys.readouterr().out
    assert main(["metrics", "uninstall", "spc"]) == 0
    assert foreign.is_dir()
    (tmp_path / "spc").mkdir()
    (tmp_path / "spc" / "spc.py").write_text("")
    main(["metrics", "check", "spc"])
    assert "hidden by the folder ./spc here" in capsys.readouterr().out


def test_metrics_list_names_version_and_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(FOLDERS)
    assert lines[-2].split()[:2] == ["sip_f1", "1.0.0"]


def test_a_metric_there_is_not_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "install", "f1"]) == 2
    assert "name one of calibration_error, caption_match_accuracy" in capsys.readouterr().err


# ---- five ways to one number

ROWS = """
import random
def rows(seed=11, n=10_000, labels="ABCDEF"):
    draw = random.Random(seed)
    given = [draw.choice([None, []]) if draw.random() < 0.05 else draw.sample(labels, draw.randint(1, 5)) for _ in range(n)]
    return given, [draw.sample(labels, draw.randint(1, 4)) for _ in range(n)]
given, wanted = rows()
"""
COMPUTE = """
import json, sys, evaluate
metric = evaluate.load(sys.argv[1])
print(json.dumps(metric.compute(predictions=given, references=wanted)))
"""
ONE_OF_THREE = """
import json, sys, evaluate
k = int(sys.argv[2])
metric = evaluate.load(sys.argv[1], num_process=3, process_id=k, experiment_id="five-ways", cache_dir="shared-cache")
third = len(given) // 3 + 1
for start in range(k * third, min((k + 1) * third, len(given)), 500):
    stop = min(start + 500, (k + 1) * third)
    metric.add_batch(predictions=given[start:stop], references=wanted[start:stop])
result = metric.compute()
print(json.dumps(result))
"""


class SpaceFiles(SimpleHTTPRequestHandler):
    """A Space's files as the Hub serves them: /spaces/<org>/<name>/resolve/<revision>/<file>."""

    def translate_path(self, path: str) -> str:
        _, spaces, _, name, resolve, _, file = path.split("?")[0].split("/", 6)
        known = (spaces, resolve) == ("spaces", "resolve")
        return str(ROOT / "metrics_hub" / name / file) if known else str(ROOT / "no-such-file")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture
def space() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SpaceFiles, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_five_ways_give_one_number_on_ten_thousand_rows(tmp_path: Path, space: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "sip_f1"  # of all folders, which are made by one template: another one takes most of a minute
    scope: dict[str, list[list[str]]] = {}
    exec(ROWS, scope)
    pure = sip_f1(scope["given"], scope["wanted"])
    code = ROWS + COMPUTE
    by_path = json.loads(run(code, str(ROOT / "metrics_hub" / name), home=tmp_path))
    monkeypatch.setattr("evaluate.config.HF_MODULES_CACHE", tmp_path / "modules")
    monkeypatch.chdir(tmp_path)
    main(["metrics", "install", name])
    by_bare_name = json.loads(run(code, name, home=tmp_path))
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    online = {"HF_ENDPOINT": space, "HF_EVALUATE_OFFLINE": "0", "HF_HUB_OFFLINE": "0"}
    from_space = json.loads(run(code, f"some-org/{name}", home=stranger, **online))
    distributed = _three_processes(ROWS + ONE_OF_THREE, str(ROOT / "metrics_hub" / name), tmp_path)
    assert by_path == by_bare_name == from_space == distributed == pure


def _three_processes(code: str, metric: str, home: Path) -> dict[str, object]:
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", code, metric, str(k)],
            cwd=home,
            env=offline(home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for k in range(3)
    ]
    told = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], told
    results = [json.loads(out) for out, _ in told]
    assert results[1:] == [None, None]
    return dict(results[0])
