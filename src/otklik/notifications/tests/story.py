"""The ground of the stories: mail that leaves into a sink, and people with tickets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from otklik.jobs import drain
from otklik.outbox.tests.make import mail_set_up
from otklik.outbox.tests.sink import Sink


@contextmanager
def mail_leaves() -> Iterator[Sink]:
    """Mail is set up and leaves into the sink."""
    with Sink() as sink:
        mail_set_up(sink)
        yield sink
        sink.nothing_lost()


def letters_to(sink: Sink, address: str | None) -> list[EmailMessage]:
    """Do everything that waits; then the letters that one address got, in order."""
    drain()
    return [taken.message for taken in sink.to(address or "")]


def plain(message: EmailMessage) -> str:
    """The plain text of a letter."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html(message: EmailMessage) -> str:
    """The HTML of a letter."""
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def identity(message: EmailMessage) -> str:
    """The Message-ID of a letter."""
    return str(message["Message-ID"]).strip()
