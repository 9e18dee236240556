"""The first start: while there is no administrator, one may be named, from this machine or with the printed code."""

from __future__ import annotations

import ipaddress
import secrets

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from otklik import settings as process
from otklik.journal.models import Head
from otklik.journal.record import SYSTEM
from otklik.people import audit, limits, roster, standing
from otklik.people.events import PasswordChanged
from otklik.people.models import Person

DONE = ("setup", "administrator")  # subject of the journal whose head says that there was a first administrator


def open_now() -> bool:
    """True while no administrator was ever named here; never again after that."""
    if settings.DEMO or Person.objects.filter(roles__contains=["admin"]).exists():
        return False
    return not Head.objects.filter(kind=DONE[0], subject=DONE[1]).exists()


def code() -> str:
    """The set-up code that ``otklik up`` prints while `open_now`; made once, kept readable by its owner only."""
    path = settings.HOME / "setup-code"
    if not path.exists():
        process.kept_secret(path)
        path.write_text("-".join(secrets.token_hex(2) for _ in range(4)))
    return path.read_text().strip()


def is_here(request: HttpRequest) -> bool:
    """True if the browser runs on this machine: the peer is a loopback address and no proxy stands between."""
    if any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def knows_code(request: HttpRequest, typed: str) -> bool:
    """Check the set-up code; raises `limits.TooMany`."""
    attempt = limits.count(limits.caller_of(request, "set-up"))
    right = constant_time_compare(typed.strip().lower(), code())
    if right:
        limits.forgive(attempt)
    return right


@transaction.atomic
def name_administrator(*, name: str, email: str, password: str, company: str, language: str) -> Person:
    """Make the first administrator, who is also service manager, so that one person can set everything up.

    Raises `roster.Refused` if somebody was quicker.
    """
    roster.claim_setup(DONE)
    person = roster.add_person(
        name=name, email=email, language=language, roles=["admin", "service_manager"], actor=SYSTEM
    )
    person.set_password(password)
    person.save(update_fields=["password"])
    audit.note(PasswordChanged(person=person.pk, how="set-up"), actor=SYSTEM)
    standing.settle(name=company, language=language, actor=SYSTEM)
    (settings.HOME / "setup-code").unlink(missing_ok=True)
    return person
