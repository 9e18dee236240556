"""Every page in both languages, themes and widths: readable, reachable, named, in one language, never sideways."""

from __future__ import annotations

import re
import zoneinfo
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from otklik.ops.demo.material import FOLDER, read
from tests.browser.audit import audit, themed
from tests.browser.conftest import Shown
from tests.browser.looking import LANGUAGES, MORE, THEMES, VIEWS, WIDTHS, View, address, opened

LATIN = re.compile(r"[A-Za-z]{3,}")
# Names of things that have no Russian name, keys of the keyboard, kinds of files.
NAMES = set(
    "Message ID Windows Berlin ics "
    "English Enter Shift Ctrl Esc Alt Tab Space Wi-Fi VPN USB PDF CSV XLSX PNG JPEG JPG HEIC HTML SMTP IMAP API REST "
    "URL HTTP HTTPS DNS Markdown UTC Otklik make demo XML xmlcalendar iCalendar Europe Moscow "
    "OAuth scope network wifi OTKLIK EGRESS ALLOW".split()
)
TEXTS = """
() => {
  const found = [];
  const seen = (e) => e.checkVisibility({ visibilityProperty: true });
  const foreign = (e) => e.closest('[lang]:not([lang=ru]), script, style, template, code, pre, kbd, .raw, iframe');
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (seen(e) && !foreign(e)) found.push(walk.currentNode.data.trim());
  }
  for (const e of document.querySelectorAll('[aria-label], [title], [placeholder]'))
    if (!foreign(e)) for (const name of ['aria-label', 'title', 'placeholder']) found.push(e.getAttribute(name) ?? '');
  return found.filter((text) => /[A-Za-z]{3}/.test(text));
}
"""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("views", [VIEWS, pytest.param(MORE, marks=pytest.mark.long)], ids=["main", "more"])
def test_every_page_keeps_the_rules_in_both_themes_and_widths(
    chromium: Browser, demo: Shown, language: str, views: tuple[View, ...]
) -> None:
    found: dict[str, list[str]] = {}
    for who in dict.fromkeys(view.who for view in views):
        with opened(chromium, demo, who, language) as page:
            for view in (view for view in views if view.who == who and language in view.languages):
                found |= _look(page, demo, view, language)
    assert "\n".join(f"{where}: {what}" for where, what in found.items() if what) == ""


def _look(page: Page, demo: Shown, view: View, language: str) -> dict[str, list[str]]:
    answer = page.goto(address(demo, view))
    spoken = page.locator("html").get_attribute("lang")
    if answer is None or answer.status != 200 or spoken != language:
        return {f"{view.name} {language}": [f"answers {answer and answer.status} in {spoken}"]}
    found = {}
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES if language == "ru" else THEMES[: 1 if width > 390 else 2]:
            themed(page, theme)
            found[f"{view.name} {language} {width} {theme}"] = audit(page)
    if language == "ru":
        found[f"{view.name} words"] = untranslated(page)
    return found


def untranslated(page: Page) -> list[str]:
    """Latin words of the interface on a Russian page; what people wrote, and their names, is data."""
    return [
        text
        for text in page.evaluate(TEXTS)
        if not is_data(text) and set(LATIN.findall(text.replace("Wi-Fi", ""))) - NAMES - _people()
    ]


def is_data(text: str) -> bool:
    """True for words of the demo's people, and for addresses."""
    zone = text in zoneinfo.available_timezones()
    return " ".join(text.rstrip("…").split()) in _data() or zone or any(mark in text for mark in ("@", "://", "{"))


def _people() -> set[str]:
    """Latin words in the names of people and places."""
    return set(LATIN.findall((FOLDER / "cast.toml").read_text(encoding="utf-8")))


def _data(cache: list[str] = []) -> str:  # noqa: B006  # read once
    if not cache:
        told = [*sorted(FOLDER.glob("*.toml")), FOLDER.parent / "afterwards.py"]
        files = [file.read_text(encoding="utf-8") for file in told]
        said: Any = read("cast")["desk"]
        cache.append(" ".join(" ".join([*files, f"{said['mailbox']}@{said['domain']}"]).split()))
    return cache[0]
