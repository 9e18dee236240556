"""Thanks do not reopen a ticket; anything that may hold trouble does (domain.md §2.5)."""

import pytest

from otklik.channels.email.gratitude import is_gratitude


@pytest.mark.parametrize(
    "text",
    [
        "Спасибо!",
        "Большое спасибо, всё работает!",
        "спасибо большое за помощь, хорошего дня",
        "Всё заработало, спасибо :)",
        "Здравствуйте! Огромное спасибо вам. С уважением",
        "Благодарю за оперативность!",
        "Thanks, works now!",
        "Thank you very much for your help",
        "Great, all good now. Best regards",
        "СПАСИБО",
        "Коллеги, спасибо, вопрос решён, заявку можно закрывать",
        "ok, thanks",
    ],
)
def test_thanks_are_thanks(text):
    assert is_gratitude(text)


@pytest.mark.parametrize(
    "text",
    [
        "Спасибо, но не работает",
        "Спасибо, а когда придёт мастер?",
        "Спасибо. И ещё: не печатает",
        "да",
        "ok",
        "",
        "???",
        "Thanks, but it still fails",
        "works only on Monday",
        "Спасибо " * 40,
        "не помогло",
        "ничего не работает",
        "не работает",
        "хорошо, жду",
        "Всё хорошо, кроме принтера",
    ],
)
def test_trouble_is_not_thanks(text):
    assert not is_gratitude(text)


def test_thanks_with_a_file_are_for_a_person_to_read():
    assert is_gratitude("Спасибо")
    assert not is_gratitude("Спасибо", attachments=1)
