"""A reply is cut from what it quotes, in Russian and in English."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.channels.email import attribution
from otklik.channels.email.quoting import Cut, split

REPLY = "Спасибо, но принтер всё ещё не печатает.\nМожно прислать мастера?"
INTRODUCTIONS = {
    "gmail": "пн, 6 мая 2024 г. в 10:15, Служба поддержки <desk@clinic.example>:",
    "gmail, broken": "пн, 6 мая 2024 г. в 10:15, Служба поддержки <\ndesk@clinic.example>:",
    "thunderbird": "06.05.2024 10:15, Служба поддержки пишет:",
    "wrote": "6 мая 2024 г., в 10:15, Служба поддержки <desk@clinic.example> написал(а):",
    "she wrote": "Понедельник, 6 мая 2024, 10:15 +03:00 от Служба <desk@clinic.example>:",
    "yandex": '06.05.2024, 10:15, "Служба поддержки" <desk@clinic.example>:',
    "english": "On Mon, 6 May 2024 at 10:15, Service Desk <desk@clinic.example> wrote:",
    "outlook, ru": "От: Служба <desk@clinic.example>\nОтправлено: 6 мая 2024 г. 10:15\nКому: Ольга\nТема: Принтер",
    "outlook, divider": "-----Исходное сообщение-----\nFrom: desk@clinic.example\nSent: Monday",
    "outlook, en": "____________________\nFrom: Desk <desk@clinic.example>\nSent: Monday, May 6\nTo: Olga\nSubject: x",
    "mail.ru": "-------- Пересылаемое сообщение --------\nОт: desk@clinic.example\nКому: olga@clinic.example",
    "rambler": '24.11.2026, 10:15, "Служба поддержки" <desk@clinic.example>',
    "notes": "-----Служба <desk@clinic.example> wrote: -----\nTo: olga@clinic.example\nFrom: Служба\nDate: 24.11.2026",
    "apple": "> 6 мая 2024 г., в 10:15, Служба <desk@clinic.example> написал(а):\n> ",
}


@pytest.mark.parametrize("program", INTRODUCTIONS)
def test_the_reply_stands_above_what_each_program_quotes(program):
    quoted = "> Добрый день!\n> Проверьте кабель." if "outlook" not in program else "Добрый день!\nПроверьте кабель."
    text = f"{REPLY}\n\n{INTRODUCTIONS[program]}\n\n{quoted}\n"
    assert split(text).reply == REPLY


@pytest.mark.parametrize("marker", attribution.MARKERS)
def test_text_above_our_marker_line_is_the_reply(marker):
    text = f"{REPLY}\n\nOn Mon, 6 May 2024 Desk wrote:\n> {marker}\n>\n> Что видно на экране?\n"
    assert split(text).reply == REPLY


def test_a_phones_stamp_is_a_signature():
    for stamp in ("Отправлено с iPhone", "Sent from my iPhone", "Отправлено из мобильной Яндекс.Почты"):
        assert split(f"{REPLY}\n\n{stamp}\n") == Cut(REPLY, signature=stamp)


def test_a_signature_after_dashes_is_kept_apart():
    assert split("Готово\n-- \nОльга\nт. 123") == Cut("Готово", signature="--\nОльга\nт. 123")


def test_answers_between_quoted_lines_keep_the_exchange():
    text = "On Mon, 6 May 2024 Desk <d@x.example> wrote:\n> Кабель?\n\nДа.\n\n> Свет?\n\nНет.\n"
    assert split(text).reply.count("Да.") == 1
    assert "Нет." in split(text).reply


def test_an_answer_below_the_quote_is_found():
    text = "On Mon, 6 May 2024 Desk <d@x.example> wrote:\n> Помогло?\n\nДа, спасибо\n"
    assert "Да, спасибо" in split(text).reply


def test_lines_marked_with_the_initials_of_whom_they_quote_are_quoted():
    quoted = "24 ноября 2026 г., 10:15:00, Вы писали:\n\nСП> Что видно?\nСП>> Старое\n"
    assert split(f"{REPLY}\n\n{quoted}\n-- \nОльга").reply == REPLY
    assert "Ничего." in split(f"Здравствуйте!\n\n{quoted}\nНичего.\n").reply


def test_prompts_of_programs_are_no_quotes():
    for text in ("Вот вывод:\nSQL> select 1\nORA-01034", "C:\\>ping srv\nPS> Get-Host"):
        assert split(text).reply == text


def test_plain_words_are_left_alone():
    for text in (
        "From: where do I get it",
        "Он написал: не работает",
        "Тема: принтер\nДата: вчера",
        "- один\n- два",
        "> шутка\nи ответ",
    ):
        assert split(text).reply == text


def test_a_letter_sent_on_without_a_word_shows_the_letter():
    text = "---------- Forwarded message ----------\nFrom: A <a@x.example>\nDate: Monday\nSubject: s\n\nТекст письма."
    assert split(text).reply == "Текст письма."


@given(
    st.lists(
        st.sampled_from(
            [
                "",
                "> x",
                "слово",
                "On Mon, 6 May 2024 a@b wrote:",
                "От: a@b",
                "Кому: c",
                "-- ",
                "___",
                "-----Original Message-----",
                attribution.MARKERS[0],
            ]
        ),
        max_size=15,
    )
)
def test_nothing_of_a_text_is_lost(lines):
    text = "\n".join(lines)
    cut = split(text)
    kept = [line.strip() for part in (cut.reply, cut.signature, cut.rest) for line in part.split("\n") if line.strip()]
    assert sorted(kept) == sorted(line.strip() for line in lines if line.strip())
