"""Settings of the desk that influence numbers: the priority matrix and the timers, as versioned configuration."""

from __future__ import annotations

from otklik.journal.config import declare
from otklik.tickets.priority import MATRIX

MATRIX_NAME = declare("tickets.matrix", {"matrix": MATRIX})
TIMERS_NAME = declare(
    "tickets.timers",
    {
        "reminders_bd": [2, 5],  # working days after which the requester is reminded of our question
        "no_response_bd": 10,  # working days after which an unanswered question ends the ticket; never P1, P2
        "close_bd": 5,  # working days until a solution nobody objected to is closed
        "close_reminder_bd": 3,  # working days until the reminder before that
    },
)
