"""harness/ of a release: there, whole, without microtome, and scoring as builder.scoring does."""

from __future__ import annotations

import ast
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image
from small_release import packed
from written import write

from builder.edges.harness_files import sources, tsv_checksums
from builder.edges.validation import first_findings
from builder.release.harness import COPIED, harness_texts
from builder.scoring import exact_set_match, option_f1, sip_f1, spc
from builder.scoring.answers import parse_answer
from builder.scoring.asked_prompt import prompt_hash, prompt_of
from builder.scoring.asked_rows import TSV_COLUMNS
from builder.scoring.caption_match import caption_match_accuracy
from builder.scoring.reply_scores import METRICS, mean_score, score_reply

ROOT = Path(__file__).parents[1]
TEXTS = [json.loads(line)["text"] for line in (ROOT / "tests" / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
KEYS = ["A", "AB", "BD", "ACF"]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("harness") / "release"
    write(out)
    return out


def run(code: str, *arguments: object, home: Path) -> str:
    """Run as who has the release and no microtome."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)],
        cwd=home,
        env={**os.environ, "PYTHONPATH": "", "HF_HUB_OFFLINE": "1", "HF_HOME": str(home / "hf")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


# ---- what is shipped


def test_a_release_lists_and_hashes_its_harness_files(release: Path) -> None:
    listed = {file["path"] for file in json.loads((release / "manifest.json").read_text())["files"]}
    there = {path.relative_to(release).as_posix() for path in (release / "harness").rglob("*") if path.is_file()}
    assert there <= listed
    assert {
        "harness/inspect_ai/multi_select.py",
        "harness/lmms_eval/small_bench_multi_select.yaml",
        "harness/lmms_eval/utils.py",
        "harness/vlmevalkit/microtome_dataset.py",
        "harness/lighteval/tasks.py",
        "harness/release.json",
        "harness/README.md",
    } <= there
    assert sum((release / path).stat().st_size for path in there) < 150_000


def test_the_scoring_in_a_release_is_the_builders_byte_for_byte(release: Path) -> None:
    for name in COPIED:
        copy = release / "harness" / "microtome_scoring" / f"{name}.py"
        assert copy.read_bytes() == (ROOT / "builder" / "scoring" / f"{name}.py").read_bytes()
        inner = {
            node.module for node in ast.walk(ast.parse(copy.read_bytes())) if isinstance(node, ast.ImportFrom) and node.level
        }
        assert {module for module in inner if module} <= set(COPIED)


def test_no_harness_file_imports_microtome_or_pymupdf(release: Path) -> None:
    for path in (release / "harness").rglob("*.py"):
        tree = ast.parse(path.read_bytes())
        named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        named |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
        assert not {name.split(".")[0] for name in named} & {"builder", "pymupdf", "fitz", "microtome"}, path
        compile(path.read_bytes(), str(path), "exec")
        assert ast.get_docstring(tree), path


def test_no_placeholder_is_left_and_every_yaml_names_the_data_and_the_metrics(release: Path) -> None:
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))
    facts = json.loads((release / "harness" / "release.json").read_text())
    assert facts["prompt_hash"] == prompt_hash()
    for config, splits in facts["tables"].items():
        path = release / "harness" / "lmms_eval" / f"small_bench_{config}.yaml"
        task = yaml.load(path.read_text(), Loader)
        ((split, file),) = task["dataset_kwargs"]["data_files"].items()
        assert (path.parent / file).resolve() == (release / splits[split]["file"]).resolve()
        assert [metric["metric"] for metric in task["metric_list"]] == list(METRICS[config])
        assert task["generation_kwargs"]["until"] == []
    assert "{" not in (release / "harness" / "README.md").read_text()


def test_a_changed_harness_file_is_refused(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "release"
    shutil.copytree(release, copy)
    path = copy / "harness" / "microtome_scoring" / "answers.py"
    path.write_text(path.read_text().replace('"refused"', '"ok"'))
    found = str(first_findings(copy))
    assert "harness/microtome_scoring/answers.py" in found
    assert "checksum" in found
    assert "text-differs" in found


def test_a_release_without_questions_or_without_images_has_no_harness() -> None:
    whole = packed()
    none = {key: rows for key, rows in whole.tables.items() if key[0] in ("figures", "description")}
    held = {key: tuple(row.model_copy(update={"image": None}) for row in rows) for key, rows in whole.tables.items()}
    for tables in (none, held):
        assert harness_texts(whole.__class__(**{**whole.__dict__, "tables": tables}), sources(), {}) == {}


def test_a_config_that_a_release_has_not_has_no_task() -> None:
    whole = packed()
    tables = {key: rows for key, rows in whole.tables.items() if key[0] != "multi_select"}
    checksums = {key: "0" * 32 for key in tables if key[0] == "caption_matching"}
    texts = harness_texts(whole.__class__(**{**whole.__dict__, "tables": tables}), sources(), checksums)
    assert "harness/inspect_ai/caption_matching.py" in texts
    assert not [path for path in texts if "multi_select" in path]


def test_the_same_release_has_the_same_harness(release: Path, tmp_path: Path) -> None:
    write(tmp_path / "again")
    for path in (release / "harness").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(release)).read_bytes(), path


# ---- what it scores


def test_scores_of_single_replies_have_the_mean_that_whole_columns_have() -> None:
    several = [score_reply("multi_select", text, "ABCDEF", KEYS[n % 4]) for n, text in enumerate(TEXTS)]
    given = [sorted(parse_answer(text, "ABCDEF").answer) for text in TEXTS]
    wanted = [list(KEYS[n % 4]) for n in range(len(TEXTS))]
    for metric in (exact_set_match, spc, option_f1, sip_f1):
        name = metric.__name__
        assert repr(mean_score(one.scores[name] for one in several)) == repr(metric(given, wanted)[name])
    single = [score_reply("caption_matching", text, "ABCD", "ABCD"[n % 4]) for n, text in enumerate(TEXTS)]
    named = ["".join(sorted(parse_answer(text, "ABCD").answer)) for text in TEXTS]
    whole = caption_match_accuracy(named, ["ABCD"[n % 4] for n in range(len(TEXTS))])["caption_match_accuracy"]
    assert repr(mean_score(one.scores["caption_match_accuracy"] for one in single)) == repr(whole)


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(ValueError, match="config is 'description'"):
        score_reply("description", "A", "ABCD", "A")
    with pytest.raises(ValueError, match="nothing to score"):
        mean_score([])


SCORE = """
import json, sys
sys.path.append(sys.argv[1] + "/harness")
from microtome_scoring.reply_scores import score_reply
texts = json.load(open(sys.argv[2]))
assert not any(name.split(".")[0] in ("builder", "pymupdf", "datasets") for name in sys.modules)
keys = ["A", "AB", "BD", "ACF"]
print(json.dumps([dict(score_reply("multi_select", text, "ABCDEF", keys[n % 4]).scores) for n, text in enumerate(texts)]))
"""


def test_the_copy_in_a_release_scores_as_the_builder_does(release: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.json").write_text(json.dumps(TEXTS))
    found = json.loads(run(SCORE, release, tmp_path / "texts.json", home=tmp_path))
    assert found == [dict(score_reply("multi_select", text, "ABCDEF", KEYS[n % 4]).scores) for n, text in enumerate(TEXTS)]


# ---- VLMEvalKit, which is not on PyPI: its table, and our class on a stub of its base class

KIT = """
import json, sys, types
from pathlib import Path
import pandas as pd

names = "vlmeval", "vlmeval.smp", "vlmeval.dataset", "vlmeval.dataset.image_base"
kit, smp, dataset, base = map(types.ModuleType, names)
smp.LMUDataRoot = lambda: sys.argv[2]
smp.load = lambda path: pd.read_csv(path, sep="\\t")

class ImageBaseDataset:
    def __init__(self, dataset):
        self.dataset_name, self.data = dataset, self.load_data(dataset)

base.ImageBaseDataset = ImageBaseDataset
dataset.DATASET_CLASSES, dataset.SUPPORTED_DATASETS = [], []
kit.smp, kit.dataset, dataset.image_base = smp, dataset, base
sys.modules |= {m.__name__: m for m in (kit, smp, dataset, base)}
import runpy
module = runpy.run_path(sys.argv[1] + "/harness/vlmevalkit/microtome_dataset.py")
made = module["register"]()
name = "small_bench_caption_matching"
assert dataset.DATASET_CLASSES == [made] and name in dataset.SUPPORTED_DATASETS
one = made(name)
said = one.data[["index"]].assign(prediction=["ANSWER: " + one.data["answer"][0], float("nan")])
said.to_csv(sys.argv[2] + "/said.tsv", sep="\\t", index=False)
print(json.dumps(one.evaluate(sys.argv[2] + "/said.tsv")))
(Path(sys.argv[2]) / "said.items.json").read_text()
"""


def test_the_class_for_vlmevalkit_writes_its_table_as_pinned_and_scores_replies(release: Path, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    assert json.loads(run(KIT, release, tmp_path, home=tmp_path)) == {"caption_match_accuracy": 0.5}
    table = tmp_path / "small_bench_caption_matching.tsv"
    assert hashlib.md5(table.read_bytes()).hexdigest() == tsv_checksums(release)["caption_matching", "test"]
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    truth = pq.read_table(release / "data/caption_matching/test-00000-of-00001.parquet", partitioning=None).to_pylist()
    assert tuple(rows[0]) == TSV_COLUMNS
    assert [row["index"] for row in rows] == [row["id"] for row in truth]
    assert [row["question"] for row in rows] == [prompt_of(row["question"], row["options"]) for row in truth]
    import base64

    assert base64.b64decode(rows[0]["image"]) == truth[0]["image"]["bytes"]
    assert Image.open(BytesIO(base64.b64decode(rows[1]["image"]))).size == (32, 24)


RUNS = """
class Finder:
    def find_spec(self, name, path=None, target=None):
        from importlib.machinery import ModuleSpec
        return ModuleSpec(name, self) if name == "vlmeval.run" else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        pass

    def get_code(self, name):
        return compile("import vlmeval.dataset as d; print(d.SUPPORTED_DATASETS, len(d.DATASET_CLASSES))", name, "exec")

kit.__path__ = []
sys.meta_path.insert(0, Finder())
"""


def test_the_example_for_vlmevalkit_in_the_readme_runs_as_it_is_written(release: Path, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    readme = (release / "harness" / "README.md").read_text()
    (example,) = re.findall("```python\n(.*?)```", readme, re.S)
    (tmp_path / "harness").symlink_to(release / "harness")
    stub = KIT.partition("import runpy\n")[0]
    said = run(stub + RUNS + example, release, tmp_path, home=tmp_path).strip()
    named = ["small_bench_caption_matching", "small_bench_caption_matching_validation", "small_bench_multi_select"]
    assert said == f"{named} 1"
    assert "--data small_bench_multi_select" in readme


def test_the_readme_names_the_versions_that_the_crosscheck_runs() -> None:
    tree = ast.parse((ROOT / "tests" / "crosscheck" / "harnesses.py").read_text(encoding="utf-8"))
    (pinned,) = (
        ast.literal_eval(one.value)
        for one in tree.body
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "ENVIRONMENTS"
    )
    rows = [line for line in sources()["README.md"].splitlines() if line.startswith("| ") and "==" in line]
    assert len(rows) == len(pinned)
    for row, (_, packages) in zip(rows, pinned.values(), strict=True):
        wanted = {one for one in packages if not one.startswith("torch==")}  # of a build for CPUs, where no GPU is
        assert set(row.split("|")[-2].strip(" `").replace('"', "").split()) == wanted


def test_data_of_another_version_is_refused_by_every_task(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "release"
    shutil.copytree(release, copy)
    facts = json.loads((copy / "harness" / "release.json").read_text())
    facts["tables"]["multi_select"]["test"]["content"] = "0" * 64
    (copy / "harness" / "release.json").write_text(json.dumps(facts))
    code = """
import sys
sys.path.append(sys.argv[1] + "/harness")
from microtome_scoring.release_rows import release_of
release = release_of(sys.argv[1] + "/harness/lighteval/tasks.py")
print(len(release.rows("caption_matching", "test")))
try:
    release.rows("multi_select", "test")
except ValueError as error:
    print(error)
try:
    release_of(sys.argv[2] + "/harness/lighteval/tasks.py")
except ImportError as error:
    print(error)
"""
    said = run(code, copy, release, home=tmp_path).splitlines()
    assert said[0] == "2"
    assert "of different versions" in said[1]
    assert "run each in its own process" in said[2]
