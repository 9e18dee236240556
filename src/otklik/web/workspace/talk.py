"""Writing on a ticket: the composer, the five seconds in which a reply can be taken back, notes, collisions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from otklik import clock
from otklik.jobs import Job, enqueue, task
from otklik.journal import once
from otklik.journal.models import IdempotencyKey
from otklik.people.access import as_actor
from otklik.people.models import Person
from otklik.tickets import access, desk
from otklik.tickets.attachments import MAX_FILES, StoreUnavailable, TooLarge, upload, uploaded
from otklik.tickets.models import Draft, Message, Ticket, Upload, Watch
from otklik.tickets.refusal import Forbidden, Refused
from otklik.web import drafts
from otklik.web.portal.reporting import as_uuid
from otklik.web.visit import actor, person, viewer
from otklik.web.workspace.frame import for_workers

HELD = timedelta(seconds=5)  # for which a reply may be taken back


def slot(ticket: Ticket, mode: str) -> str:
    """Name of a draft; reply and note are kept apart."""
    return f"ticket:{ticket.number}:{mode}"


def composer(mine: Sequence[Draft], ticket: Ticket, typed: dict[str, Any], watches: Sequence[Watch]) -> dict[str, Any]:
    """What the composer shows: drafts, readers, recipients that can be unticked."""
    by_slot = {one.slot: one for one in mine}
    found = {mode: by_slot.get(slot(ticket, mode)) for mode in ("reply", "note")}
    text = {mode: str(one.data.get("text", "")) if one else "" for mode, one in found.items()}
    if typed.get("body"):
        text[typed.get("mode", "reply")] = typed["body"]
    return {
        "reply": text["reply"],
        "note": text["note"],
        "recipients": recipients(ticket, watches),
        "failed": str(found["reply"].data.get("failed", "")) if found["reply"] else "",
        "saved_at": found["reply"].saved_at if found["reply"] else None,
    }


def recipients(ticket: Ticket, watches: Sequence[Watch]) -> list[dict[str, Any]]:
    """Who will be mailed a public message: requester, affected person, people in copy; without an address only told."""
    people = [ticket.requester, ticket.affected_person, *(one.person for one in watches if one.role == "cc")]
    rows = {one.pk: one for one in people if one is not None and one.is_active}
    ordered = sorted(rows.values(), key=lambda one: one.name)
    return [{"id": one.pk, "name": one.name, "email": one.email or ""} for one in ordered]


def content_of(request: HttpRequest, name: str = "body", *, instructions: str = "") -> desk.Content:
    """Text and files of a form; files that came without a script are kept on the way."""
    me = person(request)
    keys = request.POST.getlist("files")
    for file in request.FILES.getlist("files_plain")[:MAX_FILES]:
        try:
            keys.append(str(upload(file.chunks(), name=file.name or "", type=file.content_type or "", owner=me).pk))
        except (TooLarge, StoreUnavailable):
            messages.error(
                request, _("“%(name)s” was not taken: over 25 MB, or the store is busy") % {"name": file.name}
            )
    known = [str(key) for key in map(as_uuid, keys) if key]
    files = uploaded(known, owner=me)
    return desk.Content(text=request.POST.get(name, "").strip(), files=files, instructions=instructions)


def forget_uploads(request: HttpRequest) -> None:
    """The files belong to a message now."""
    keys = [str(key) for key in map(as_uuid, request.POST.getlist("files")) if key]
    Upload.objects.filter(pk__in=keys, owner=person(request)).delete()


# -- public reply --------------------------------------------------------------------------------------------------
@require_POST
@for_workers
def reply(request: HttpRequest, number: int) -> HttpResponse:
    """Hold a public reply for five seconds, then send it; somebody else's newer message is shown first."""
    ticket = access.ticket_for(viewer(request), number, at_least=access.INTERNAL)
    if not access.allowed(viewer(request), "note", ticket):
        raise Forbidden("note")
    newer = _newer(request, ticket)
    if newer and not request.POST.get("anyway"):
        return _collision(request, ticket, newer)
    body = request.POST.get("body", "").strip()
    if not body:
        return _again(request, ticket, [str(_("The message is empty."))])
    data = {
        "text": body,
        "files": request.POST.getlist("files"),
        "promise_until": request.POST.get("promise_until", ""),
        "then": request.POST.get("then", ""),
        "recipients": _ticked(request),
        "key": request.POST.get("key", "")[:64],
        "send_at": (clock.now() + HELD).isoformat(),
    }
    held = _hold(request, ticket, data)
    drafts.drop(person(request), slot(ticket, "reply"))
    undo = reverse("workspace:reply_undo", args=[ticket.number, held])
    messages.info(request, _("Sending… the reply leaves in five seconds"), extra_tags=undo)
    return HttpResponseRedirect(reverse("workspace:ticket", args=[ticket.number]) + "#latest")


@transaction.atomic
def _hold(request: HttpRequest, ticket: Ticket, data: dict[str, Any]) -> int:
    name = f"sending:{ticket.number}:{data['key'] or 'x'}"[:80]
    me = person(request)
    scope, key = f"web.reply {me.pk}", f"{ticket.number}:{data['key']}:{_digest(data)}"
    if data["key"] and (answer := once.first_answer(scope, key)):
        return int(answer["draft"])  # asked for again after it was sent: a browser that got no answer
    draft, fresh = Draft.objects.get_or_create(person=me, slot=name, defaults={"data": data, "saved_at": clock.now()})
    if fresh:
        enqueue("web.send_reply", {"draft": draft.pk}, run_at=clock.now() + HELD)
    if data["key"]:
        once.remember(scope, key, {"draft": draft.pk})
    return draft.pk


def _digest(data: dict[str, Any]) -> str:
    """What tells a repeated reply from another one under the same key, written on a page that was gone back to."""
    said = json.dumps([data["text"], data["files"], data["then"]], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _ticked(request: HttpRequest) -> list[int] | None:
    if "recipients_shown" not in request.POST:
        return None
    return [int(key) for key in request.POST.getlist("recipients") if key.isdigit()]


@task("web.send_reply", lane="tell")
def send_reply(job: Job, *, draft: int) -> None:
    """The five seconds are over: the reply becomes a message, or goes back to its writer with the reason."""
    row = Draft.objects.select_for_update(of=("self",)).select_related("person").filter(pk=draft).first()
    if row is None:
        return
    number = int(row.slot.split(":")[1])
    ticket = Ticket.objects.get(number=number)
    files = uploaded(row.data["files"], owner=row.person)
    try:
        _send(ticket, row, files)
    except (Refused, Forbidden) as refused:
        with override(row.person.language):
            why = " ".join(refused.texts) if isinstance(refused, Refused) else str(_("You may no longer write here."))
        drafts.keep(row.person, slot(ticket, "reply"), {"text": row.data["text"], "failed": why})
    row.delete()


@transaction.atomic
def _send(ticket: Ticket, row: Draft, files: list[Any]) -> None:
    data, me = row.data, as_actor(row.person)
    until = moment_of(data["promise_until"])
    content = desk.Content(text=data["text"], files=files)
    key = f"{row.pk}:{data['key']}"
    if data["then"] == "wait":
        desk.hold(ticket, reason="requester", question=content, recipients=data["recipients"], actor=me)
    else:
        until = until if until and until > clock.now() else None
        desk.reply(ticket, content, promise_until=until, recipients=data["recipients"], key=key, actor=me)
    Upload.objects.filter(pk__in=data["files"], owner=row.person).delete()
    clock.faultpoint("web.reply_sent")


def moment_of(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


@require_POST
@for_workers
def reply_undo(request: HttpRequest, number: int, key: int) -> HttpResponse:
    """«Отменить»: the reply becomes a draft again; too late once it was sent."""
    ticket = access.ticket_for(viewer(request), number, at_least=access.INTERNAL)
    me = person(request)
    with transaction.atomic():
        row = Draft.objects.select_for_update().filter(pk=key, person=me, slot__startswith="sending:").first()
        if row is not None:
            drafts.keep(me, slot(ticket, "reply"), {"text": row.data["text"], "files": row.data["files"]})
            IdempotencyKey.objects.filter(scope=f"web.reply {me.pk}", answer__draft=row.pk).delete()
            row.delete()
    address = reverse("workspace:ticket", args=[ticket.number])
    text = _("Taken back. The text is in the draft") if row is not None else _("Too late: the reply has been sent")
    messages.info(request, text)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def drafts_of(me: Person, ticket: Ticket) -> list[Draft]:
    """What I am writing on this ticket, and what of mine is held, in one question."""
    slots = [slot(ticket, mode) for mode in ("reply", "note")]
    held = Q(slot__startswith=f"sending:{ticket.number}:")
    return list(Draft.objects.filter(Q(slot__in=slots) | held, person=me).order_by("saved_at"))


def sending(mine: Sequence[Draft]) -> list[Draft]:
    """Replies of mine that are held at this moment."""
    return [one for one in mine if one.slot.startswith("sending:")]


# -- collision -----------------------------------------------------------------------------------------------------
def _newer(request: HttpRequest, ticket: Ticket) -> list[Message]:
    """Public messages of others that appeared after the newest one the writer had on the page."""
    rows = Message.objects.filter(pk__in=access.shown_in(ticket), audience="public").exclude(author=person(request))
    seen = as_uuid(request.POST.get("seen", ""))
    if seen is not None:
        base = (
            Message.objects.filter(pk__in=access.shown_in(ticket))
            .filter(pk=seen)
            .values_list("created_at", flat=True)
            .first()
        )
        if base is not None:
            rows = rows.filter(created_at__gt=base)
        return list(rows.exclude(pk=seen).order_by("created_at")) if base is not None else []
    return []


def _collision(request: HttpRequest, ticket: Ticket, newer: list[Message]) -> HttpResponse:
    from otklik.web.workspace import ticket as page

    typed = {
        "body": request.POST.get("body", ""),
        "mode": "reply",
        "files": request.POST.getlist("files"),
        "anyway": "1",
    }
    fresh = [one for one in page.conversation(viewer(request), ticket) if one.id in {str(row.pk) for row in newer}]
    return page.shown(request, ticket, typed=typed, collision=fresh, status=409)


def _again(request: HttpRequest, ticket: Ticket, errors: list[str], mode: str = "reply") -> HttpResponse:
    from otklik.web.workspace import ticket as page

    typed = {"body": request.POST.get("body", ""), "mode": mode, "files": request.POST.getlist("files")}
    return page.shown(request, ticket, errors=errors, typed=typed)


# -- notes and waiting messages ------------------------------------------------------------------------------------
@require_POST
@for_workers
def note(request: HttpRequest, number: int) -> HttpResponse:
    """Leave an internal note."""
    ticket = access.ticket_for(viewer(request), number, at_least=access.INTERNAL)
    try:
        desk.note(
            ticket,
            content_of(request),
            mentions=mentioned(request.POST.get("body", ""), ticket),
            key=request.POST.get("key", "")[:64],
            actor=actor(request),
        )
    except Refused as refused:
        return _again(request, ticket, refused.texts, mode="note")
    forget_uploads(request)
    drafts.drop(person(request), slot(ticket, "note"))
    return HttpResponseRedirect(reverse("workspace:ticket", args=[ticket.number]) + "#latest")


def mentioned(text: str, ticket: Ticket) -> list[int]:
    """Staff named with @ in a note: only people who may read it."""
    if "@" not in text:
        return []
    people = Person.objects.filter(memberships__isnull=False, is_active=True).distinct()
    named = [one for one in people if f"@{one.name}".lower() in text.lower()]
    return [one.pk for one in named if access.level(access.viewer(one), ticket) == access.INTERNAL]


@require_POST
@for_workers
def confirm_message(request: HttpRequest, number: int, key: str) -> HttpResponse:
    """Confirm a message of an unknown sender: it becomes public and its author joins in copy."""
    ticket = access.ticket_for(viewer(request), number, at_least=access.INTERNAL)
    message = (
        Message.objects.filter(pk=as_uuid(key) or UUID(int=0), ticket=ticket, audience="waiting")
        .select_related("author")
        .first()
    )
    if message is not None:
        sender = message.author or Person.objects.by_email(message.author_address)
        desk.accept(ticket, message, person=sender, actor=actor(request))
        messages.success(request, _("Confirmed: the message is part of the conversation"))
    return HttpResponseRedirect(reverse("workspace:ticket", args=[ticket.number]))
