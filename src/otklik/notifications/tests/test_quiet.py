"""What keeps quiet: quiet hours, switches, digests, at most three an hour, live readers (domain.md §10.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik import clock
from otklik.jobs import drain
from otklik.notifications import placeholders, preferences, presence
from otklik.notifications.models import Preference
from otklik.outbox.models import Delivery, Notice
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

NIGHT = datetime(2026, 3, 5, 20, 30, tzinfo=UTC)  # 23:30 in Moscow, a Thursday
MOSCOW = ZoneInfo("Europe/Moscow")


def staff_letters(person: Person) -> list[str]:
    drain()
    return list(Delivery.objects.filter(recipient_person=person.pk).order_by("pk").values_list("kind", flat=True))


def assigned(to: Person) -> Ticket:
    ticket = make.ticket()
    return desk.assign(ticket, to=to, actor=make.actor(make.lead()))


@pytest.mark.django_db
def test_quiet_hours_end_before_a_letter_comes_but_urgent_ones_come_at_once() -> None:
    olga = make.agent()
    Preference.objects.create(person=olga, quiet_from=time(22), quiet_until=time(7))
    with clock.at(NIGHT):
        ticket = assigned(olga)
        assert staff_letters(olga) == []
        desk.prioritise(ticket, impact=1, urgency=1, actor=make.actor(make.lead()))
        assert staff_letters(olga) == ["staff.urgent"]
    with clock.at(datetime(2026, 3, 6, 3, 59, tzinfo=UTC)):
        assert staff_letters(olga) == ["staff.urgent"]
    with clock.at(datetime(2026, 3, 6, 4, 0, tzinfo=UTC)):
        assert staff_letters(olga) == ["staff.urgent", "staff.assigned"]


@pytest.mark.django_db
def test_what_is_switched_off_comes_by_the_bell_alone() -> None:
    olga = make.agent()
    Preference.objects.create(person=olga, off=["assigned"])
    assigned(olga)
    assert staff_letters(olga) == []
    assert Notice.objects.filter(way="bell", person=olga.pk, kind="assigned").count() == 1


@pytest.mark.django_db
def test_a_requester_cannot_switch_off_receipts_questions_and_solutions() -> None:
    assert not {"created", "asked", "replied", "solved", "closing"} & set(preferences.optional(staff=False))
    anna = make.person()
    Preference.objects.create(person=anna, off=["created", "taken"])
    desk.take(make.ticket(requester=anna), actor=make.actor(make.agent()))
    assert staff_letters(anna) == ["receipt"]


@pytest.mark.django_db
def test_who_watches_may_have_a_daily_letter() -> None:
    inna = make.agent(team=make.team("Другая"))
    Preference.objects.create(person=inna, digest="daily")
    with clock.at(NIGHT):
        ticket = make.ticket(status="open")
        drain()
        desk.watch(ticket, inna, role="watcher", actor=make.actor(make.agent()))
        for text in ("Раз", "Два"):
            desk.reply(ticket, desk.Content(text=text), actor=make.actor(make.agent()))
        assert staff_letters(inna) == []
    with clock.at(datetime(2026, 3, 6, 6, 0, tzinfo=UTC)):
        assert staff_letters(inna) == ["staff.digest"]
    letter = Delivery.objects.get(recipient_person=inna.pk)
    assert letter.subject == "2 события" and letter.text.count(f"/tickets/{ticket.number}") == 2


@pytest.mark.django_db
@pytest.mark.parametrize(("count", "subject"), [(2, "2 события"), (5, "5 событий"), (21, "21 событие")])
def test_russian_plurals_of_a_gathered_letter(count: int, subject: str) -> None:
    inna = make.agent(team=make.team("Другая"))
    Preference.objects.create(person=inna, digest="hourly")
    with clock.at(NIGHT):
        ticket = make.ticket(status="open")
        drain()
        desk.watch(ticket, inna, role="watcher", actor=make.actor(make.agent()))
        for _ in range(count):
            desk.reply(ticket, desk.Content(text="Ещё"), actor=make.actor(make.agent()))
        drain()
    with clock.at(NIGHT + timedelta(hours=1)):
        drain()
    assert Delivery.objects.get(recipient_person=inna.pk).subject == subject


@pytest.mark.django_db
def test_the_fourth_letter_of_a_kind_within_an_hour_is_gathered() -> None:
    olga, gleb = make.agent(), make.agent()
    lead = make.actor(make.lead())
    with clock.at(NIGHT):
        ticket = make.ticket()
        for _ in range(5):
            desk.assign(ticket, to=gleb, actor=lead)
            desk.assign(ticket, to=olga, actor=lead)
        assert staff_letters(olga) == ["staff.assigned"] * 3
    with clock.at(NIGHT + timedelta(hours=1)):
        assert staff_letters(olga) == ["staff.assigned"] * 3 + ["staff.digest"]


@pytest.fixture
def on_screen() -> Iterator[set[int]]:
    """People who have had the ticket on their screens."""
    people: set[int] = set()
    before = list(presence._source)
    presence.offer(lambda person, number, since: person in people)
    yield people
    presence._source[:] = before


@pytest.mark.django_db
def test_who_reads_the_ticket_live_gets_no_letter(on_screen: set[int]) -> None:
    olga, gleb = make.agent(), make.agent()
    on_screen.add(olga.pk)
    with clock.at(NIGHT):
        assigned(olga)
        assigned(gleb)
        assert (staff_letters(olga), staff_letters(gleb)) == ([], ["staff.assigned"])
    with clock.at(NIGHT + presence.READS_LIVE):
        assert staff_letters(olga) == []
    assert Notice.objects.get(way="mail", person=olga.pk).dropped_because == "read live"


@pytest.mark.django_db
def test_times_are_in_the_recipients_zone_and_language() -> None:
    anna = make.person("Anna", language="en", timezone="Asia/Vladivostok")
    with clock.at(NIGHT):
        ticket = make.ticket(requester=anna, status="open")
        until = NIGHT + timedelta(hours=2)
        olga = make.actor(make.agent())
        desk.reply(ticket, desk.Content(text="We look into it."), promise_until=until, actor=olga)
        drain()
    assert "We will write again by 08:30." in Delivery.objects.get(recipient=anna.email, kind="reply").text


# -- pure ----------------------------------------------------------------------------------------------------------
UNHURRIED = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # the machine has other work
MINUTES = st.integers(0, 24 * 60 - 1)
MOMENTS = st.integers(0, 360 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 2, tzinfo=UTC) + timedelta(minutes=minutes)
)


@UNHURRIED
@given(MINUTES, MINUTES, MOMENTS)
def test_quiet_hours_end_within_a_day_and_outside_of_them(start: int, end: int, now: datetime) -> None:
    chosen = Preference(quiet_from=time(*divmod(start, 60)), quiet_until=time(*divmod(end, 60)))
    until = preferences.quiet_until(chosen, now, MOSCOW)
    if until is not None:
        assert now < until <= now + timedelta(days=1)
        assert preferences.quiet_until(chosen, until, MOSCOW) is None


@UNHURRIED
@given(st.sampled_from(["hourly", "daily"]), MOMENTS)
def test_the_next_gathered_letter_is_never_now(how: str, now: datetime) -> None:
    due = preferences.next_digest(how, now, MOSCOW)
    assert now < due <= now + (timedelta(days=1) if how == "daily" else timedelta(hours=1))


@UNHURRIED
@given(st.text(max_size=200))
def test_a_text_without_troubles_fills_and_one_with_them_is_named(text: str) -> None:
    found = placeholders.troubles(text, {"a"})
    assert all(text.split("\n")[one.line - 1][one.column - 1] == "{" for one in found)
    filled = "\n".join(placeholders.fill(text, {"a": "x"}))
    if not found:
        assert "{" not in filled


@UNHURRIED
@given(st.text(alphabet=st.characters(exclude_characters="\n\r")))
def test_what_is_put_in_comes_out_as_it_is(value: str) -> None:
    filled = placeholders.fill("<{a}>", {"a": value})
    assert filled == ([f"<{value}>"] if value else [])
