"""Answers as four dozen mail programs write them: the words are found, also deep in a thread of all of them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from otklik.channels.email import html_text, quoting

from .habits import ENGLISH, RUSSIAN, Former, Habit

FIRST = Former("Перезагрузила, не помогло.\nИндикатор красный.", "Анна Крылова", "anna@clinic.example",
               datetime(2026, 11, 25, 10, 15, tzinfo=UTC))  # fmt: skip
WORDS = (
    "Да, полный лоток.",
    "Yes, the tray is full.\n\nShall I call you?",
    "Спасибо!",
    "5",
    "Готово: работает, 12:40.",
)
ALL = {f"ru {name}": habit for name, habit in RUSSIAN.items()} | {f"en {name}": one for name, one in ENGLISH.items()}


def seen(letter: str) -> str:
    """The text of a letter as its reader sees it."""
    return html_text.text_of(letter) if letter.startswith("<html>") else letter


@pytest.mark.parametrize("name", ALL)
def test_the_words_of_an_answer_are_found(name: str):
    for words in WORDS:
        cut = quoting.split(seen(ALL[name](words, FIRST)))
        assert " ".join(cut.reply.split()) == " ".join(words.split())
        assert "Индикатор красный" in cut.rest


@pytest.mark.parametrize("language", ["ru", "en", "both"])
def test_twelve_letters_of_programs_drawn_by_lot_read_as_twelve_short_messages(language: str):
    habits = list({"ru": RUSSIAN, "en": ENGLISH, "both": ALL}[language].items())
    lot = random.Random(language)
    for _ in range(40):
        body, at = "Принтер не печатает.", datetime(2026, 11, 23, 9, tzinfo=UTC)
        programs = lot.sample(habits, 3)
        for number in range(1, 12):
            _name, write = programs[number % 3]
            at += timedelta(minutes=137)
            words = f"Сообщение номер {number}, коротко."
            body = seen(_as(write, words, body, number, at))
            assert quoting.split(body).reply == words, [one for one, _ in programs]


def _as(write: Habit, words: str, body: str, number: int, at: datetime) -> str:
    names = (("Анна Крылова", "anna"), ("Boris Orlov", "boris"), ("Вера Ким", "vera"), ("Глеб Титов", "gleb"))
    name, address = names[number % 4]
    return write(words, Former(body.strip("\n"), name, f"{address}@clinic.example", at))


# These break their introduction or give no hour in it, and always leave an empty line above.
LOOSE = {"ru KMail", "ru написал(ла)", "en Gmail, broken", "en Gnus"}


@pytest.mark.parametrize("name", [name for name in ALL if name not in LOOSE])
def test_words_right_above_the_introduction_are_no_part_of_it(name: str):
    """Phones leave no empty line there; a number in the words is no date of the introduction."""
    for words in ("В кабинете 12", "Ок 5", "Буду в 14:30", "Спасибо"):
        letter = ALL[name](words, FIRST)
        if letter.startswith(words):
            tight = words + "\n" + letter[len(words) :].lstrip("\n")
            assert quoting.split(tight).reply == words
