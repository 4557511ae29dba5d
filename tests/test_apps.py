"""Each Space's page in a real browser: type an answer set, see the score; type nonsense, read why not."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="the apps are not opened: pip install playwright gradio")

HUB = Path(__file__).parents[1] / "metrics_hub"
FOLDERS = sorted(app.parent.name for app in HUB.glob("*/app.py"))
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync")
FLAGS += ("disable-background-networking", "disable-component-update")
PATIENCE = 60_000  # milliseconds: the first score of description_similarity loads its model

# What a Space has: its requirements, not this checkout; and what no app needs: any other machine.
AS_A_SPACE = """
import importlib.machinery, os, socket
find_spec = importlib.machinery.PathFinder.find_spec
def found(cls, name, path=None, target=None):
    return None if name in os.environ["ABSENT"].split() else find_spec(name, path, target)
importlib.machinery.PathFinder.find_spec = classmethod(found)
def guarded(called, host_of):
    def call(*args, **kwargs):
        host = host_of(args)
        if host not in (None, "", b"", "127.0.0.1", "::1", "localhost", "0.0.0.0"):
            with open(os.environ["ASKED_FOR"], "a") as asked:
                asked.write(f"{host}\\n")
            raise ConnectionRefusedError(f"the app asked for {host}")
        return called(*args, **kwargs)
    return call
socket.getaddrinfo = guarded(socket.getaddrinfo, lambda args: args[0])
for name in ("connect", "connect_ex"):
    called = getattr(socket.socket, name)
    setattr(socket.socket, name, guarded(called, lambda args: args[1][0] if isinstance(args[1], tuple) else None))
"""

pytestmark = [
    pytest.mark.skipif(find_spec("gradio") is None, reason="the apps are not opened: pip install gradio"),
    pytest.mark.skipif(CHROMIUM is None, reason="the apps are not opened: no Chromium on PATH; apt-get install chromium"),
]


class Case(NamedTuple):
    """What a page shows, what is typed into which field, what it shows then, and what it says of a text that it refuses."""

    shown: str
    typed: tuple[str, str]
    score: str
    refused: tuple[str, str]
    error: str


ONE_RIGHT = ("Selected options", "A\nA\nA\nA\nA")  # the key is A, B five times
UNSEPARATED = ("Selected options", "AB\nA\nA\nA\nA")
REFUSED = "prediction 0 is 'AB'; separate labels by commas"
CASES = {  # shown at first: the five answers of SPM-Bench, Table 1
    "calibration_error": Case("0.5500", ("Selected options", "A, B\n" * 5), "0.2900", UNSEPARATED, REFUSED),
    "caption_match_accuracy": Case(
        "0.6000", ("Chosen captions", "A\nB\nD\nA\n"), "0.8000", ("Key", "A\nB\nD\nA\nAB"), "reference 4 is 'AB'; use one of"
    ),
    "description_similarity": Case(
        "0.", ("Description", "\n"), "0.0000", ("Paper's text", "\n"), "an item without a reference text cannot be scored"
    ),
    "exact_set_match": Case("0.2000", ("Selected options", "A, B\nB, A\nA\nC\n"), "0.4000", UNSEPARATED, REFUSED),
    "option_f1": Case("0.6267", ONE_RIGHT, "0.6667", UNSEPARATED, REFUSED),
    "response_profile": Case(
        "undetermined",
        ("Selected options", "\n".join("A" * 10)),
        "Conservative",
        ("Selected options", UNSEPARATED[1] + "\nA" * 5),
        REFUSED,
    ),
    "sip_f1": Case("0.3580", ONE_RIGHT, "0.4000", UNSEPARATED, REFUSED),
    "spc": Case("0.3000", ONE_RIGHT, "0.5000", UNSEPARATED, REFUSED),
}
ON_REQUEST = ("description_similarity",)  # scores when its button is pressed, not while one types


@dataclass
class Space:
    """A running app and its page, with what each asked for and what the browser complained of."""

    name: str
    page: "sync_api.Page"
    asked_for: Path  # by the app, of other machines
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def score(self) -> "sync_api.Locator":
        return self.page.get_by_label("score", exact=True)

    def enter(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)
        self.press()

    def press(self) -> None:
        if self.name in ON_REQUEST:
            self.page.get_by_role("button", name="Score", exact=True).click()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator["sync_api.BrowserContext"]:
    with sync_api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("browser"),
            executable_path=CHROMIUM,
            args=[f"--{flag}" for flag in FLAGS],
            viewport={"width": 1200, "height": 900},
        )
        yield context
        context.close()


@pytest.fixture(scope="module", params=FOLDERS)
def space(
    request: pytest.FixtureRequest, browser: "sync_api.BrowserContext", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Space]:
    """The app as a Space runs it: a copy of its folder under another name, with nothing but its requirements."""
    name = request.param
    if name == "description_similarity" and not (find_spec("torch") and find_spec("sentence_transformers")):
        pytest.skip("description_similarity is not opened: pip install 'microtome[semantic]'")
    home = tmp_path_factory.mktemp(name)
    shutil.copytree(HUB / name, home / "app", ignore=shutil.ignore_patterns("__pycache__"))
    (home / "sitecustomize.py").write_text(AS_A_SPACE)
    port = _free_port()
    with (home / "log").open("w") as log:
        command = [sys.executable, "app.py"]
        app = subprocess.Popen(command, cwd=home / "app", env=_environment(name, home, port), stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/", app, home / "log")
            yield _opened(Space(name, browser.new_page(), home / "asked_for"), f"http://127.0.0.1:{port}/")
        finally:
            app.terminate()
            app.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(name: str, home: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRADIO_", "PYTHONPATH"))}
    offline = {"HF_HUB_OFFLINE": "1", "HF_EVALUATE_OFFLINE": "1", "HF_HOME": str(home / "hf")}
    served = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": str(home / "gradio")}
    absent = "builder" if name == "description_similarity" else "builder sentence_transformers torch transformers"
    return {**kept, **offline, **served, "PYTHONPATH": str(home), "ABSENT": absent, "ASKED_FOR": str(home / "asked_for")}


def _wait(url: str, app: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        assert app.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            return urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.2)


def _opened(space: Space, url: str) -> Space:
    space.page.on("request", lambda request: space.requests.append(request.url))
    space.page.on("console", lambda told: space.complaints.append(told.text) if told.type == "error" else None)
    space.page.on("pageerror", lambda error: space.complaints.append(str(error)))
    space.page.goto(url)
    sync_api.expect(space.page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
    return space


def test_every_metric_has_a_page_and_is_opened_here() -> None:
    assert {folder.name for folder in HUB.iterdir() if (folder / f"{folder.name}.py").exists()} == set(FOLDERS) == set(CASES)


def test_pages_that_ask_the_same_differ_in_their_name_only() -> None:
    def page_of(name: str, title: str) -> str:
        return (HUB / name / "app.py").read_text(encoding="utf-8").replace(f'"{name}"', "NAME").replace(title, "TITLE")

    assert page_of("spc", "SPC") == page_of("option_f1", "Option F1") == page_of("exact_set_match", "Exact set match")


def test_the_score_follows_what_is_typed(space: Space) -> None:
    case = CASES[space.name]
    space.press()
    sync_api.expect(space.score()).to_contain_text(case.shown, timeout=PATIENCE)
    space.enter(*case.typed)
    sync_api.expect(space.score()).to_have_text(case.score, timeout=PATIENCE)


def test_a_refused_input_is_explained_on_the_page(space: Space) -> None:
    case = CASES[space.name]
    space.enter(*case.refused)
    sync_api.expect(space.page.get_by_role("alert")).to_contain_text(case.error, timeout=PATIENCE)
    sync_api.expect(space.score()).to_have_count(0)


def test_a_score_comes_back_after_a_refused_input(space: Space) -> None:
    space.page.reload()
    space.press()
    sync_api.expect(space.score()).to_contain_text(CASES[space.name].shown, timeout=PATIENCE)


def test_the_page_says_what_the_score_means(space: Space) -> None:
    body = space.page.locator("body")
    sync_api.expect(body).to_contain_text(re.compile(r"in\s+\[-?[01], 1\]"))
    sync_api.expect(body).to_contain_text(re.compile(r"(higher|lower|none)\s+is\s+better"))


def test_every_field_has_a_label(space: Space) -> None:
    fields = space.page.locator("input:visible, textarea:visible").all()
    assert len(fields) >= 2
    assert all(one.evaluate("one => one.labels.length > 0 || one.ariaLabel") for one in fields)


def test_neither_page_nor_app_asks_another_machine(space: Space) -> None:
    assert [url for url in space.requests if not re.match(r"(http|ws)://127\.0\.0\.1:|data:|blob:", url)] == []
    assert not space.asked_for.exists(), space.asked_for.read_text()


def test_the_browser_has_nothing_to_complain_of(space: Space) -> None:
    assert space.complaints == []
