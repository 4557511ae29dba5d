"""The house's two rules: data moves one way, and a room either thinks or touches the world."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE = sorted(
    path
    for room in ("stages", "release", "scoring", "lexicon", "reporting", "lint")
    for path in (ROOT / "builder" / room).glob("*.py")
)
ALL = sorted((ROOT / "builder").rglob("*.py"))
WORLD = {"os", "pathlib", "subprocess", "requests", "httpx", "time", "random", "socket", "shutil", "tempfile", "builder.edges"}
NO_PYMUPDF = sorted(path for room in ("metrics_hub", "harness") for path in (ROOT / room).rglob("*.py"))


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("path", PURE, ids=lambda p: str(p.relative_to(ROOT)))
def test_pure_rooms_never_touch_the_world(path: Path) -> None:
    touched = {name for name in imports(path) if any(name == w or name.startswith(f"{w}.") for w in WORLD)}
    assert not touched


@pytest.mark.parametrize("path", PURE, ids=lambda p: str(p.relative_to(ROOT)))
def test_pure_rooms_never_print_or_open(path: Path) -> None:
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & {"print", "open", "input"}


def test_only_the_two_pdf_edges_have_pymupdf_and_only_as_we_load_it() -> None:
    def users(*names: str) -> set[str]:
        return {p.relative_to(ROOT).as_posix() for p in [*ALL, *NO_PYMUPDF] if set(names) & imports(p)}

    assert users("pymupdf", "fitz") == {"builder/edges/mupdf.py"}
    assert users("builder.edges.mupdf") == {"builder/edges/pdf.py", "builder/edges/rasters.py"}


def test_metrics_never_import_the_builder() -> None:
    for path in NO_PYMUPDF:
        assert not {name for name in imports(path) if name.split(".")[0] == "builder"}, path


@pytest.mark.parametrize("path", ALL, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_open_with_a_sentence_and_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module opens with one sentence"
    assert len(text.splitlines()) <= 400


@pytest.mark.parametrize("path", ALL, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_caught_that_cannot_be_named(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            name = node.type.id if isinstance(node.type, ast.Name) else ""
            reraises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
            assert (node.type is not None and name not in {"Exception", "BaseException"}) or reraises, f"line {node.lineno}"
