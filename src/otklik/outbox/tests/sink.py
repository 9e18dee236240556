"""A mail server that misbehaves by script and keeps a record of every copy it took; other rooms' stories use it too.

with Sink() as sink:
    sink.script("rcpt", "anna@clinic.example", "451 greylisted", "451 greylisted")   # then it takes the letter
    sink.script("final", "*", DROP)                                                  # takes it and hangs up
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Literal, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Phase = Literal["greet", "mail", "rcpt", "data", "final"]
DROP = "DROP"  # hang up without a word; at "final" the letter was taken
STALL = "STALL"  # say nothing for a long time; at "final" the letter was taken
OK = "250 OK"
STALL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Taken:
    """One copy that the server is responsible for from then on."""

    message_id: str
    recipient: str
    mail_from: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The copy, parsed."""
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class Sink:
    """The server; a context manager. ``record`` lists the copies in the order of their taking."""

    def __init__(self) -> None:
        self.record: list[Taken] = []
        self.scripts: dict[tuple[Phase, str], deque[str]] = {}
        self.always: dict[tuple[Phase, str], str] = {}
        self.again: Counter[tuple[str, str]] = Counter()  # copies that a person asked for once more
        self.controller = _Controller(self)

    def script(self, phase: Phase, recipient: str, *answers: str, then_always: str = "") -> None:
        """Answers of one phase for an envelope to the recipient ("*": any), one for each attempt, then as usual."""
        self.scripts.setdefault((phase, recipient), deque()).extend(answers)
        if then_always:
            self.always[phase, recipient] = then_always

    def copies(self) -> Counter[tuple[str, str]]:
        """How often each Message-ID was taken for each recipient."""
        return Counter((taken.message_id, taken.recipient) for taken in self.record)

    def to(self, recipient: str) -> list[Taken]:
        """The copies for one recipient, in order."""
        return [taken for taken in self.record if taken.recipient == recipient]

    @property
    def host(self) -> str:
        return str(self.controller.hostname)

    @property
    def port(self) -> int:
        return int(self.controller.port)

    def __enter__(self) -> Self:
        self.controller.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.controller.stop()
        if kind is None:
            self.nothing_twice()

    def nothing_twice(self) -> None:
        """No recipient got a letter twice, but for those that a person sent again (`again`): I3 of safety.md."""
        twice = {copy: count for copy, count in self.copies().items() if count > 1 + self.again[copy]}
        assert not twice, twice

    def nothing_lost(self) -> None:
        """Every letter of the database is on its way, taken here, or a person's to see; each copy here is of one."""
        from otklik.outbox.models import Delivery, State

        copies = self.copies()
        for letter in Delivery.objects.all():
            copy = (letter.message_id, letter.recipient)
            if letter.state == State.SENT:
                assert copies[copy], f"{copy} is said to be sent"
            elif letter.state == State.QUEUED:
                assert not copies[copy], f"{copy} was taken and waits to be sent"
            elif letter.state == State.FAILED:
                assert letter.settled_at is not None
        known = set(Delivery.objects.values_list("message_id", "recipient"))
        assert set(copies) <= known, set(copies) - known
        self.nothing_twice()

    def next_answer(self, phase: Phase, recipient: str) -> str:
        """What the script says now; used by the server."""
        for key in ((phase, recipient), (phase, "*")):
            if self.scripts.get(key):
                return self.scripts[key].popleft()
            if key in self.always:
                return self.always[key]
        return OK


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        answer = await self._say(server, "greet", "*")
        return responses if answer == OK else [answer]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._say(server, "mail", "*")
        if answer == OK:
            envelope.mail_from, envelope.mail_options = address, options
        return answer

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._say(server, "rcpt", address)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (recipient,) = envelope.rcpt_tos
        content = envelope.original_content or b""
        answer = self.sink.next_answer("final", recipient)
        if answer in (OK, DROP, STALL):
            message_id = email.message_from_bytes(content)["Message-ID"] or ""
            mail_from = (envelope.mail_from or "").strip("<>")
            self.sink.record.append(Taken(message_id.strip(), recipient, mail_from, content))
        return await _act(server, answer)

    async def _say(self, server: SMTP, phase: Phase, recipient: str) -> str:
        return await _act(server, self.sink.next_answer(phase, recipient))


class _Server(SMTP):
    def __init__(self, sink: Sink, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sink = sink

    async def smtp_DATA(self, arg: str) -> None:
        """Answer DATA by script before the text is taken."""
        recipients = self.envelope.rcpt_tos if self.envelope else []
        answer = await _act(self, self.sink.next_answer("data", recipients[0] if recipients else "*"))
        if answer == OK:
            await super().smtp_DATA(arg)
        else:
            await self.push(answer)


class _Controller(Controller):
    def __init__(self, sink: Sink) -> None:
        super().__init__(_Handler(sink), hostname="127.0.0.1", port=0, ready_timeout=10)
        self.sink = sink

    def factory(self) -> SMTP:
        return _Server(self.sink, self.handler, enable_SMTPUTF8=True, hostname="sink.example", ident="sink")

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # the port that the system chose
        super()._trigger_server()


async def _act(server: SMTP, answer: str) -> str:
    if answer == STALL:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(STALL_SECONDS)
    if answer in (DROP, STALL) and server.transport is not None:
        server.transport.abort()
        raise ConnectionResetError("as the script says")
    return answer


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and never greets."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
