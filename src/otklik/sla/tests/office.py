"""The agreement of an office for tests: first response 2 h, next response 4 h, solution 8 h of RU8."""

from __future__ import annotations

from otklik.calendars.models import Calendar
from otklik.calendars.publishing import BEGINNING
from otklik.journal.record import SYSTEM
from otklik.sla import shipped
from otklik.sla.models import Agreement, Target
from otklik.sla.publishing import publish

HOUR = 3600


def publish_office() -> None:
    """Put it in the place of the shipped one."""
    shipped.ensure_defaults("ru")
    Agreement.objects.filter(code="desk").update(is_active=False)
    office = Calendar.objects.get(code="ru-5x2")
    targets = [
        Target(metric=metric, value=hours * HOUR, calendar=office, warn=[{"percent": 75}])
        for metric, hours in (("first_response", 2), ("next_response", 4), ("resolution", 8))
    ]
    made = Agreement.objects.create(code="office", name_ru="Офис", name_en="Office")
    publish(made, targets, valid_from=BEGINNING, actor=SYSTEM)
