"""A browser of somebody who has just signed in, and what it sends of an agreement's page."""

from __future__ import annotations

from typing import Any

from django.forms.formsets import BaseFormSet
from django.test import Client

from otklik import clock
from otklik.people.models import Person
from otklik.sla.models import Agreement
from otklik.sla.pages.drafts import AgreementForm


def signed_in(person: Person) -> Client:
    """A client that need not confirm who it is."""
    client = Client()
    client.force_login(person)
    session = client.session
    session["signed_in_at"] = clock.now().isoformat()
    session.save()
    return client


def sent(agreement: Agreement) -> dict[str, Any]:
    """What is sent of the agreement's page where nothing was typed."""
    form = AgreementForm(None, agreement=agreement)
    found: dict[str, Any] = {}
    for part in (form, form.exceptions, form.ladder):
        for one in part.forms if isinstance(part, BaseFormSet) else [part]:
            found |= {one[name].html_name: one[name].value() for name in one.fields}
        if isinstance(part, BaseFormSet):
            found |= {one.html_name: one.value() for one in part.management_form}
    return {name: "" if value is None else value for name, value in found.items()}
