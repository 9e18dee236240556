"""Letters and senders for tests."""

from __future__ import annotations

from typing import Any

from otklik.outbox import sender
from otklik.outbox.letter import Letter
from otklik.outbox.models import Sender
from otklik.outbox.tests.sink import Sink


def letter(to: str = "anna@clinic.example", **changes: Any) -> Letter:
    """A person's reply on ticket 17."""
    values: dict[str, Any] = {
        "subject": "Принтер в процедурном кабинете",
        "text": "Анна, картридж заменён.",
        "kind": "reply",
        "about": ("ticket", 17),
        "number": 4821,
        "automatic": False,
    }
    return Letter(to=to, **values | changes)


def mail_set_up(sink: Sink | None = None, **changes: Any) -> Sender:
    """Mail leaves through the sink."""
    values: dict[str, Any] = {"from_address": "desk@clinic.example", "from_name": "Отклик", "tls": "none"}
    values |= {"host": sink.host, "port": sink.port} if sink else {"host": "127.0.0.1", "port": 1}
    return sender.configure(**values | changes)
