"""Names, texts, pictures and answers of strangers: read as data, kept in their folder, and never run."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import shutil
import struct
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import SecurityError
from synthetic_run import write_run
from written import write

from builder.asking import prompt_from
from builder.cli import main
from builder.edges.images import fitted_release, opened_png, picture_within
from builder.edges.papers import COLUMNS, find_papers
from builder.edges.redaction import body_without, redacted
from builder.edges.scored_files import result_folder
from builder.edges.validation import check_files, shipped_policy
from builder.errors import CannotRead, Exit, UsageError
from builder.recipe import read_recipe
from builder.release.card import yaml_text
from builder.release.croissant import CONTEXT, fetches
from builder.release.files import MANIFEST
from builder.reporting.tables import Table, csv_text

ROOT = Path(__file__).parents[1]
LONG = "x" * 4000
PLACES = (
    "../outside",
    "/etc/passwd",
    "a\0b",
    LONG,
    "data/../../outside",
    "C:\\outside",
    "data\\x",
    ".ssh/id",
    "a//b",
    "",
    "a\nb",
)

# ---- names


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("security") / "release").folder


def spoilt(release: Path, into: Path, change: Callable[[dict[str, object]], None]) -> Path:
    """A copy whose manifest says something else."""
    shutil.copytree(release, into)
    told = json.loads((into / MANIFEST).read_text(encoding="utf-8"))
    change(told)
    (into / MANIFEST).write_text(json.dumps(told), encoding="utf-8")
    return into


def commands_on(release: Path, other: Path, tmp: Path) -> dict[str, list[str]]:
    """Every command that is given a release, but for those that need a model."""
    predictions = tmp / "predictions.jsonl"
    predictions.write_text('{"id": "../../x", "model": "../../m", "text": "ANSWER: A"}\n', encoding="utf-8")
    paper = tmp / "paper.pdf"
    paper.write_bytes(b"no PDF")
    return {
        "cite": ["cite", str(release)],
        "why": ["why", "../../x", "--release", str(release)],
        "diff": ["diff", str(release), str(other)],
        "score": ["score", str(predictions), "--release", str(release), "--out", str(tmp / "scored")],
        "rescore": ["rescore", str(predictions), "--from", str(release), "--to", str(other)],
        "publish": ["publish", str(release), "org/name"],
        "hydrate": ["hydrate", str(release), "--papers", str(paper), "--out", str(tmp / "back"), "--jobs", "1"],
        "erratum": [
            "erratum", "../../x", "--retire", "--reason", "x", "--release", str(release), "--out", str(tmp / "new"),
            "--version", "1.1.0",
        ],
        "validate": ["validate", str(release)],
        "withdraw": [
            "withdraw", str(release), "--figure", "../../x", "--reason", "x", "--out", str(tmp / "new"), "--version", "1.1.0",
        ],
        "ask": [
            "ask", str(release), "--config", "multi_select", "--model", "m", "--base-url", "http://127.0.0.1:9/v1",
            "--api-key-env", "", "--out", str(tmp / "answers.jsonl"), "--dry-run",
        ],
        "battery": ["battery", str(release)],
        "report": ["report", str(tmp / "results"), "--release", str(release), "--out", str(tmp / "report")],
    }  # fmt: skip


ALONE = {"ask", "battery"}  # read rows and never the manifest: nothing is wrong with those
NAMES = [
    "cite", "why", "diff", "score", "rescore", "publish", "hydrate", "erratum", "validate", "withdraw", "ask", "battery",
    "report",
]  # fmt: skip


def test_each_name_that_leads_out_or_differs_in_case_alone_is_a_finding(release: Path, tmp_path: Path) -> None:
    def add(told: dict[str, object]) -> None:
        files = told["files"]
        assert isinstance(files, list)
        files += [{**files[0], "path": name} for name in (*PLACES, "readme.md")]

    found = check_files(spoilt(release, tmp_path / "bad", add), shipped_policy()).found
    told = [issue for issue in found if issue.code == "schema" and issue.place.startswith(f"{MANIFEST} > files > ")]
    assert len({issue.place for issue in told}) == len(PLACES)
    assert {issue.place for issue in found if issue.code == "missing-file"} == {*PLACES, "readme.md"}
    assert [issue.place for issue in found if issue.code == "case-collision"] == ["readme.md"]


@pytest.mark.parametrize(
    "context", ["http://127.0.0.1:9/x", {"@import": "http://127.0.0.1:9/x"}, ["file:///etc/passwd"], {}, None], ids=repr
)
def test_a_croissant_that_would_send_its_reader_to_an_address_is_not_read(context: object) -> None:
    assert fetches({"@context": context, "name": "x"})
    assert fetches({"@context": CONTEXT, "distribution": [{"a": {"@context": context}}]})
    assert not fetches({"@context": CONTEXT, "distribution": [{"a": {"name": "@context"}}]})


def test_a_few_lines_of_a_card_cannot_stand_for_millions(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    lines = ["a: &a [x]", *(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise("abcdefghijkl"))]
    (tmp_path / "README.md").write_text("\n".join(["---", *lines, "configs: [{config_name: *l}]", "---", ""]), encoding="utf-8")
    told = [issue.problem for issue in check_files(tmp_path, shipped_policy()).found if issue.code == "bad-yaml"]
    assert len(told) == 1
    assert "aliases" in told[0]


@pytest.mark.parametrize("command", NAMES)
def test_a_command_on_such_a_release_ends_in_a_sentence_and_touches_nothing_outside(
    command: str, release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def spoil(told: dict[str, object]) -> None:
        files = told["files"]
        assert isinstance(files, list)
        told["files"] = [{**one, "path": "../../outside/" + one["path"]} for one in files]
        told["version"] = "../../1.0.0"

    bad = spoilt(release, tmp_path / "in" / "bad", spoil)
    (tmp_path / "in" / "tmp").mkdir()
    arguments = commands_on(bad, release, tmp_path / "in" / "tmp")[command]
    if command == "report":
        write_run(tmp_path / "in" / "tmp" / "results", items=20, papers=5, models=("aurora-ultra",), resamples=10)
    monkeypatch.setattr("builder.edges.validation.load_as_a_stranger", lambda *_: [])  # takes seconds, behind a fence
    assert main(arguments) in {Exit.FINDINGS, Exit.USAGE, Exit.CANNOT_READ, *([Exit.OK] if command in ALONE else [])}
    capsys.readouterr()
    assert {path.name for path in tmp_path.iterdir()} == {"in"}
    assert {path.name for path in (tmp_path / "in").iterdir()} <= {"bad", "tmp"}


@pytest.mark.parametrize("name", ["../outside.pdf", "/etc/passwd", "a\0b.pdf", LONG, "loop.pdf", "file/x.pdf", "."])
def test_a_papers_csv_that_names_a_file_elsewhere_is_one_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / "outside.pdf").write_bytes(b"%PDF")
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "file").write_bytes(b"x")
    (folder / "loop.pdf").symlink_to("loop.pdf")
    with (folder / "papers.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, (name, *[""] * (len(COLUMNS) - 1))])
    with pytest.raises(CannotRead) as told:
        find_papers([folder / "papers.csv"])
    assert len(str(told.value)) < 1500


def test_a_link_that_leads_out_of_the_folder_is_outside(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (tmp_path / "outside.pdf").write_bytes(b"%PDF")
    (folder / "inside.pdf").symlink_to(tmp_path / "outside.pdf")
    (folder / "papers.csv").write_text(",".join(COLUMNS) + "\ninside.pdf" + "," * (len(COLUMNS) - 1), encoding="utf-8")
    with pytest.raises(CannotRead, match="lies outside"):
        find_papers([folder / "papers.csv"])


@pytest.mark.parametrize(
    "arguments", [["validate", LONG], ["figures", LONG], ["parse", LONG], ["lint", LONG], ["cite", LONG + "/x"]]
)
def test_a_name_that_no_system_takes_is_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) in {Exit.CANNOT_READ, Exit.USAGE}
    assert capsys.readouterr().err.startswith("microtome: [")


@given(st.one_of(st.text(), st.sampled_from(PLACES), st.sampled_from(["..", ".", "a/../../b", "~", "-", "CON", "a" * 300])))
def test_a_models_name_is_one_folder_below_the_results(model: str) -> None:
    folder = result_folder(Path("/out"), model.encode("utf-8", "replace").decode(), "multi_select")
    assert folder.parent.parent == Path("/out")
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", folder.parent.name)


# ---- texts


@given(
    st.text(max_size=60), st.lists(st.sampled_from(["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "-0.5"]))
)
def test_no_cell_of_a_table_is_a_formula(text: str, more: list[str]) -> None:
    cells = [text.replace("\0", ""), *more]
    table = Table("t", "t", "signed", tuple("a" * len(cells)), (tuple(cells),), 1)
    (_, row) = csv.reader(io.StringIO(csv_text(table), newline=""))
    assert len(row) == len(cells) + 1
    for cell in row:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or re.fullmatch(r"-\d*\.?\d*", cell)


@given(st.text())
def test_a_title_stays_one_string_of_a_cards_front_matter(title: str) -> None:
    assert yaml.safe_load(f"a: {yaml_text(title)}\nb: 1") == {"a": title, "b": 1}


PIECES = {"told", "line", "cut", "within"}  # of HTML, put together before
NUMBERS = re.compile(r"[A-Z_]+|made\['sts_max_length'\]|result\[.*\]|len\(.*\)")


def harmless(piece: ast.expr) -> bool:
    """Whether it is escaped, a number, a text of ours, or HTML that was put together before."""
    if isinstance(piece, ast.IfExp):
        return harmless(piece.body) and harmless(piece.orelse)
    if isinstance(piece, ast.Call) and isinstance(piece.func, ast.Name):
        return piece.func.id in {"escape", "table", "len"}
    if isinstance(piece, ast.Name) and piece.id in PIECES:
        return True
    return isinstance(piece, ast.Constant) or bool(NUMBERS.fullmatch(ast.unparse(piece)))


@pytest.mark.parametrize("app", sorted((ROOT / "metrics_hub").glob("*/app.py")), ids=lambda app: app.parent.name)
def test_every_piece_of_a_spaces_html_is_escaped(app: Path) -> None:
    for node in ast.walk(ast.parse(app.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr) and any(isinstance(v, ast.Constant) and "<" in str(v.value) for v in node.values):
            for value in (v for v in node.values if isinstance(v, ast.FormattedValue) and v.format_spec is None):
                assert harmless(value.value), ast.unparse(value.value)


HELD = "{{ ''.__class__ }} {% for x in range(10**9) %}{% endfor %} {{ data }} ${HOME} {# gone #}"


def test_what_a_recipe_says_is_never_a_template() -> None:
    said = prompt_from(
        "{% block system %}s{% endblock %}{% block user %}{{ note }}{% endblock %}", stage="x", about="y", slots={"note": HELD}
    )
    assert said.user == HELD
    told = json.dumps(HELD)
    head = '[identity]\nname = "a"\ntitle = "t"\nsummary = "s"\ncanary = "c"\n'
    recipe = read_recipe(f'tasks = ["description"]\n{head}[description]\nprompt = {told}\n[point]\nnote = {told}\n', "x")
    assert (recipe.description.prompt, recipe.point.note) == (HELD, HELD)


@pytest.mark.parametrize("key", ["template", "prompt_template", "code", "import", "python", "command"])
def test_a_recipe_has_no_key_that_could_carry_code(key: str) -> None:
    head = 'tasks = ["description"]\n[identity]\nname = "a"\ntitle = "t"\nsummary = "s"\ncanary = "c"\n'
    for section in ("identity", "point", "multi_select", "challenge"):
        more = f'{key} = "x"\n' if section == "identity" else f'[{section}]\n{key} = "x"\n'
        with pytest.raises(UsageError, match=key):
            read_recipe(head + more, "x")


@pytest.mark.parametrize(
    "words",
    ["{{ ''.__class__.__mro__ }}", "{{ note.__init__.__globals__ }}", "{{ lipsum.__globals__ }}"],
)
def test_a_template_reaches_no_python(words: str) -> None:
    with pytest.raises(SecurityError):
        prompt_from(
            f"{{% block system %}}{words}{{% endblock %}}{{% block user %}}{{% endblock %}}",
            stage="x",
            about="y",
            slots={"note": "n"},
        )


def test_a_template_cannot_count_for_ever() -> None:
    words = "{% for x in range(10**9) %}x{% endfor %}"
    with pytest.raises(OverflowError):
        prompt_from(
            f"{{% block system %}}{words}{{% endblock %}}{{% block user %}}{{% endblock %}}", stage="x", about="y", slots={}
        )


# ---- keys


def texts_in(value: object) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(text for one in value.values() for text in texts_in(one))]
    return [text for one in value for text in texts_in(one)] if isinstance(value, list) else [str(value)]


@given(st.text('abcXYZ019/+="\\-_', min_size=12, max_size=40), st.text(max_size=20))
def test_no_key_is_left_in_the_body_of_an_answer_however_it_was_escaped(key: str, around: str) -> None:
    body = {"a": [around + key, {"b": f"{key}{key}"}], "n": 1.5, "x": None, around: [True]}
    told = body_without(json.loads(json.dumps(body).replace("/", "\\/")), key)
    assert not any(key in text for text in texts_in(told))


def test_tokens_of_every_provider_look_like_keys() -> None:
    said = "hf_AbCdEf0123 sk-proj-abc123 Bearer eyJhbGciOi AIzaSyA1234"
    assert redacted(said, None) == "[key] [key] [key] [key]"


# ---- pictures


def png(width: int, height: int, *more: bytes) -> bytes:
    """A PNG whose head says that size, and whose pixels are ten bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(10)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + pixels + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    data = b"k\0\0" + zlib.compress(bytes(70 << 20), 1)
    return struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))


@pytest.mark.parametrize(
    "data", [png(65_000, 65_000), png(2**31 - 1, 2**31 - 1), png(10, 10), png(10, 10, text_bomb()), b"", b"\x89PNG"]
)
def test_a_picture_that_would_swell_or_is_none_is_no_picture(data: bytes) -> None:
    with pytest.raises(OSError, match=r"."):
        picture_within(data, 720)
    with pytest.raises(OSError, match=r"."), opened_png(data) as image:
        image.load()


def test_a_released_picture_that_would_swell_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(OSError, match="decompression bomb"):
        fitted_release(png(65_000, 65_000), "0" * 64, 1024, 10**6)


# ---- code

NO_IMPORT = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "torch.load", "code", "runpy"}
NO_NAME = {"eval", "exec", "compile", "__import__"}
NO_CALL = {"torch.load", "numpy.load", "np.load", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "os.system", "os.popen"}
NO_WORD = {"shell", "allow_pickle", "trust_remote_code"}
WORDS = {*NO_IMPORT, *NO_NAME, *NO_CALL, *NO_WORD} - {"code"} | {"import code"}  # a file with none of them is not looked into
READERS = {
    "builder/edges/messages.py",  # what a child sends, held to a list of names
    "builder/edges/cluster.py",  # what a driver sends to its own workers
}


@pytest.mark.parametrize("room", ["builder", "metrics_hub", "harness", "cards"])
def test_nothing_reads_a_pickle_or_runs_a_text(room: str) -> None:
    for path in sorted((ROOT / room).rglob("*.py")):
        if path.relative_to(ROOT).as_posix() in READERS:
            continue
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if any(word in text for word in WORDS) else ():
            if isinstance(node, ast.Import):
                assert not {alias.name for alias in node.names} & NO_IMPORT, path
            if isinstance(node, ast.ImportFrom):
                assert node.module not in NO_IMPORT, path
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in NO_NAME | NO_CALL, f"{path}: {called}"
                assert not any(word.arg in NO_WORD for word in node.keywords), f"{path}: {called}"
