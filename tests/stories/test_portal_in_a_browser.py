"""The same journey through the portal, in a real browser, with the requester's page open all the while (ru and en)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from otklik import clock
from otklik.feedback.models import Score
from otklik.jobs import drain
from otklik.people.models import Person
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make
from otklik.web.tests.test_workspace_browser import Visitors, visitors

__all__ = ["visitors"]
pytestmark = pytest.mark.django_db(transaction=True)

WORDS = {
    "ru": {
        "trouble": "Не печатает принтер в процедурной",
        "how": "Отправляю назначения, мигает красная лампа",
        "send": "Отправить",
        "answer": "Иду к вам, буду через десять минут.",
        "solution": "Заменили картридж и проверили печать.",
        "yes": "Да, решено",
    },
    "en": {
        "trouble": "The ward printer prints nothing",
        "how": "I send the orders and a red light blinks",
        "send": "Send",
        "answer": "I am on my way, ten minutes.",
        "solution": "We replaced the cartridge and tried it.",
        "yes": "Yes, it is solved",
    },
}


def reported(page: Page, say: dict[str, str]) -> Ticket:
    """Fill the form and send it; the number is said at once."""
    page.goto("/report")
    page.fill("[name=subject]", say["trouble"])
    page.fill("[name=description]", say["how"])
    page.locator("label:has(input[name=effect][value=hard])").click()
    page.locator("label:has(input[name=scope][value=department])").click()
    page.get_by_role("button", name=say["send"], exact=True).first.click()
    page.wait_for_url("**/report/sent/*")
    ticket = Ticket.objects.get()
    expect(page.locator("main")).to_contain_text(str(ticket.number))
    return ticket


def worked_on(page: Page, ticket: Ticket, say: dict[str, str]) -> None:
    """The agent takes it and answers, by keyboard; the reply leaves when its five seconds are over."""
    page.goto(f"/tickets/{ticket.number}")
    page.keyboard.press("KeyI")
    page.wait_for_load_state("domcontentloaded")
    expect(page.locator("#head .st")).to_have_class(re.compile("work"))
    page.keyboard.press("KeyR")
    page.keyboard.type(say["answer"])
    page.locator("#panel-reply [data-send]").click()
    page.wait_for_url("**#latest")
    with clock.at(clock.now().replace(year=clock.now().year + 1)):
        drain(lanes=["tell"])


@pytest.mark.parametrize("language", ["ru", "en"])
def test_from_the_form_to_a_rated_solution(visitors: Visitors, language: str) -> None:  # the fixture
    say = WORDS[language]
    nurse = make.person("Оксана Рябинина", language=language, organisation=make.organisation())
    agent: Person = make.agent("Алина Юсупова")
    service = make.service("printing")
    hers, theirs = visitors.page(nurse), visitors.page(agent)
    ticket = reported(hers, say)
    hers.goto(f"/requests/{ticket.number}")
    worked_on(theirs, ticket, say)
    expect(hers.locator("#progress")).to_contain_text("Алина Юсупова")
    expect(hers.locator("#conversation")).to_contain_text(say["answer"])
    theirs.goto(f"/tickets/{ticket.number}")
    theirs.keyboard.press("KeyE")
    theirs.fill("#solve-text", say["solution"])
    theirs.select_option("#solve-code", "fixed")
    theirs.select_option("#solve-service", str(service.pk))
    theirs.locator("#solve .btn.primary").click()
    theirs.wait_for_load_state("domcontentloaded")
    hers.goto(f"/requests/{ticket.number}")
    hers.locator("label:has(input[name=score][value='5'])").click()
    hers.get_by_role("button", name=say["yes"]).first.click()
    hers.wait_for_load_state("domcontentloaded")
    ticket.refresh_from_db()
    assert (ticket.status, Score.objects.get().score) == ("closed", 5)
