"""Facts of the outbox: what people must hear about the way by which mail leaves."""

from __future__ import annotations

from dataclasses import dataclass

from otklik.journal.record import Event


@dataclass(frozen=True, kw_only=True)
class SenderAlarm(Event):
    """Letters will stop leaving, or stopped.

    'token_out': the provider refuses; 'token_out_ends': within a week; 'stuck_out': nothing has left for a quarter of
    an hour, and ``detail`` is what the server, or the attempt to reach it, said.
    Recorded once an hour for the same.
    """

    kind = "sender.alarm"
    what: str
    address: str = ""
    detail: str = ""
