"""axe-core over a page, on a wide and a narrow screen, light and dark, every table opened: run by hand.

`npm install axe-core` somewhere, then
`python tests/crosscheck/accessibility.py PAGE.html path/to/node_modules/axe-core/axe.min.js`.
Prints each finding with its weight; exit code 1 where one is serious or critical, or the page scrolls sideways.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FLAGS = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync", "disable-background-networking")
SERIOUS = {"serious", "critical"}
OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"
SIDEWAYS = "document.documentElement.scrollWidth > window.innerWidth"


def main(page: Path, axe: Path) -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    found = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[f"--{flag}" for flag in FLAGS])
        for width in (1400, 390):
            for scheme in ("light", "dark"):
                # The page's own policy would keep axe out as well.
                context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
                tab = context.new_page()
                tab.goto(page.resolve().as_uri())
                tab.evaluate(OPEN_ALL)
                tab.add_script_tag(content=axe.read_text(encoding="utf-8"))
                told = tab.evaluate("axe.run(document, {resultTypes: ['violations', 'incomplete']})")
                sideways = tab.evaluate(SIDEWAYS)
                broken = told["violations"]
                kinds = [f"{one['impact']} {one['id']} ({len(one['nodes'])}): {one['help']}" for one in broken]
                unsure = [f"{one['id']} ({len(one['nodes'])})" for one in told["incomplete"]]
                version, passed = told["testEngine"]["version"], len(told["passes"])
                print(f"{width} px, {scheme}: axe {version}, {passed} rules passed; sideways: {sideways}")
                print("".join(f"  {kind}\n" for kind in kinds), end="")
                print(f"  not decided by axe: {', '.join(unsure) or 'nothing'}")
                found += sideways + sum(one["impact"] in SERIOUS for one in told["violations"])
                context.close()
        browser.close()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
