"""The demo: lawful histories that end by now, doors that open in the demo alone, letters that go nowhere."""

from __future__ import annotations

import pytest

from otklik import clock
from otklik.channels.models import Inbound
from otklik.feedback.models import Score
from otklik.jobs import drain
from otklik.journal.models import Entry
from otklik.ops import invariants
from otklik.ops.demo import telling
from otklik.ops.demo.cast import gather
from otklik.ops.demo.material import PASSWORD, looks
from otklik.ops.demo.plan import LIVING, plans
from otklik.ops.demo.story import Telling
from otklik.ops.serving import ListeningRefused, holds_demo, refuse_open_demo
from otklik.ops.starting import begin, begun
from otklik.outbox.models import Delivery, State
from otklik.people.models import Person
from otklik.routing import dispatcher, waiting
from otklik.routing.models import Decision, Given
from otklik.routing.tests.make import TUESDAY
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make

FEW = len(LIVING) + 50  # all that live, and some that ended
PAGES = ["/demo", "/demo/progress", "/demo/mail", "/demo/mail/new", "/demo/mail/1/body"]


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    return settings


@pytest.mark.django_db
def test_demo_tells_lawful_histories_of_every_kind_and_is_told_once(demo):
    told = telling.tell(count=FEW)
    statuses = set(Ticket.objects.values_list("status", "pending_reason"))
    assert told == FEW
    assert {status for status, _ in statuses} == {"new", "open", "pending", "resolved", "closed", "cancelled"}
    assert {reason for _, reason in statuses} == {"", "requester", "third_party", "scheduled"}
    assert not Entry.objects.filter(irregular=True).exists()
    assert not Entry.objects.filter(effective_at__gt=clock.now()).exists()
    assert {name: invariants.spots(name) for name in invariants.INVARIANTS} == {
        name: [] for name in invariants.INVARIANTS
    }
    assert {"portal", "email", "phone", "monitor"} <= set(Ticket.objects.values_list("channel", flat=True))
    assert Score.objects.exists()
    assert Ticket.objects.filter(reopen_count__gt=0).exists()
    assert Ticket.objects.filter(assignee=None, status="new").exists()
    assert telling.progress() == telling.Progress(FEW, FEW, True)
    assert telling.tell(count=FEW) == 0


@pytest.mark.django_db
def test_every_decision_of_the_demo_comes_out_again_from_its_record(demo):
    with clock.at(TUESDAY):
        telling.tell(count=12)
        drain(lanes=["decide"])
    decisions = list(Decision.objects.all())
    assert all(dispatcher.recompute(one) for one in decisions)
    assert {"assigned", "proposed"} <= {one.state for one in decisions}
    by_choice = Given.objects.filter(automatic=True).values_list("ticket", "person")
    decided = {(one.ticket_id, one.winner_id) for one in decisions if one.state in ("assigned", "accepted")}
    assert decided == set(by_choice)
    assert not waiting.looking().exclude(decisions__isnull=False).exists(), "whoever waits has a decision with reasons"


@pytest.mark.django_db
def test_no_letter_of_the_demo_leaves(demo):
    telling.tell(count=3)
    drain()
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.TRAPPED}


@pytest.mark.django_db
def test_demo_that_was_cut_short_goes_on_where_it_stopped(demo):
    now = telling._begin(12)
    begin("ru")
    cast = gather()
    for plan in plans(cast, now, count=12)[:5]:
        telling.write(Telling(cast, plan, now).story(), plan.index)
    assert telling.tell(count=12) == 7
    told = Entry.objects.filter(kind="ticket.created", provenance__source="demo")
    assert sorted(one["index"] for one in told.values_list("provenance", flat=True)) == list(range(12))


@pytest.mark.django_db
def test_same_seed_tells_the_same(demo):
    begin("ru")
    cast, now = gather(), clock.now()
    first, second = ([Telling(cast, plan, now).story() for plan in plans(cast, now, count=40)] for _ in range(2))
    assert [(one.created, [past.at for past in one.past]) for one in first] == [
        (one.created, [past.at for past in one.past]) for one in second
    ]


@pytest.mark.django_db
def test_demo_is_not_told_among_real_people(demo):
    make.person()
    with pytest.raises(telling.DemoRefused):
        telling.tell(count=1)


@pytest.mark.django_db
def test_desk_begins_with_teams_services_and_promises_and_begins_once():
    assert not begun()
    begin("intl")
    before = Entry.objects.count()
    begin("intl")
    assert (begun(), Entry.objects.count()) == (True, before)


# -- doors ---------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_outside_the_demo_there_is_no_page_of_it(client, path):
    assert client.get(path).status_code == 404
    assert client.post(path, {"as": "admin"}).status_code == 404


@pytest.mark.django_db
def test_outside_the_demo_nobody_enters_without_a_password(client):
    Person.objects.create(name="Admin", email=_address("admin"), roles=["admin"])
    client.post("/demo", {"as": "admin"})
    assert client.get("/settings").status_code == 302


@pytest.mark.django_db
def test_real_data_under_the_demos_settings_opens_to_nobody(client, demo):
    Person.objects.create(name="Admin", email=_address("admin"), roles=["admin"])
    assert client.post("/demo", {"as": "admin"}).status_code == 404
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_in_the_demo_one_click_enters_as_a_person_and_a_look_alone_does_not(client, demo):
    telling.tell(count=1)
    assert client.get("/demo?as=agent").status_code == 200
    assert "_auth_user_id" not in client.session
    answer = client.post("/demo", {"as": "agent", "next": "//evil.example/"})
    assert (answer.status_code, answer.url) == (303, "/")
    assert client.session["_auth_user_id"] == str(Person.objects.get(email=_address("agent")).pk)
    assert Entry.objects.filter(kind="access.signed_in", payload__how="demo").count() == 1
    assert client.post("/demo", {"as": "nobody"}).status_code == 404


@pytest.mark.django_db
def test_everybody_to_look_as_may_also_sign_in_with_the_printed_password(client, demo):
    telling.tell(count=1)
    people = [Person.objects.get(email=look.address) for look in looks()]
    assert [person.check_password(PASSWORD) for person in people] == [True] * len(people)


@pytest.mark.django_db(transaction=True)
def test_database_of_the_demo_is_not_served_beyond_this_machine_even_without_its_settings(settings):
    from conftest import CLUSTER, DATABASE

    address = CLUSTER.address(DATABASE)
    assert not holds_demo(address)
    settings.DEMO = True
    telling._begin(1)
    assert holds_demo(address)
    with pytest.raises(ListeningRefused):
        refuse_open_demo("0.0.0.0", demo=holds_demo(address))  # what is refused


# -- letters -------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_answer_to_a_trapped_letter_goes_through_the_real_intake(client, demo):
    telling.tell(count=1)
    drain()
    asked = Ticket.objects.get(requester__email=_address("nurse"), status="pending")
    letter = Delivery.objects.filter(recipient=_address("nurse"), subject_id=asked.number).latest("pk")
    page = client.get(f"/demo/mail?letter={letter.pk}&view=headers")
    assert letter.message_id.strip("<>") in page.content.decode()
    assert client.post(f"/demo/mail/{letter.pk}/answer", {"text": "Да, назначение осталось."}).status_code == 303
    drain()
    asked.refresh_from_db()
    row = Inbound.objects.get()
    assert (row.outcome, row.ticket_id, asked.status) == ("joined", asked.pk, "open")


@pytest.mark.django_db
def test_letter_to_support_opens_one_ticket(client, demo):
    telling.tell(count=1)
    author = Person.objects.get(email=_address("nurse"))
    before = Ticket.objects.count()
    said = {"who": author.pk, "subject": "Не открывается архив", "text": "Пишет, что файл занят."}
    assert client.post("/demo/mail/new", said).status_code == 303
    drain()
    ticket = Ticket.objects.latest("number")
    assert (Ticket.objects.count(), ticket.requester, ticket.channel) == (before + 1, author, "email")


def _address(what: str) -> str:
    return next(look.address for look in looks() if look.what == what)
