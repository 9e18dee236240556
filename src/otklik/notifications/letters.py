"""The letters of the desk: what each is for, the text it ships with, and the versions that people have written.

A text is plain paragraphs in the language of ``placeholders``; a line that is a block (``{message}``) is drawn by the
letter's page. Shipped texts are translations like any other words of the product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from otklik.journal import config
from otklik.journal.record import Actor

from .placeholders import MAX_TEXT, Trouble, troubles

LANGUAGES = ("ru", "en")
MAX_SUBJECT = 200
Words = str | Promise

COMMON: dict[str, Words] = {
    "ticket.number": _("number of the request"),
    "ticket.subject": _("what it is about"),
    "ticket.place": _("the place"),
    "person.name": _("name of the recipient"),
    "agent.name": _("who is on it"),
    "desk.name": _("name of the organisation"),
    "desk.phone": _("phone for help"),
    "promise.reply": _("when we reply at the latest"),
    "promise.solution": _("when we solve it at the latest"),
    "promise.word": _("when we promised to write again"),
    "opening": _("when we open, where it came outside our hours"),
    "link": _("button that leads to the request"),
}
MESSAGE: dict[str, Words] = {
    "author.name": _("who wrote it"),
    "message": _("the message itself"),
    "files": _("its files"),
}
BLOCKS = frozenset({"link", "message", "instructions", "files", "answers", "understood", "lines"})


@dataclass(frozen=True, slots=True)
class LetterKind:
    """One letter: its name, when it is sent, its shipped subject and text, and what may stand in it."""

    name: str
    title: Words
    subject: Words
    body: Words
    extra: dict[str, Words]
    for_staff: bool = False
    about_ticket: bool = True

    @property
    def known(self) -> dict[str, Words]:
        """Placeholders of this letter with what they stand for."""
        return COMMON | self.extra if self.about_ticket else self.extra


@dataclass(frozen=True, slots=True)
class Text:
    """Subject and body in one language."""

    subject: str
    body: str


SUBJECT = "{ticket.subject}"
_LETTERS = [
    LetterKind(
        "receipt",
        _("We have got it"),
        SUBJECT,
        _(
            "Hello, {person.name}.\n\n"
            "We have got your request. Its number is {ticket.number}.\n"
            "We will reply by {promise.reply}.\n"
            "We will solve it by {promise.solution}.\n"
            "We are closed now and open {opening}.\n\n"
            "{understood}\n\n"
            "{link}\n\n"
            "To add something, just answer this letter."
        ),
        {"understood": _("what we understood: subject, place, device, the words written")},
    ),
    LetterKind(
        "stranger",
        _("We have got it, to somebody we do not know"),
        _("Your request"),
        _(
            "We have got your letter. The number of the request is {ticket.number}.\n\n"
            "To add something, just answer this letter."
        ),
        {"ticket.number": _("number of the request"), "desk.name": _("name of the organisation")},
        about_ticket=False,
    ),
    LetterKind(
        "too_large",
        _("The letter is too large"),
        _("Your letter is too large for us"),
        _(
            "Hello, {person.name}.\n\n"
            "Your letter is larger than {limit}, so we could not read it, and it has no number.\n\n"
            "Please send it again without the large files. Or write to us on our page:"
            " there you can add files of up to {limit.file} each.\n\n"
            "{link}\n\n"
            "If it is urgent, call us: {desk.phone}."
        ),
        {
            "person.name": _("name of the recipient"),
            "desk.name": _("name of the organisation"),
            "desk.phone": _("phone for help"),
            "limit": _("how large a letter may be"),
            "limit.file": _("how large a file may be"),
            "link": _("button that leads to the request"),
        },
        about_ticket=False,
    ),
    LetterKind(
        "follow_up",
        _("It goes on under a new number"),
        SUBJECT,
        _(
            "Hello, {person.name}.\n\n"
            "Request No. {former.number} is closed, so we go on with what you wrote under a new number:"
            " {ticket.number}.\n"
            "We will reply by {promise.reply}.\n"
            "We will solve it by {promise.solution}.\n"
            "We are closed now and open {opening}.\n\n"
            "{understood}\n\n"
            "{link}"
        ),
        {
            "former.number": _("number of the closed request"),
            "understood": _("what we understood: subject, place, device, the words written"),
        },
    ),
    LetterKind(
        "taken",
        _("Somebody is on it"),
        SUBJECT,
        _("{agent.name} is working on your request.\nWe will solve it by {promise.solution}.\n\n{link}"),
        {},
    ),
    LetterKind(
        "reply",
        _("An answer"),
        SUBJECT,
        _("{message}\n\n{files}\n\nWe will write again by {promise.word}.\n\n{link}"),
        MESSAGE,
    ),
    LetterKind(
        "copy",
        _("A word of somebody else on the request"),
        SUBJECT,
        _("{author.name} added something to the request.\n\n{message}\n\n{files}\n\n{link}"),
        MESSAGE,
    ),
    LetterKind(
        "question",
        _("We have a question"),
        SUBJECT,
        _(
            "We need your answer to go on.\n\n{message}\n\n{files}\n\n"
            "Just answer this letter, or write on the page of the request.\n\n{link}"
        ),
        MESSAGE,
    ),
    LetterKind(
        "reminder",
        _("We remind of our question"),
        SUBJECT,
        _("We are still waiting for your answer.\n\n{message}\n\nJust answer this letter.\n\n{link}"),
        MESSAGE,
    ),
    LetterKind(
        "last_reminder",
        _("We remind of our question for the last time"),
        SUBJECT,
        _(
            "We cannot go on without your answer.\n"
            "If we hear nothing, we will close the request on {until}."
            "\n\n{message}\n\nJust answer this letter.\n\n{link}"
        ),
        MESSAGE | {"until": _("the day on which it ends by itself")},
    ),
    LetterKind(
        "solution",
        _("The solution"),
        SUBJECT,
        _("We have solved it. Please check.\n\n{message}\n\n{instructions}\n\n{files}\n\n{answers}\n\n{link}"),
        MESSAGE
        | {
            "instructions": _("what to do now or next time"),
            "answers": _("“solved”, “not solved” and the rating"),
        },
    ),
    LetterKind(
        "closing",
        _("It will be closed soon"),
        SUBJECT,
        _(
            "We wrote that your request is solved. If all is well, nothing has to be done:"
            " it will be closed on {until}.\n\n{answers}\n\n{link}"
        ),
        {
            "until": _("the day on which it ends by itself"),
            "answers": _("“solved”, “not solved” and the rating"),
        },
    ),
    LetterKind(
        "closed",
        _("It is closed"),
        SUBJECT,
        _(
            "Request No. {ticket.number} is closed.\n\n"
            "If it happens again, answer this letter: we will go on under a new number.\n\n{link}"
        ),
        {},
    ),
    LetterKind(
        "reopened",
        _("It is in work again"),
        SUBJECT,
        _("Your request is in work again.\n{agent.name} is working on it.\n\n{link}"),
        {},
    ),
    LetterKind(
        "cancelled",
        _("It is cancelled"),
        SUBJECT,
        _("We do not go on with request No. {ticket.number}.\n\n{message}\n\n{link}"),
        MESSAGE,
    ),
    LetterKind(
        "merged",
        _("It was merged into another request"),
        SUBJECT,
        _(
            "Hello, {person.name}.\n\n"
            "Request No. {ticket.number} is about the same as No. {other.number}, so we go on with both under that"
            " number. Nothing that you wrote is lost, and your answers arrive there by themselves.\n\n"
            "{link}"
        ),
        {"other.number": _("number of the request that goes on")},
    ),
    LetterKind(
        "merged_out",
        _("It was merged into somebody else's request"),
        SUBJECT,
        _(
            "Hello, {person.name}.\n\n"
            "The same trouble as in your request No. {ticket.number} was reported before you, and we work on it there."
            " If it still bothers you later, please write to us anew.\n\n"
            "{link}"
        ),
        {},
    ),
    LetterKind(
        "split",
        _("A part of a request goes on separately"),
        SUBJECT,
        _(
            "Hello, {person.name}.\n\n"
            "In request No. {former.number} you also wrote about something else. So that it is not lost, we work on it"
            " separately, under its own number: {ticket.number}.\n"
            "We will reply by {promise.reply}.\n"
            "We will solve it by {promise.solution}.\n\n"
            "{understood}\n\n"
            "{link}\n\n"
            "To add something to it, just answer this letter. Request No. {former.number} goes on as before."
        ),
        {
            "former.number": _("number of the request in which it was written"),
            "understood": _("what we understood: subject, place, device, the words written"),
        },
    ),
    LetterKind(
        "split_apart",
        _("What somebody wrote in the request of another person goes on separately"),
        SUBJECT,
        _(
            "Hello, {person.name}.\n\n"
            "We work on what you wrote to us as a request of its own. Its number is {ticket.number}.\n"
            "We will reply by {promise.reply}.\n"
            "We will solve it by {promise.solution}.\n\n"
            "{understood}\n\n"
            "{link}\n\n"
            "To add something, just answer this letter."
        ),
        {"understood": _("what we understood: subject, place, device, the words written")},
    ),
    LetterKind(
        "split_off",
        _("What another person wrote in the request goes on separately"),
        SUBJECT,
        _(
            "Hello, {person.name}.\n\n"
            "In your request No. {ticket.number} somebody else wrote about something of their own. We work on that"
            " separately. Your request goes on as before.\n\n"
            "{link}"
        ),
        {},
    ),
    LetterKind(
        "urgent",
        _("It is urgent"),
        SUBJECT,
        _("We treat your request as urgent and work on it out of turn.\n{agent.name} is working on it.\n\n{link}"),
        {},
    ),
    LetterKind(
        "staff",
        _("To staff: something happened"),
        SUBJECT,
        _("{headline}\n\n{answers}\n\n{message}\n\n{files}\n\n{understood}\n\n{link}"),
        MESSAGE
        | {
            "headline": _("what happened"),
            "answers": _("the button that answers a call at night"),
            "understood": _("the facts of the ticket"),
        },
        for_staff=True,
    ),
    LetterKind(
        "digest",
        _("To staff: what has gathered"),
        "{headline}",
        "{lines}",
        {"headline": _("what happened"), "lines": _("one line for each thing that happened")},
        for_staff=True,
    ),
]
LETTERS: dict[str, LetterKind] = {letter.name: letter for letter in _LETTERS}
NAMES: dict[tuple[str, str], str] = {
    (letter.name, language): config.declare(
        f"notifications.letter.{letter.name}.{language}", {"subject": "", "body": ""}
    )
    for letter in _LETTERS
    for language in LANGUAGES
}


class NotPossible(ValueError):
    """A text that cannot be kept; ``troubles`` name the field and the spot."""

    def __init__(self, troubles: list[tuple[str, Trouble]]) -> None:
        super().__init__(troubles)
        self.troubles = troubles


def shipped(letter: str, language: str) -> Text:
    """The text a letter comes with."""
    kind = LETTERS[letter]
    with override(language):
        return Text(str(kind.subject), str(kind.body))


def text_of(letter: str, language: str) -> Text:
    """The text in force: what people wrote, else the shipped one."""
    language = language if language in LANGUAGES else "en"
    data, own = config.current(NAMES[letter, language]).data, shipped(letter, language)
    return Text(data["subject"] or own.subject, data["body"] or own.body)


def check(letter: str, text: Text) -> None:
    """Raise `NotPossible` where a text names what the letter does not know, or is beyond any sense."""
    known = LETTERS[letter].known
    found = [("subject", one) for one in troubles(text.subject, known.keys() - BLOCKS)]
    found += [("body", one) for one in troubles(text.body, known)]
    for number, line in enumerate(text.body.split("\n"), 1):
        crowded = [name for name in BLOCKS if f"{{{name}}}" in line and line.strip() != f"{{{name}}}"]
        found += [("body", Trouble(name, number, line.find(f"{{{name}}}") + 1)) for name in crowded]
    if "\n" in text.subject or len(text.subject) > MAX_SUBJECT:
        found.append(("subject", Trouble("", 1, MAX_SUBJECT)))
    if len(text.body) > MAX_TEXT:
        found.append(("body", Trouble("", 1, MAX_TEXT)))
    if found:
        raise NotPossible(found)


def publish(letter: str, language: str, text: Text, *, actor: Actor, note: str = "") -> Text:
    """Keep a new version; what equals the shipped text is kept as "shipped" and follows later editions."""
    text = Text(" ".join(text.subject.split()), text.body.replace("\r\n", "\n").strip())
    check(letter, text)
    own = shipped(letter, language)
    data: dict[str, Any] = {
        "subject": "" if text.subject == own.subject else text.subject,
        "body": "" if text.body == own.body else text.body,
    }
    config.publish(NAMES[letter, language], data, actor=actor, note=note)
    return text_of(letter, language)
