"""What every atheris harness here does: seeds and words into a folder, coverage of our own code, findings into found/."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FunctionType

FOUND = Path(__file__).parent / "found"
_SLOW = 5  # seconds that one text of a thousand characters may take under coverage: more is a hang


def fuzzed(check: Callable[[bytes], None], name: str, seeds: Iterable[bytes], words: Sequence[str]) -> None:
    """Fuzz until libFuzzer ends, by the arguments of the command line. Never returns."""
    import atheris  # an extra: nothing but these harnesses needs it

    with tempfile.NamedTemporaryFile("w", suffix=".dict", delete=False, encoding="ascii") as file:
        for word in words:
            file.write('"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"\n')
    first = Path(tempfile.mkdtemp(prefix="seeds-"))
    for seed in seeds:
        (first / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    options = [
        f"-dict={file.name}",
        f"-timeout={_SLOW}",
        "-max_len=1000",
        f"-artifact_prefix={FOUND / name}/",
        "-len_control=0",
    ]
    for module in [found for name, found in sys.modules.items() if name.startswith("builder.")]:
        for one in vars(module).values():
            if isinstance(one, FunctionType) and one.__module__ == module.__name__:
                atheris.instrument_func(one)
    atheris.Setup([sys.argv[0], *options, *sys.argv[1:], str(first)], check)
    atheris.Fuzz()
