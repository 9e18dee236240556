"""The screens of mail in a real browser: mailboxes, ledger, quarantine, in both sizes, themes and languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from otklik import clock
from otklik.channels.models import Inbound, Reading, ServerCount
from otklik.channels.tests import make as letters
from otklik.people.models import Person
from otklik.tickets.tests import make
from tests.browser.audit import SIZES, audit_looks
from tests.browser.test_portal import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def olga() -> Person:
    """An administrator whose desk has a sound mailbox and one in trouble, and letters of every outcome."""
    make.organisation("Городская клиника", domains=["clinic.example"])
    sound = letters.mailbox("support")
    for number in range(3):
        letters.arrive(letters.letter(f"Не печатает {number}", subject=f"Принтер {number}"), sound)
    letters.arrive(
        letters.letter("Скидки на картриджи https://shop.example/1", Precedence="bulk", subject="Скидки"), sound
    )
    forged = f"{letters.AUTHSERV}; dmarc=fail header.from=c1inic.example"
    letters.arrive(
        letters.letter(
            "Срочно смените реквизиты", sender="Бухгалтерия <buh@c1inic.example>", Authentication_Results=forged,
            subject="Реквизиты", Reply_To="pay@elsewhere.example",
        ),
        sound,
    )  # fmt: skip
    troubled = letters.mailbox("it", host="imap.desk.example", user="it")
    letters.arrive(letters.letter("Второе", sender="b@clinic.example"), troubled)
    late = letters.arrive(letters.letter("Третье", sender="c@clinic.example"), troubled)
    Inbound.objects.filter(pk=late.pk).update(state="received", outcome="", kept_at=clock.now() - timedelta(hours=1))
    since = clock.now() - timedelta(hours=2)
    Reading.objects.create(
        mailbox=troubled, failing_since=since, failures=138, trouble="login", detail="AUTHENTICATIONFAILED",
        last_success_at=since,
    )  # fmt: skip
    ServerCount.objects.create(mailbox=troubled, uidvalidity=1, first_uid=1, uid_next=4, looked_at=since)
    return make.person("Ольга Сергеева", roles=["admin"])


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_screens_of_mail_keep_the_rules_for_everybody(
    chromium: Browser, site: str, olga: Person, language: str
) -> None:
    box = Inbound.objects.latest("pk").mailbox_id
    pages = {
        "mail": "",
        "box": f"/boxes/{box}",
        "new-box": "/boxes/new",
        "ledger": "/ledger",
        "quarantine": "/quarantine",
    }
    Person.objects.filter(pk=olga.pk).update(language=language)
    context = signed_in(chromium, site, olga, viewport=SIZES["wide"])
    page = context.new_page()
    findings: list[str] = []
    for name, address in pages.items():
        page.goto(f"/settings/mail{address}")
        findings += audit_looks(page, f"{name}-{language}")
    context.close()
    assert findings == []


def test_a_parked_letter_is_decided_by_keys(chromium: Browser, site: str, olga: Person) -> None:
    context = signed_in(chromium, site, olga, viewport=SIZES["wide"])
    page: Page = context.new_page()
    page.goto("/settings/mail/quarantine")
    first = page.locator("article h2").inner_text()
    page.keyboard.press("KeyJ")
    page.wait_for_url("**letter=**")
    assert page.locator("article h2").inner_text() != first
    page.keyboard.press("KeyP")
    page.wait_for_url("**/quarantine")
    assert Inbound.objects.filter(outcome="opened", reason="released").count() == 1
    context.close()
