"""Twelve letters among four people in three programs' habits read as twelve short messages, in order (ru and en)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from otklik.channels.email import html_text
from otklik.channels.email.tests.habits import ENGLISH, RUSSIAN, Former, Habit
from otklik.channels.tests import make
from otklik.tickets.models import Message
from otklik.tickets.tests import make as tickets

pytestmark = pytest.mark.django_db
Write = Callable[[str, str, str, datetime, str], EmailMessage]
PEOPLE = {
    "Анна Крылова": "anna@clinic.example",
    "Борис Орлов": "boris@clinic.example",
    "Вера Ким": "vera@clinic.example",
    "Глеб Титов": "gleb@clinic.example",
}
RU = (
    "Принтер в кабинете 12 не печатает", "Я тоже не могу напечатать", "Перезагрузила, не помогло", "Индикатор красный",
    "Бумагу проверили?", "Да, полный лоток", "У нас приём через час", "Можно печатать в 14 кабинете",
    "Спасибо, но далеко", "Сейчас мигает жёлтый", "Похоже на картридж", "Ждём вас",
)  # fmt: skip
EN = (
    "The printer in room 12 does not print", "I cannot print either", "I restarted it, no luck", "The light is red",
    "Did you check the paper?", "Yes, the tray is full", "We see patients in an hour", "You can print in room 14",
    "Thanks, but it is far", "Now it blinks yellow", "Looks like the cartridge", "We are waiting for you",
)  # fmt: skip


def plain(text: str, former: str, who: str, at: datetime, language: str) -> EmailMessage:
    """A classical program: an introduction and marks."""
    introduction = (
        f"{at:%d.%m.%Y %H:%M}, {who} пишет:" if language == "ru" else f"On {at:%a, %d %b %Y at %H:%M}, {who} wrote:"
    )
    quoted = "\n".join(f"> {line}" for line in former.splitlines())
    message = EmailMessage()
    message.set_content(f"{text}\n\n{introduction}\n{quoted}\n")
    return message


def outlook(text: str, former: str, who: str, at: datetime, language: str) -> EmailMessage:
    """Outlook's HTML: a rule, a block of headers, the former letter below without marks."""
    names = ("От", "Отправлено", "Кому", "Тема") if language == "ru" else ("From", "Sent", "To", "Subject")
    values = (f"{who}", f"{at:%d.%m.%Y %H:%M}", "support@desk.example", "Принтер")
    block = "<br>".join(f"<b>{name}:</b> {value}" for name, value in zip(names, values, strict=True))
    below = former.replace("\n", "<br>")
    message = EmailMessage()
    message.set_content(
        f'<html><body><p class="MsoNormal">{text}</p><div style="border-top:solid #E1E1E1 1.0pt">'
        f'<p class="MsoNormal">{block}</p></div><p class="MsoNormal">{below}</p></body></html>',
        subtype="html",
    )
    return message


def mobile(text: str, former: str, who: str, at: datetime, language: str) -> EmailMessage:
    """A phone: a signature of its own, an introduction, a blockquote in the HTML beside the plain text."""
    sent = "Отправлено с iPhone" if language == "ru" else "Sent from my iPhone"
    introduction = (
        f"{at:%d} нояб. {at:%Y} г., в {at:%H:%M}, {who} написал(а):"
        if language == "ru"
        else f"On {at:%d} Nov {at:%Y}, at {at:%H:%M}, {who} wrote:"
    )
    quoted = "\n".join(f"> {line}" for line in former.splitlines())
    message = EmailMessage()
    message.set_content(f"{text}\n\n{sent}\n\n{introduction}\n\n{quoted}\n")
    message.add_alternative(
        f"<div>{text}</div><div>{sent}</div><div>{introduction}<blockquote>{former}</blockquote></div>", subtype="html"
    )
    return message


def whole(habit: Habit) -> Write:
    """A program of `habits`: it quotes the former letter as its reader saw it, with all that one quoted itself."""

    def write(text: str, former: str, who: str, at: datetime, language: str) -> EmailMessage:
        name, _, address = who.rstrip(">").partition(" <")
        letter = habit(text, Former(former, name, address, at))
        message = EmailMessage()
        message.set_content(letter, subtype="html" if letter.startswith("<html>") else "plain")
        return message

    return write


def programs(habits: dict[str, Habit], *names: str) -> tuple[Write, ...]:
    return tuple(whole(habits[name]) for name in names)


@pytest.mark.parametrize(
    ("language", "texts", "writes"),
    [
        ("ru", RU, (plain, outlook, mobile)),
        ("en", EN, (plain, outlook, mobile)),
        ("ru", RU, programs(RUSSIAN, "Thunderbird, below", "Outlook", "Yandex, phone")),
        ("en", EN, programs(ENGLISH, "Gmail, HTML", "Outlook, text", "iPhone")),
    ],
    ids=["ru", "en", "ru-others", "en-others"],
)
def test_twelve_letters_of_four_people_read_as_twelve_short_messages(language, texts, writes):
    people = {name: tickets.person(name, email=address, language=language) for name, address in PEOPLE.items()}
    at, former, who, ticket = datetime(2026, 11, 23, 7, tzinfo=UTC), "", "", None
    ids: list[str] = []
    for number, text in enumerate(texts):
        name = list(PEOPLE)[number % 4]
        write = writes[number % 3]
        message = write(text, former, who, at, language) if former else EmailMessage()
        if not former:
            message.set_content(text)
        message["From"] = f"{name} <{PEOPLE[name]}>"
        message["To"] = make.signed_address(ticket, people[name]) if number % 2 and ticket else "support@desk.example"
        if number == 0:
            message["Cc"] = ", ".join(address for other, address in PEOPLE.items() if other != name)
        message["Subject"] = "Re: Принтер" if number else "Принтер"
        ids.append(f"<{number}.thread@clinic.example>")
        message["Message-ID"] = ids[-1]
        if number:
            message["In-Reply-To"], message["References"] = ids[-2], " ".join(ids[:-1])
        at += timedelta(minutes=7)
        row = make.arrive(message.as_bytes(), received_at=at)
        ticket = ticket or row.ticket
        assert row.ticket == ticket, (number, row.outcome, row.reason)
        seen = (
            message.get_content() if number and write not in (plain, outlook, mobile) else f"{text}\n{former}"[:4_000]
        )
        former = html_text.text_of(seen) if seen.startswith("<html>") else seen.strip("\n")
        who = f"{name} <{PEOPLE[name]}>"
    told = Message.objects.filter(ticket=ticket).order_by("created_at", "pk")
    assert [one.text for one in told] == list(texts)
    assert [one.author.name for one in told] == [list(PEOPLE)[number % 4] for number in range(12)]
    assert {one.audience for one in told} == {"public"}
    assert all(one.quoted for one in told[1:])
