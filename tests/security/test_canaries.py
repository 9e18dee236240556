"""S-17: what was said among staff comes out nowhere. S-03: what anybody wrote comes out as letters, never as markup."""

from __future__ import annotations

import json
import re
from itertools import product

import pytest
from django.apps import apps
from django.db import ProgrammingError, models, transaction

from otklik.jobs import drain
from otklik.outbox.models import Delivery, Notice
from otklik.people.models import Person
from otklik.tickets import access, attachments, desk
from otklik.tickets.models import Ticket
from otklik.tickets.tests import make
from tests.security.matrix import ROUTES
from tests.security.world import API, World, build

pytestmark = pytest.mark.django_db

CANARY = "CANARY-INT-7f3a"
CONFIDANT = "confidant@clinic.example"
OUTSIDE = ("anonymous", "disabled", "demoted", "owner", "stranger", "org_manager", "agent_other", "dispatcher", "admin")
REST = tuple(name for name in OUTSIDE if name not in {"owner", "agent_other", "admin"})
READS = [route for route in ROUTES if route.method == "GET"]


def whisper(world: World) -> Ticket:
    """Put the canary wherever staff may write something that is theirs, and let everything that follows happen."""
    ticket = Ticket.objects.get(number=world.own["number"])
    agent, lead = make.actor(world.people["agent"]), make.actor(world.people["lead"])
    file = attachments.kept(CANARY.encode(), name=f"{CANARY}.txt", type="text/plain")
    words = desk.Content(text=f"{CANARY} note", files=[file])
    desk.note(ticket, words, mentions=[world.people["lead"].pk], actor=agent)
    desk.edit(ticket, tags=[CANARY], actor=agent)
    reasons = {"reason_code": "deadline", "text": f"{CANARY} override"}
    desk.prioritise(ticket, override="P1", actor=lead, **reasons)
    desk.assign(ticket, to=world.people["agent"], text=f"{CANARY} assignment", reason_code="load", actor=lead)
    own = make.person(email=CONFIDANT)  # whoever wrote it may read it
    hidden = make.ticket(subject=f"{CANARY} subject", visibility="restricted", requester=own)
    desk.link(ticket, hidden, actor=agent)
    desk.log_call(ticket, direction="out", reached=False, text=f"{CANARY} call", actor=agent)
    waiting = desk.Content(text=f"{CANARY} waiting", author_address=f"{CANARY}@evil.example".lower())
    desk.wait(ticket, waiting, author=None, sender="x@evil.example", why="unknown", channel="email", actor=agent)
    desk.reply(ticket, desk.Content(text="Иду к вам."), actor=agent)
    desk.hold(ticket, reason="requester", question=desk.Content(text="Какой номер?"), actor=agent)
    owner = world.people["owner"]
    desk.hear(ticket, desk.Content(text="4711"), author=owner, channel="portal", actor=make.actor(owner))
    desk.resolve(
        ticket,
        code="fixed",
        cause_code="hardware",
        content=desk.Content(text="Заменили картридж, печатает."),
        internal_note=f"{CANARY} aside",
        actor=agent,
    )
    drain()
    ticket.refresh_from_db()
    return ticket


def told(body: bytes) -> bool:
    """True where the canary sings, in any case and any of the usual spellings."""
    text = body.decode("utf-8", "replace")
    spelled = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return CANARY.lower() in text.lower() or CANARY.lower() in spelled.lower()


@pytest.mark.parametrize(
    "actors",
    [("owner", "agent_other", "admin"), pytest.param(REST, marks=pytest.mark.long)],
    ids=["some", "the rest"],
)
def test_s17_no_page_and_no_call_tells_an_outsider_what_staff_said(world: World, actors: tuple[str, ...]):
    ticket = whisper(world)
    wrong = []
    for route in READS:
        for actor, asked in product(actors, _asked(route.address)):
            answer = world.call(actor, route.but(address=asked))
            if told(answer.whole) or told(str(answer.headers).encode()):  # type: ignore[attr-defined]
                wrong.append(f"{asked} as {actor}")
    assert ticket.messages.filter(text__contains=CANARY).exists()
    inside = world.call("agent", next(one for one in READS if one.address.endswith("{number}/messages")))
    assert told(inside.whole)  # type: ignore[attr-defined]  # else the canary is dead and proves nothing
    assert not wrong, "\n".join(wrong)


def _asked(address: str) -> list[str]:
    """The address, and the same as a search for the beginning of the canary: no hit completes it."""
    more = "&" if "?" in address else "?"
    return [address] if address.startswith(API) else [address, f"{address}{more}q={CANARY[:10]}"]


def test_s17_no_letter_and_no_notice_tells_an_outsider_what_staff_said(world: World):
    whisper(world)
    staff = {world.people[name].email for name in ("agent", "lead", "client", "service_manager", "dispatcher")}
    letters = list(Delivery.objects.exclude(recipient__in={*staff, CONFIDANT}))
    assert letters, "nobody outside was written to: the test proves nothing"
    for delivery in letters:
        content = json.dumps([delivery.subject, delivery.text, delivery.html, delivery.headers, delivery.attachments])
        assert not told(content.encode()), delivery
    inside = {world.people[name].pk for name in ("agent", "lead", "client", "service_manager", "dispatcher", "auditor")}
    inside.add(Person.objects.get(email=CONFIDANT).pk)
    for notice in Notice.objects.exclude(person__in=inside):
        assert not told(json.dumps(notice.facts).encode()), notice


def test_s17_a_note_that_is_split_off_or_merged_back_stays_among_staff(world: World):
    source = Ticket.objects.get(number=world.own["number"])
    agent, owner = make.actor(world.people["agent"]), world.people["owner"]
    file = attachments.kept(CANARY.encode(), name=f"{CANARY}.txt", type="text/plain")
    note = desk.note(source, desk.Content(text=f"{CANARY} note", files=[file]), actor=agent)
    words = desk.Content(text="И ещё сканер")
    heard = desk.hear(source, words, author=owner, channel="portal", actor=make.actor(owner)).message
    assert heard is not None
    fresh = desk.split(source, [note.pk, heard.pk], actor=agent)
    reads = [route for route in READS if "{number}" in route.address]
    world.own |= {"number": fresh.number, "message": str(note.pk)}
    for actor in ("owner", "agent_other"):
        wrong = [route.address for route in reads if told(world.call(actor, route).whole)]  # type: ignore[attr-defined]
        assert not wrong, f"{actor}: {wrong}"
    inside = next(route for route in reads if route.address.endswith("{number}/messages"))
    assert told(world.call("agent", inside).whole), "the canary is dead"  # type: ignore[attr-defined]
    outside = access.viewer(owner)
    assert not access.reads(outside, note) and access.reads(outside, heard)
    desk.merge(fresh, Ticket.objects.get(pk=source.pk), actor=agent)
    drain()
    for delivery in Delivery.objects.filter(recipient=owner.email):
        assert not told(json.dumps([delivery.subject, delivery.text, delivery.html, delivery.attachments]).encode())
    assert Delivery.objects.filter(recipient=owner.email, kind="split").exists()


# -- S-03 ----------------------------------------------------------------------------------------------------------
HOSTILE = '"><img src=x onerror=alert(1)>'
MARKUP = b"<img src=x onerror"
ROOMS = ("people", "catalogue", "tickets", "calendars", "sla", "channels", "outbox")
# What no person writes: codes of ours, digests, ids, keys.
OURS = frozenset(
    "id digest sha256 salt status type channel audience side kind author_kind origin pending_reason visibility scan"
    " role language timezone theme priority priority_computed priority_override password purpose secret network account"
    " browser raised_by scopes reporter state tls line mail_id message_id content_id resolution_code cause_code"
    " cancel_reason alert_key other other_kind slot code icon path roles".split()
)


@pytest.mark.parametrize(
    "actors",
    [
        ("owner", "agent", "admin"),
        pytest.param(("anonymous", "org_manager", "lead", "service_manager", "auditor"), marks=pytest.mark.long),
    ],
    ids=["some", "the rest"],
)
def test_s03_a_hostile_text_in_any_field_comes_out_as_letters(world: World, actors: tuple[str, ...]):
    _poison()
    wrong = []
    for route in READS:
        for actor in actors:
            answer = world.call(actor, route)
            page = answer.get("Content-Type", "").startswith("text/html")
            if answer.status_code >= 500 or (page and MARKUP in answer.whole):  # type: ignore[attr-defined]
                wrong.append(f"{route.address} as {actor}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def _poison() -> None:
    """Write the hostile text into every text field of every record, past the front doors, as much as fits."""
    from otklik.tickets.models import gate_is_open

    gate = gate_is_open.set(True)
    try:
        for model in apps.get_models():
            if model._meta.app_label not in ROOMS or not (values := _texts(model)):
                continue
            try:
                with transaction.atomic():
                    model._default_manager.update(**values)
            except ProgrammingError:  # content that a trigger keeps: then another row of it
                for row in list(model._default_manager.all()):
                    _again(row, values)
        Ticket.objects.update(contact=dict.fromkeys(["name", "email", "phone", "preferred", "room", "window"], HOSTILE))
    finally:
        gate_is_open.reset(gate)


def _again(row: models.Model, values: dict[str, str]) -> None:
    row.pk = row._meta.pk.get_default() or None
    for name, value in values.items():
        setattr(row, name, value)
    row.save(force_insert=True)


def _texts(model: type[models.Model]) -> dict[str, str]:
    found = {}
    for field in model._meta.concrete_fields:
        if isinstance(field, models.CharField | models.TextField) and field.name not in OURS and not field.unique:
            if isinstance(field, models.EmailField | models.SlugField | models.GeneratedField) or field.choices:
                continue
            if model is Person and field.name == "email":
                continue
            if field.max_length is None or field.max_length >= len(HOSTILE):
                found[field.name] = HOSTILE
    return found


def test_s03_the_poison_reaches_the_fields_that_people_fill():
    reached = {f"{model.__name__}.{name}" for model in apps.get_models() for name in _texts(model)}
    named = {"Person.name", "Person.phone", "Person.job_title", "Person.device", "Organisation.name", "Place.name"}
    named |= {"Team.name_ru", "Team.alias_ru", "Service.name_ru", "Service.description_en", "Ticket.subject"}
    named |= {"Ticket.device", "Ticket.public_status", "Message.text", "Message.instructions", "Message.author_name"}
    assert named | {"Attachment.name", "ApiToken.name"} <= reached


@pytest.fixture
def world() -> World:
    return build()
