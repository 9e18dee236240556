"""The workspace in a real browser: by keyboard alone, alive in two browsers, and by the rules for everybody."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from otklik import clock
from otklik.people.models import Person
from otklik.routing import board as routing
from otklik.routing.tests.make import member
from otklik.sla.shipped import ensure_defaults
from otklik.tickets import access, desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make
from tests.browser import leave
from tests.browser.audit import SIZES, audit_looks

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 8000  # milliseconds
ENDED = 10.0  # seconds: five until the stream ends, then the browser asks for it again and is refused
AT_ONCE = 2000  # in which a change shows elsewhere


class Visitors:
    """Signed-in browsers of several people; what their pages complain of is kept."""

    def __init__(self, chromium: Browser, site: str) -> None:
        self.chromium, self.site = chromium, site
        self.contexts: list[BrowserContext] = []
        self.troubles: list[str] = []

    def page(self, person: Person, size: str = "wide") -> Page:
        """A page of somebody."""
        client = Client()
        client.force_login(person)
        session = client.session
        session["signed_in_at"] = clock.now().isoformat()
        session.save()
        context = self.chromium.new_context(base_url=self.site, locale="ru-RU", viewport=SIZES[size])
        context.set_default_timeout(PATIENCE)
        context.add_cookies([{"name": "otklik", "value": str(session.session_key), "url": self.site}])
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda said: self.troubles.append(said.text) if "Content Security" in said.text else None)
        return page


@pytest.fixture
def visitors(chromium: Browser, site: str) -> Iterator[Visitors]:
    """Browsers; a script error or a breach of the policy fails the test."""
    ensure_defaults("ru")
    made = Visitors(chromium, site)
    yield made
    for context in made.contexts:
        leave(context)
    assert made.troubles == []


@pytest.fixture
def anna(visitors: Visitors) -> Person:
    return make.agent("Анна Ким")


def listening(page: Page) -> None:
    """The live stream stands."""
    expect(page.locator("body.is-live")).to_be_attached(timeout=PATIENCE)


def gone_out(page: Page) -> None:
    """The form has been sent and its page is there again."""
    page.wait_for_url("**#latest")


def test_a_day_by_keyboard(visitors: Visitors, anna: Person) -> None:
    for _ in range(2):
        make.ticket(status="open", by=anna)
    page = visitors.page(anna)
    page.goto("/queue/mine")
    page.keyboard.press("KeyJ")
    page.keyboard.press("KeyJ")
    page.keyboard.press("KeyX")
    expect(page.locator("[data-bulk-count]")).to_have_text("Выбрано 1")
    page.keyboard.press("Escape")
    expect(page.locator("[data-bulk]")).to_be_hidden()
    page.keyboard.press("KeyK")
    page.keyboard.press("Enter")
    page.wait_for_url("**open=*")
    expect(page.locator("#preview")).to_be_visible()
    page.keyboard.press("KeyO")
    page.wait_for_url("**/tickets/*")
    expect(page.locator("header.top")).to_contain_text("1 из 2")


def test_a_ticket_by_keyboard(visitors: Visitors, anna: Person) -> None:
    first, second = make.ticket(status="open", by=anna), make.ticket(status="open", by=anna)
    page = visitors.page(anna)
    page.goto(f"/tickets/{first.number}?queue=mine")
    page.keyboard.press("KeyJ")
    page.wait_for_url(f"**/tickets/{second.number}?queue=mine")
    page.keyboard.press("KeyK")
    page.wait_for_url(f"**/tickets/{first.number}?queue=mine")
    page.keyboard.press("KeyH")
    expect(page.locator("#hold")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("KeyE")
    expect(page.locator("#solve")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("KeyA")
    expect(page.locator("#assign")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+KeyK")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("BracketRight")
    expect(page.locator("#side")).to_be_hidden()
    page.keyboard.press("BracketRight")
    page.keyboard.press("BracketLeft")
    expect(page.locator(".side-h")).to_be_hidden()
    page.keyboard.press("BracketLeft")
    page.keyboard.press("Escape")
    page.wait_for_url("**/queue/mine")
    page.keyboard.press("Slash")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("KeyC")
    page.wait_for_url("**/calls/new")


def test_a_reply_taken_back_is_in_the_composer_again(visitors: Visitors, anna: Person) -> None:
    ticket = make.ticket(status="open", by=anna)
    page = visitors.page(anna)
    page.goto(f"/tickets/{ticket.number}")
    page.keyboard.press("KeyR")
    page.keyboard.type("Иду к вам")
    page.keyboard.press("Control+Enter")
    gone_out(page)
    expect(page.locator("#composer-reply")).to_have_value("")
    page.locator("h1").click()
    page.keyboard.press("KeyZ")
    expect(page.locator("#composer-reply")).to_have_value("Иду к вам")
    assert not ticket.messages.filter(text="Иду к вам").exists()


def test_a_change_shows_in_other_browsers_at_once_and_nothing_typed_is_lost(visitors: Visitors, anna: Person) -> None:
    katya, stranger = make.person("Катя Власова"), make.agent("Чужой Агент", team=make.team())
    ticket = make.ticket(requester=katya, subject="Не печатает")
    boss = make.lead("Борис Лапин")
    queue, work = visitors.page(boss), visitors.page(boss)
    portal, other = visitors.page(katya), visitors.page(stranger)
    queue.goto("/queue/all")
    work.goto(f"/tickets/{ticket.number}")
    portal.goto(f"/requests/{ticket.number}")
    other.goto("/queue/all")
    told: list[str] = []
    other.on("request", lambda request: told.append(request.url))
    work.keyboard.press("KeyN")
    work.keyboard.type("Пишу заметку")
    for page in (queue, work, portal, other):
        listening(page)
    desk.take(ticket, actor=make.actor(anna))
    expect(queue.locator(f"#t-{ticket.number} .c-as")).to_contain_text("АК", timeout=AT_ONCE)
    expect(work.locator("#side")).to_contain_text("Анна Ким", timeout=AT_ONCE)
    expect(portal.locator("main")).to_contain_text("Анна Ким", timeout=AT_ONCE)
    expect(work.locator("#composer-note")).to_have_value("Пишу заметку")
    expect(work.locator("#composer-note")).to_be_focused()
    fresh = make.ticket(subject="Только что пришло")
    expect(queue.locator("[data-arrivals]")).to_have_text("Новых: 1. Показать", timeout=AT_ONCE)
    queue.locator("[data-arrivals]").click()
    expect(queue.locator(f"#t-{fresh.number}")).to_be_visible()
    assert [url for url in told if "/queue" in url or "/tickets" in url] == []


def test_an_open_dialog_and_the_focus_outlive_a_change(visitors: Visitors, anna: Person) -> None:
    ticket = make.ticket(status="open", by=anna)
    page = visitors.page(anna)
    page.goto(f"/tickets/{ticket.number}")
    page.keyboard.press("KeyE")
    page.keyboard.type("Заменили картридж")
    listening(page)
    note = desk.Content(text="Картридж на складе")
    desk.note(ticket, note, actor=make.actor(make.lead()))
    expect(page.locator("#talk")).to_contain_text("Картридж на складе", timeout=AT_ONCE)
    expect(page.locator("#solve-text")).to_have_value("Заменили картридж")
    expect(page.locator("#solve-text")).to_be_focused()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Как считаем").click()
    expect(page.locator("#clocks-body table").first).to_be_visible()


def test_a_disabled_person_hears_no_more(visitors: Visitors, anna: Person) -> None:
    page = visitors.page(anna)
    answers: list[int] = []
    page.on("response", lambda one: answers.append(one.status) if one.url.endswith("/events") else None)
    page.goto("/queue/all")
    listening(page)
    Person.objects.filter(pk=anna.pk).update(is_active=False)
    until = time.monotonic() + ENDED
    while len(answers) < 2 and time.monotonic() < until:
        page.wait_for_timeout(100)
    assert answers == [200, 401]


def test_a_call_by_keyboard(visitors: Visitors, anna: Person) -> None:
    place = make.place("Кабинет 7")
    vera = make.person("Вера Орлова", place=place, device="ПК-0714", phone="318")
    known = make.ticket(place=place, subject="Нет сети в кабинете 7")
    page = visitors.page(anna)
    page.goto("/calls/new")
    page.get_by_role("combobox", name="Кто звонит").press_sequentially("318", delay=20)
    expect(page.get_by_role("option", name="Вера Орлова")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#caller-pane")).to_contain_text("Вера Орлова")
    expect(page.locator("#caller-pane .aloud")).to_contain_text(str(known.number))
    expect(page.locator("#call-device")).to_have_value("ПК-0714")
    expect(page.locator("#id_place")).to_have_value("Кабинет 7")
    expect(page.locator("#call-join")).to_have_value(str(known.number))
    page.locator("#call-what").fill("Нет сети")
    page.keyboard.press("Escape")
    page.keyboard.press("Digit3")
    expect(page.locator("#call-solution")).to_be_visible()
    page.keyboard.press("Digit2")
    page.wait_for_timeout(900)
    page.reload()
    expect(page.locator("#call-what")).to_have_value("Нет сети")
    expect(page.locator("#id_person")).to_have_value("Вера Орлова")
    page.locator("#call-what").focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/tickets/*")
    made = Ticket.objects.get(subject="Нет сети")
    assert (made.requester, made.place, made.device) == (vera, place, "ПК-0714")
    page.goto("/calls/new")
    expect(page.locator("#call-what")).to_have_value("")


def test_on_a_phone_preview_composer_and_facts_are_reachable(visitors: Visitors, anna: Person) -> None:
    ticket = make.ticket(status="open", by=anna)
    page = visitors.page(anna, "narrow")
    page.goto("/queue/mine")
    page.locator(f"#t-{ticket.number} a.subj").click()
    expect(page.locator("#preview")).to_be_in_viewport()
    page.locator("#preview").get_by_role("link").first.click()
    page.wait_for_url("**/tickets/*")
    expect(page.locator("#composer-reply")).to_be_in_viewport()
    expect(page.locator("#side")).to_be_hidden()
    page.get_by_role("button", name="Об обращении").click()
    expect(page.locator("#side")).to_be_in_viewport()
    page.locator("#side").get_by_role("button", name="Закрыть").click()
    expect(page.locator("#side")).to_be_hidden()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_page_keeps_the_rules_for_everybody(visitors: Visitors, anna: Person, language: str) -> None:
    Person.objects.filter(pk=anna.pk).update(language=language)
    pages = {"queue": "/queue/all", "empty": "/queue/risk?q=zzz", "call": "/calls/new"}
    for status in ("new", "open", "pending", "resolved", "closed", "cancelled"):
        ticket = make.ticket(status=status, by=anna)
        pages[status] = f"/tickets/{ticket.number}"
    desk.note(Ticket.objects.get(status="open"), desk.Content(text="Картридж на складе"), actor=make.actor(anna))
    pages["preview"] = f"/queue/all?open={Ticket.objects.get(status='open').number}"
    make.ticket()
    pages["team"] = "/team"
    page = visitors.page(anna)
    findings: list[str] = []
    for name, address in pages.items():
        page.goto(address)
        findings += audit_looks(page, f"{name}-{language}")
    assert findings == []


def test_a_ticket_is_given_away_from_the_board_by_keys_and_taken_back(visitors: Visitors, anna: Person) -> None:
    first, second = make.ticket(), make.ticket()
    page = visitors.page(anna)
    page.goto("/team")
    page.keyboard.press("KeyJ")
    page.keyboard.press("KeyJ")
    page.keyboard.press("KeyA")
    chosen = page.locator(":focus")
    expect(chosen).to_have_attribute("name", "person")
    number = int(str(chosen.get_attribute("id")).removeprefix("to-"))
    assert number in {first.number, second.number}
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(f"#why-{number}")).to_be_focused()  # she has no shift, so a word is asked for
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Она здесь")
    page.keyboard.press("Enter")
    expect(page.locator(f"#t-{number}")).to_have_count(0)
    assert Ticket.objects.get(number=number).assignee == anna
    listening(page)
    page.keyboard.press("KeyZ")
    expect(page.locator(f"#t-{number}")).to_be_visible()
    assert Ticket.objects.get(number=number).assignee is None


@pytest.mark.long
@pytest.mark.parametrize("size", SIZES)
def test_every_number_of_the_board_opens_a_list_of_as_many_rows(visitors: Visitors, anna: Person, size: str) -> None:
    crew = anna.teams.get()
    round_the_clock = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    boris, gone = member(crew, "Борис Ли", hours=round_the_clock), member(crew, "Вера Рогова", hours=None)
    with clock.at(clock.now() - timedelta(days=30)):
        for _n in range(2):
            desk.take(make.ticket(team=crew), actor=make.actor(boris))
    for person, count in ((boris, 3), (gone, 1)):
        for _n in range(count):
            desk.take(make.ticket(team=crew), actor=make.actor(person))
    for _n in range(4):
        make.ticket(team=crew)
    board = routing.board(crew, access.viewer(anna), clock.now())
    sums = {str(board.free), str(board.asked)}  # points: the list behind them has the tickets and people they sum up
    page = visitors.page(anna, size)
    page.goto("/team")
    links = page.locator("[data-board] a").filter(has_text=re.compile(r"\d"))
    seen: dict[str, int] = {}
    for place in range(links.count()):
        link = links.nth(place)
        if link.locator("xpath=ancestor::article").count():
            continue
        text, said = link.inner_text(), link.locator("xpath=ancestor::p").count()
        (number,) = re.findall(r"\d+", text)
        link.click()
        page.wait_for_load_state()
        people = "#people" in page.url
        rows = page.locator("tr[data-person]" if people else "tr[id^='t-']").count()
        if (said and number in sums) or "%" in text:
            assert (rows > 0) == (number != "0"), text
        else:
            assert rows == int(number), text
        seen[text] = rows
        page.goto("/team")
    assert seen["Просрочено: 2"] == 2
    assert [seen[text] for text in ("5 в работе", "1 в работе", "0 в работе", "4", "1")] == [5, 1, 0, 4, 1]
