"""What stands in a ticket that a letter opens: nothing is folded away that nobody here has read."""

from __future__ import annotations

import pytest

from otklik.channels.email import opening
from otklik.channels.email.message import parse

SENT_ON = (
    "Коллеги, что это?\n\n-------- Пересылаемое сообщение --------\nОт: Банк <b@bank.example>\nДата: 24.11.2026\n"
    "Тема: Счёт\nКому: i@c.example\n\nВаш счёт заблокирован.\n"
)
FORM = "Заявка на пропуск\nОт: Иванов И.И., отдел кадров\nДата: 25.11.2026\nКому: Петров\nПрошу выдать пропуск.\n"
LOG = "Вот что вывела команда:\n\n> ls\n> error: no such file\n"
HEADERS = (
    "Пришёл спам, вот заголовки:\n\nFrom: spam@x.example\nTo: me@c.example\nDate: Mon\nSubject: win\n\nЧто делать?\n"
)


def words(text: str, subject: str = "Помогите", *fields: str) -> str:
    head = "".join(f"{field}\n" for field in (f"Subject: {subject}", "From: olga@clinic.example", *fields))
    return opening.text_of(parse((head + "\n" + text).encode()))


@pytest.mark.parametrize("text", [SENT_ON, FORM, LOG, HEADERS])
def test_a_letter_that_answers_nothing_stands_whole(text):
    assert words(text).split() == text.split()


@pytest.mark.parametrize("subject", ["Fwd: Счёт", "FW: Счёт", "Пересл: Счёт", "WG: Rechnung", "ПС: Счёт", "Fwd[2]: С"])
def test_a_letter_sent_on_stands_whole_also_where_its_program_names_what_it_is_of(subject):
    assert "счёт заблокирован" in words(SENT_ON, subject, "References: <1@bank.example>")


@pytest.mark.parametrize(
    ("subject", "field"),
    [
        ("Re: Принтер", "X: y"),
        ("Ответ: Принтер", "X: y"),
        ("RE[2]: Принтер", "X: y"),
        ("Принтер", "In-Reply-To: <1@x>"),
    ],
)
def test_an_answer_stands_without_what_it_quotes(subject, field):
    text = "Не помогло.\n\n23.11.2026 10:00, Поддержка пишет:\n> Проверьте кабель.\n"
    assert words(text, subject, field) == "Не помогло."


def test_a_signature_is_set_aside_all_the_same():
    assert words("Не печатает.\n-- \nОльга, т. 123\n") == "Не печатает."
