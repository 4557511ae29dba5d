"""What every test stands on: golden files change only when asked, and nothing leaves this machine."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("the same examples in every run", derandomize=True, deadline=None)
settings.load_profile("the same examples in every run")
GOLDEN = Path(__file__).parent / "golden"
# Files of minutes, the longest first: begun last, they would leave all but one process with nothing to do at the end.
LONG = (
    "test_kills",
    "test_readme",
    "test_publish",
    "test_corpus",
    "test_dask_engine",
    "test_dry_run",
    "test_metric_folders",
    "test_full_disk",
    "test_power_loss",
    "test_isolation",
    "test_hostile_pdfs",
    "test_papers_soak",
    "test_security",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    turn = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: turn.get(item.path.stem, len(turn)))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="write tests/golden/ anew; say in the commit why it is right")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with tests/golden/<name>, or writes it there under --regenerate."""

    def compare(name: str, text: str) -> None:
        if request.config.getoption("--regenerate"):
            GOLDEN.mkdir(exist_ok=True)
            (GOLDEN / name).write_text(text, encoding="utf-8")
        assert text == (GOLDEN / name).read_text(encoding="utf-8"), (
            f"run pytest --regenerate {request.node.nodeid}, and read the diff"
        )

    return compare


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses connections of this process to anywhere but itself."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


Address = tuple[str, int] | str | bytes


def _guarded(connect: Callable[[socket.socket, Address], int | None]) -> Callable[[socket.socket, Address], int | None]:
    def guarded(self: socket.socket, address: Address) -> int | None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(str(address[0])):
            raise ConnectionRefusedError(f"a test tried to reach {address!r}; tests stay on this machine")
        return connect(self, address)

    return guarded


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
