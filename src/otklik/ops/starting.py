"""``otklik init``: what every desk starts with (domain.md §13), in the words of a profile; may be repeated."""

from __future__ import annotations

from otklik.catalogue import register
from otklik.catalogue.models import Service
from otklik.journal import config
from otklik.journal.record import SYSTEM
from otklik.people import roster, standing
from otklik.people.models import Place, Team
from otklik.sla import shipped

NAME = config.declare("ops.profile", {"profile": ""})
PROFILES = {"ru": ("ru", "Europe/Moscow"), "intl": ("en", "UTC")}

# name in Russian and in English, what requesters see instead
TEAMS = (
    ("1-я линия", "First line", "Поддержка", "Support"),
    ("2-я линия", "Second line", "Рабочие места", "Workplaces"),
    ("Сеть", "Network", "Сеть и телефония", "Network and telephony"),
    ("Прикладные системы", "Applications", "Прикладные системы", "Applications"),
)

# code, icon, name and description in Russian and in English
SERVICES = (
    (
        "workplace",
        "laptop",
        "Рабочее место",
        "Workplace",
        "Компьютер, монитор, программы",
        "Computer, screen, software",
    ),
    ("mail", "mail", "Почта и календарь", "Mail", "Письма, календари, рассылки", "Letters, calendars, lists"),
    ("network", "wifi", "Сеть и интернет", "Network", "Провод, Wi-Fi, удалённый доступ", "Cable, Wi-Fi, remote access"),
    ("telephony", "phone", "Телефония", "Telephony", "Телефоны и голосовое меню", "Phones and the voice menu"),
    ("printing", "printer", "Печать", "Printing", "Принтеры, этикетки, картриджи", "Printers, labels, cartridges"),
    ("access", "key-round", "Доступы", "Access", "Пароли, права, новые люди", "Passwords, rights, newcomers"),
    ("erp", "calculator", "1С и учётные системы", "ERP", "Учёт, склад, кассы, зарплата", "Accounts, stock, tills, pay"),
    ("apps", "app-window", "Бизнес-приложения", "Apps", "Программы вашей организации", "Programs of your organisation"),
)
HOUSE = {"ru": "Главное здание", "intl": "Main building"}


def begun() -> bool:
    """True once a desk was laid out here."""
    return bool(config.current(NAME).data["profile"])


def begin(profile: str) -> None:
    """Lay out calendars, agreements, teams, services and the first place; what is there already stays as it is.

    Args:
        profile: ``ru`` or ``intl``.
    """
    language, zone = PROFILES[profile]
    shipped.ensure_defaults(profile)  # with their calendars
    if not standing.desk().name and (standing.desk().language, standing.desk().timezone) != (language, zone):
        standing.settle(language=language, timezone=zone, actor=SYSTEM)
    if not Team.objects.exists():
        for number, (russian, english, seen_russian, seen_english) in enumerate(TEAMS):
            names = {"name_ru": russian, "name_en": english, "alias_ru": seen_russian, "alias_en": seen_english}
            roster.add_team(**names, is_default=number == 0, actor=SYSTEM)
    if not Service.objects.exists():
        for position, (code, icon, russian, english, about_russian, about_english) in enumerate(SERVICES):
            names = {"name_ru": russian, "name_en": english}
            about = {"description_ru": about_russian, "description_en": about_english}
            register.add_service(code=code, icon=icon, position=position, **names, **about, actor=SYSTEM)
    if not Place.objects.exists():
        roster.add_place(name=HOUSE[profile], parent=None, kind="building", actor=SYSTEM)
    config.publish(NAME, {"profile": profile}, actor=SYSTEM)
