"""One module of the package, read without being run: its statements by the names that they bind, and all names in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import resolve_name
from pathlib import Path

from builder.errors import CannotRead

Symbol = tuple[str, str]  # a module, and a name at its top level or `Class.method`
WHOLE, LOOSE = "*", ""  # in place of a name: the module; its statements that bind no name
_PLAIN = frozenset({"property", "cached_property", "staticmethod", "classmethod", "contextmanager"})  # they call nothing


def source_of(path: Path) -> bytes:
    """The file's bytes. Raises CannotRead."""
    try:
        return path.read_bytes()
    except OSError as error:
        said, remedy = f"its source cannot be read: {error.strerror}", "install microtome as a folder with its sources"
        raise CannotRead(str(path), f"{said}, and receipts are kept by the code that made them", remedy) from error


@dataclass
class Part:
    """Statements that stand and fall together: their source by line, and all names in it."""

    source: list[tuple[int, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    dotted: set[tuple[str, str]] = field(default_factory=set)  # `name.attribute`
    attributes: set[str] = field(default_factory=set)
    imported: dict[str, set[Symbol]] = field(default_factory=dict)  # within it, for itself
    methods: set[str] = field(default_factory=set)  # that count where they are mentioned


class Module:
    """One parsed module: its statements by the names that they bind, and what its imports bind."""

    def __init__(self, module: str, path: Path) -> None:
        text = source_of(path).decode()
        self._lines, self._package = text.splitlines(), module if path.name == "__init__.py" else module.rpartition(".")[0]
        self.imported: dict[str, set[Symbol]] = {}
        self.bound: dict[str, list[ast.stmt]] = {LOOSE: []}
        for statement in ast.parse(text).body:
            names = set(_bound(statement))
            if not names:  # also `if TYPE_CHECKING:` and `try:` bind what they import for the whole module
                for node in ast.walk(statement):
                    self._imports(node, self.imported)
            if not isinstance(statement, ast.Import | ast.ImportFrom) and not _says_nothing(statement):
                for name in names or {LOOSE}:
                    self.bound.setdefault(name, []).append(statement)
        self.bound.pop("__all__", None)

    def part(self, name: str) -> Part:
        """What a name at the top level stands for, or `Class.method`."""
        owner, _, method = name.partition(".")
        part = Part()
        for statement in self.bound[owner]:
            late = _late_methods(statement)
            self._read(part, late[method] if method else statement, [] if method else list(late.values()))
            part.methods |= late.keys() if not method else set()
        part.attributes |= part.names & part.methods
        return part

    def _read(self, part: Part, statement: ast.stmt, beside: Sequence[ast.stmt]) -> None:
        left_out = {number for other in beside for number in _span(other)}
        kept = [number for number in _span(statement) if number not in left_out]
        part.source.append((kept[0], "\n".join(self._lines[number - 1] for number in kept)))
        todo = [node for node in ast.iter_child_nodes(statement) if node not in beside]
        while todo:
            node = todo.pop()
            if isinstance(node, ast.Name):
                part.names.add(node.id)
            elif isinstance(node, ast.Attribute):
                part.attributes.add(node.attr)
                if isinstance(node.value, ast.Name):
                    part.dotted.add((node.value.id, node.attr))
                else:
                    todo.append(node.value)
            elif not isinstance(node, ast.Constant):
                self._imports(node, part.imported)
                todo += ast.iter_child_nodes(node)

    def _imports(self, node: ast.AST, into: dict[str, set[Symbol]]) -> None:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            return
        origin = resolve_name("." * node.level + (node.module or ""), self._package) if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            symbol = (origin, alias.name) if origin else (alias.name, WHOLE)
            bound = alias.asname or (alias.name if origin else alias.name.partition(".")[0])
            into.setdefault(bound, set()).add(symbol)


def _says_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _span(node: ast.stmt) -> range:
    """Its lines, those of its decorators among them."""
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
    return range(first, (node.end_lineno or first) + 1)


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))


def _late_methods(statement: ast.stmt) -> dict[str, ast.FunctionDef]:
    found: dict[str, ast.FunctionDef] = {}
    if isinstance(statement, ast.ClassDef) and not statement.bases and not statement.keywords:
        for node in statement.body:
            plain = all(isinstance(by, ast.Name) and by.id in _PLAIN for by in getattr(node, "decorator_list", ()))
            if isinstance(node, ast.FunctionDef) and plain and not node.name.startswith("__"):
                found[node.name] = node
    return found


__all__ = ["LOOSE", "WHOLE", "Module", "Part", "Symbol"]
