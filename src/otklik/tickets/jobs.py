"""Periodic work on tickets: reminders, waiting given up, closing, promises that passed in silence, old uploads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from otklik import clock
from otklik.businesstime import add_days
from otklik.jobs import Job, task
from otklik.journal.config import current
from otklik.journal.record import SYSTEM
from otklik.tickets import desk
from otklik.tickets.attachments import sweep_uploads
from otklik.tickets.models import Ticket
from otklik.tickets.policy import TIMERS_NAME
from otklik.tickets.projection import instant
from otklik.tickets.worktime import working_calendar

BATCH = 500  # tickets of one sweep and kind; the rest follows a minute later


@task("tickets.sweep", lane="decide", atomic=False)
def sweep(job: Job) -> None:
    """One minute's look at everything whose date has come; each ticket is its own transaction, twice does no harm."""
    missed_promises()
    put_off_until_now()
    unanswered_questions()
    suppliers_to_ask()
    solutions_nobody_objected_to()


@task("tickets.sweep_uploads", lane="slow")
def forget_uploads(job: Job) -> None:
    """Uploads that became part of nothing."""
    sweep_uploads()


def _tickets(rows: Iterable[Ticket]) -> list[Ticket]:
    return list(islice(rows, BATCH))


def missed_promises() -> None:
    """«Напишем до …» has passed in silence: recorded once per promise."""
    for ticket in _tickets(Ticket.objects.filter(promised_until__lt=clock.now()).order_by("promised_until")):
        desk.miss_update(ticket, actor=SYSTEM)


def put_off_until_now() -> None:
    """Tickets that were put off to a date that has come go on by themselves (T4)."""
    now = clock.now()
    rows = Ticket.objects.filter(status="pending", pending_reason="scheduled").order_by("pending_since")
    for ticket in rows.iterator(chunk_size=BATCH):
        until = ticket.pending_data.get("until")
        if until and instant(until) <= now:
            _resume(ticket.pk)


@transaction.atomic
def _resume(key: UUID) -> None:
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=key)
    if ticket.status == "pending" and ticket.pending_reason == "scheduled":
        desk.resume(ticket, reason="until", actor=SYSTEM)


def unanswered_questions() -> None:
    """Remind the requester of our question, and give up after ten working days (T6; never for P1 and P2)."""
    timers, now = current(TIMERS_NAME).data, clock.now()
    first = now - timedelta(hours=24)
    rows = Ticket.objects.filter(status="pending", pending_reason="requester", pending_since__lt=first)
    for ticket in rows.order_by("pending_since").iterator(chunk_size=BATCH):
        calendar, since = working_calendar(ticket), ticket.pending_since
        if since is None or (ticket.last_customer_at and ticket.last_customer_at > since):
            continue
        if ticket.priority not in {"P1", "P2"} and now >= add_days(calendar, since, timers["no_response_bd"]):
            _give_up(ticket)
            continue
        for number, days in enumerate(timers["reminders_bd"], 1):
            if now >= add_days(calendar, since, days):
                desk.remind(ticket, what="question", step=f"{since.isoformat()}#{number}", actor=SYSTEM)


def _give_up(ticket: Ticket) -> None:
    language = ticket.requester.language if ticket.requester else "ru"
    with override(language):
        text = _("You did not answer our question, so we close this request. Write to us and we will go on.")
    desk.give_up_waiting(ticket, text=text, actor=SYSTEM)


def suppliers_to_ask() -> None:
    """The date has come on which the agent wanted to ask the supplier again."""
    rows = Ticket.objects.filter(status="pending", pending_reason="third_party").order_by("pending_since")
    for ticket in rows.iterator(chunk_size=BATCH):
        when = ticket.pending_data.get("follow_up_at")
        if when and instant(when) <= clock.now():
            desk.remind(ticket, what="supplier", step=when, actor=SYSTEM)


def solutions_nobody_objected_to() -> None:
    """Close what was solved five working days ago (T7), and say so two days before."""
    timers, now = current(TIMERS_NAME).data, clock.now()
    rows = Ticket.objects.filter(status="resolved", resolved_at__lt=now - timedelta(hours=24)).order_by("resolved_at")
    for ticket in rows.iterator(chunk_size=BATCH):
        calendar, since = working_calendar(ticket), ticket.resolved_at
        if since is None:
            continue
        if now >= add_days(calendar, since, timers["close_bd"]):
            _close(ticket.pk)
        elif now >= add_days(calendar, since, timers["close_reminder_bd"]):
            desk.remind(ticket, what="close", step=since.isoformat(), actor=SYSTEM)


@transaction.atomic
def _close(key: UUID) -> None:
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=key)
    if ticket.status == "resolved":
        desk.close(ticket, reason="time", actor=SYSTEM)
