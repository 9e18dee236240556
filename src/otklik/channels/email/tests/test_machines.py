"""Codes and sign-in links of machines are told from people who ask for help with theirs (safety.md A3, S-10)."""

from __future__ import annotations

import pytest

from otklik.channels.email.addresses import Address
from otklik.channels.email.machines import carries_credentials
from otklik.channels.email.message import Letter

GIVEN = ("Код подтверждения: 471133", "Confirm your e-mail: https://idp.example/confirm/abcdefgh", "Your code is 4711")
ASKED = (
    "Прошу сделать сброс пароля для Ивановой, тел. 4471",
    "Не приходит код подтверждения, кабинет 1204",
    "Please do a password reset for user olga, ext 4471",
    "Hello, I forgot the passcode of terminal 123456",
)


@pytest.mark.parametrize("local", ["no-reply", "notifications", "support", "feedback", "security"])
def test_a_code_or_a_link_from_a_machine_is_for_few_eyes(local):
    for text in GIVEN:
        assert carries_credentials(Letter(author=Address("", f"{local}@idp.example"), text=text)), text


@pytest.mark.parametrize("local", ["info", "admin", "support", "security", "olga"])
def test_people_at_a_shared_address_who_ask_about_passwords_are_heard(local):
    for text in ASKED:
        assert not carries_credentials(Letter(author=Address("", f"{local}@clinic.example"), text=text)), text
