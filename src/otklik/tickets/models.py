"""Ticket and its content: messages, attachments, links, participants. Writes are refused outside the gate."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
import uuid
from contextvars import ContextVar
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q

from otklik.tickets import lifecycle

gate_is_open: ContextVar[bool] = ContextVar("gate_is_open", default=False)


class WriteOutsideGate(RuntimeError):
    """A ticket may only be changed through ``tickets.desk``."""


def uuid7() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562 §5.7): time-ordered, so that new rows stay together in the index."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    return uuid.UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Named questions about tickets; start from ``access.visible_to``, never from ``objects``."""

    def live(self) -> Self:
        """Somebody still works or waits: new, open, pending."""
        return self.filter(status__in=sorted(lifecycle.LIVE))

    def unassigned(self) -> Self:
        """Nobody is on it yet."""
        return self.filter(assignee=None)

    def of(self, person: Any) -> Self:
        """Assigned to this person."""
        return self.filter(assignee=person)

    def waiting_for_customer(self) -> Self:
        """On hold with a question to the requester."""
        return self.filter(status="pending", pending_reason="requester")

    def customer_waits(self) -> Self:
        """The requester wrote and nobody has answered."""
        return self.filter(customer_waiting_since__isnull=False)

    def involving(self, person: Any) -> Self:
        """The person's own: requester, affected person or in copy."""
        mine = Watch.objects.filter(ticket=models.OuterRef("pk"), person=person, role="cc")
        return self.filter(Q(requester=person) | Q(affected_person=person) | models.Exists(mine))

    def update(self, **values: Any) -> int:
        if not gate_is_open.get():
            raise WriteOutsideGate("tickets are changed by tickets.desk")
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise WriteOutsideGate("tickets are never deleted")

    def bulk_create(self, *args: Any, **values: Any) -> Any:
        if not gate_is_open.get():
            raise WriteOutsideGate("tickets are opened by tickets.desk")
        return super().bulk_create(*args, **values)


class Ticket(models.Model):
    """The formal record of one incident, service request or question: a projection of its journal (domain.md §2.1)."""

    TYPES: ClassVar = ("incident", "service_request", "question")
    CHANNELS: ClassVar = ("portal", "email", "phone", "walk_in", "chat", "api", "monitor")

    described_by: Message | None = None  # the description, known to the very object that ``desk`` has just opened

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(unique=True)
    version = models.IntegerField(default=0)
    type = models.CharField(max_length=16)
    origin = models.CharField(max_length=12, default="human")
    subject = models.CharField(max_length=200)
    status = models.CharField(max_length=10, default="new")
    pending_reason = models.CharField(max_length=12, blank=True)
    pending_data = models.JSONField(default=dict)
    pending_since = models.DateTimeField(null=True)
    requester = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="requested")
    affected_person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    reporter = models.CharField(max_length=40, blank=True)
    contact = models.JSONField(default=dict)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    service = models.ForeignKey("catalogue.Service", models.PROTECT, null=True, related_name="tickets")
    impact = models.SmallIntegerField(default=3)
    urgency = models.SmallIntegerField(default=3)
    raised_by = ArrayField(models.CharField(max_length=10), default=list)
    priority_computed = models.CharField(max_length=2, default="P4")
    priority_override = models.CharField(max_length=2, blank=True)
    priority = models.CharField(max_length=2, default="P4")
    channel = models.CharField(max_length=10)
    team = models.ForeignKey("people.Team", models.PROTECT, null=True, related_name="tickets")
    assignee = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="assigned")
    visibility = models.CharField(max_length=12, default="participants")
    place = models.ForeignKey("people.Place", models.PROTECT, null=True, related_name="+")
    device = models.CharField(max_length=120, blank=True)
    deadline_text = models.CharField(max_length=200, blank=True)
    error_text = models.TextField(blank=True)
    alert_key = models.CharField(max_length=200, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list)
    opened_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    first_response_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    service_restored_at = models.DateTimeField(null=True)
    promised_until = models.DateTimeField(null=True)
    customer_waiting_since = models.DateTimeField(null=True)
    last_customer_at = models.DateTimeField(null=True)
    last_staff_at = models.DateTimeField(null=True)
    public_status = models.CharField(max_length=140, blank=True)
    resolution_code = models.CharField(max_length=24, blank=True)
    cause_code = models.CharField(max_length=24, blank=True)
    cancel_reason = models.CharField(max_length=16, blank=True)
    reopen_count = models.SmallIntegerField(default=0)
    updated_at = models.DateTimeField()
    search = models.GeneratedField(
        expression=SearchVector("subject", config="russian"), output_field=SearchVectorField(), db_persist=True
    )

    objects: ClassVar[models.Manager[Ticket]] = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=lifecycle.STATES), name="ticket_status"),
            models.CheckConstraint(
                condition=Q(type__in=("incident", "service_request", "question")), name="ticket_type"
            ),
            models.CheckConstraint(condition=Q(impact__range=(1, 3), urgency__range=(1, 3)), name="ticket_levels"),
            models.CheckConstraint(
                condition=Q(visibility__in=("participants", "organisation", "restricted")), name="ticket_visibility"
            ),
        ]
        indexes = [
            models.Index(fields=["requester", "-opened_at", "-number"], name="ticket_requester"),
            models.Index(fields=["affected_person", "-opened_at"], name="ticket_affected"),
            models.Index(fields=["organisation", "-opened_at"], name="ticket_organisation"),
            models.Index(
                fields=["team", "status"], name="ticket_team_live", condition=Q(status__in=["new", "open", "pending"])
            ),
            models.Index(
                fields=["assignee", "status"],
                name="ticket_assignee_live",
                condition=Q(status__in=["new", "open", "pending"]),
            ),
            models.Index(
                fields=["place", "status"], name="ticket_place_live", condition=Q(status__in=["new", "open", "pending"])
            ),
            models.Index(fields=["status", "resolved_at"], name="ticket_resolved", condition=Q(status="resolved")),
            models.Index(fields=["promised_until"], name="ticket_promised", condition=Q(promised_until__isnull=False)),
            models.Index(fields=["-opened_at", "-number"], name="ticket_newest"),
            models.Index(fields=["alert_key"], name="ticket_alert", condition=~Q(alert_key="")),
            GinIndex(fields=["search"], name="ticket_search"),
        ]

    def __str__(self) -> str:
        return f"№ {self.number}"

    def save(self, *args: Any, **values: Any) -> None:
        if not gate_is_open.get():
            raise WriteOutsideGate("tickets are changed by tickets.desk")
        super().save(*args, **values)

    def delete(self, *args: Any, **values: Any) -> tuple[int, dict[str, int]]:
        raise WriteOutsideGate("tickets are never deleted")

    @property
    def is_live(self) -> bool:
        """New, open or pending."""
        return self.status in lifecycle.LIVE


class Watch(models.Model):
    """A participant besides requester and affected person: 'cc', 'watcher' or 'granted'."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="watches")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="watches")
    role = models.CharField(max_length=8)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "person", "role"], name="one_role_once")]
        indexes = [models.Index(fields=["person", "role"], name="watch_person")]


class Message(models.Model):
    """Content of a message; append-only. The journal holds its id and a salted commitment."""

    AUDIENCES: ClassVar = ("public", "internal", "restricted", "waiting")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="messages")
    audience = models.CharField(max_length=10)
    side = models.CharField(max_length=8)  # customer, staff, system
    author = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    author_name = models.CharField(max_length=200, blank=True)
    author_address = models.CharField(max_length=320, blank=True)
    author_kind = models.CharField(max_length=5, default="human")  # human or auto
    kind = models.CharField(max_length=12, default="message")  # description, message, question, solution
    channel = models.CharField(max_length=10)
    text = models.TextField(blank=True)
    quoted = models.TextField(blank=True)  # what was cut off below the reply
    instructions = models.TextField(blank=True)  # with a solution: what the person should do now or next time
    error_text = models.TextField(blank=True)
    html = models.TextField(blank=True)  # foreign HTML as it came; sanitised on the way out
    mail = models.BigIntegerField(null=True)  # row of the mail ledger
    mail_id = models.CharField(max_length=500, blank=True)  # its Message-ID, for threading
    is_gratitude = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    salt = models.BinaryField()
    redacted_at = models.DateTimeField(null=True)
    search = models.GeneratedField(
        expression=SearchVector("text", "instructions", config="russian"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(audience__in=("public", "internal", "restricted", "waiting")), name="message_audience"
            )
        ]
        indexes = [
            models.Index(fields=["ticket", "created_at"], name="message_ticket"),
            models.Index(fields=["mail_id"], name="message_mail_id", condition=~Q(mail_id="")),
            GinIndex(fields=["search"], name="message_search"),
        ]

    def commitment(self) -> str:
        """Salted digest of the content: proves it unchanged without letting anybody guess it."""
        body = "\0".join([self.text, self.quoted, self.instructions, self.error_text, self.html])
        return hashlib.sha256(bytes(self.salt) + body.encode()).hexdigest()

    @staticmethod
    def new_salt() -> bytes:
        """A salt for one message."""
        return secrets.token_bytes(16)


class Carried(models.Model):
    """A message that a ticket shows though it was written in another one: it was split off there (domain.md §2.8)."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="carries")
    message = models.ForeignKey(Message, models.PROTECT, related_name="carried")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "message"], name="carried_once")]


class Upload(models.Model):
    """A file that was sent before the message it will belong to; swept after a day if nothing came of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=150)
    type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    owner = models.ForeignKey("people.Person", models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_index=True)


class Attachment(models.Model):
    """A file of a message; its bytes lie in the store under their SHA-256."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(Message, models.PROTECT, related_name="attachments")
    position = models.SmallIntegerField(default=0)
    name = models.CharField(max_length=150)
    type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    content_id = models.CharField(max_length=200, blank=True)
    is_inline = models.BooleanField(default=False)
    scan = models.CharField(max_length=12, default="not_scanned")  # pending, clean, infected, not_scanned

    class Meta:
        indexes = [models.Index(fields=["message", "position"], name="attachment_message")]


class Link(models.Model):
    """A link between a ticket and another record, as (kind, id) of the registry in ``links``."""

    KINDS: ClassVar = ("relates", "duplicates", "follow_up_of", "parent_of", "merged_into", "split_from")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="links")
    kind = models.CharField(max_length=14)
    other_kind = models.CharField(max_length=24, default="ticket")
    other = models.CharField(max_length=40)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "kind", "other_kind", "other"], name="one_link_once")]
        indexes = [models.Index(fields=["other_kind", "other"], name="link_other")]


class Draft(models.Model):
    """What somebody was writing: one per person, place and mode; survives sign-out and a change of device."""

    person = models.ForeignKey("people.Person", models.CASCADE, related_name="drafts")
    slot = models.CharField(max_length=80)  # 'ticket:4821:reply', 'ticket:4821:note', 'report', 'call'
    data = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "slot"], name="one_draft_per_slot")]
