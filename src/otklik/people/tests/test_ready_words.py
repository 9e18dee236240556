"""Questions answer as their querysets do, and rows added or changed in ready words are the rows that Django writes."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.forms.models import model_to_dict

from otklik import clock
from otklik.journal import bulk
from otklik.journal.questions import Question
from otklik.people.models import Organisation, Person

pytestmark = pytest.mark.django_db


def _people() -> list[Person]:
    clinic = Organisation.objects.create(name="Клиника", domains=["klinika.example"])
    names = ("Анна", "Борис", "Вера 100%")
    return [
        Person.objects.create(name=name, email=f"p{place}@klinika.example", organisation=clinic if place else None)
        for place, name in enumerate(names)
    ]


def test_a_question_answers_as_its_queryset_with_related_rows_and_only_one_statement(queries) -> None:
    """Objects, their relations where there are some, and the order."""
    people = _people()
    asked = Question(
        lambda low, high: (
            Person.objects.filter(pk__gte=low, pk__lte=high)
            .exclude(name__contains="50%")
            .select_related("organisation")
            .order_by("-name")
        ),
        slots=2,
    )
    for _ in range(2):
        with queries(1):
            found = asked.all(people[0].pk, people[2].pk)
            homes = [one.organisation.name if one.organisation else "" for one in found]
        assert found == [people[2], people[1], people[0]]
        assert homes == ["Клиника", "Клиника", ""]
        assert [model_to_dict(one) for one in found] == [model_to_dict(one) for one in reversed(people)]
    assert asked.all(people[1].pk, people[1].pk) == [people[1]]
    assert asked.first(0, 0) is None
    with pytest.raises(Person.DoesNotExist):
        asked.one(0, 0)


def test_a_question_for_values_answers_rows_or_single_values(queries) -> None:
    """As ``values_list`` does."""
    people = _people()
    rows = Question(lambda key: Person.objects.filter(pk=key).values_list("organisation__domains", "name"))
    flat = Question(lambda key: Person.objects.filter(pk=key).values_list("name", flat=True))
    assert rows.all(people[1].pk) == [(["klinika.example"], "Борис")]
    assert flat.all(people[2].pk) == ["Вера 100%"]


@pytest.mark.django_db(transaction=True)
def test_a_question_that_locks_is_refused_outside_of_a_transaction() -> None:
    """Also when its words are ready."""
    person = Person.objects.create(name="Анна")
    locked = Question(lambda key: Person.objects.select_for_update().filter(pk=key))
    with transaction.atomic():
        assert locked.one(person.pk) == person
    with pytest.raises(transaction.TransactionManagementError):
        locked.one(person.pk)


def test_added_rows_get_their_ids_in_order_and_are_what_django_would_have_written() -> None:
    """Lists, empty ones, relations and defaults."""
    clinic = Organisation(name="Клиника", domains=["a.example", "b.example"])
    bulk.add(clinic)
    branches = [Organisation(name=f"Филиал {place}", parent=clinic) for place in range(3)]
    bulk.add(*branches)
    assert [one.name for one in Organisation.objects.order_by("pk")] == ["Клиника", "Филиал 0", "Филиал 1", "Филиал 2"]
    stored = Organisation.objects.get(pk=branches[1].pk)
    assert model_to_dict(stored) == model_to_dict(branches[1])
    assert stored.parent == clinic
    person = Person(name="Анна", created_at=clock.now(), roles=["admin"])
    person.set_unusable_password()
    bulk.add(person)
    assert model_to_dict(Person.objects.get(pk=person.pk)) == model_to_dict(person)
    person.name = "Анна Ивановна"
    person.save()  # it knows that it is stored
    assert Person.objects.get().name == "Анна Ивановна"


def test_a_changed_row_changes_in_the_named_fields_only() -> None:
    """And a row that is gone is told."""
    person = _people()[1]
    person.organisation, person.roles, person.name = None, ["admin"], "Другая"
    bulk.change(person, ["organisation", "roles"])
    stored = Person.objects.get(pk=person.pk)
    assert (stored.organisation, stored.roles, stored.name) == (None, ["admin"], "Борис")
    Person.objects.filter(pk=person.pk).delete()
    with pytest.raises(Person.DoesNotExist):
        bulk.change(person, ["name"])
