"""The system's own Chromium, driven by Playwright, and what axe finds on a page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def opened(page: Path, **settings: Any) -> Iterator[Page]:
    """A page that lies in a file, open in the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        shown = browser.new_context(**settings).new_page()
        shown.goto(page.as_uri())
        yield shown
        browser.close()


def barriers(page: Path, scheme: str) -> list[str]:
    """What axe finds that would keep somebody from reading the page, in light or dark."""
    with opened(page, color_scheme=scheme, bypass_csp=True) as shown:  # axe is itself a script
        found = Axe().run(shown).response["violations"]
    return [f"{each['id']}: {[node['html'][:200] for node in each['nodes'][:3]]}" for each in found]
