"""A letter in both forms: a text with its placeholders filled becomes paragraphs and blocks, then text and HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from markupsafe import Markup

from otklik.channels.email.attribution import MARKERS
from otklik.people.models import Person
from otklik.tickets import access
from otklik.tickets.models import Message, Ticket
from otklik.tickets.public import PublicMessage
from otklik.tickets.public import message as public_message
from otklik.tickets.sanitise import linkified
from otklik.ui import wording

from . import placeholders
from .letters import BLOCKS, Text
from .parts import Part

MAX_QUOTED = 20_000  # characters of a message that stand in a letter; the rest is on the page


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain lines."""

    lines: Sequence[str]
    kind: str = "paragraph"

    @property
    def text(self) -> str:
        """As plain text."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote. ``of_public`` is the only way to one for the customer side."""

    author: str
    at: datetime | None
    words: str
    html: Markup
    kind: str = "message"

    @property
    def text(self) -> str:
        """As plain text, under the name of whoever wrote it."""
        return f"{self.author}:\n{self.words}" if self.author else self.words

    @classmethod
    def of_public(cls, told: PublicMessage) -> Said:
        """A message that everybody on the ticket may read."""
        more = f"\n\n{told.error_text}" if told.error_text else ""
        return cls(told.author_name, told.at, _cut(told.text + more), linkified(_cut(told.text + more)))

    @classmethod
    def for_staff(cls, row: Message) -> Said:
        """Any message, for people who may read the internal part."""
        author = row.author_name or row.author_address
        return cls(author, row.created_at, _cut(row.text), linkified(_cut(row.text)))


@dataclass(frozen=True, slots=True)
class Advice:
    """What the person should do now or next time."""

    words: str
    html: Markup
    kind: str = "advice"

    @property
    def text(self) -> str:
        """As plain text."""
        return f"{_('What to do now')}:\n{self.words}"


@dataclass(frozen=True, slots=True)
class Rows:
    """Labels with values."""

    rows: Sequence[tuple[str, str]]
    kind: str = "rows"

    @property
    def text(self) -> str:
        """As plain text."""
        return "\n".join(f"{label}: {value}" for label, value in self.rows)


@dataclass(frozen=True, slots=True)
class Lines:
    """Things that happened, each with a link."""

    lines: Sequence[tuple[str, str, str]]  # what, about what, address
    kind: str = "lines"

    @property
    def text(self) -> str:
        """As plain text."""
        return "\n\n".join(f"{about}\n{what}\n{url}" for what, about, url in self.lines)


@dataclass(frozen=True, slots=True)
class Link:
    """A button."""

    label: str
    url: str
    kind: str = "link"

    @property
    def text(self) -> str:
        """As plain text."""
        return f"{self.label}: {self.url}"


@dataclass(frozen=True, slots=True)
class Files:
    """Files that are too large for a letter, or come from outside: names, sizes, addresses."""

    files: Sequence[tuple[str, int, str]]
    kind: str = "files"

    @property
    def text(self) -> str:
        """As plain text."""
        return "\n".join(f"{name} ({wording.filesize(size)}): {url}" for name, size, url in self.files)


@dataclass(frozen=True, slots=True)
class Added:
    """What the rooms above add."""

    parts: Sequence[Part]
    kind: str = "parts"

    @property
    def text(self) -> str:
        """As plain text."""
        return "\n\n".join(part.text for part in self.parts)


Block = Paragraph | Said | Advice | Rows | Lines | Link | Files | Added


def public_of(row: Message) -> PublicMessage:
    """The row as the customer side may read it; ``ValueError`` for anything internal (S-17)."""
    return public_message(row)


def last_public(person: Person, ticket: Ticket, kind: str) -> Message | None:
    """The newest public message of a kind that this person may read."""
    rows = access.messages_for(access.viewer(person), ticket).filter(audience="public", kind=kind)
    return rows.order_by("-created_at", "-id").first()


def laid_out(body: str, values: Mapping[str, str], blocks: Mapping[str, Block | None]) -> list[Block]:
    """The body's paragraphs and blocks in order; a block that is None is left out with its line."""
    known = dict(values) | {name: ("" if blocks.get(name) is None else f"{{{name}}}") for name in BLOCKS}
    return list(_laid_out(placeholders.fill(body, known), blocks))


def _laid_out(lines: Sequence[str], blocks: Mapping[str, Block | None]) -> Iterator[Block]:
    kept: list[str] = []
    for line in [*lines, ""]:
        name = line.strip().removeprefix("{").removesuffix("}")
        block = blocks.get(name) if line.strip() == f"{{{name}}}" and name in BLOCKS else None
        if (not line or block is not None) and kept:
            yield Paragraph(kept)
            kept = []
        if block is not None:
            yield block
        elif line:
            kept.append(line)


def as_text(made: Sequence[Block], *, language: str, footer: str, can_answer: bool) -> str:
    """The plain form of a letter: the line above which answers are written, then the blocks."""
    head = [marker(language)] if can_answer else []
    return "\n\n".join([*head, *(block.text for block in made if block.text), f"-- \n{footer}"])


def as_html(made: Sequence[Block], *, language: str, footer: str, can_answer: bool, desk: str) -> str:
    """The HTML form of a letter, from one base."""
    context = {"blocks": made, "footer": footer, "marker": marker(language) if can_answer else "", "desk": desk}
    return str(render_to_string("notifications/letter.html", context | {"lang": language}, using="jinja2"))


def marker(language: str) -> str:
    """The line above which answers are written; one of those the reader of mail knows."""
    return MARKERS[0] if language == "ru" else MARKERS[1]


def subject_of(text: Text, values: Mapping[str, str]) -> str:
    """The subject line."""
    return " ".join(placeholders.fill(text.subject, values)) or _("Your request")


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= MAX_QUOTED else text[:MAX_QUOTED].rstrip() + "…"
