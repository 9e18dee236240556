"""Who opens which page of the demo, for the audit and for the pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from tests.browser.conftest import Shown

LANGUAGES = {"en": "English", "ru": "Русский"}  # English first: looking in Russian leaves the person Russian
WIDTHS = {1440: 900, 390: 844}
THEMES = ("light", "dark")


@dataclass(frozen=True)
class View:
    """A page: its name, who looks (empty: nobody signed in), and its address or the name of one in ``Shown.paths``."""

    name: str
    who: str
    path: str
    languages: tuple[str, ...] = ("ru", "en")  # a mailed page speaks the language of whom it was mailed to


VIEWS = (
    View("demo", "", "/demo"),
    View("letters", "", "/demo/mail"),
    View("sign-in", "", "/sign-in"),
    View("feedback-ru", "", "feedback_ru", ("ru",)),
    View("feedback-en", "", "feedback_en", ("en",)),
    View("home", "nurse", "/"),
    View("report", "nurse", "/report"),
    View("requests", "nurse", "/requests"),
    View("request", "nurse", "request"),
    View("request-solved", "english", "request_solved"),
    View("queue", "agent", "/queue"),
    View("ticket", "agent", "ticket"),
    View("call", "agent", "/calls/new"),
    View("settings-services", "service_manager", "/settings/services"),
    View("settings-people", "admin", "/settings/people"),
    View("settings-start", "admin", "/settings/start"),
)

ROUTING = ("routing", "weights", "seats", "call-hooks", "call-hooks/new")
# Looked at by `make test-long` only.
MORE = (
    *(View(f"me{name}", who, f"/me{name}") for who in ("nurse", "lead") for name in ("", "/bell", "/notifications")),
    *(
        View(f"settings-{name}", "service_manager", f"/settings/{name}")
        for name in ("organisations", "places", "teams", "priorities", "priorities/matrix", "agreements", "calendars")
    ),
    *(
        View(f"settings-{name}", "admin", f"/settings/{name}")
        for name in ("desk", "mail", "mail/ledger", "mail/quarantine", "outgoing", "deliveries", "letters", "tokens")
    ),
    *(
        View(f"settings-{name}", "service_manager", f"/settings/{name}")
        for name in ("skills", "people-skills", "skill-needs", "shifts", "extra-shifts", "absences", "on-call")
    ),
    View("roster", "lead", "/roster"),
    View("team", "lead", "/team"),
    View("next", "agent", "/next"),
    View("unwatched", "lead", "/queue/unwatched"),
    View("reports", "lead", "/reports"),
    *(View(f"settings-{name}", "service_manager", f"/settings/{name}") for name in ROUTING),
    View("agreement", "org_manager", "/agreement"),
    View("me/time", "agent", "/me/time"),
    View("settings-letter", "admin", "/settings/letters/receipt.ru"),
    View("settings-letter-policy", "admin", "/settings/letter-policy"),
    View("queue-lead", "lead", "/queue/all"),
    View("queue-auditor", "auditor", "/queue"),
    View("home-manager", "org_manager", "/"),
)


@contextmanager
def opened(chromium: Browser, demo: Shown, who: str, language: str) -> Iterator[Page]:
    """A browser of somebody in a language; nobody signed in when ``who`` is empty."""
    locale = {"ru": "ru-RU", "en": "en-GB"}[language]
    context = chromium.new_context(
        base_url=demo.address, locale=locale, viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    if who:
        page.goto("/demo")
        page.click(f"button[name=as][value={who}]")
    if who and page.locator("html").get_attribute("lang") != language:
        page.request.post("/language", form=_chosen(page, language), headers={"Referer": page.url})
    yield page
    context.close()


def address(demo: Shown, view: View) -> str:
    """Where the page is."""
    return demo.paths.get(view.path, view.path)


def _chosen(page: Page, language: str) -> dict[str, str]:
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    return {"language": language, "next": "/", "csrfmiddlewaretoken": token}
