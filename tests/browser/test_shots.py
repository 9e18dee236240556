"""Pictures of the real pages of the demo, for people to look at: ``make shots`` leaves them in ``shots/``."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from conftest import ROOT
from tests.browser.audit import themed
from tests.browser.conftest import Shown
from tests.browser.looking import LANGUAGES, THEMES, VIEWS, WIDTHS, address, opened

SHOTS = ROOT / "shots"
PICTURE = ROOT / "docs" / "pictures" / "queue.png"  # shown in the README
LARGEST = 400_000  # bytes


@pytest.mark.shots
def test_pages_are_pictured_in_both_languages_themes_and_widths(chromium: Browser, demo: Shown) -> None:
    SHOTS.mkdir(exist_ok=True)
    for language in LANGUAGES:
        for who in dict.fromkeys(view.who for view in VIEWS):
            with opened(chromium, demo, who, language) as page:
                for view in VIEWS:
                    if view.who == who and language in view.languages:
                        page.goto(address(demo, view))
                        _picture(page, f"{view.name}-{language}")


@pytest.mark.shots
def test_readme_shows_the_queue(chromium: Browser, demo: Shown) -> None:
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    with opened(chromium, demo, "lead", "ru") as page:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto("/queue/all")
        themed(page, "light")
        page.screenshot(path=PICTURE)
    assert PICTURE.stat().st_size <= LARGEST


def _picture(page: Page, name: str) -> None:
    page.evaluate("document.fonts.ready.then(() => true)")
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            themed(page, theme)
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{theme}.png")
