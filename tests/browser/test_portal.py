"""The portal in a real browser: every page keeps the rules in both sizes, themes and languages; reporting by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from otklik import clock
from otklik.catalogue.models import Service
from otklik.feedback import links, surveys
from otklik.feedback.models import Score, Survey
from otklik.people.models import Person
from otklik.sla.shipped import ensure_defaults
from otklik.tickets import desk
from otklik.tickets.models import Draft, Ticket
from otklik.tickets.tests import make
from tests.browser.audit import SIZES, audit_looks

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Scene:
    """Somebody with one request in each state, and what letters about them carry."""

    katya: Person
    pages: dict[str, str]


def scene() -> Scene:
    """Write the scene through the front doors."""
    ensure_defaults("ru")
    place = make.place("Корпус 1, 3 этаж, кабинет 314")
    values = {"organisation": make.organisation("Городская клиника"), "place": place}
    katya = make.person("Екатерина Власова", device="ПК-0314", phone="доб. 214", **values)
    nina = make.person("Нина Павлова", job_title="Старшая медсестра", **values)
    anna = make.agent("Анна Ким", job_title="Специалист по 1С")
    ledger = make.service("1c", icon="database", is_critical=True, description_ru="Учёт, отчёты, права", position=1)
    for position, (code, icon) in enumerate([("workplace", "laptop"), ("mail", "mail"), ("print", "printer")], 2):
        make.service(code, icon=icon, position=position)
    about = {
        "asked": "Принтер в 314 кабинете печатает полосами",
        "solved": "Общий календарь не виден в телефоне",
        "closed": "Второй монитор на рабочее место",
        "fresh": "Не открывается «Почта» с телефона",
    }
    status = {"asked": "pending", "solved": "resolved", "closed": "closed", "fresh": "new"}
    made = {name: make.ticket(requester=katya, status=status[name], by=anna, subject=about[name]) for name in about}
    made["work"] = in_work(katya, nina, anna, ledger)
    pages = {name: f"/requests/{one.number}" for name, one in made.items()}
    secret = surveys.new_key(Survey.objects.get(ticket=made["solved"], superseded_at=None))
    return Scene(
        katya,
        pages
        | {"home": "/", "report": "/report?service=1c", "requests": "/requests"}
        | {"sent": f"/report/sent/{made['fresh'].number}", "survey": f"/feedback/{secret}?score=4"}
        | {"link": f"/links/{links.new_link(made['solved'], katya)}"},
    )


def in_work(katya: Person, nina: Person, anna: Person, ledger: Service) -> Ticket:
    """A request with a conversation, a promise and a public line."""
    work = make.ticket(
        requester=katya,
        status="open",
        by=anna,
        subject="Не проводится реализация: конфликт блокировок в 1С",
        service=ledger,
        cc=[nina],
        impact=2,
        urgency=2,
        text="Провожу документ «Реализация», нажимаю «Провести и закрыть».\n\nЧерез минуту ошибка.",
    )
    reply = "Екатерина, доброе утро! Вижу ту же ошибку на сервере, смотрю https://status.clinic.example/1c"
    desk.reply(work, desk.Content(text=reply), promise_until=clock.now() + timedelta(hours=2), actor=make.actor(anna))
    desk.set_public_status(work, text="Нашла причину: ночной обмен затянулся", actor=make.actor(anna))
    desk.hear(work, desk.Content(text="Спасибо, жду"), author=katya, channel="portal", actor=make.actor(katya))
    return work


def signed_in(chromium: Browser, site: str, person: Person, **options: object) -> BrowserContext:
    """A browser of somebody who has signed in."""
    client = Client()
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = clock.now().isoformat()
    session.save()
    context = chromium.new_context(base_url=site, locale="ru-RU", **options)
    context.add_cookies([{"name": "otklik", "value": str(session.session_key), "url": site}])
    return context


@pytest.fixture
def told() -> Scene:
    """The scene."""
    return scene()


@pytest.fixture
def at_katyas(chromium: Browser, site: str, told: Scene) -> Iterator[Page]:
    """Katya's browser; script errors and breaches of the policy fail the test."""
    context = signed_in(chromium, site, told.katya, viewport=SIZES["wide"])
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert not troubles


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_page_keeps_the_rules_for_everybody(chromium: Browser, site: str, told: Scene, language: str) -> None:
    Person.objects.filter(pk=told.katya.pk).update(language=language)
    context = signed_in(chromium, site, told.katya, viewport=SIZES["wide"])
    page = context.new_page()
    findings: list[str] = []
    for name, address in told.pages.items():
        page.goto(address)
        findings += audit_looks(page, f"{name}-{language}")
    context.close()
    assert findings == []


def test_reporting_by_hand_pastes_a_screenshot_and_tells_the_number(
    at_katyas: Page, told: Scene, tmp_path: Path
) -> None:
    page = at_katyas
    page.goto("/report")
    page.get_by_label("Что не получается?").fill("Не печатает принтер")
    page.get_by_label("Как это происходит?").fill("Отправляю на печать и вижу ошибку")
    expect(page.locator("[data-checklist] .told")).to_have_count(2)
    paste_a_picture(page)
    expect(page.locator("[data-thumbs] input[name=files]")).to_have_count(1)
    page.get_by_label("Выбрать файлы").set_input_files({"name": "лог.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(page.locator("[data-thumbs] input[name=files]")).to_have_count(2)
    page.get_by_role("button", name="Убрать «лог.txt»").click()
    page.get_by_text("Работаю с трудом").click()
    page.get_by_text("Мой отдел").click()
    expect(page.locator("#promise")).to_contain_text("средняя")
    expect(page.locator("#promise")).to_contain_text("Первый ответ")
    expect(page.locator("#promise-line")).to_contain_text("Первый ответ до")
    page.get_by_role("combobox", name="Сообщать о ходе работ также").press_sequentially("нин", delay=30)
    page.get_by_role("option", name="Нина Павлова").click()
    expect(page.locator("[data-chosen=cc]")).to_contain_text("Нина Павлова")
    page.get_by_role("button", name="Отправить").click()
    expect(page.locator("h1")).to_contain_text("Получили")
    ticket = Ticket.objects.get(subject="Не печатает принтер")
    assert str(ticket.number) in page.locator("h1").inner_text()
    expect(page.locator("main")).to_contain_text("Первый ответ")
    assert [one.person.name for one in ticket.watches.all()] == ["Нина Павлова"]
    assert [one.type for one in ticket.messages.get().attachments.all()] == ["image/png"]
    assert page.evaluate("localStorage.length") == 0


def paste_a_picture(page: Page) -> None:
    """What Ctrl V does with a screenshot in the clipboard."""
    page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(60, 40);
          canvas.getContext("2d").fillRect(5, 5, 20, 20);
          const data = new DataTransfer();
          data.items.add(new File([await canvas.convertToBlob()], "image.png", { type: "image/png" }));
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
        }"""
    )


def test_a_picture_is_painted_over_before_it_goes(at_katyas: Page) -> None:
    page = at_katyas
    page.goto("/report")
    paste_a_picture(page)
    kept = page.locator("[data-thumbs] input[name=files]")
    expect(kept).to_have_count(1)
    first = kept.input_value()
    page.get_by_role("button", name="Закрасить личные данные").click()
    canvas = page.locator("#eraser canvas")
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.up()
    with page.expect_response("**/uploads"):
        page.get_by_role("button", name="Готово").click()
    expect(kept).not_to_have_value(first)
    assert not page.request.get(f"/previews/uploads/{first}").ok


def test_what_was_typed_comes_back_after_the_page_is_lost(at_katyas: Page, told: Scene) -> None:
    page = at_katyas
    page.goto("/report")
    page.get_by_label("Что не получается?").fill("Половина фразы")
    page.get_by_text("Работа стоит").click()
    page.wait_for_timeout(1200)
    page.goto("/requests")
    page.goto("/report")
    expect(page.get_by_label("Что не получается?")).to_have_value("Половина фразы")
    expect(page.get_by_label("Работа стоит")).to_be_checked()
    with page.expect_response("**/drafts/report", timeout=9000):
        page.get_by_label("Как это происходит?").fill("и ещё")
    assert Draft.objects.get(person=told.katya).data["subject"] == "Половина фразы"


def test_reporting_works_without_javascript(chromium: Browser, site: str, told: Scene) -> None:
    context = signed_in(chromium, site, told.katya, java_script_enabled=False)
    page = context.new_page()
    page.goto("/report")
    page.fill("[name=subject]", "Без скриптов")
    page.get_by_role("button", name="Отправить").click()
    expect(page.locator(".summary")).to_contain_text("Выберите, как это мешает работе")
    page.fill("[name=description]", "Просто форма")
    page.set_input_files("[name=files_plain]", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"})
    page.check("[name=effect][value=none]")
    page.check("[name=scope][value=me]")
    page.get_by_role("button", name="Отправить").click()
    expect(page.locator("h1")).to_contain_text("Получили")
    ticket = Ticket.objects.get(subject="Без скриптов")
    assert (ticket.type, ticket.messages.get().attachments.count()) == ("question", 1)
    page.goto(f"/requests/{ticket.number}")
    page.fill("[name=body]", "Ещё слово")
    page.get_by_role("button", name="Отправить").click()
    expect(page.locator(".conv")).to_contain_text("Ещё слово")
    context.close()


def test_a_score_link_sends_nothing_until_a_person_moves(chromium: Browser, site: str, told: Scene) -> None:
    context = chromium.new_context(base_url=site, locale="ru-RU")
    page = context.new_page()
    with page.expect_response("**/openings"):
        page.goto(told.pages["survey"])
    assert not Score.objects.exists()
    page.evaluate("document.body.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}))")
    assert not Score.objects.exists()
    page.mouse.move(10, 10)
    with page.expect_response("**/feedback/*"):
        page.mouse.down()
    expect(page.locator("[data-survey-state]")).to_contain_text("Оценка сохранена")
    assert Score.objects.get().score == 4
    context.close()


def test_a_machine_that_opens_every_score_leaves_the_choice_to_the_button(
    chromium: Browser, site: str, told: Scene
) -> None:
    context = chromium.new_context(base_url=site, locale="ru-RU")
    page = context.new_page()
    for score in range(1, 6):
        with page.expect_response("**/openings"):
            page.goto(told.pages["survey"].replace("score=4", f"score={score}"))
    page.mouse.move(10, 10)
    with page.expect_response("**/feedback/*"):
        page.mouse.down()
    expect(page.locator("[data-survey-state]")).to_contain_text("Нажмите кнопку")
    assert not Score.objects.exists()
    page.get_by_role("button", name="Отправить").click()
    expect(page.locator("h1")).to_contain_text("Спасибо")
    assert Score.objects.get().score == 5
    context.close()


def test_a_word_of_support_appears_by_itself_and_what_i_type_stays(at_katyas: Page, told: Scene) -> None:
    page = at_katyas
    ticket = Ticket.objects.get(number=int(told.pages["work"].rsplit("/", 1)[1]))
    assert ticket.assignee is not None
    page.goto(told.pages["work"])
    page.get_by_label("Ваше сообщение").fill("Пишу и не спешу")
    page.locator("h1").click()
    desk.reply(ticket, desk.Content(text="Обмен остановлен"), actor=make.actor(ticket.assignee))
    expect(page.locator("#conversation")).to_contain_text("Обмен остановлен")
    expect(page.get_by_label("Ваше сообщение")).to_have_value("Пишу и не спешу")
    solution = desk.Content(text="Обмен перенесён на ночь, документы проводятся.")
    desk.resolve(ticket, code="fixed", content=solution, cause_code="software", actor=make.actor(ticket.assignee))
    expect(page.locator("#progress")).to_contain_text("Это так?")
    page.get_by_text("4", exact=True).click()
    page.get_by_role("button", name="Да, решено").click()
    expect(page.locator(".steps")).to_contain_text("Закрыто")
    assert Score.objects.get(survey__ticket=ticket).score == 4
