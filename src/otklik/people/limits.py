"""How often somebody may try to come in, counted in the database for every process.

Three counts of failures within ``WINDOW`` (safety.md A9): from one network; for one account from browsers that never
came in; for one account from one browser that did. The last has a count of its own, so that strangers who guess cannot
lock the owner out. An account that does not exist is counted just as one that does.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from otklik import clock
from otklik.people.models import Person, SignInAttempt

WINDOW = timedelta(minutes=15)
KEEP = timedelta(days=30)
PER_NETWORK = 60
PER_ACCOUNT = 20
PER_BROWSER = 10
BROWSER_COOKIE = "known"
BROWSER_DAYS = 180


@dataclass(frozen=True, slots=True)
class Caller:
    """Who tries: digest of the account as typed, shortened network, digest of a known browser's mark or empty."""

    account: str
    network: str
    browser: str = ""


class TooMany(Exception):
    """A limit is reached: nothing was checked."""


def digest(text: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def address_of(request: HttpRequest) -> str:
    """The caller's address: the peer's, or what the last trusted proxy says, as configured (``OTKLIK_PROXIES``)."""
    chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    trusted = settings.TRUSTED_PROXIES
    return chain[-trusted] if 0 < trusted <= len(chain) else str(request.META.get("REMOTE_ADDR", ""))


def network_of(request: HttpRequest) -> str:
    """The network that shares a limit: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        address = ipaddress.ip_address(address_of(request))
    except ValueError:
        return "?"
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def caller_of(request: HttpRequest, account: str) -> Caller:
    """Who tries to come in as ``account`` (an address, or any other name that is counted together)."""
    named = digest(account.strip().lower())
    try:
        mark = signing.loads(
            request.COOKIES.get(BROWSER_COOKIE, ""), salt="people.browser", max_age=BROWSER_DAYS * 86400
        )
    except signing.BadSignature:
        mark = {}
    known = digest(str(mark.get("browser", ""))) if named in mark.get("accounts", []) else ""
    return Caller(named, network_of(request), known)


def count(caller: Caller) -> SignInAttempt:
    """Count a try before it is checked, so that tries at the same time see each other. Raises `TooMany`."""
    now = clock.now()
    attempt = SignInAttempt.objects.create(
        account=caller.account, network=caller.network, browser=caller.browser, at=now
    )
    recent = SignInAttempt.objects.filter(at__gt=now - WINDOW, failed=True)
    own = recent.filter(account=caller.account, browser=caller.browser)
    limit = PER_BROWSER if caller.browser else PER_ACCOUNT
    if own.count() > limit or recent.filter(network=caller.network).count() > PER_NETWORK:
        raise TooMany
    return attempt


def forgive(attempt: SignInAttempt) -> None:
    """The try was right: it and the failures before it, from the same side, count no longer."""
    SignInAttempt.objects.filter(account=attempt.account, browser=attempt.browser, network=attempt.network).update(
        failed=False
    )


def remember_browser(request: HttpRequest, response: HttpResponse, person: Person) -> None:
    """Mark this browser as one in which the person came in before."""
    try:
        mark = signing.loads(request.COOKIES.get(BROWSER_COOKIE, ""), salt="people.browser")
    except signing.BadSignature:
        mark = {"browser": secrets.token_urlsafe(16), "accounts": []}
    account = digest((person.email or "").lower())
    mark["accounts"] = [*[one for one in mark["accounts"] if one != account], account][-5:]
    response.set_cookie(
        BROWSER_COOKIE,
        signing.dumps(mark, salt="people.browser"),
        max_age=BROWSER_DAYS * 86400,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def sweep() -> int:
    """Forget tries older than ``KEEP``; how many."""
    return SignInAttempt.objects.filter(at__lt=clock.now() - KEEP).delete()[0]
