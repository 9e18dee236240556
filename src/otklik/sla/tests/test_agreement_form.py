"""The form of an agreement: exceptions with scopes and hours, who is told, and refusals that name what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from otklik import clock
from otklik.calendars.models import Calendar
from otklik.journal.models import Entry
from otklik.people.models import Place
from otklik.sla import shipped, waking
from otklik.sla.models import Agreement, HoursOf, SlaClock, Target
from otklik.sla.pages.amounts import MomentField
from otklik.sla.tests.calendars import msk
from otklik.sla.tests.pages import sent, signed_in
from otklik.sla.verify import verify
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db

ADDRESS = "/settings/agreements/desk"


@pytest.fixture
def agreement() -> Agreement:
    """The shipped agreement with customers."""
    shipped.ensure_defaults("ru")
    return Agreement.objects.get(code="desk")


@pytest.fixture
def browser(agreement: Agreement) -> Client:
    return signed_in(make.person(roles=["service_manager"]))


def with_exception(agreement: Agreement, **values: Any) -> dict[str, Any]:
    """The page as sent, with one more exception."""
    data = sent(agreement)
    number = int(data["except-TOTAL_FORMS"])
    office = Calendar.objects.get(code="ru-5x2").pk
    usual = {"metric": "resolution", "amount": "2 h", "calendar": office, "calendar_ref": "fixed"}
    lines = {f"except-{number}-{name}": value for name, value in (usual | values).items()}
    return data | lines | {"except-TOTAL_FORMS": number + 1}


def newest(agreement: Agreement) -> list[Target]:
    version = agreement.versions.order_by("-number").first()
    assert version is not None
    return list(version.targets.all())


def test_an_exception_may_be_for_any_part_of_the_tickets_and_by_hours_of_its_own(
    agreement: Agreement, browser: Client
) -> None:
    clinic, room, team = make.organisation("Клиника"), Place.objects.create(name="Палата"), make.team()
    mail = make.service("Почта")
    scope = {
        "organisation": clinic.pk,
        "service": mail.pk,
        "type": "incident",
        "priority": "P3",
        "place": room.pk,
        "team": team.pk,
        "calendar_ref": "organisation",
    }
    before = {content(one) for one in newest(agreement)}
    done = browser.post(ADDRESS, with_exception(agreement, **scope) | {"publish": "1"})
    assert done.status_code == 303
    (made,) = [one for one in newest(agreement) if one.organisation_id]
    assert (made.organisation, made.service, made.type, made.priority, made.place, made.team) == (
        clinic,
        mail,
        "incident",
        "P3",
        room,
        team,
    )
    assert (made.value, made.unit, made.calendar_ref) == (7200, "seconds", "organisation")
    assert made.warn == shipped.LADDER
    assert {content(one) for one in newest(agreement)} - {content(made)} == before  # nothing else moved


def content(target: Target) -> tuple[Any, ...]:
    from otklik.sla.publishing import content as values

    return tuple(map(str, values(target).values()))


def test_hours_of_an_organisation_are_stated_on_a_page_and_its_clocks_count_by_them(
    agreement: Agreement, browser: Client
) -> None:
    clinic = make.organisation("Клиника")
    browser.post(
        ADDRESS,
        with_exception(agreement, organisation=clinic.pk, amount="4 ч", calendar_ref="organisation") | {"publish": "1"},
    )
    always = Calendar.objects.get(code="24x7")
    page = "/settings/service-hours"
    assert browser.post(page, {"whose": f"organisation:{clinic.pk}", "calendar": always.pk}).status_code == 303
    assert "Клиника" in browser.get(page).content.decode()
    assert Entry.objects.filter(subject_kind="hours", subject_id=f"organisation:{clinic.pk}").count() == 1
    with clock.at(clock.now() + timedelta(seconds=1)):  # a version holds from the second after it on
        ticket = make.ticket(organisation=clinic, requester=make.person(organisation=clinic))
        row = SlaClock.objects.get(ticket=ticket, metric="resolution")
        assert row.due_at is not None and (row.due_at - row.started_at).total_seconds() == 4 * 3600
    assert browser.post(page, {"whose": f"organisation:{clinic.pk}", "calendar": ""}).status_code == 303
    assert not HoursOf.objects.exists()
    assert browser.post(page, {"whose": "organisation:0", "calendar": always.pk}).status_code == 422
    assert list(verify()) == []


def test_two_targets_alike_are_refused_by_name_and_what_was_typed_stays(agreement: Agreement, browser: Client) -> None:
    answer = browser.post(ADDRESS, with_exception(agreement, priority="P3", amount="7 ч") | {"publish": "1"})
    page = answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert answer.status_code == 422 and agreement.versions.count() == 1
    assert "«Решение 16 ч: приоритет 3»" in page and "«Решение 7 ч: приоритет 3»" in page
    assert 'value="7 ч"' in page


def test_a_wrong_exception_or_step_is_refused_beside_its_line(agreement: Agreement, browser: Client) -> None:
    usual = sent(agreement)
    wrong: list[tuple[dict[str, Any], str]] = [
        (with_exception(agreement, amount="2 дня", priority="P1"), "2 рабочих дня"),
        (with_exception(agreement), "хотя бы один"),
        (with_exception(agreement, priority="P9"), "P9"),
        (usual | {"step-0-when": "501"}, "500"),
        (usual | {"step-0-when": "2 рабочих дня"}, "30 мин"),
        (usual | {"step-0-tell": []}, "очистите"),
        (usual | {"step-1-when": "75"}, "уже есть"),
    ]
    for data, words in wrong:
        answer = browser.post(ADDRESS, data | {"publish": "1"})
        assert answer.status_code == 422 and words in answer.content.decode(), words
    assert agreement.versions.count() == 1


def test_a_line_is_added_without_judging_what_is_not_written_yet(agreement: Agreement, browser: Client) -> None:
    typed = sent(agreement) | {"P1-resolution": "скоро"}
    answer = browser.post(ADDRESS, typed | {"add_except": "1", "note": "клиника"})
    page = answer.content.decode()
    assert answer.status_code == 200 and "except-2-organisation" in page
    assert "скоро" in page and "клиника" in page and 'class="summary"' not in page
    assert "step-3-when" in browser.post(ADDRESS, typed | {"add_step": "1"}).content.decode()


def test_an_exception_without_an_amount_goes_away(agreement: Agreement, browser: Client) -> None:
    data = sent(agreement) | {"except-0-amount": "", "except-1-amount": ""}
    assert browser.post(ADDRESS, data | {"publish": "1"}).status_code == 303
    assert not [one for one in newest(agreement) if one.type]


def test_the_ladder_names_who_is_told_and_the_fact_of_a_breach_says_so(agreement: Agreement, browser: Client) -> None:
    steps = {
        "step-0-when": "30 мин",
        "step-0-tell": ["assignee"],
        "step-1-when": "100",
        "step-1-tell": ["lead", "service_owner"],
        "step-2-when": "",
        "step-2-tell": [],
    }
    with clock.at(msk("23.11 09:00")):
        assert browser.post(ADDRESS, sent(agreement) | steps | {"publish": "1"}).status_code == 303
    ladder = [{"percent": 100, "tell": ["lead", "service_owner"]}, {"left": 1800, "tell": ["assignee"]}]
    assert all(sorted(one.warn, key=str) == sorted(ladder, key=str) for one in newest(agreement))
    with clock.at(msk("23.11 10:00")):
        ticket = make.ticket(impact=2, urgency=2)
    with clock.at(msk("23.11 15:00:01")):
        waking.wake(ticket.pk)
    told = told_of(ticket)
    assert told == [("sla.warned", "1800s left", ["assignee"]), ("sla.breached", "breach", ["lead", "service_owner"])]


def told_of(ticket: Ticket) -> list[tuple[str, str, list[str]]]:
    rows = Entry.objects.filter(subject_id=str(ticket.pk), kind__in=["sla.warned", "sla.breached"]).order_by("seq")
    mine = [one for one in rows if one.payload["metric"] == "first_response"]
    return [(one.kind, one.payload["threshold"], one.payload["step"]["tell"]) for one in mine]


def test_what_rests_the_solution_is_chosen_and_a_version_may_end(agreement: Agreement, browser: Client) -> None:
    data = sent(agreement) | {"rests": ["requester", "third_party"], "valid_to": "2030-01-01T00:00"}
    assert browser.post(ADDRESS, data | {"publish": "1"}).status_code == 303
    solutions = [one for one in newest(agreement) if one.metric == "resolution"]
    own = {"scheduled_requester": False, "approval_customer": False, "third_party": True}
    assert all(one.pauses == own for one in solutions) and solutions[0].version.valid_to is not None
    more = {"pause_count": 3, "pause_seconds": "48 ч", "stop_on": "restored", "rebind_mode": "proportional"}
    assert browser.post(ADDRESS, {**sent(agreement), **more, "keep_breach": "", "publish": "1"}).status_code == 303
    for one in newest(agreement):
        caps = (3, 48 * 3600, "restored") if one.metric == "resolution" else (None, None, "resolved")
        assert (one.pause_count, one.pause_seconds, one.stop_on) == caps
        assert (one.rebind_mode, one.keep_breach) == ("proportional", False)
    days = sent(agreement) | {"pause_seconds": "2 рабочих дня", "publish": "1"}
    assert "Укажите в часах" in browser.post(ADDRESS, days).content.decode()
    again = sent(agreement) | {"valid_to": "2020-01-01T00:00", "publish": "1"}
    assert browser.post(ADDRESS, again).status_code == 422


def test_an_agreement_among_teams_is_published_by_the_same_form(agreement: Agreement, browser: Client) -> None:
    teams = Agreement.objects.get(code="teams")
    night = make.team("Ночная")
    data = with_exception(teams, metric="ack", team=night.pk, amount="10 мин", calendar_ref="team")
    assert browser.get("/settings/agreements/teams").status_code == 200
    assert browser.post("/settings/agreements/teams", data | {"publish": "1"}).status_code == 303
    (made,) = [one for one in newest(teams) if one.team_id]
    assert (made.metric, made.value, made.calendar_ref, made.team) == ("ack", 600, "team", night)


def test_local_times_of_the_form_are_read_as_the_domain_says() -> None:
    field = MomentField(required=False)
    with timezone.override("Europe/Berlin"):
        assert field.clean("2026-10-25T02:30") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        assert field.clean("") is None
        for wrong in ("2027-03-28T02:30", "завтра"):
            with pytest.raises(ValidationError):
                field.clean(wrong)
