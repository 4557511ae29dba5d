"""The code version of a stage: a hash of the source that its function can reach, so that an edit redoes only what it touches.

What can be reached is read off the package's sources, symbol by symbol at the top level of its modules: the names that a
function mentions, annotations included, and what they mention in turn. A class counts whole; of one without bases, which
nobody else calls into, a method counts where its name is mentioned as an attribute. What a module does beside binding names
counts with each of its symbols. Its docstring, `__all__` and the comments between its statements count for nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from builder.module_source import LOOSE, WHOLE, Module, Part, Symbol

_PROMPT = re.compile(r'\bshipped\.prompt\((?:"(\w+)"\))?')  # the files that stages read by a name in their source


@dataclass
class Sources:
    """The sources of a package; each module is parsed when it is reached for the first time."""

    package: Path  # its folder
    libraries: Mapping[str, str] = field(default_factory=dict)  # versions of others' packages that results depend on
    _modules: dict[str, Module] = field(default_factory=dict)
    _paths: dict[str, Path | None] = field(default_factory=dict)
    _parts: dict[Symbol, tuple[Part, set[Symbol]]] = field(default_factory=dict)

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
                if symbol not in self._parts:
                    self._parts[symbol] = self._part(*symbol)
                part, more = self._parts[symbol]
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

    def _part(self, module: str, name: str) -> tuple[Part, set[Symbol]]:
        """What a symbol stands for, and the symbols that this mentions."""
        whose = module.partition(".")[0]
        if whose != self.package.name:  # somebody else's
            return Part([(0, f"{name} {self.libraries[whose]}" if whose in self.libraries else name)]), set()
        here = self._module(module)
        run = {(module, LOOSE), (module.rpartition(".")[0] or module, LOOSE)}  # by importing it, and its package
        if name.partition(".")[0] in here.bound:
            part = here.part(name)
            return part, self._mentioned(module, part) | run
        if name in here.imported:
            origins = here.imported[name]
            return Part([(0, f"{name} is {sorted(origins)}")]), origins | run
        if self._path(f"{module}.{name}"):
            return Part(), {(f"{module}.{name}", WHOLE)}
        return Part(), {(module, bound) for bound in (*here.bound, *here.imported)}

    def _mentioned(self, module: str, part: Part) -> set[Symbol]:
        here = self._module(module)
        found: set[Symbol] = set()
        names = set(part.names)
        for name, attribute in part.dotted:
            origins = part.imported.get(name, set()) | here.imported.get(name, set())
            inside = {there for there in map(".".join, origins) if self._path(there)}
            found |= {(there, attribute) for there in inside}
            names |= set() if inside else {name}
        for name in names:
            found |= part.imported.get(name, set())
            found |= {(module, name)} if name in here.bound or name in here.imported else set()
        return found

    def _module(self, name: str) -> Module:
        if name not in self._modules:
            self._modules[name] = Module(name, self._path(name) or self._bare(name).with_suffix(".py"))
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
