"""Person, Organisation, Place, Team, Membership, ApiToken; what signing in leaves: attempts, mailed links, factors.

What a person can and when he is there (Skill, AgentSkill, Shift, Absence, OnCall) is in ``people.expertise`` and
``people.rota``; both are imported at the end, so that Django finds every table of the room.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from otklik.journal.questions import Question


class Organisation(models.Model):
    """A customer: a legal entity or a department of one, in a tree."""

    name = models.CharField(max_length=200)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    domains = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    shares_tickets = models.BooleanField(default=False)  # policy for tickets of visibility 'organisation'
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    """Building, floor or room, in a tree; a critical place raises urgency by one step (domain.md §2.2)."""

    KINDS: ClassVar = [("building", _("Building")), ("floor", _("Floor")), ("room", _("Room"))]

    name = models.CharField(max_length=120)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    kind = models.CharField(max_length=10, choices=KINDS, default="room")
    is_critical = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    path = models.CharField(max_length=400, blank=True, editable=False)  # "Building 1, floor 3, room 314", for lists

    def __str__(self) -> str:
        return self.path or self.name


class PersonManager(BaseUserManager["Person"]):
    """People by their address."""

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email__iexact=username)

    def by_email(self, address: str) -> Person | None:
        """The person who has this address, active or not; None for a stranger."""
        return _BY_EMAIL.first(address.strip()) if address.strip() else None


class Person(AbstractBaseUser):
    """Anybody the desk knows: requesters and staff alike. People without an e-mail address are people too."""

    ROLES: ClassVar = [
        ("org_manager", _("Organisation manager")),
        ("dispatcher", _("Dispatcher")),
        ("service_manager", _("Service manager")),
        ("change_manager", _("Change manager")),
        ("cab", _("Change board member")),
        ("admin", _("Administrator")),
        ("auditor", _("Auditor")),
    ]
    PRESENCES: ClassVar = [("available", _("Available")), ("busy", _("Busy")), ("away", _("Away"))]
    THEMES: ClassVar = [("", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))]

    name = models.CharField(max_length=150)
    email = models.EmailField(null=True, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    job_title = models.CharField(max_length=150, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="people")
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="people")
    device = models.CharField(max_length=120, blank=True)  # inventory number of the usual workplace
    language = models.CharField(max_length=5, choices=[("ru", "Русский"), ("en", "English")], default="ru")
    timezone = models.CharField(max_length=50, default="Europe/Moscow")
    theme = models.CharField(max_length=5, choices=THEMES, default="", blank=True)
    letter_keys = models.BooleanField(default=True)  # one-letter shortcuts (WCAG 2.1.4)
    is_vip = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    roles = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    capacity = models.PositiveSmallIntegerField(default=40)  # points of open work one carries (domain.md §6.1)
    presence = models.CharField(max_length=9, choices=PRESENCES, default="available")
    on_shift_until = models.DateTimeField(null=True, blank=True)  # of the shift he was last seen on; None when off
    away_by_shift = models.BooleanField(default=False)  # the end of a shift made him away, so its begin ends that
    feed_issued_at = models.DateTimeField(null=True, blank=True)  # the calendar feed's address is signed over this
    manages = models.ManyToManyField(Organisation, blank=True, related_name="managers")  # for org_manager
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_person_per_address"),
            models.CheckConstraint(condition=~Q(email=""), name="no_empty_address"),
        ]
        indexes = [models.Index(fields=["organisation", "name"], name="person_organisation")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **keywords: Any) -> None:
        if self.created_at is None:
            from otklik import clock

            self.created_at = clock.now()
        super().save(*args, **keywords)


class Team(models.Model):
    """A resolving unit. Requesters see its public alias, or nothing."""

    MODES: ClassVar = [
        ("auto", _("Assigned by itself")),
        ("suggest", _("Suggested, one click")),
        ("pull", _("Agents take the next one")),
        ("round_robin", _("In turn")),
    ]

    name_ru = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    alias_ru = models.CharField(max_length=120, blank=True)
    alias_en = models.CharField(max_length=120, blank=True)
    mode = models.CharField(max_length=12, choices=MODES, default="suggest")  # how tickets find a person (§6.5)
    partner = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")  # who helps out
    is_default = models.BooleanField(default=False)  # the service desk: where a ticket goes that nobody else fits
    is_active = models.BooleanField(default=True)
    members: models.ManyToManyField[Person, Membership] = models.ManyToManyField(
        Person, through="Membership", related_name="teams"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_team")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Name in the reader's language."""
        return self.name_en if (get_language() or "ru").startswith("en") else self.name_ru

    @property
    def alias(self) -> str:
        """What requesters see; may be empty."""
        return self.alias_en if (get_language() or "ru").startswith("en") else self.alias_ru


_BY_EMAIL: Question[Person] = Question(
    lambda address: Person.objects.alias(lower=Lower("email")).filter(lower=Lower(address)).order_by("pk")[:1]
)


class Membership(models.Model):
    """A person in a team, as member or lead."""

    ROLES: ClassVar = [("member", _("Member")), ("lead", _("Lead"))]

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=ROLES, default="member")
    accepts_auto = models.BooleanField(default=True)
    share = models.PositiveSmallIntegerField(default=100)  # percent of the person's time that is this team's

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "person"], name="once_in_a_team")]


class ApiToken(models.Model):
    """A client of the API: explicit scopes, an owner, an expiry. Only the digest of the secret is kept."""

    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the secret, hexadecimal
    owner = models.ForeignKey(Person, models.PROTECT, related_name="api_tokens")
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)


class SignInAttempt(models.Model):
    """One try to come in, counted by the limits; ``account`` is a digest of what was typed, known or not."""

    account = models.CharField(max_length=64)
    network = models.CharField(max_length=45)
    browser = models.CharField(max_length=64, blank=True)  # digest of the mark of a browser that came in before
    at = models.DateTimeField()
    failed = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "at"], name="attempt_account"),
            models.Index(fields=["network", "at"], name="attempt_network"),
            models.Index(fields=["at"], name="attempt_at"),
        ]


class MailedLink(models.Model):
    """A link that lets a person set a password once: a reset (24 h) or an invitation (7 d); only a digest is kept."""

    PURPOSES: ClassVar = [("reset", "reset"), ("invitation", "invitation")]

    digest = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="mailed_links")
    purpose = models.CharField(max_length=10, choices=PURPOSES)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class SecondFactor(models.Model):
    """A person's authenticator app: the sealed secret (RFC 6238) and the newest time step that was accepted."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="second_factor")
    secret = models.TextField()
    last_step = models.BigIntegerField(default=0)  # a code works once
    created_at = models.DateTimeField()


class RecoveryCode(models.Model):
    """A code for the day the authenticator is lost; works once, only a digest is kept."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "digest"], name="one_recovery_code")]


from otklik.people import expertise, rota  # noqa: E402, F401  # the room's other tables; they stand on these
