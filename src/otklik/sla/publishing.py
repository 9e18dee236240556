"""New versions of agreements: ambiguous targets are refused, and what was published is never changed (domain §4.6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from otklik import clock
from otklik.businesstime import Unreachable, add, add_days
from otklik.calendars import shelf
from otklik.journal.events import ConfigPublished
from otklik.journal.record import Actor, Subject, record
from otklik.sla.binding import newest_versions, terms_from
from otklik.sla.models import Agreement, AgreementVersion, Target
from otklik.sla.scopes import named
from otklik.sla.selection import alike

A_MINUTE = timedelta(minutes=1)  # forms name minutes, and one may end between the question and the act
CONTENT = (
    "metric",
    "organisation_id",
    "service_id",
    "type",
    "priority",
    "team_id",
    "place_id",
    "value",
    "unit",
    "calendar_id",
    "calendar_ref",
    "pauses",
    "pause_count",
    "pause_seconds",
    "reopen_mode",
    "rebind_mode",
    "stop_on",
    "keep_breach",
    "warn",
    "rank",
)
SCOPE = ("metric", "organisation_id", "service_id", "type", "priority", "team_id", "place_id", "rank")


class Unpublishable(ValueError):
    """A version that cannot be published; the message is for the person at the form, ``places`` which targets it is."""

    def __init__(self, text: str, places: tuple[int, ...] = ()) -> None:
        super().__init__(text)
        self.places = places


@transaction.atomic
def publish(
    agreement: Agreement,
    targets: Sequence[Target],
    *,
    valid_from: datetime,
    valid_to: datetime | None = None,
    note: str = "",
    actor: Actor,
) -> AgreementVersion:
    """Add a version with unsaved targets; it holds for tickets opened from ``valid_from`` on.

    The first version of an agreement may begin in the past, a later one not: what was opened under another is judged
    by that one. Raises Unpublishable.
    """
    Agreement.objects.select_for_update().get(pk=agreement.pk)
    before = agreement.versions.order_by("-number").first()
    check(targets)
    now = clock.now()
    if before is not None and valid_from < max(before.valid_from, now - A_MINUTE):
        raise Unpublishable(_("A new version begins now or later, and after the one before."))
    version = AgreementVersion.objects.create(
        agreement=agreement,
        number=before.number + 1 if before else 1,
        valid_from=valid_from,
        valid_to=valid_to,
        published_at=now,
        published_by=str(actor),
        note=note,
    )
    Target.objects.bulk_create([_copy(target, version) for target in targets])
    changes = differences(list(before.targets.all()) if before else [], targets)
    fact = ConfigPublished(name=f"agreement:{agreement.code}", version=version.number, changes=changes, note=note)
    record(Subject(kind="agreement", id=agreement.code), fact, actor=actor)
    return version


def _copy(target: Target, version: AgreementVersion) -> Target:
    return Target(version=version, **{name: getattr(target, name) for name in CONTENT})


def check(targets: Sequence[Target]) -> None:
    """Raise Unpublishable where two targets are alike, or one is not reachable within 400 days."""
    terms = [terms_from(target) for target in targets]
    for pair in alike(terms):
        first, second = (next(number for number, one in enumerate(terms) if one is each) for each in pair)
        raise Unpublishable(
            _(
                "Nothing decides between “%(first)s” and “%(second)s”: both fit the same tickets. Take one away, or "
                "make one narrower by an organisation, a service, a kind of ticket, a priority, a place or a team."
            )
            % {"first": named(targets[first]), "second": named(targets[second])},
            (first, second),
        )
    pins = newest_versions({target.calendar_id for target in targets})
    now = clock.now()
    for number, target in enumerate(targets):
        hours = shelf.calendar_at(pins[target.calendar_id])
        try:
            add_days(hours, now, target.value) if target.unit == "bd" else add(hours, now, target.value)
        except Unreachable as error:
            raise Unpublishable(
                _("“%(target)s” is not reached within 400 days by its calendar. Shorten it or choose other hours.")
                % {"target": named(target)},
                (number,),
            ) from error


def differences(before: Sequence[Target], after: Sequence[Target]) -> dict[str, list[Any]]:
    """What a version changes: ``{scope of a target: [old content, new content]}``."""
    old = {scope_key(target): content(target) for target in before}
    new = {scope_key(target): content(target) for target in after}
    return {key: [old.get(key), new.get(key)] for key in {**old, **new} if old.get(key) != new.get(key)}


def scope_key(target: Target) -> str:
    """The scope of a target as one word, for comparing versions."""
    return "/".join(f"{name.removesuffix('_id')}={getattr(target, name)}" for name in SCOPE if getattr(target, name))


def content(target: Target) -> dict[str, Any]:
    """The fields that make up a target."""
    return {name: getattr(target, name) for name in CONTENT}
