"""Where a letter that was understood goes: into a ticket, into a new one, to a person's decision, or nowhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from otklik.channels import intake
from otklik.channels.intake import Placed
from otklik.channels.models import JOINED, OPENED, PARKED, REFUSED, Inbound, Mailbox
from otklik.journal.record import Actor
from otklik.outbox.addressing import Keys
from otklik.outbox.headers import clean, storable
from otklik.people.access import as_actor
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.attachments import File
from otklik.tickets.desk.content import MAX_TEXT, Content
from otklik.tickets.events import MailReceived
from otklik.tickets.models import Message, Ticket

from . import copies, gratitude, identity, machines, matching, opening, returned, strangers
from .matching import Match
from .message import Letter

HOUSE = Actor(kind="system", id="mail")  # what no person of ours did
INTERNAL_MARKS = ("#internal", "#служебно", "#note", "#заметка")
MAX_AUTOMATIC = 10  # answers of one machine that a ticket takes in an hour
MAX_SUBJECT = 200
SILENT_ENDS = ("spam", "test")


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A letter at hand, with everything known of it; its ledger line is locked."""

    row: Inbound
    letter: Letter
    mailbox: Mailbox
    person: Person | None
    verdict: str
    keys: Keys
    authentic: bool  # the mark of this very desk stands in it, and is right
    files: Callable[[], Sequence[File]]
    ours: frozenset[str] = frozenset()  # addresses of this desk

    def content(self, text: str | None = None, **more: Any) -> Content:
        """The letter as content of a message; ``text`` where it is not the reply as cut."""
        letter = self.letter
        shown = letter.cut.reply if text is None else text
        quoted = "\n\n".join(part for part in (letter.cut.signature, letter.cut.rest) if part)
        if not shown.strip() or shown == letter.text:
            shown, quoted = letter.text, ""
        if not shown.strip() and not letter.attachments:
            with override(self.mailbox.language):
                shown = _("(the letter has no text)")
        if len(shown) > MAX_TEXT:
            shown, quoted = shown[:MAX_TEXT], shown[MAX_TEXT:] + "\n" + quoted
        values: dict[str, Any] = {
            "text": storable(shown),
            "quoted": storable(quoted),
            "html": storable(letter.html),
            "files": self.files(),
            "mail": self.row.pk,
            "mail_id": clean(letter.message_id, 500),
            "author_name": clean(letter.author.name, 200),
            "author_address": clean(letter.author.address, 320),
        }
        return Content(**values | more)

    def opening(self) -> Content:
        """The letter as the first message of a ticket."""
        return self.content(opening.text_of(self.letter))

    def told(self, how: str, answer: str = "") -> MailReceived:
        """The fact of how it came, recorded along with what it causes."""
        return MailReceived(
            ledger=self.row.pk,
            message_id=clean(self.letter.message_id, 500),
            sender=clean(self.letter.author.address, 320),
            verdict=self.verdict,
            matched_by=how,
            answer=answer,
        )


def place(arrival: Arrival) -> Placed:
    """Carry out what domain.md §2.5, §10.3 and §10.4 say of this letter, in the caller's transaction."""
    letter, verdict = arrival.letter, arrival.verdict
    if strangers.is_refused(letter.author.address):
        return Placed(outcome=REFUSED, reason="sender_refused")
    if arrival.authentic:
        return Placed(outcome=REFUSED, reason="own_mail")
    match = matching.find(letter, person=arrival.person, verdict=verdict, keys=arrival.keys)
    about = {"ticket": match.ticket.number} if match else {}
    if verdict == identity.FAILED:
        return Placed(outcome=PARKED, reason="authentication", facts=about)
    if letter.report is not None:
        return returned.place(letter, letter.report, keys=arrival.keys, actor=HOUSE)
    if letter.automatic:
        return _automatic(arrival, match)
    if match is not None:
        return _matched(arrival, match)
    return _unmatched(arrival)


# -- mail of machines ----------------------------------------------------------------------------------------------
def _automatic(arrival: Arrival, match: Match | None) -> Placed:
    if match is None:
        return Placed(outcome=PARKED, reason="automatic")
    ticket = match.ticket
    if not ticket.is_live and ticket.status != "resolved":
        return Placed(outcome=REFUSED, reason="automatic_closed", matched_by=match.how, facts={"ticket": ticket.number})
    if _chatters(arrival, ticket):
        intake.alarm(arrival.mailbox, "loop", address=arrival.letter.author.address.lower(), ticket=ticket)
        return Placed(outcome=REFUSED, reason="loop", matched_by=match.how, facts={"ticket": ticket.number})
    if not matching.takes_part(arrival.person, ticket):
        return to_confirm(arrival, match, why="automatic")
    return join(arrival, ticket, how=match.how, automatic=True)


def _chatters(arrival: Arrival, ticket: Ticket) -> bool:
    """Whether a machine has already said enough in this ticket within the hour."""
    rows = Inbound.objects.filter(ticket=ticket, sender_address=arrival.letter.author.address.lower())
    since = arrival.row.kept_at - strangers.HOUR
    return rows.filter(processed_at__gt=since).exclude(automatic="").count() >= MAX_AUTOMATIC


# -- mail of people that speaks of a ticket ------------------------------------------------------------------------
def _matched(arrival: Arrival, match: Match) -> Placed:
    ticket = match.ticket
    if ticket.status == "cancelled" and ticket.cancel_reason in SILENT_ENDS:
        return Placed(outcome=PARKED, reason="spam_ticket", matched_by=match.how, facts={"ticket": ticket.number})
    if matching.takes_part(arrival.person, ticket):
        return join(arrival, ticket, how=match.how)
    if arrival.person is not None and matching.works_on(arrival.person, ticket):
        return _of_staff(arrival, match, arrival.person)
    if ticket.status in {"closed", "cancelled"}:
        return _unmatched(arrival)
    return to_confirm(arrival, match, why="unknown_sender")


def join(
    arrival: Arrival, ticket: Ticket, *, how: str, automatic: bool = False, person: Person | None = None
) -> Placed:
    """Append to the conversation as the customer's word; on a closed ticket a new one follows it (domain.md §2.5)."""
    author = person or arrival.person
    actor = as_actor(author) if author is not None and matching.takes_part(author, ticket) else HOUSE
    letter = arrival.letter
    thanks = not automatic and gratitude.is_gratitude(letter.cut.reply, attachments=_real_files(letter))
    heard = desk.hear(
        ticket,
        arrival.content(),
        author=author,
        channel="email",
        automatic=automatic,
        is_gratitude=thanks,
        at=arrival.row.received_at,
        further=[arrival.told(how, "" if automatic or ticket.status != "closed" else receipt_for(arrival))],
        actor=actor,
    )
    outcome = OPENED if heard.outcome == "opened" else JOINED
    reason = "follow_up" if outcome == OPENED else "gratitude" if thanks else "automatic_joined" if automatic else ""
    return Placed(
        outcome=outcome,
        reason=reason,
        ticket=heard.ticket,
        message=heard.message,
        matched_by=how,
        facts={"copies": copies.suggested(letter, arrival.ours, heard.ticket)} if not automatic else {},
    )


def to_confirm(arrival: Arrival, match: Match, *, why: str) -> Placed:
    """Keep it in the ticket, unseen by the customer side, until somebody confirms its sender."""
    message = desk.wait(
        match.ticket,
        arrival.content(),
        author=arrival.person,
        sender=clean(str(arrival.letter.author), 500),
        why=why,
        channel="email",
        at=arrival.row.received_at,
        further=[arrival.told(match.how)],
        actor=HOUSE,
    )
    return Placed(
        outcome=JOINED, reason=f"confirm_{why}"[:40], ticket=match.ticket, message=message, matched_by=match.how
    )


def _of_staff(arrival: Arrival, match: Match, agent: Person) -> Placed:
    """An answer of somebody who works here: public only with a signed address of his own and a verified sender."""
    if arrival.verdict != identity.VERIFIED:
        return to_confirm(arrival, match, why="staff_unverified")
    text, internal = without_mark(arrival.letter.cut.reply or arrival.letter.text)
    signed = match.how == matching.ADDRESS and match.recipient == agent.pk
    live = match.ticket.status not in {"closed", "cancelled"}
    # What the agent's program quotes may hold notes of colleagues: it stays in the raw letter only.
    content = arrival.content(text, quoted="", html="", author_name=agent.name)
    if internal or not signed or not live or arrival.mailbox.staff_replies == "internal":
        message = desk.note(match.ticket, content, channel="email", actor=as_actor(agent))
        desk.move_on(match.ticket, arrival.told(match.how), actor=HOUSE)
        return _of_agent(match, message, "staff_note")
    message = desk.reply(
        match.ticket,
        content,
        channel="email",
        at=arrival.row.received_at,
        further=[arrival.told(match.how)],
        actor=as_actor(agent),
    )
    return _of_agent(match, message, "staff_reply")


def _of_agent(match: Match, message: Message, reason: str) -> Placed:
    return Placed(outcome=JOINED, reason=reason, ticket=match.ticket, message=message, matched_by=match.how)


def without_mark(text: str) -> tuple[str, bool]:
    """The text without a first line that makes it a note, and whether it had one."""
    first, _, rest = text.lstrip().partition("\n")
    if first.strip().lower() in INTERNAL_MARKS:
        return rest.strip("\n"), True
    for mark in INTERNAL_MARKS:
        if first.strip().lower().startswith(mark + " "):
            return f"{first.strip()[len(mark) :].strip()}\n{rest}".strip("\n"), True
    return text, False


def _real_files(letter: Letter) -> int:
    """Attachments that say something; the logo of a signature does not."""
    return sum(1 for one in letter.attachments if not (one.inline and one.content_id))


# -- mail that opens a ticket --------------------------------------------------------------------------------------
def _unmatched(arrival: Arrival) -> Placed:
    address = arrival.letter.author.address.lower()
    if "@" not in address:
        return Placed(outcome=PARKED, reason="no_sender")
    if arrival.person is not None and not arrival.person.is_active:
        return Placed(outcome=PARKED, reason="inactive_person")
    told = strangers.lately(address)
    if told.floods and (collecting := strangers.collecting_ticket(address)):
        return _collect(arrival, collecting)
    if told.opened >= strangers.MAX_NEW or (told.floods and strangers.floods(address)):
        opened = open_new(arrival, how=matching.FLOOD, answer="never")
        intake.alarm(arrival.mailbox, "flood", address=address, ticket=opened.ticket)
        return opened
    if machines.carries_credentials(arrival.letter):
        return _open_restricted(arrival)
    return open_new(arrival, answer=receipt_for(arrival, told))


def _collect(arrival: Arrival, ticket: Ticket) -> Placed:
    """One more of a flood: into the collecting ticket, without any effect on it."""
    heard = desk.hear(
        ticket,
        arrival.opening(),
        author=arrival.person,
        channel="email",
        automatic=True,
        at=arrival.row.received_at,
        further=[arrival.told(matching.FLOOD)],
        actor=HOUSE,
    )
    return Placed(outcome=JOINED, reason="flood", ticket=heard.ticket, message=heard.message, matched_by=matching.FLOOD)


def receipt_for(arrival: Arrival, told: strangers.Lately | None = None) -> str:
    """Who may get a receipt: 'known', 'stranger' (rarely, without their text), 'loop' (twice, then silence), 'never'.

    A stranger who keeps saying the same gets none: he had his one of the hour.
    """
    letter = arrival.letter
    if letter.suppress_reply or letter.automatic:
        return "never"
    known = arrival.person is not None and arrival.verdict == identity.VERIFIED
    if strangers.repeats_itself(letter, told or strangers.lately(letter.author.address)):
        intake.alarm(arrival.mailbox, "loop", address=letter.author.address.lower())
        return "loop" if known else "never"
    if known and strangers.passes_our_words_back(letter, keys=arrival.keys):
        return "loop"
    return "known" if known else "stranger"


def open_new(arrival: Arrival, *, how: str = "", answer: str = "", person: Person | None = None) -> Placed:
    """A new ticket: an incident of low priority without a service, until somebody looks at it (domain.md §2.3)."""
    answer = answer or receipt_for(arrival)
    requester = person or arrival.person
    if requester is None:
        requester = strangers.person_for(arrival.letter, mailbox=arrival.mailbox, actor=HOUSE)
    cc, suggested = copies.at_creation(arrival.letter, arrival.ours, requester)
    ticket = desk.open_ticket(
        subject=subject_of(arrival.letter, arrival.mailbox),
        content=arrival.opening(),
        requester=requester,
        channel="email",
        type="incident",
        team=arrival.mailbox.team,
        cc=cc,
        opened_at=arrival.row.received_at,
        further=[arrival.told(how, answer)],
        actor=as_actor(requester) if requester is not None else HOUSE,
    )
    return Placed(
        outcome=OPENED,
        reason="flood" if how == matching.FLOOD else "",
        ticket=ticket,
        message=ticket.described_by,
        matched_by=how,
        facts={"copies": suggested, "answer": answer},
    )


def _open_restricted(arrival: Arrival) -> Placed:
    """A code or a sign-in link: only the mailbox's team sees it, nobody is answered, the subject tells nothing."""
    with override(arrival.mailbox.language):
        subject = _("A letter with a code or a sign-in link")
    ticket = desk.open_ticket(
        subject=subject,
        content=arrival.content(),
        requester=None,
        channel="email",
        type="incident",
        team=arrival.mailbox.team,
        visibility="restricted",
        opened_at=arrival.row.received_at,
        further=[arrival.told("", "never")],
        automatic=True,
        actor=HOUSE,
    )
    return Placed(outcome=OPENED, reason="credentials", ticket=ticket, message=ticket.described_by)


def subject_of(letter: Letter, mailbox: Mailbox) -> str:
    """The letter's subject, or one made of its first words."""
    subject = clean(letter.subject, MAX_SUBJECT)
    if any(char.isalnum() for char in subject):
        return subject
    words = " ".join((letter.cut.reply or letter.text).split())[:80].strip()
    with override(mailbox.language):
        return _("No subject: %(words)s…") % {"words": words} if words else _("No subject")
