"""Coming in and going out: the password, the limits, the second factor, the session.

Whoever tries learns the same from an unknown address, a wrong password and a disabled account: same words, same work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth import login, logout
from django.contrib.auth.hashers import check_password
from django.http import HttpRequest

from otklik import clock
from otklik.people import audit, limits, secondfactor
from otklik.people.access import as_actor
from otklik.people.events import SignedIn, SignedOut, SignInRefused
from otklik.people.models import Person, SignInAttempt

BACKEND = "django.contrib.auth.backends.ModelBackend"
WAITING = "second_step"  # session key of a person whose password was right and whose code is awaited
PATIENCE = timedelta(minutes=5)  # for the code, after the password


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a try led to: ``in``, ``code`` (a second factor is asked for), ``wrong`` or ``limit``."""

    word: str
    person: Person | None = None


def by_password(request: HttpRequest, email: str, password: str) -> Outcome:
    """Try an address and a password; on success the session is a new one."""
    caller = limits.caller_of(request, email)
    person = Person.objects.by_email(email)
    try:
        attempt = limits.count(caller)
    except limits.TooMany:
        _refuse(person, caller, "limit")
        return Outcome("limit")
    right = check_password(password, person.password if person else "!")  # an unknown one costs a hash as well
    if person is None or not right or not person.is_active:
        _refuse(person, caller, "inactive" if right else "wrong")
        return Outcome("wrong")
    if secondfactor.on(person):
        request.session.cycle_key()
        request.session[WAITING] = {"person": person.pk, "until": (clock.now() + PATIENCE).isoformat()}
        _settle(attempt)
        return Outcome("code", person)
    _settle(attempt)
    enter(request, person, how="password")
    return Outcome("in", person)


def awaited(request: HttpRequest) -> Person | None:
    """The person whose code is awaited in this session, None when nobody's or too late."""
    held = request.session.get(WAITING)
    if not held or held["until"] < clock.now().isoformat():
        return None
    return Person.objects.filter(pk=held["person"], is_active=True).first()


def by_code(request: HttpRequest, person: Person, code: str) -> Outcome:
    """Try the code of the authenticator, or a recovery code, after the password was right."""
    caller = limits.caller_of(request, f"code:{person.pk}")
    try:
        attempt = limits.count(caller)
    except limits.TooMany:
        _refuse(person, caller, "limit")
        return Outcome("limit")
    how = secondfactor.accept(person, code)
    if how is None:
        _refuse(person, caller, "wrong")
        return Outcome("wrong")
    _settle(attempt)
    request.session.pop(WAITING, None)
    enter(request, person, how=how)
    return Outcome("in", person)


def enter(request: HttpRequest, person: Person, *, how: str) -> None:
    """Sign a person in: a new session, its absolute life begins, the access log knows."""
    now = clock.now()
    login(request, person, backend=BACKEND)
    request.session.cycle_key()
    request.session["signed_in_at"] = now.isoformat()
    if how in {"second_factor", "recovery_code"}:
        request.session["second_factor"] = now.isoformat()
    Person.objects.filter(pk=person.pk).update(last_login=now)
    fact = SignedIn(person=person.pk, network=limits.network_of(request), how=how)
    audit.note(fact, actor=as_actor(person))


def leave(request: HttpRequest) -> None:
    """Sign out: the session is gone on the server."""
    if isinstance(request.user, Person):
        fact = SignedOut(person=request.user.pk, network=limits.network_of(request))
        audit.note(fact, actor=as_actor(request.user))
    logout(request)


def fresh(request: HttpRequest, within: timedelta = timedelta(minutes=15)) -> bool:
    """True if the second factor was shown within the last minutes, or the person has none."""
    if not isinstance(request.user, Person):
        return False
    if not secondfactor.on(request.user):
        return True
    shown = request.session.get("second_factor", "")
    return bool(shown) and shown > (clock.now() - within).isoformat()


def _settle(attempt: SignInAttempt) -> None:
    limits.forgive(attempt)


def _refuse(person: Person | None, caller: limits.Caller, why: str) -> None:
    audit.note(SignInRefused(person=person.pk if person else None, network=caller.network, why=why))
