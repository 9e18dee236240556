"""Every periodic job of the house on one page: what is due, and how often. A missed tick is made good once."""

from __future__ import annotations

from datetime import timedelta

from otklik.jobs import periodic

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

SCHEDULE: dict[str, timedelta] = {
    "tickets.sweep": MINUTE,  # reminders, waiting given up, closing, promises that passed in silence
    "tickets.sweep_uploads": HOUR,  # uploads that became part of nothing
    "people.sweep": 6 * HOUR,  # old tries to sign in, links and sessions that ended
    "people.duty_sweep": MINUTE,  # absences that began or ended, presence that follows a shift
    "people.write_turns": DAY,  # turns of being on call for the next 60 days
    "sla.wake": timedelta(seconds=30),  # warnings, breaches, steps of the ladder
    "sla.unwatched": DAY,  # the daily word to leads about tickets that nobody watches
    "routing.sweep": MINUTE,  # tickets that want somebody, calls nobody answered, people who went away
    "sla.verify": DAY,  # all clocks computed anew from the journal and compared
    "web.sweep_presence": HOUR,  # who looked at what, an hour ago
    "feedback.sweep": DAY,  # openings of survey links, keys of surveys that are over
    "notifications.forget": DAY,  # old lines of the bell
    "channels.watch": timedelta(seconds=15),  # mailboxes that nobody reads
    "channels.sweep": MINUTE,  # letters that have no outcome after five minutes
    "outbox.sweep": MINUTE,  # lines of letters that nobody is sending
    "outbox.token": 10 * MINUTE,  # the provider's token by which our mail leaves
    "outbox.forget": DAY,  # the text of letters that came to their end long ago
    "ops.seal_yesterday": HOUR,  # the journal's root of the day before, once it is over
    "ops.forget_answers": HOUR,  # idempotency keys that are past their 48 hours
}


def declare() -> None:
    """Tell the queue of all of it."""
    for name, step in SCHEDULE.items():
        periodic(name, every=step)
