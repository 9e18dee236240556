"""The six availability examples of domain.md §5, and what is refused to be called available."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

import pytest

from otklik.sla.availability import Availability, Maintenance, degraded, measure, qualifying
from otklik.sla.tests.calendars import ALWAYS, HOUR, MINUTE, RU8, msk

NOVEMBER = (msk("01.11 00:00"), msk("01.12 00:00"))
SUNDAY = (msk("15.11 02:00"), msk("15.11 06:00"))


def down(*texts: str) -> list[tuple[datetime, datetime]]:
    moments = [msk(text) for text in texts]
    return list(zip(moments[::2], moments[1::2], strict=True))


@pytest.mark.parametrize(
    ("calendar", "outages", "works", "agreed", "lost", "percent"),
    [
        (ALWAYS, down("05.11 10:00", "05.11 12:00", "20.11 23:30", "21.11 00:15"), [], 720, 2.75, "99.6180"),
        (RU8, down("06.11 17:00", "06.11 20:00"), [], 159, 1, "99.3710"),
        (ALWAYS, down("15.11 02:10", "15.11 07:30"), [SUNDAY], 716, 1.5, "99.7905"),
        (ALWAYS, down("10.11 10:00", "10.11 12:00", "10.11 11:00", "10.11 13:30"), [], 720, 3.5, "99.5138"),
        (RU8, down("04.11 00:00", "05.11 00:00"), [], 159, 0, "100.0000"),
        (RU8, down("03.11 16:30", "05.11 09:30"), [], 159, 1, "99.3710"),
    ],
    ids=["A1", "A2", "A3", "A4", "A5", "A6"],
)
def test_availability_of_november(calendar, outages, works, agreed, lost, percent) -> None:  # type: ignore[no-untyped-def]
    found = measure(calendar, NOVEMBER, outages, works)
    assert (found.agreed, found.down) == (agreed * HOUR, lost * HOUR)
    assert found.share == 1 - Fraction(lost) / agreed
    assert found.percent(4) == percent  # cut where the specification's table rounds


def test_the_rounded_figures_of_the_examples() -> None:
    for lost, agreed, shown in ((2.75, 720, "99.6181"), (1, 159, "99.3711"), (3.5, 720, "99.5139")):
        assert f"{(1 - lost / agreed) * 100:.4f}" == shown


def test_nothing_agreed_is_no_figure() -> None:
    assert measure(RU8, (msk("28.11 00:00"), msk("30.11 00:00")), []).share is None
    assert Availability(0, 0, 0).percent() is None


def test_outages_close_together_are_one_and_one_in_closed_hours_is_none() -> None:
    near = down("05.11 10:00", "05.11 11:00", "05.11 11:04", "05.11 12:00", "05.11 20:00", "05.11 21:00")
    found = measure(RU8, NOVEMBER, near)
    assert (found.outages, found.down) == (1, 2 * HOUR - 4 * MINUTE)
    assert found.mtrs == found.down
    assert measure(RU8, NOVEMBER, []).mtbf is None


def test_only_announced_work_in_its_window_and_under_the_cap_leaves_the_sum() -> None:
    told, late = msk("01.11 00:00"), msk("14.11 00:00")
    works = [Maintenance(*SUNDAY, told), Maintenance(msk("16.11 02:00"), msk("16.11 06:00"), late)]
    assert qualifying(works, [SUNDAY, (msk("16.11 00:00"), msk("16.11 08:00"))]) == [SUNDAY]
    half = qualifying(works, [SUNDAY], cap=timedelta(hours=2))
    assert half == [(SUNDAY[0], msk("15.11 04:00"))]


def test_overlapping_degradations_take_the_worst_fraction() -> None:
    parts = [
        (msk("05.11 10:00"), msk("05.11 12:00"), Fraction(1, 2)),
        (msk("05.11 11:00"), msk("05.11 13:00"), Fraction(1, 4)),
    ]
    assert degraded(ALWAYS, NOVEMBER, parts) == Fraction(5, 4) * HOUR
