"""Calls at night by webhook: which addresses hear of a call, the signed body, and the link that answers it.

The signature is HMAC-SHA256 over ``<unix time>.<body>`` with the secret of the address (safety.md A7): whoever receives
it computes the same and refuses what is older than five minutes. One call to one address has one ``X-Otklik-Delivery``
however often it is tried, so that a repetition is known as such.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import httpx
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from otklik import clock, egress
from otklik.jobs import enqueue
from otklik.journal.record import Actor
from otklik.outbox.sender import base_url
from otklik.outbox.vault import seal, unseal
from otklik.people import keeping
from otklik.people.rota import OnCall
from otklik.routing.models import CallHook, Page

ANSWER_IN = timedelta(minutes=5)
FIELDS = frozenset(["name", "team", "rotation", "url", "is_active"])
LINK_LIVES = timedelta(hours=6)
SALT = "routing.call"


class NotHeard(Exception):
    """The address did not answer with success; ``code`` says what happened: unreachable, forbidden, status:500."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.detail = code, detail


# -- settings ------------------------------------------------------------------------------------------------------
@transaction.atomic
def add(*, actor: Actor, secret: str, **values: Any) -> CallHook:
    """Add an address; the secret is sealed. Raises people's `Refused`, `UnknownField`."""
    given = keeping.known(values, FIELDS, "callhook")
    hook = CallHook.objects.create(secret=seal(secret), **given)
    keeping.tell_added(hook, {name: keeping.plain(value) for name, value in given.items()}, actor=actor)
    return hook


@transaction.atomic
def change(hook: CallHook, *, actor: Actor, secret: str = "", note: str = "", **values: Any) -> CallHook:
    """Change an address; an empty secret keeps the stored one. Raises people's `Refused`, `UnknownField`."""
    given = keeping.known(values, FIELDS, "callhook")
    fresh = keeping.change(hook, given, actor=actor, note=note)
    if secret:
        fresh.secret = seal(secret)
        fresh.save(update_fields=["secret"])
        keeping.tell(fresh, {"secret": ["•", "•"]}, actor=actor)  # that it changed is told, never what it was
    return fresh


# -- calls ---------------------------------------------------------------------------------------------------------
def order(page: Page) -> int:
    """Queue one delivery for every address that hears of this call, with the call itself; how many."""
    found = hooks_for(page)
    for hook in found:
        enqueue("routing.ring", {"page": page.pk, "hook": hook.pk})
    return len(found)


def hooks_for(page: Page) -> list[CallHook]:
    """Addresses of the desk, of the ticket's team, and of the rotation by whose turn the person is called."""
    turns = OnCall.objects.filter(
        team=page.ticket.team, person=page.person, starts_at__lte=page.at, ends_at__gt=page.at, rotation__isnull=False
    )
    own = Q(team=None) | Q(team=page.ticket.team)
    turn = Q(rotation=None) | Q(rotation__in=turns.values("rotation"))
    return list(CallHook.objects.filter(own, turn, is_active=True).order_by("pk"))


def ring(page_id: int, hook_id: int) -> bool:
    """Tell one address of a call that still waits for its answer; False where nobody needs to hear it any more.

    Raises `NotHeard` where another try may help.
    """
    page = Page.objects.filter(pk=page_id, ended_at=None).select_related("ticket__team", "person").first()
    hook = CallHook.objects.filter(pk=hook_id, is_active=True).first()
    if page is None or hook is None:
        return False
    try:
        deliver(hook, body_of(page), delivery=f"call-{page.pk}-{hook.pk}")
    except NotHeard as failure:
        if failure.code == "forbidden":  # the target does not get better by trying
            return False
        raise
    return True


def try_out(hook: CallHook) -> None:
    """One delivery that says it is a test. Raises `NotHeard`."""
    body = {"event": "test", "at": clock.now().isoformat(), "name": hook.name, "answer_url": ""}
    deliver(hook, body, delivery=f"test-{hook.pk}-{int(clock.now().timestamp())}")


def deliver(hook: CallHook, body: dict[str, Any], *, delivery: str) -> None:
    """POST a signed body through the gate and keep how it went. Raises `NotHeard`."""
    raw = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
    stamp = int(clock.now().timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Otklik-Delivery": delivery,
        "X-Otklik-Signature": f"t={stamp},v1={signature(unseal(hook.secret), stamp, raw)}",
    }
    said = _post(hook.url, raw, headers)
    CallHook.objects.filter(pk=hook.pk).update(tried_at=clock.now(), said=said[0])
    if said[0] != "heard":
        raise NotHeard(*said)


def _post(url: str, raw: bytes, headers: dict[str, str]) -> tuple[str, str]:
    try:
        answer = egress.fetch("POST", url, body=raw, headers=headers)
    except egress.Refused as refusal:
        return "forbidden", str(refusal)
    except egress.TooLarge:
        return "too_large", ""
    except httpx.HTTPError as error:
        return "unreachable", str(error)
    return ("heard", "") if answer.is_success else (f"status:{answer.status_code}", "")


def signature(secret: str, stamp: int, raw: bytes) -> str:
    """HMAC-SHA256 in hexadecimal over ``<stamp>.<body>``."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()


def body_of(page: Page) -> dict[str, Any]:
    """What an address is told of a call; the subject of a restricted ticket stays inside."""
    ticket, person = page.ticket, page.person
    return {
        "event": "call",
        "id": page.pk,
        "at": page.at.isoformat(),
        "answer_by": (page.at + ANSWER_IN).isoformat(),
        "step": page.step,
        "order": page.order,
        "person": {"id": person.pk, "name": person.name, "email": person.email},
        "ticket": {
            "number": ticket.number,
            "priority": ticket.priority,
            "subject": "" if ticket.visibility == "restricted" else ticket.subject,
            "team": ticket.team.name if ticket.team else "",
            "url": base_url() + reverse("workspace:ticket", args=[ticket.number]),
        },
        "answer_url": base_url() + reverse("routing:answer", args=[link_of(page)]),
    }


# -- the link ------------------------------------------------------------------------------------------------------
def link_of(page: Page) -> str:
    """The secret of an address that answers this call in the name of whoever was called."""
    return signing.dumps([page.pk, int(page.at.timestamp())], salt=SALT)


def page_of(secret: str) -> Page | None:
    """The call behind a secret, for six hours."""
    try:
        key, at = signing.loads(secret, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    page = Page.objects.filter(pk=key).select_related("ticket__team", "person").first()
    if page is None or int(page.at.timestamp()) != at or page.at + LINK_LIVES < clock.now():
        return None
    return page if page.person.is_active else None
