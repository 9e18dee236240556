"""Mailboxes, how their reading goes, and the ledger in which every letter seen has one line (safety.md B0, I1)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

OPENED, JOINED, PARKED, REFUSED, DUPLICATE = "opened", "joined", "parked", "refused", "duplicate"
OUTCOMES = (OPENED, JOINED, PARKED, REFUSED, DUPLICATE)
RECEIVED, PROCESSED = "received", "processed"


class Mailbox(models.Model):
    """A way by which letters reach the desk: a folder on an IMAP server, or a pipe (no host)."""

    TLS: ClassVar = ("tls", "starttls", "none")
    SIGN_IN: ClassVar = ("password", "oauth2")
    AFTER: ClassVar = ("seen", "move", "delete")

    name = models.CharField(max_length=60, unique=True)
    address = models.CharField(max_length=320, blank=True)  # under which people write to it
    aliases = ArrayField(models.CharField(max_length=320), default=list, blank=True)  # further addresses of ours
    host = models.CharField(max_length=255, blank=True)  # empty: letters come by ``otklik mail pipe``
    port = models.IntegerField(default=993)
    tls = models.CharField(max_length=8, default="tls")
    verify = models.BooleanField(default=True)  # check the server's certificate
    user = models.CharField(max_length=320, blank=True)
    secret = models.TextField(blank=True)  # sealed by outbox.vault, as the other secrets are
    sign_in = models.CharField(max_length=8, default="password")
    token_url = models.URLField(max_length=500, blank=True)  # where the provider gives out access tokens
    client_id = models.CharField(max_length=300, blank=True)
    client_secret = models.TextField(blank=True)
    refresh_token = models.TextField(blank=True)
    scope = models.CharField(max_length=500, blank=True)
    folder = models.CharField(max_length=200, default="INBOX")
    place = models.IntegerField(default=0)  # counts server, user and folder changed: their numbers mean other letters
    after = models.CharField(max_length=6, default="seen")  # what becomes of the server's copy once ours is durable
    after_folder = models.CharField(max_length=200, blank=True)
    since = models.DateField(null=True, blank=True)  # letters older than this stay where they are
    poll_seconds = models.IntegerField(default=60)
    authserv_ids = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    checks_dkim = models.BooleanField(default=False)  # judge DKIM signatures ourselves; needs DNS
    relay_networks = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    relay_domains = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    team = models.ForeignKey("people.Team", models.PROTECT, null=True, blank=True, related_name="+")
    language = models.CharField(max_length=5, default="ru")  # of people whose letters do not show theirs
    staff_replies = models.CharField(max_length=8, default="public")  # or "internal": what a mail of staff becomes
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(tls__in=("tls", "starttls", "none")), name="mailbox_tls"),
            models.CheckConstraint(condition=Q(after__in=("seen", "move", "delete")), name="mailbox_after"),
            models.CheckConstraint(condition=Q(sign_in__in=("password", "oauth2")), name="mailbox_sign_in"),
        ]

    def __str__(self) -> str:
        return self.address or self.name


class Reading(models.Model):
    """How the reading of one mailbox goes, and who reads it now; no setting, so it is not in the journal."""

    mailbox = models.OneToOneField(Mailbox, models.CASCADE, primary_key=True, related_name="reading")
    lease_until = models.DateTimeField(null=True)
    token = models.BigIntegerField(default=0)  # grows with each new reader
    last_try_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)  # in a row
    trouble = models.CharField(max_length=40, blank=True)  # a code of ``wording``
    detail = models.TextField(blank=True)  # the server's own words
    alarmed_at = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)  # somebody asked to look now


class AccessToken(models.Model):
    """What the provider of a mailbox gave us last (OAuth 2.0, RFC 6749 §6); it changes by itself: no setting."""

    mailbox = models.OneToOneField(Mailbox, models.CASCADE, primary_key=True, related_name="access")
    token = models.TextField(blank=True)  # sealed
    got_at = models.DateTimeField()
    until = models.DateTimeField()
    refresh_token = models.TextField(blank=True)  # sealed; where the provider put a new one in the place of ours
    refresh_until = models.DateTimeField(null=True)  # where the provider said so
    refused = models.CharField(max_length=500, blank=True)  # its last refusal, in its own words


class ServerCount(models.Model):
    """What the server says it ever had in a folder of one UIDVALIDITY, against which the ledger is held."""

    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="counts")
    uidvalidity = models.BigIntegerField()
    first_uid = models.BigIntegerField()  # the smallest that was ours to read
    uid_next = models.BigIntegerField()
    waiting = models.IntegerField(default=0)  # on the server, not yet here
    explained = models.IntegerField(default=0)  # gaps a person accounted for
    looked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "uidvalidity"], name="one_count_per_validity")
        ]


class InboundQuerySet(models.QuerySet["Inbound"]):
    """Named questions about the ledger."""

    def parked(self) -> Self:
        """Waiting for a person's decision."""
        return self.filter(outcome=PARKED)

    def unfinished(self) -> Self:
        """Kept, and not yet at an outcome."""
        return self.filter(state=RECEIVED)

    def newest(self) -> Self:
        """As a list shows them."""
        return self.order_by("-pk")


class Inbound(models.Model):
    """One letter seen: written before anything in it is parsed, ends in exactly one outcome."""

    mailbox = models.ForeignKey(Mailbox, models.PROTECT, related_name="letters")
    uidvalidity = models.BigIntegerField(null=True)
    uid = models.BigIntegerField(null=True)
    source = models.CharField(max_length=500, blank=True)  # of an import: archive and member
    size = models.BigIntegerField()
    size_told = models.BigIntegerField(null=True)  # by the server, where it differs from the truth
    sha256 = models.CharField(max_length=64)  # of the raw bytes, which lie in the store of files
    identity = models.CharField(max_length=68)  # of the content without the traces of its journey
    mail_id = models.CharField(max_length=500, blank=True)  # its Message-ID
    received_at = models.DateTimeField()  # when the mailbox got it, by the server
    kept_at = models.DateTimeField()
    state = models.CharField(max_length=9, default=RECEIVED)
    attempts = models.SmallIntegerField(default=0)
    outcome = models.CharField(max_length=9, blank=True)
    reason = models.CharField(max_length=40, blank=True)  # a code of ``wording``
    detail = models.TextField(blank=True)
    ticket = models.ForeignKey("tickets.Ticket", models.PROTECT, null=True, related_name="+")
    message = models.ForeignKey("tickets.Message", models.PROTECT, null=True, related_name="+")
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    sender_name = models.CharField(max_length=200, blank=True)
    sender_address = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    verdict = models.CharField(max_length=10, blank=True)  # verified, unverified, failed
    matched_by = models.CharField(max_length=10, blank=True)
    automatic = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)  # suggested copies, the ticket a parked letter speaks of, answer to whom
    processed_at = models.DateTimeField(null=True)
    marked_at = models.DateTimeField(null=True)  # the server's copy was marked, moved or deleted
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Inbound]] = InboundQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mailbox", "uidvalidity", "uid"], name="inbound_uid", condition=Q(uid__isnull=False)
            ),
            models.UniqueConstraint(fields=["mailbox", "source"], name="inbound_source", condition=~Q(source="")),
            models.CheckConstraint(
                name="inbound_one_outcome",
                condition=Q(state=RECEIVED, outcome="") | Q(state=PROCESSED, outcome__in=OUTCOMES),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["mailbox", "identity"], name="inbound_identity"),
            models.Index(fields=["identity"], name="inbound_elsewhere"),
            models.Index(fields=["mailbox", "sha256"], name="inbound_bytes"),
            models.Index(fields=["mail_id"], name="inbound_mail_id", condition=~Q(mail_id="")),
            models.Index(fields=["mailbox", "-received_at"], name="inbound_newest"),
            models.Index(fields=["sender_address", "received_at"], name="inbound_sender"),
            models.Index(fields=["kept_at"], name="inbound_unfinished", condition=Q(state=RECEIVED)),
            models.Index(fields=["-received_at"], name="inbound_parked", condition=Q(outcome=PARKED)),
            models.Index(fields=["ticket"], name="inbound_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.mailbox_id}/{self.pk} {self.outcome or self.state}"


class RefusedSender(models.Model):
    """An address or a domain whose letters a person decided to refuse."""

    value = models.CharField(max_length=320, unique=True)  # lower case; with "@" an address, without a domain
    since = models.DateTimeField()
    by = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.value
