"""Deliveries with their states, notices that wait, and the versions of the mail server's settings."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext


class State(models.TextChoices):
    """The states of a delivery; the last four are its ends, each seen by a person."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    TRAPPED = "trapped"


OPEN = (State.QUEUED, State.SENDING)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Named questions about deliveries."""

    def about(self, kind: str, subject_id: int) -> DeliveryQuerySet:
        """Letters about one subject, oldest first."""
        return self.filter(subject_kind=kind, subject_id=subject_id).order_by("id")

    def open(self) -> DeliveryQuerySet:
        """Not yet at an end."""
        return self.filter(state__in=OPEN)

    def in_line(self, line: str) -> DeliveryQuerySet:
        """What waits in one line, in its order."""
        return self.open().filter(line=line).order_by("id")

    def needing_a_person(self) -> DeliveryQuerySet:
        """Failed or unknown, and nobody has settled it yet."""
        return self.filter(state__in=(State.FAILED, State.UNKNOWN), acknowledged_at=None).order_by("-settled_at")

    def trapped(self) -> DeliveryQuerySet:
        """What would have gone out, newest first."""
        return self.filter(state=State.TRAPPED).order_by("-id")


class Delivery(models.Model):
    """One letter in one envelope to one address; its Message-ID never changes, however often it is tried."""

    message_id = models.TextField()
    recipient = models.TextField()  # the address, lower case in its domain
    recipient_name = models.TextField(default="")
    recipient_person = models.BigIntegerField(null=True)
    subject_kind = models.TextField(default="")
    subject_id = models.BigIntegerField(null=True)
    line = models.TextField()  # letters of one line leave in the order of their ids
    kind = models.TextField()
    language = models.TextField(default="")
    automatic = models.BooleanField()
    confidential = models.BooleanField(default=False)
    entry = models.BigIntegerField(null=True)  # the journal entry that caused it

    subject = models.TextField()
    text = models.TextField()
    html = models.TextField(default="")
    author = models.TextField(default="")  # display name beside the desk's address; empty: the desk's own
    headers = models.JSONField(default=dict)
    attachments = models.JSONField(default=list)

    state = models.TextField(choices=State.choices, default=State.QUEUED)
    not_before = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    first_attempt_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    handing_over_at = models.DateTimeField(null=True)  # set before the final dot: from here on, silence means "unknown"
    token = models.IntegerField(default=0)  # the fence: grows with every attempt
    answer = models.TextField(default="")  # the last word of the mail server
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["message_id", "recipient"], name="outbox_one_envelope"),
            models.CheckConstraint(
                name="outbox_settled",
                condition=models.Q(state__in=OPEN, settled_at=None) | ~models.Q(state__in=OPEN, settled_at=None),
            ),
        )
        indexes = (
            models.Index(fields=["line", "id"], name="outbox_line", condition=models.Q(state__in=OPEN)),
            models.Index(fields=["next_attempt_at"], name="outbox_due", condition=models.Q(state__in=OPEN)),
            models.Index(fields=["subject_kind", "subject_id"], name="outbox_subject"),
            models.Index(fields=["recipient", "created_at"], name="outbox_recipient"),
            models.Index(Lower("recipient"), "created_at", name="outbox_address"),
            models.Index(
                fields=["settled_at"],
                name="outbox_needs_person",
                condition=models.Q(state__in=("failed", "unknown"), acknowledged_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.message_id} → {self.recipient} ({self.state})"

    @property
    def said(self) -> str:
        """The last answer as a person reads it: our own sentences in their language, a server's words as they came."""
        return gettext(self.answer) if self.answer else ""


class Notice(models.Model):
    """What somebody is to hear, before it is put into words; waits for ``not_before`` and for its like."""

    way = models.TextField()  # "mail", "bell", a messenger: the carrier registered under this name takes it further
    person = models.BigIntegerField(null=True)
    address = models.TextField(default="")
    subject_kind = models.TextField(default="")
    subject_id = models.BigIntegerField(null=True)
    kind = models.TextField()  # the fact, by its name in the journal
    facts = models.JSONField(default=dict)
    merge_key = models.TextField(default="")
    not_before = models.DateTimeField()
    entry = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    carried_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    dropped_because = models.TextField(default="")

    class Meta:
        indexes = (
            models.Index(
                fields=["way", "person", "address", "merge_key"],
                name="outbox_notice_waiting",
                condition=models.Q(carried_at=None),
            ),
            models.Index(fields=["person", "-id"], name="outbox_notice_person"),
            models.Index(
                fields=["person", "subject_id"],
                name="outbox_notice_unseen",
                condition=models.Q(way="bell", seen_at=None),
            ),
            models.Index(fields=["subject_kind", "subject_id"], name="outbox_notice_subject"),
        )

    def __str__(self) -> str:
        return f"{self.way}: {self.kind} for {self.person or self.address}"


class Tls(models.TextChoices):
    """How the way to the mail server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Sender(models.Model):
    """One version of how mail leaves; rows are only added, the newest counts."""

    host = models.TextField(default="")  # empty: mail is not set up, letters are trapped
    port = models.IntegerField(default=587)
    tls = models.TextField(choices=Tls.choices, default=Tls.STARTTLS)
    verify = models.BooleanField(default=True)  # check the server's certificate
    user = models.TextField(default="")
    secret = models.TextField(default="")  # encrypted by vault.seal, as the other secrets are
    sign_in = models.TextField(default="password")  # or "oauth2": by a token of the provider
    token_url = models.TextField(default="")  # where the provider gives out access tokens
    client_id = models.TextField(default="")
    client_secret = models.TextField(default="")
    refresh_token = models.TextField(default="")
    scope = models.TextField(default="")
    from_address = models.TextField()
    from_name = models.TextField(default="")
    reply_domain = models.TextField(default="")  # domain of desk+…@; empty: that of from_address
    reply_mailbox = models.TextField(default="")  # local part before "+"; empty: that of from_address
    null_return_path = models.BooleanField(
        default=True
    )  # RFC 3834: automatic mail leaves with an empty envelope sender
    holding = models.BooleanField(default=False)  # nothing leaves until a person says so (after a restore)
    base_url = models.TextField(default="")
    made_by = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.from_address} through {self.host}:{self.port}, version {self.pk}"


class SenderToken(models.Model):
    """What the provider gave us last for signing in (OAuth 2.0, RFC 6749 §6); it changes by itself: no setting."""

    belongs_to = models.TextField(unique=True)  # the settings it was given for, by `vault.mark`
    token = models.TextField()  # sealed
    got_at = models.DateTimeField()
    until = models.DateTimeField()
    refresh_token = models.TextField(default="")  # sealed; where the provider put a new one in the place of ours
    refresh_until = models.DateTimeField(null=True)  # where the provider said so
    refused = models.TextField(default="")  # its last refusal, in its own words

    def __str__(self) -> str:
        return f"a token until {self.until}"


class SigningKey(models.Model):
    """A version of the key that signs reply addresses and Message-IDs; old ones stay valid for two years."""

    secret = models.TextField()  # encrypted by vault.seal
    made_at = models.DateTimeField(db_default=Now())
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"key version {self.pk}"
