"""The metric folders of metrics_hub/: the copies of builder/scoring in them, and how `evaluate` finds them by bare name."""

from __future__ import annotations

import ast
import hashlib
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from builder import shipped
from builder.edges.store import cannot_write, write_whole
from builder.errors import UsageError

_MARK = "installed-by-microtome"  # tells our copies from those that evaluate fetched
_SCORING = Path(__file__).parents[1] / "scoring"


@dataclass(frozen=True)
class MetricFolder:
    """One folder of metrics_hub: an `evaluate` metric that is a Hub Space."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @cached_property
    def _module(self) -> ast.Module:
        return ast.parse((self.path / f"{self.name}.py").read_text(encoding="utf-8"))

    @property
    def siblings(self) -> tuple[str, ...]:
        """The modules beside the metric's own that it names: those, and only those, `evaluate` fetches with it."""
        return tuple(sorted(str(node.module) for node in self._relative_imports()))

    def _relative_imports(self) -> list[ast.ImportFrom]:
        return [node for node in ast.walk(self._module) if isinstance(node, ast.ImportFrom) and node.level == 1]

    @cached_property
    def files(self) -> dict[str, bytes]:
        """What has to stand together for the metric to run, by file name."""
        return {f"{name}.py": (self.path / f"{name}.py").read_bytes() for name in (self.name, *self.siblings)}

    @property
    def hash(self) -> str:
        """SHA-256, in hex, over the names and bytes of `files`: the folder's name among `evaluate`'s modules."""
        whole = hashlib.sha256()
        for name, data in sorted(self.files.items()):
            whole.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
        return whole.hexdigest()

    @property
    def version(self) -> str:
        """The VERSION that the metric imports and writes into its results."""
        (home,) = [node.module for node in self._relative_imports() if any(a.name == "VERSION" for a in node.names)]
        for node in ast.parse(self.files[f"{home}.py"]).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and _names(node) == ["VERSION"]:
                return str(node.value.value)
        raise ValueError(f"{home}.py of {self.name} sets no VERSION")

    @property
    def sdk(self) -> str:
        """What its Space runs on, by the front matter of its card."""
        card = (self.path / "README.md").read_text(encoding="utf-8")
        return str(yaml.safe_load(card.split("---\n")[1])["sdk"])

    @property
    def summary(self) -> str:
        """The first sentence of the module."""
        return (ast.get_docstring(self._module) or "").splitlines()[0]


def _names(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def metric_folders(names: tuple[str, ...] = ()) -> tuple[MetricFolder, ...]:
    """The folders of the named metrics, all without names, by name. Raises UsageError for a name there is not."""
    root = shipped.folder("metrics_hub")
    known = sorted(path.name for path in root.iterdir() if (path / f"{path.name}.py").is_file())
    for name in names:
        if name not in known:
            raise UsageError(name, "no such metric", f"name one of {', '.join(known)}")
    return tuple(MetricFolder(root / name) for name in known if not names or name in names)


def copy_scoring() -> list[Path]:
    """Write into each metric folder the modules of builder/scoring that its metric names; returns what changed."""
    changed = []
    for folder in metric_folders():
        for name in folder.siblings:
            copy, truth = folder.path / f"{name}.py", (_SCORING / f"{name}.py").read_bytes()
            if not copy.is_file() or copy.read_bytes() != truth:
                write_whole(copy, truth)
                changed.append(copy)
    return changed


def install(folder: MetricFolder) -> Path:
    """Put the metric where `evaluate.load("name")` finds it without the network; an earlier copy of ours is replaced."""
    uninstall(folder)
    home = _home(folder) / folder.hash
    for place in (home.parent, home):
        write_whole(place / "__init__.py", b"")
    for name, data in folder.files.items():
        write_whole(home / name, data)
    write_whole(home / _MARK, f"{folder.version}\n".encode())
    return home


def uninstall(folder: MetricFolder) -> bool:
    """Take away our copies of the metric; what evaluate itself fetched stays. False when there was none."""
    ours = [place for place in _installed(folder) if (place / _MARK).is_file()]
    for place in ours:
        with cannot_write(place):
            shutil.rmtree(place)
    return bool(ours)


def state(folder: MetricFolder) -> str:
    """ "installed", or what `evaluate.load("name")` would meet instead, with what to do."""
    shadow = Path.cwd() / folder.name / f"{folder.name}.py"
    if shadow.is_file():
        return f"hidden by the folder ./{folder.name} here: run from another directory"
    copies = sorted(_installed(folder), key=lambda place: (place / f"{folder.name}.py").stat().st_mtime)
    if not copies:
        return "not installed: microtome metrics install"
    newest = copies[-1]
    same = all((newest / name).is_file() and (newest / name).read_bytes() == data for name, data in folder.files.items())
    if same:
        return "installed"
    whose = "an edited or older copy is installed" if (newest / _MARK).is_file() else "evaluate would take another, newer copy"
    return f"{whose}: microtome metrics install"


def _home(folder: MetricFolder) -> Path:
    from evaluate.loading import init_dynamic_modules  # seconds where torch is installed

    return Path(init_dynamic_modules()) / "metrics" / f"evaluate-metric--{folder.name}"


def _installed(folder: MetricFolder) -> list[Path]:
    home = _home(folder)
    places = sorted(home.iterdir()) if home.is_dir() else []
    return [place for place in places if len(place.name) == 64 and (place / f"{folder.name}.py").is_file()]
