"""The code version of a stage: a hash of the source that its function can reach, so that an edit redoes only what it touches.

What can be reached is read off the package's sources, symbol by symbol at the top level of its modules: the names that a
function mentions, annotations included, and what they mention in turn. A class counts whole; of one without bases, which
nobody else calls into, a method counts where its name is mentioned as an attribute. What a module does beside binding names
counts with each of its symbols. Its docstring, `__all__` and the comments between its statements count for nothing.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.util import resolve_name
from pathlib import Path

from builder.errors import CannotRead

Symbol = tuple[str, str]  # a module, and a name at its top level or `Class.method`
_WHOLE, _LOOSE = "*", ""  # in place of a name: the module; its statements that bind no name
_PROMPT = re.compile(r'\bshipped\.prompt\((?:"(\w+)"\))?')  # the one file that a stage reads by a name in its source
_LATE = {"property", "cached_property", "staticmethod", "classmethod", "contextmanager"}  # decorators that call nothing


@dataclass
class _Part:
    """Statements that stand and fall together: their source by line, and all names in it."""

    source: list[tuple[int, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    dotted: set[tuple[str, str]] = field(default_factory=set)  # `name.attribute`
    attributes: set[str] = field(default_factory=set)
    methods: dict[str, _Part] = field(default_factory=dict)  # that count where they are mentioned


class _Module:
    """One parsed module: its parts by the names that they bind, and what its imports bind, wherever they stand."""

    def __init__(self, name: str, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            said, remedy = f"its source cannot be read: {error.strerror}", "install microtome as a folder with its sources"
            raise CannotRead(str(path), f"{said}, and receipts are kept by the code that made them", remedy) from error
        self._lines, self._package = text.splitlines(), name if path.name == "__init__.py" else name.rpartition(".")[0]
        self.parts: dict[str, _Part] = {_LOOSE: _Part()}
        self.imported: dict[str, set[Symbol]] = {}
        for statement in ast.parse(text).body:
            names = set(_bound(statement))
            says_nothing = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if not says_nothing and "__all__" not in names:
                for name in names or {_LOOSE}:
                    self._read(self.parts.setdefault(name, _Part()), statement)

    def _read(self, part: _Part, statement: ast.stmt) -> None:
        late = {node.name: node for node in _late_methods(statement)}
        for name, method in late.items():
            self._read(part.methods.setdefault(name, _Part()), method)
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            inside = {number for method in late.values() for number in self._span(method)}
            kept = [number for number in self._span(statement) if number not in inside]
            part.source.append((kept[0], "\n".join(self._lines[number - 1] for number in kept)))
        todo: list[ast.AST] = [statement]
        while todo:
            node = todo.pop()
            if isinstance(node, ast.Name):
                part.names.add(node.id)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self._imports(node)
            elif isinstance(node, ast.Attribute):
                part.attributes.add(node.attr)
                if isinstance(node.value, ast.Name):
                    part.dotted.add((node.value.id, node.attr))
                    continue
            todo += [child for child in ast.iter_child_nodes(node) if child not in late.values()]
        part.attributes |= part.names & late.keys()

    def _span(self, node: ast.stmt) -> range:
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
        return range(first, (node.end_lineno or first) + 1)

    def _imports(self, node: ast.Import | ast.ImportFrom) -> None:
        origin = resolve_name("." * node.level + (node.module or ""), self._package) if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            symbol = (origin, alias.name) if origin else (alias.name, _WHOLE)
            bound = alias.asname or (alias.name if origin else alias.name.partition(".")[0])
            self.imported.setdefault(bound, set()).add(symbol)


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))


def _late_methods(statement: ast.stmt) -> Iterator[ast.FunctionDef]:
    if isinstance(statement, ast.ClassDef) and not statement.bases and not statement.keywords:
        for node in statement.body:
            called = [d for d in getattr(node, "decorator_list", ()) if not (isinstance(d, ast.Name) and d.id in _LATE)]
            if isinstance(node, ast.FunctionDef) and not called and not node.name.startswith("__"):
                yield node


@dataclass
class Sources:
    """The sources of a package; each module is parsed when it is reached for the first time."""

    package: Path  # its folder
    _modules: dict[str, _Module] = field(default_factory=dict)
    _paths: dict[str, Path | None] = field(default_factory=dict)

    def version(self, roots: Iterable[Symbol], known: Iterable[Symbol] = (), more: str = "") -> str:
        """Hash of what `reached` finds, and of `more`. Raises CannotRead where there is no source."""
        whole = hashlib.sha256(more.encode())
        for place, text in self.reached(roots, known):
            whole.update(f"\0{place}\0{text}".encode())
        return whole.hexdigest()

    def reached(self, roots: Iterable[Symbol], known: Iterable[Symbol] = ()) -> list[tuple[str, str]]:
        """Module or file, and text, of all source that these symbols reach, by module and line.

        Symbols whose meaning is `known` otherwise are not followed.
        """
        seen, todo, late, mentioned = set(known), list(roots), set[Symbol](), set[str]()
        statements: set[tuple[str, int, str]] = set()
        while todo:
            symbol = todo.pop()
            if symbol not in seen:
                seen.add(symbol)
                part, more = self._part(*symbol)
                todo += more
                mentioned |= part.attributes
                statements |= {(symbol[0], *line) for line in part.source}
                late |= {(symbol[0], f"{symbol[1]}.{method}") for method in part.methods}
            if not todo:
                todo = [method for method in late - seen if method[1].rpartition(".")[2] in mentioned]
        wanted = {found or "*" for _, _, text in statements for found in _PROMPT.findall(text)}
        files = sorted({path for name in wanted for path in (self.package / "prompts").glob(f"{name}.j2")})
        return [(place, text) for place, _, text in sorted(statements)] + [
            (path.name, path.read_text(encoding="utf-8")) for path in files
        ]

    def _part(self, module: str, name: str) -> tuple[_Part, set[Symbol]]:
        """What a symbol stands for, and the symbols that this mentions."""
        if module.partition(".")[0] != self.package.name:  # somebody else's
            return _Part([(0, name)]), set()
        here = self._module(module)
        owner, _, method = name.partition(".")
        if name == _LOOSE:  # importing a module runs its packages too
            outer = module.rpartition(".")[0]
            return here.parts[name], self._mentioned(module, here.parts[name]) | ({(outer, _LOOSE)} if outer else set())
        if owner in here.parts:
            part = here.parts[owner].methods[method] if method else here.parts[owner]
            return part, self._mentioned(module, part) | {(module, _LOOSE)}
        if name in here.imported:
            origins = here.imported[name]
            return _Part([(0, f"{name} is {sorted(origins)}")]), origins | {(module, _LOOSE)}
        if self._path(f"{module}.{name}"):
            return _Part(), {(f"{module}.{name}", _WHOLE)}
        return _Part(), {(module, bound) for bound in (*here.parts, *here.imported)}

    def _mentioned(self, module: str, part: _Part) -> set[Symbol]:
        here = self._module(module)
        found = {(module, name) for name in part.names if name in here.parts or name in here.imported}
        for name, attribute in part.dotted:
            inside = {f"{origin}.{what}" for origin, what in here.imported.get(name, ()) if self._path(f"{origin}.{what}")}
            found |= {(there, attribute) for there in inside}
            if not inside and (name in here.parts or name in here.imported):
                found.add((module, name))
        return found

    def _module(self, name: str) -> _Module:
        if name not in self._modules:
            self._modules[name] = _Module(name, self._path(name) or self._bare(name).with_suffix(".py"))
        return self._modules[name]

    def _path(self, name: str) -> Path | None:
        """The file of a module of ours, None where there is none of that name."""
        if name not in self._paths:
            own = name.partition(".")[0] == self.package.name
            bare = self._bare(name)
            files = (bare.with_suffix(".py"), bare / "__init__.py") if own else ()
            self._paths[name] = next((path for path in files if path.is_file()), None)
        return self._paths[name]

    def _bare(self, name: str) -> Path:
        return self.package.parent.joinpath(*name.split("."))


__all__ = ["Sources", "Symbol"]
