"""«Решается слишком долго?»: a word of the requester to the support lead."""

from __future__ import annotations

from datetime import timedelta

from otklik import clock
from otklik.feedback.events import ComplaintMade
from otklik.journal.record import Actor, Subject
from otklik.journal.timeline import entries
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.models import Ticket

MAX_TEXT = 2_000
ENOUGH = timedelta(hours=1)  # the same person is passed on to the lead once in an hour


def complain(ticket: Ticket, person: Person, *, text: str = "") -> bool:
    """Record the complaint for the lead of the ticket's team; False where this person made one within the hour."""
    made = entries(Subject(kind="ticket", id=str(ticket.pk)), kinds=[ComplaintMade.kind])
    since = clock.now() - ENOUGH
    if any(isinstance(one.fact, ComplaintMade) and one.fact.person == person.pk and one.at > since for one in made):
        return False
    actor = Actor(kind="system", id="feedback", on_behalf_of=f"person:{person.pk}")
    desk.move_on(ticket, ComplaintMade(person=person.pk, text=text[:MAX_TEXT]), actor=actor)
    return True
