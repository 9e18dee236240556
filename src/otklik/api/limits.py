"""How often a caller may call: counted per minute in the database, so that every web process counts the same."""

from __future__ import annotations

from django.db import connection

from otklik import clock, settings

PER_MINUTE = settings.number("OTKLIK_API_RATE", 600)  # calls of one token or one signed-in person

_COUNT = """
insert into api_ratewindow as w (caller, minute, count) values (%s, %s, 1)
on conflict (caller) do update
   set count = case when w.minute = excluded.minute then w.count + 1 else 1 end, minute = excluded.minute
returning count"""


class TooManyCalls(Exception):
    """The limit of this minute is used up; ``wait`` seconds until the next one."""

    def __init__(self, wait: int) -> None:
        self.wait = wait
        super().__init__(f"wait {wait} s")


def count(caller: str) -> None:
    """Count one call; raises ``TooManyCalls`` above the limit."""
    minute, second = divmod(int(clock.now().timestamp()), 60)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, (caller, minute))
        if cursor.fetchone()[0] > PER_MINUTE:
            raise TooManyCalls(60 - second)
