"""Acceptance of an agreement by the customer's side, once for each organisation and version (domain.md §12)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from otklik import clock
from otklik.journal.record import Actor, Subject, record
from otklik.people.models import Organisation, Person
from otklik.sla import binding
from otklik.sla.events import AgreementAccepted
from otklik.sla.models import PROMISED, Acceptance, Agreement, AgreementVersion, Target


def fits(target: Target, chain: Iterable[int]) -> bool:
    """Whether a target is a promise to an organisation, given by the ids from itself up to its root."""
    return target.metric in PROMISED and (target.organisation_id is None or target.organisation_id in set(chain))


def versions_for(organisation: Organisation | None) -> list[AgreementVersion]:
    """Versions that hold for an organisation now, those published for later after them; of customers only."""
    now, chain = clock.now(), binding.up(Organisation, organisation.pk) if organisation else ()
    rows = AgreementVersion.objects.filter(agreement__is_active=True, agreement__kind=Agreement.Kind.SLA)
    held: dict[int, AgreementVersion] = {}
    later = []
    for row in rows.select_related("agreement").order_by("agreement__position", "agreement", "number"):
        if row.valid_from <= now:
            held[row.agreement_id] = row
        else:
            later.append(row)
    found = [*(row for row in held.values() if row.valid_to is None or row.valid_to > now), *later]
    return [row for row in found if any(fits(target, chain) for target in row.targets.all())]


def before(version: AgreementVersion) -> AgreementVersion | None:
    """The version that this one takes the place of."""
    return AgreementVersion.objects.filter(agreement=version.agreement_id, number__lt=version.number).last()


@transaction.atomic
def accept(version: AgreementVersion, organisation: Organisation, *, person: Person, actor: Actor) -> Acceptance:
    """Put the acceptance on record; a second one, by whomever, changes nothing and gives the first.

    The caller has seen to it that the person represents the organisation, and that the version is for it.
    """
    row, is_new = Acceptance.objects.get_or_create(
        version=version, organisation=organisation, defaults={"person": person, "accepted_at": clock.now()}
    )
    if is_new:
        fact = AgreementAccepted(
            version=version.pk, number=version.number, organisation=organisation.pk, person=person.pk
        )
        record(Subject(kind="agreement", id=version.agreement.code), fact, actor=actor)
    return row


@dataclass(frozen=True, slots=True)
class Standing:
    """Which organisations a version waits for: those that somebody can speak for, and how many have nobody."""

    waiting: list[Organisation]
    voiceless: int


def standing(version: AgreementVersion) -> Standing:
    """Who has not accepted a version yet, of the active organisations that it is a promise to."""
    targets = [target for target in version.targets.all() if target.metric in PROMISED]
    done = set(version.acceptances.values_list("organisation", flat=True))
    everyone = {one.pk: one for one in Organisation.objects.all()}
    voiced = set(
        Person.objects.filter(is_active=True, roles__contains=["org_manager"], manages__isnull=False).values_list(
            "manages", flat=True
        )
    )
    waiting, voiceless = [], 0
    for one in sorted(everyone.values(), key=lambda one: one.name.casefold()):
        if not one.is_active or one.pk in done or not any(fits(target, _up(one, everyone)) for target in targets):
            continue
        if one.pk in voiced:
            waiting.append(one)
        else:
            voiceless += 1
    return Standing(waiting, voiceless)


def _up(one: Organisation, everyone: dict[int, Organisation]) -> list[int]:
    chain = [one.pk]
    while (parent := everyone[chain[-1]].parent_id) is not None and parent not in chain:
        chain.append(parent)
    return chain
