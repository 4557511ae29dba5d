"""The report of the demo's scripted answerers in a real browser: it opens offline, asks nobody, and fits the screen."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from written import write

sync_api = pytest.importorskip("playwright.sync_api", reason="the report is not opened: pip install playwright")

ROOT = Path(__file__).parents[1]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync")
FLAGS += ("disable-background-networking", "disable-component-update")
CSS = (ROOT / "builder" / "reporting" / "report.css").read_text(encoding="utf-8")
CUT = """[...document.querySelectorAll('figure svg[role=img] text')].filter(one => {
    const words = one.getBoundingClientRect(), svg = one.ownerSVGElement.getBoundingClientRect();
    return words.width && (words.left < svg.left - 1 || words.right > svg.right + 1
        || words.top < svg.top - 1 || words.bottom > svg.bottom + 1 || svg.right > window.innerWidth);
}).map(one => one.textContent)"""
LEAST_TEXT, LEAST_MARK = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11: contrast of text, and of what a drawing is read by


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write(folder / "release")
    command = [sys.executable, "-m", "builder.demo", str(folder / "release"), str(folder / "out")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == str(folder / "out" / "report" / "index.html")
    return folder / "out"


@pytest.fixture(scope="module")
def browser() -> Iterator["sync_api.Browser"]:
    if CHROMIUM is None:
        pytest.skip("the report is not opened: no Chromium on PATH; apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[f"--{flag}" for flag in FLAGS])
        yield opened
        opened.close()


def test_the_demo_ends_with_the_scores_of_four_scripted_answerers(demo: Path) -> None:
    models = {"scripted--perfect", "scripted--conservative", "scripted--select-all", "scripted--random"}
    assert {path.name for path in (demo / "results").iterdir()} == models
    assert {path.parent.name for path in (demo / "results").rglob("result.json")} == {"caption_matching", "multi_select"}


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (700, "light"), (360, "dark")])
def test_the_report_opens_offline_fits_the_screen_and_asks_nobody(
    demo: Path, browser: "sync_api.Browser", width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page, requests, complaints = context.new_page(), [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None)
    page.goto((demo / "report" / "index.html").as_uri())
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert complaints == []
    assert page.get_by_role("heading", level=2).count() == 2
    assert page.locator("figure svg[role=img]").count() >= 8
    assert page.locator("article img").evaluate_all("all => all.every(one => one.naturalWidth > 0)")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate(CUT) == []
    assert page.locator(".picture").evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
    assert page.locator(".picture svg:visible").count() == page.locator(".picture").count() >= 4  # one of the two of each
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")  # and so the policy let the style sheet in
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "A"
    regions = page.locator("[role=region]")
    assert len(set(regions.evaluate_all("all => all.map(one => one.ariaLabel)"))) == regions.count()
    regions.first.focus()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_contrast_with_what_they_stand_on(scheme: str) -> None:
    roots = re.findall(r":root \{(.*?)\}", CSS, re.S)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", roots[0] + (roots[1] if scheme == "dark" else "")))
    for ground in ("ground", "raised"):
        for ink in ("ink", "soft", "link", "good"):
            assert _contrast(colours[ink], colours[ground]) >= LEAST_TEXT, (ink, ground)
    assert all(_contrast(colours[name], colours["ground"]) >= LEAST_MARK for name in ("c0", "c3", "edge", "typical"))
    fills = {"c0": "#0072b2", **{name: colours[name] for name in ("c1", "c2", "c3", "c4", "c5")}}
    assert all(_contrast("#ffffff" if name == "c0" else "#10130f", fill) >= LEAST_TEXT for name, fill in fills.items())


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
