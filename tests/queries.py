"""Counting queries, so that a list asks as often for fifty rows as for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest


class Queries:
    """``with queries(4): …`` demands exactly four; ``queries.count(work)`` tells how many ``work()`` makes."""

    @contextmanager
    def __call__(self, expected: int) -> Iterator[None]:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as spent:
            yield
        told = "\n".join(each["sql"] for each in spent.captured_queries)
        assert len(spent) == expected, f"{len(spent)} queries instead of {expected}:\n{told}"

    def count(self, work: Callable[[], object]) -> int:
        """How many queries ``work()`` makes."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as spent:
            work()
        return len(spent)


@pytest.fixture
def queries() -> Queries:
    """The counter of queries."""
    return Queries()
