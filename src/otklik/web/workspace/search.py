"""Finding tickets by number, code or word; people by name, phone, room or device. Only what the viewer may see."""

from __future__ import annotations

import re

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q

from otklik.people.models import Person
from otklik.tickets.models import Carried, Message, TicketQuerySet

NUMBER = re.compile(r"^\s*[#№]?\s*(\d{1,12})\s*$")
MAX_PEOPLE = 6


def number_in(text: str) -> int | None:
    """The ticket number that somebody typed, with or without its sign."""
    found = NUMBER.match(text)
    return int(found[1]) if found else None


def matching(rows: TicketQuerySet, text: str, *, internal: bool) -> TicketQuerySet:
    """Rows whose number, subject, device or messages match; notes count only where the viewer reads them."""
    number = number_in(text)
    words = SearchQuery(text, config="russian", search_type="websearch")
    messages = Message.objects.filter(ticket=OuterRef("pk"), search=words)
    messages = messages.exclude(audience="restricted") if internal else messages.filter(audience="public")
    carried = Carried.objects.filter(ticket=OuterRef("pk"), message__search=words)
    carried = (
        carried.exclude(message__audience="restricted") if internal else carried.filter(message__audience="public")
    )
    condition = Q(search=words) | Q(Exists(messages)) | Q(Exists(carried)) | Q(device__iexact=text.strip())
    return rows.filter(condition | Q(number=number)) if number is not None else rows.filter(condition)


def people(text: str, limit: int = MAX_PEOPLE) -> list[Person]:
    """People by parts of name, e-mail, phone, room or device; every word must fit somewhere. Phone matches first."""
    parts = text.split()[:5]
    if not parts:
        return []
    rows = Person.objects.filter(is_active=True).select_related("organisation", "place")
    for part in parts:
        fits = Q(name__icontains=part) | Q(place__path__icontains=part) | Q(device__icontains=part)
        fits |= Q(email__icontains=part)
        if digits := re.sub(r"\D", "", part):
            fits |= Q(phone__contains=digits)
        rows = rows.filter(fits)
    found = list(rows.order_by("name")[: limit * 3])
    return sorted(found, key=lambda one: _distance(one, parts))[:limit]


def _distance(person: Person, parts: list[str]) -> tuple[int, str]:
    phone = re.sub(r"\D", "", person.phone)
    if any(phone and phone.endswith(re.sub(r"\D", "", part)) for part in parts if re.search(r"\d", part)):
        return 0, person.name
    first = parts[0].lower()
    starts = any(word.lower().startswith(first) for word in person.name.split())
    return 1 if starts else 2, person.name


def phone_fits(person: Person, text: str) -> bool:
    """Whether what was typed is the end of this person's number."""
    digits = re.sub(r"\D", "", text)
    return len(digits) >= 2 and re.sub(r"\D", "", person.phone).endswith(digits)
